#include "config/record_values.hpp"

#include "config/option_values.hpp"
#include "config/plugin_tables.hpp"
#include "config/suggest.hpp"

#include <pillion/tables.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion {
namespace {

using Record = std::map<std::string, OptionValue, std::less<>>;

// The table's range, or the host's own bound.
bool IsCount(const pillion_option& option, const Value& value, ValueReader& reader) {
  const size_t count = value.node->items.size();
  const bool bounded = option.minimum != 0 || option.maximum != 0;
  const auto fewest = static_cast<size_t>(std::max(option.minimum, 0.0));
  const size_t most =
      bounded ? std::min(static_cast<size_t>(option.maximum), kRecordsMax) : kRecordsMax;
  if (count >= fewest && count <= most) return true;
  reader.Error(value, fmt::format("has {} tables; there must be {} to {}", count, fewest, most));
  return false;
}

bool ReadRecord(const std::vector<pillion_option>& fields, const Value& table, ValueReader& reader,
                Record& record) {
  const auto* entries = reader.Table(table);
  if (entries == nullptr) return false;
  std::vector<std::string_view> names;
  for (const pillion_option& field : fields) names.push_back(ToView(field.name));
  std::vector<bool> is_set(fields.size());
  bool ok = true;
  for (const TomlEntry& entry : *entries) {
    const Value value{&entry.value, table.source, JoinKey(table.path, entry.key)};
    const auto at = std::find(names.begin(), names.end(), entry.key);
    if (at == names.end()) {
      reader.problems().Error({table.source, entry.position}, value.path,
                              "unknown key" + SuggestOrList(entry.key, names));
      ok = false;
      continue;
    }
    const auto index = static_cast<size_t>(at - names.begin());
    is_set[index] = true;
    if (auto read = ReadOption(fields[index], value, reader)) {
      record.insert_or_assign(entry.key, std::move(*read));
    } else {
      ok = false;
    }
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    if (is_set[i]) continue;
    auto preset = ReadDefault(fields[i]);  // was checked with the tables
    if (preset && *preset) {
      record.emplace(names[i], std::move(**preset));
    } else if (fields[i].flags & PILLION_OPT_REQUIRED) {
      reader.problems().Error(table.place(), JoinKey(table.path, names[i]), "is missing");
      ok = false;
    }
  }
  return ok;
}

}  // namespace

bool ReadRecords(const pillion_option& option, const Value& value, ValueReader& reader,
                 OptionValue& out) {
  if (value.node->kind != TomlNode::Kind::kArray) {
    reader.Error(value, fmt::format("must be a list of tables, each written as [[{}]], not {}",
                                    value.path, Describe(value.node->kind)));
    return false;
  }
  if (!IsCount(option, value, reader)) return false;
  const std::vector<pillion_option> fields = FieldsOf(option);
  bool ok = true;
  for (size_t i = 0; i < value.node->items.size(); ++i) {
    const Value table{&value.node->items[i], value.source, fmt::format("{}[{}]", value.path, i)};
    ok = ReadRecord(fields, table, reader, out.records.emplace_back()) && ok;
  }
  return ok;
}

}  // namespace pillion
