// ValueReader: typed values out of nodes. Each function reports what is wrong and then returns
// nothing, so that a caller goes on with the next key. Strings come expanded.
#pragma once

#include "config/outside.hpp"
#include "config/problems.hpp"
#include "config/toml_reader.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

// A node with its full key path ("exporters.cache.address") and its source.
struct Value {
  const TomlNode* node = nullptr;
  uint32_t source = 0;
  std::string path;

  Place place() const { return {source, node->position}; }
};

struct DurationRange {
  std::chrono::nanoseconds minimum{0};
  std::chrono::nanoseconds maximum{0};
};

class ValueReader {
 public:
  static constexpr size_t kExpandedBytesMax = 4 * 1024 * 1024;  // of all strings together
  static constexpr size_t kListItemsMax = 1000;

  ValueReader(Problems* problems, const Outside* outside)
      : problems_(problems), outside_(outside) {}

  std::optional<std::string> String(const Value& value);
  // A table of strings accepts only these; the string itself is never told.
  std::optional<std::string> Choice(const Value& value, std::span<const std::string_view> choices);
  std::optional<bool> Bool(const Value& value);
  std::optional<int64_t> Integer(const Value& value);
  std::optional<double> Float(const Value& value);  // integers too; finite
  std::optional<std::chrono::nanoseconds> Duration(const Value& value);
  std::optional<std::chrono::nanoseconds> Duration(const Value& value, const DurationRange& range);
  std::optional<int64_t> Size(const Value& value);               // a string with a unit, or bytes
  std::optional<std::string> SecretPattern(const Value& value);  // not expanded

  // The strings of a list; a lone string is a list of one.
  std::optional<std::vector<Value>> Items(const Value& value);
  // The values of a table; nullptr if it is something else.
  const std::vector<TomlEntry>* Table(const Value& value);

  void Error(const Value& value, std::string_view what) {
    problems_->Error(value.place(), value.path, what);
  }
  Problems& problems() { return *problems_; }

 private:
  bool Is(const Value& value, TomlNode::Kind kind, std::string_view what);

  Problems* const problems_;
  const Outside* const outside_;
  size_t expanded_bytes_ = 0;
};

}  // namespace pillion
