// OptionValues: option texts, typed and checked against a plugin's option table as a host does.
//
// Used by TestHost; of use on its own only for tests of an option table.
//
// Texts are written as in TOML, strings without quotes: "16379", "true", "1.5s", "64KiB",
// `["a", "b"]` (or just `a,b`). References like ${file:...} are the host's and not known here.
//
// Threads: Set() once, then any number of readers.
#pragma once

#include <pillion/tables.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion::testing {
namespace detail {

// Walks an array of C structs in steps of the first one's size, as the border asks.
template <typename T>
const T& At(const T* first, size_t i) {
  return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(first) + i * first->size);
}

inline std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [at, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || at != end) return std::nullopt;
  return value;
}

// A number and one of the units; the result is in the base unit.
inline std::optional<int64_t> ParseWithUnit(
    std::string_view text, const std::vector<std::pair<std::string_view, double>>& units) {
  const size_t split = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = ParseNumber<double>(text.substr(0, split));
  if (!number) return std::nullopt;
  for (const auto& [unit, factor] : units) {
    if (unit != text.substr(split)) continue;
    const double value = *number * factor;
    if (!(value < 9.2e18)) return std::nullopt;
    return static_cast<int64_t>(std::llround(value));
  }
  return std::nullopt;
}

inline std::optional<int64_t> ParseDuration(std::string_view text) {
  return ParseWithUnit(text, {{"ns", 1},
                              {"us", 1e3},
                              {"ms", 1e6},
                              {"s", 1e9},
                              {"m", 60e9},
                              {"h", 3600e9},
                              {"d", 86400e9}});
}

inline std::optional<int64_t> ParseSize(std::string_view text) {
  return ParseWithUnit(text, {{"", 1},
                              {"kB", 1e3},
                              {"MB", 1e6},
                              {"GB", 1e9},
                              {"KiB", 1024},
                              {"MiB", 1048576},
                              {"GiB", 1073741824}});
}

// `["a", "b"]` or `a,b`; escapes inside the quotes are not needed by tests and not read.
inline std::vector<std::string> ParseList(std::string_view text) {
  text = Trim(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = Trim(text.substr(1, text.size() - 2));
  }
  std::vector<std::string> list;
  while (!text.empty()) {
    size_t end = 0;
    if (const char quote = text[0]; quote == '"' || quote == '\'') {
      end = std::min(text.find(quote, 1), text.size());
      list.emplace_back(text.substr(1, end - 1));
      end = text.find(',', end);
    } else {
      end = text.find(',');
      list.emplace_back(Trim(text.substr(0, end)));
    }
    if (end == std::string_view::npos) break;
    text = Trim(text.substr(end + 1));
  }
  return list;
}

}  // namespace detail

// Tables of options of records: texts of fields.
using RecordTexts = std::map<std::string, std::vector<std::map<std::string, std::string>>>;

class OptionValues {
 public:
  // Returns what is wrong, one line each; empty: all of it can be used.
  // `texts` must not hold options that the table calls secret; `secrets` only those.
  std::vector<std::string> Set(const pillion_plugin& plugin,
                               const std::map<std::string, std::string>& texts,
                               const std::map<std::string, std::string>& secrets,
                               const RecordTexts& records = {}) {
    std::vector<std::string> problems;
    for (const auto& [name, tables] : records) {
      const pillion_option* option = Find(plugin, name);
      if (option == nullptr || option->type != PILLION_OPT_RECORDS) {
        problems.push_back("option `" + name + "` is not in the table, or holds no records");
      } else {
        StoreRecords(*option, tables, problems);
      }
    }
    for (const auto& [name, text] : texts) {
      const pillion_option* option = Find(plugin, name);
      if (option == nullptr) {
        problems.push_back("option `" + name + "` is not in the table");
      } else if (option->flags & PILLION_OPT_SECRET) {
        problems.push_back("option `" + name + "` is a secret: give it in `secrets`");
      } else {
        Store(*option, text, problems);
      }
    }
    for (const auto& [name, text] : secrets) {
      const pillion_option* option = Find(plugin, name);
      if (option == nullptr || !(option->flags & PILLION_OPT_SECRET)) {
        problems.push_back("`" + name + "` is not a secret of the option table");
      }
    }
    for (size_t i = 0; i < plugin.option_count; ++i) {
      const pillion_option& option = detail::At(plugin.options, i);
      const std::string name(ToView(option.name));
      if (texts.count(name) + secrets.count(name) + records.count(name) != 0) continue;
      if (option.flags & PILLION_OPT_REQUIRED) {
        problems.push_back("option `" + name + "` is required");
      } else if (option.default_value.size != 0 && !(option.flags & PILLION_OPT_SECRET)) {
        Store(option, std::string(ToView(option.default_value)), problems);
      }
    }
    return problems;
  }

  // Fills what fits into out->size. Names that are not set leave type 0.
  void Read(std::string_view name, pillion_value* out) const {
    const size_t size = out->size;
    *out = pillion_value{};
    if (const auto found = values_.find(name); found != values_.end()) *out = found->second.in_c;
    out->size = size;
  }

  // A field of one table of an option of records.
  void ReadRecord(std::string_view name, size_t index, std::string_view field,
                  pillion_value* out) const {
    Read(RecordKey(name, index, field), out);
  }

  static const pillion_option* Find(const pillion_plugin& plugin, std::string_view name) {
    for (size_t i = 0; i < plugin.option_count; ++i) {
      const pillion_option& option = detail::At(plugin.options, i);
      if (ToView(option.name) == name) return &option;
    }
    return nullptr;
  }

 private:
  struct Value {
    std::string text;
    std::vector<std::string> list;
    std::vector<pillion_str> list_in_c;
    std::vector<std::string> keys;
    std::vector<pillion_str> keys_in_c;
    pillion_value in_c{};
  };

  static bool Accepted(const pillion_option& option, std::string_view text) {
    for (size_t i = 0; i < option.choice_count; ++i) {
      if (ToView(option.choices[i]) == text) return true;
    }
    return option.choice_count == 0;
  }

  // Returns what kind of text was expected, or an empty view if `text` is such a one.
  static std::string_view Parse(const pillion_option& option, Value& value) {
    pillion_value& v = value.in_c;
    v.type = option.type;
    std::optional<int64_t> integer = 0;
    switch (option.type) {
      case PILLION_OPT_STRING:
        v.text = ToStr(value.text);
        return Accepted(option, value.text) ? "" : "one of its choices";
      case PILLION_OPT_STRING_LIST:
        value.list = detail::ParseList(value.text);
        for (const std::string& item : value.list) {
          if (!Accepted(option, item)) return "a list of its choices";
          value.list_in_c.push_back(ToStr(item));
        }
        v.list = value.list_in_c.data();
        v.list_size = value.list_in_c.size();
        return {};
      case PILLION_OPT_STRING_MAP: return ParseMap(option, value);
      case PILLION_OPT_BOOL:
        v.flag = value.text == "true";
        return v.flag || value.text == "false" ? "" : "true or false";
      case PILLION_OPT_FLOAT:
        v.number = detail::ParseNumber<double>(value.text).value_or(std::nan(""));
        return std::isnan(v.number) ? "a number" : "";
      case PILLION_OPT_INT: integer = detail::ParseNumber<int64_t>(value.text); break;
      case PILLION_OPT_DURATION: integer = detail::ParseDuration(value.text); break;
      case PILLION_OPT_SIZE: integer = detail::ParseSize(value.text); break;
      default: return "of a type that exists";
    }
    v.integer = integer.value_or(0);
    if (integer) return {};
    if (option.type == PILLION_OPT_INT) return "an integer";
    return option.type == PILLION_OPT_SIZE ? "a size like 16MiB" : "a duration like 1.5s";
  }

  // `{ a = "x", b = "y" }`.
  static std::string_view ParseMap(const pillion_option& option, Value& value) {
    std::string_view text = detail::Trim(value.text);
    if (text.size() < 2 || text.front() != '{' || text.back() != '}')
      return "a table { a = \"b\" }";
    for (const std::string& pair : detail::ParseList(text.substr(1, text.size() - 2))) {
      const size_t equals = pair.find('=');
      if (equals == std::string::npos) return "a table { a = \"b\" }";
      std::string_view item = detail::Trim(std::string_view(pair).substr(equals + 1));
      if (item.size() >= 2) item = item.substr(1, item.size() - 2);  // its quotes
      if (!Accepted(option, item)) return "a table of its choices";
      value.keys.emplace_back(detail::Trim(std::string_view(pair).substr(0, equals)));
      value.list.emplace_back(item);
    }
    for (const std::string& key : value.keys) value.keys_in_c.push_back(ToStr(key));
    for (const std::string& item : value.list) value.list_in_c.push_back(ToStr(item));
    value.in_c.keys = value.keys_in_c.data();
    value.in_c.list = value.list_in_c.data();
    value.in_c.list_size = value.list_in_c.size();
    return {};
  }

  static std::string RecordKey(std::string_view name, size_t index, std::string_view field) {
    return std::string(name) + "[" + std::to_string(index) + "]." + std::string(field);
  }

  void StoreRecords(const pillion_option& option,
                    const std::vector<std::map<std::string, std::string>>& tables,
                    std::vector<std::string>& problems) {
    const std::string name(ToView(option.name));
    for (size_t i = 0; i < tables.size(); ++i) {
      for (const auto& [field, text] : tables[i]) {
        bool known = false;
        for (size_t f = 0; f < option.field_count; ++f) {
          known = known || ToView(detail::At(option.fields, f).name) == field;
        }
        if (!known) {
          problems.push_back("option `" + RecordKey(name, i, field) + "` is not in the table");
        }
      }
      for (size_t f = 0; f < option.field_count; ++f) {
        const pillion_option& field = detail::At(option.fields, f);
        const auto text = tables[i].find(std::string(ToView(field.name)));
        const std::string key = RecordKey(name, i, ToView(field.name));
        if (text != tables[i].end()) {
          Store(field, key, text->second, problems);
        } else if (field.flags & PILLION_OPT_REQUIRED) {
          problems.push_back("option `" + key + "` is required");
        } else if (field.default_value.size != 0) {
          Store(field, key, std::string(ToView(field.default_value)), problems);
        }
      }
    }
    Value& value = values_[name];
    value.in_c.type = PILLION_OPT_RECORDS;
    value.in_c.integer = static_cast<int64_t>(tables.size());
  }

  static bool InRange(const pillion_option& option, const pillion_value& value) {
    if (option.minimum == 0 && option.maximum == 0) return true;
    double number = static_cast<double>(value.integer);
    if (option.type == PILLION_OPT_DURATION) number /= 1e9;
    if (option.type == PILLION_OPT_FLOAT) number = value.number;
    if (option.type < PILLION_OPT_INT || option.type > PILLION_OPT_SIZE) return true;
    return number >= option.minimum && number <= option.maximum;
  }

  void Store(const pillion_option& option, std::string text, std::vector<std::string>& problems) {
    Store(option, std::string(ToView(option.name)), std::move(text), problems);
  }
  void Store(const pillion_option& option, const std::string& name, std::string text,
             std::vector<std::string>& problems) {
    Value& value = values_[name];
    value = Value{};
    value.text = std::move(text);
    const std::string_view expected = Parse(option, value);
    if (!expected.empty()) {
      problems.push_back("option `" + name + "`: `" + value.text + "` is not " +
                         std::string(expected));
    } else if (!InRange(option, value.in_c)) {
      problems.push_back("option `" + name + "`: `" + value.text + "` is out of range");
    }
  }

  std::map<std::string, Value, std::less<>> values_;  // nodes stay put: in_c points into them
};

}  // namespace pillion::testing
