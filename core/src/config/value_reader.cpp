#include "config/value_reader.hpp"

#include "config/config.hpp"
#include "config/expand.hpp"
#include "config/suggest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace pillion {

bool ValueReader::Is(const Value& value, TomlNode::Kind kind, std::string_view what) {
  if (value.node->kind == kind) return true;
  Error(value, fmt::format("must be {}, not {}", what, Describe(value.node->kind)));
  return false;
}

std::optional<std::string> ValueReader::String(const Value& value) {
  if (!Is(value, TomlNode::Kind::kString, "a string")) return std::nullopt;
  Result<std::string> text =
      Expand(value.node->text, *outside_, kExpandedBytesMax - expanded_bytes_);
  if (!text) {
    Error(value, text.error().message);
    return std::nullopt;
  }
  expanded_bytes_ += text->size();
  return *std::move(text);
}

std::optional<std::string> ValueReader::Choice(const Value& value,
                                               std::span<const std::string_view> choices) {
  std::optional<std::string> text = String(value);
  if (!text || std::find(choices.begin(), choices.end(), *text) != choices.end()) return text;
  std::string what = fmt::format("must be one of {}", fmt::join(choices, ", "));
  if (const auto meant = Suggest(*text, choices))
    what += fmt::format("; did you mean `{}`?", *meant);
  Error(value, what);
  return std::nullopt;
}

std::optional<bool> ValueReader::Bool(const Value& value) {
  if (!Is(value, TomlNode::Kind::kBoolean, "true or false")) return std::nullopt;
  return value.node->flag;
}

std::optional<int64_t> ValueReader::Integer(const Value& value) {
  if (!Is(value, TomlNode::Kind::kInteger, "an integer")) return std::nullopt;
  return value.node->integer;
}

std::optional<double> ValueReader::Float(const Value& value) {
  if (value.node->kind == TomlNode::Kind::kInteger) {
    return static_cast<double>(value.node->integer);
  }
  if (!Is(value, TomlNode::Kind::kFloat, "a number")) return std::nullopt;
  if (!std::isfinite(value.node->number)) {
    Error(value, "must be a finite number");
    return std::nullopt;
  }
  return value.node->number;
}

std::optional<std::chrono::nanoseconds> ValueReader::Duration(const Value& value) {
  if (value.node->kind == TomlNode::Kind::kInteger && value.node->integer >= 0) {
    Error(value, fmt::format("needs a unit and quotes, such as \"{}s\"", value.node->integer));
    return std::nullopt;
  }
  if (!Is(value, TomlNode::Kind::kString, R"(a duration such as "5s")")) return std::nullopt;
  const std::optional<std::string> text = String(value);
  if (!text) return std::nullopt;
  const auto duration = ParseDuration(*text);
  if (!duration) {
    Error(value, duration.error().message);
    return std::nullopt;
  }
  return *duration;
}

std::optional<std::chrono::nanoseconds> ValueReader::Duration(const Value& value,
                                                              const DurationRange& range) {
  const auto duration = Duration(value);
  if (!duration || (*duration >= range.minimum && *duration <= range.maximum)) return duration;
  Error(value, fmt::format("must be between {} and {}", FormatDuration(range.minimum),
                           FormatDuration(range.maximum)));
  return std::nullopt;
}

std::optional<int64_t> ValueReader::Size(const Value& value) {
  if (value.node->kind == TomlNode::Kind::kInteger) {
    if (value.node->integer >= 0) return value.node->integer;
    Error(value, "must not be negative");
    return std::nullopt;
  }
  if (!Is(value, TomlNode::Kind::kString, R"(a size such as "16MiB")")) return std::nullopt;
  const std::optional<std::string> text = String(value);
  if (!text) return std::nullopt;
  const auto size = ParseSize(*text);
  if (!size) {
    Error(value, size.error().message);
    return std::nullopt;
  }
  return *size;
}

std::optional<std::string> ValueReader::SecretPattern(const Value& value) {
  if (!Is(value, TomlNode::Kind::kString, "a string")) return std::nullopt;
  if (value.node->text.size() > Secret::kFileBytesMax) {
    Error(value, fmt::format("longer than {} bytes", Secret::kFileBytesMax));
    return std::nullopt;
  }
  if (const auto checked = CheckPattern(value.node->text); !checked) {
    Error(value, checked.error().message);
    return std::nullopt;
  }
  return value.node->text;
}

std::optional<std::vector<Value>> ValueReader::Items(const Value& value) {
  if (value.node->kind == TomlNode::Kind::kString) return std::vector<Value>{value};
  if (!Is(value, TomlNode::Kind::kArray, "a list of strings")) return std::nullopt;
  if (value.node->items.size() > kListItemsMax) {
    Error(value, fmt::format("has more than {} items", kListItemsMax));
    return std::nullopt;
  }
  std::vector<Value> items;
  for (size_t i = 0; i < value.node->items.size(); ++i) {
    items.push_back({&value.node->items[i], value.source, fmt::format("{}[{}]", value.path, i)});
  }
  return items;
}

const std::vector<TomlEntry>* ValueReader::Table(const Value& value) {
  return Is(value, TomlNode::Kind::kTable, "a table") ? &value.node->entries : nullptr;
}

}  // namespace pillion
