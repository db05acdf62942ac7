// LineBuilder: one log line of bounded length, in logfmt or JSON.
//
// Text is appended in whole characters, each escaped or not at all; what no longer fits is left
// out and the line ends with a mark (cut=true). The line is well-formed either way. Pure.
#pragma once

#include "log/log.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace pillion {

class LineBuilder {
 public:
  explicit LineBuilder(LogFormat format);

  void Add(std::string_view key, std::string_view value);
  std::string Take();  // with the closing '\n'; the builder is then done

 private:
  void AddLogfmt(std::string_view key, std::string_view value);
  void AddJson(std::string_view key, std::string_view value);
  // False, and nothing more will fit: the line is full.
  bool Append(std::string_view piece, size_t reserved);
  void AppendEscaped(std::string_view value, size_t reserved);

  const LogFormat format_;
  std::string line_;
  bool cut_ = false;
};

}  // namespace pillion
