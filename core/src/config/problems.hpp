// Problems: everything that is wrong with a configuration, collected and then told in the order
// of the sources. Threads: one.
#pragma once

#include "config/config.hpp"
#include "config/toml_reader.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

// Text of others made fit for one line: control characters as \n, \x1b; cut behind `bytes_max`.
std::string Printable(std::string_view text, size_t bytes_max = 256);

// "exporters" + "cache" = "exporters.cache"; keys that TOML would quote are quoted.
std::string JoinKey(std::string_view parent, std::string_view key);

// Where something stands: an index into the list of sources, and a position if it is a file.
struct Place {
  uint32_t source = 0;
  TomlPosition position;
};

class Problems {
 public:
  static constexpr size_t kProblemsMax = 100;  // further ones are only counted

  // Files first, in their order; a source with an empty name has no "where" of its own.
  explicit Problems(std::vector<std::string> sources);

  // `key` is a full path, or empty. Never pass a value in `what`.
  void Error(const Place& place, std::string_view key, std::string_view what);
  void Warn(const Place& place, std::string_view key, std::string_view what);

  bool HasErrors() const { return errors_ > 0; }
  size_t errors() const { return errors_; }
  std::string Where(const Place& place) const;  // "file:line:column"
  std::vector<ConfigProblem> Take();

 private:
  struct Entry {
    Place place;
    ConfigProblem problem;
  };
  void Add(const Place& place, std::string_view key, std::string_view what, bool warning);

  std::vector<std::string> sources_;
  std::vector<Entry> entries_;
  size_t errors_ = 0;
  size_t untold_ = 0;
};

}  // namespace pillion
