#include "config/option_values.hpp"

#include "config/record_values.hpp"
#include "config/units.hpp"

#include <pillion/tables.hpp>

#include <fmt/format.h>

#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;

bool HasRange(const pillion_option& option) { return option.minimum != 0 || option.maximum != 0; }

std::string FormatBound(const pillion_option& option, double bound) {
  switch (option.type) {
    case PILLION_OPT_DURATION:
      return FormatDuration(
          std::chrono::nanoseconds(static_cast<int64_t>(bound * kNanosecondsPerSecond)));
    case PILLION_OPT_SIZE: return FormatSize(static_cast<int64_t>(bound));
    default: return fmt::format("{}", bound);
  }
}

// `number` in the unit of the table's range.
bool InRange(const pillion_option& option, double number, const Value& value, ValueReader& reader) {
  if (!HasRange(option)) return true;
  if (number >= option.minimum && number <= option.maximum) return true;
  reader.Error(value, fmt::format("must be between {} and {}", FormatBound(option, option.minimum),
                                  FormatBound(option, option.maximum)));
  return false;
}

std::vector<std::string_view> Choices(const pillion_option& option) {
  std::vector<std::string_view> choices;
  if (option.choices == nullptr) return choices;
  for (size_t i = 0; i < option.choice_count; ++i) choices.push_back(ToView(option.choices[i]));
  return choices;
}

bool ReadText(const pillion_option& option, const Value& value, ValueReader& reader,
              std::string* text) {
  const auto choices = Choices(option);
  auto read = choices.empty() ? reader.String(value) : reader.Choice(value, choices);
  if (read) *text = std::move(*read);
  return read.has_value();
}

bool ReadString(const pillion_option& option, const Value& value, ValueReader& reader,
                OptionValue& out) {
  if (option.flags & PILLION_OPT_SECRET) {
    auto pattern = reader.SecretPattern(value);
    if (!pattern) return false;
    out.secret = Secret(std::move(*pattern));
  } else if (!ReadText(option, value, reader, &out.text)) {
    return false;
  }
  if ((option.flags & PILLION_OPT_REQUIRED) && out.text.empty() && out.secret.empty()) {
    reader.Error(value, "must not be empty");
    return false;
  }
  return true;
}

bool ReadList(const pillion_option& option, const Value& value, ValueReader& reader,
              OptionValue& out) {
  const auto items = reader.Items(value);
  if (!items) return false;
  bool ok = true;
  for (const Value& item : *items) {
    ok = ReadText(option, item, reader, &out.list.emplace_back()) && ok;
  }
  if (ok && (option.flags & PILLION_OPT_REQUIRED) && out.list.empty()) {
    reader.Error(value, "must not be empty");
    return false;
  }
  return ok;
}

bool ReadMap(const pillion_option& option, const Value& value, ValueReader& reader,
             OptionValue& out) {
  const auto* entries = reader.Table(value);
  if (entries == nullptr) return false;
  if (entries->size() > ValueReader::kListItemsMax) {
    reader.Error(value, fmt::format("has more than {} keys", ValueReader::kListItemsMax));
    return false;
  }
  bool ok = true;
  for (const TomlEntry& entry : *entries) {
    const Value item{&entry.value, value.source, JoinKey(value.path, entry.key)};
    out.keys.push_back(entry.key);
    ok = ReadText(option, item, reader, &out.list.emplace_back()) && ok;
  }
  return ok;
}

bool ReadTyped(const pillion_option& option, const Value& value, ValueReader& reader,
               OptionValue& out) {
  switch (option.type) {
    case PILLION_OPT_STRING: return ReadString(option, value, reader, out);
    case PILLION_OPT_STRING_LIST: return ReadList(option, value, reader, out);
    case PILLION_OPT_STRING_MAP: return ReadMap(option, value, reader, out);
    case PILLION_OPT_RECORDS: return ReadRecords(option, value, reader, out);
    case PILLION_OPT_BOOL: {
      const auto flag = reader.Bool(value);
      out.flag = flag.value_or(false);
      return flag.has_value();
    }
    case PILLION_OPT_INT: {
      const auto integer = reader.Integer(value);
      out.integer = integer.value_or(0);
      return integer && InRange(option, static_cast<double>(*integer), value, reader);
    }
    case PILLION_OPT_FLOAT: {
      const auto number = reader.Float(value);
      out.number = number.value_or(0);
      return number && InRange(option, *number, value, reader);
    }
    case PILLION_OPT_DURATION: {
      const auto duration = reader.Duration(value);
      out.integer = duration ? duration->count() : 0;
      return duration && InRange(option, static_cast<double>(out.integer) / kNanosecondsPerSecond,
                                 value, reader);
    }
    case PILLION_OPT_SIZE: {
      const auto size = reader.Size(value);
      out.integer = size.value_or(0);
      return size && InRange(option, static_cast<double>(*size), value, reader);
    }
    default: break;
  }
  reader.Error(value, "the exporter declares this option with a type that is not known here");
  return false;
}

// A list without brackets: `a,b`.
TomlNode SplitList(std::string_view text) {
  TomlNode node;
  node.kind = TomlNode::Kind::kArray;
  for (;;) {
    const size_t comma = text.find(',');
    node.items.push_back(StringNode(std::string(text.substr(0, comma))));
    if (comma == std::string_view::npos) return node;
    text.remove_prefix(comma + 1);
  }
}

// What the table writes as text, as the node that it would be in a file.
Result<TomlNode> DefaultNode(const pillion_option& option) {
  const std::string_view text = ToView(option.default_value);
  switch (option.type) {
    case PILLION_OPT_STRING:
    case PILLION_OPT_DURATION:
    case PILLION_OPT_SIZE: return StringNode(std::string(text));
    case PILLION_OPT_STRING_LIST:
      if (text[0] != '[') return SplitList(text);
      break;
    default: break;
  }
  TomlResult read = ReadToml(fmt::format("value = {}", text));
  if (!read.ok || read.root.entries.size() != 1) {
    return Error{Reason::kInternal, "it is not a TOML value"};
  }
  return std::move(read.root.entries[0].value);
}

}  // namespace

std::optional<OptionValue> ReadOption(const pillion_option& option, const Value& value,
                                      ValueReader& reader) {
  OptionValue out;
  out.type = option.type;
  if (!ReadTyped(option, value, reader, out)) return std::nullopt;
  return out;
}

Result<std::optional<OptionValue>> ReadDefault(const pillion_option& option) {
  if (option.default_value.size == 0) return std::optional<OptionValue>();
  const Result<TomlNode> node = DefaultNode(option);
  if (!node) return node.error();
  // A default reads nothing from outside: it would be an error that no operator wrote.
  const Outside nothing{
      [](const char*) -> const char* { return nullptr; },
      [](const std::string&) -> Result<std::string> {
        return Error{Reason::kInternal, "a default may not read a file"};
      },
  };
  Problems problems({""});
  ValueReader reader(&problems, &nothing);
  auto value = ReadOption(option, Value{&*node, 0, ""}, reader);
  if (!value) return Error{Reason::kInternal, problems.Take()[0].text};
  return value;
}

}  // namespace pillion
