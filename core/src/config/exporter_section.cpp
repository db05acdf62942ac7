#include "config/exporter_section.hpp"

#include "config/filter_keys.hpp"
#include "config/instance_keys.hpp"
#include "config/option_values.hpp"
#include "config/suggest.hpp"

#include <pillion/tables.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace pillion {
namespace {

constexpr size_t kTypeNameBytesMax = 64;
constexpr size_t kComplaintBytesMax = 1024;

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

const TomlEntry* FindEntry(const TomlNode& table, std::string_view key) {
  for (const TomlEntry& entry : table.entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

std::string TypeHint(std::string_view type, const Loading& loading) {
  const std::vector<std::string_view> known(loading.known_types.begin(), loading.known_types.end());
  const auto meant = Suggest(type, known);
  return meant ? fmt::format("; did you mean `{}`?", *meant) : std::string();
}

// [exporters.a.b] is a table `b` in the instance `a`.
std::string DotHint(const TomlNode& table) {
  const bool tables = std::all_of(table.entries.begin(), table.entries.end(), [](const auto& e) {
    return e.value.kind == TomlNode::Kind::kTable;
  });
  if (table.entries.empty() || !tables) return {};
  return "; a name with a dot needs quotes, as in [exporters.\"a.b\"]";
}

// Sets instance.type if `type`, or else the name, says it.
const PluginTables* ReadType(const Value& table, const Place& name_place, Loading& loading,
                             InstanceConfig& instance) {
  const std::string path = JoinKey(table.path, "type");
  const TomlEntry* entry = FindEntry(*table.node, "type");
  if (entry == nullptr) {
    if (std::find(loading.known_types.begin(), loading.known_types.end(), instance.name) ==
            loading.known_types.end() &&
        (!IsTypeName(instance.name) || !loading.lookup(instance.name))) {
      loading.problems.Error(name_place, path,
                             "is missing, and the instance is not called like an exporter; "
                             "write type = \"...\"" +
                                 TypeHint(instance.name, loading) + DotHint(*table.node));
      return nullptr;
    }
    instance.type = instance.name;
    return FindTables(instance.type, name_place, path, loading);
  }
  const Value value{&entry->value, table.source, path};
  const auto type = loading.reader.String(value);
  if (!type) return nullptr;
  if (!IsTypeName(*type)) {
    loading.reader.Error(value, "not the name of an exporter; write letters, digits, _ and -");
    return nullptr;
  }
  instance.type = *type;
  return FindTables(*type, value.place(), path, loading);
}

void ReadOptionKey(const TomlEntry& entry, const Value& value, const PluginTables& tables,
                   Loading& loading, InstanceConfig& instance) {
  const pillion_option* option = tables.Find(entry.key);
  if (option == nullptr) {
    // Options first: they are what an operator is more likely to have meant.
    std::vector<std::string_view> keys = tables.option_names;
    keys.insert(keys.end(), std::begin(kInstanceKeys), std::end(kInstanceKeys));
    return loading.problems.Error({value.source, entry.position}, value.path,
                                  "unknown key" + SuggestOrList(entry.key, keys));
  }
  if (auto read = ReadOption(*option, value, loading.reader)) {
    instance.options.insert_or_assign(entry.key, std::move(*read));
  }
}

void AddDefaults(const PluginTables& tables, InstanceConfig& instance) {
  for (const pillion_option& option : tables.options) {
    auto value = ReadDefault(option);  // was checked with the tables
    if (value && *value) instance.options.emplace(ToView(option.name), std::move(**value));
  }
}

void CheckRequired(const PluginTables& tables, const Place& place, const Value& table,
                   AddressIs address, Loading& loading) {
  for (const pillion_option& option : tables.options) {
    const std::string_view name = ToView(option.name);
    if ((option.flags & PILLION_OPT_ADDRESS) && address == AddressIs::kFromElsewhere) continue;
    if (!(option.flags & PILLION_OPT_REQUIRED) || option.default_value.size > 0) continue;
    if (FindEntry(*table.node, name) != nullptr) continue;
    loading.problems.Error(place, JoinKey(table.path, name), "is missing; this exporter needs it");
  }
}

// Goes on from an option of records to the record, and to its field if that is written.
void FindRecord(const TomlNode& records, const InstanceComplaint& complaint, Place& place,
                std::string& path) {
  if (*complaint.record >= records.items.size()) return;
  const TomlNode& record = records.items[*complaint.record];
  place.position = record.position;
  path += fmt::format("[{}]", *complaint.record);
  if (complaint.field.empty()) return;
  path = JoinKey(path, complaint.field);
  if (const TomlEntry* entry = FindEntry(record, complaint.field)) {
    place.position = entry->value.position;
  }
}

}  // namespace

std::string InstancePath(std::string_view name) { return JoinKey("exporters", name); }

bool IsInstanceName(std::string_view name) {
  // Clients take `.` and `..` in a path for directories.
  return !name.empty() && name != "." && name != ".." && name.size() <= kInstanceNameBytesMax &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return IsWordCharacter(c) || c == '.'; });
}

bool ClaimName(std::string_view name, std::string_view what, std::string_view path,
               const Place& place, Loading& loading) {
  if (IsInstanceName(name)) return loading.Claim(path, place);
  loading.problems.Error(place, path,
                         fmt::format("not a name for {}; write 1 to {} letters, digits, _, . and -",
                                     what, kInstanceNameBytesMax));
  return false;
}

bool IsTypeName(std::string_view name) {
  return !name.empty() && name.size() <= kTypeNameBytesMax &&
         std::all_of(name.begin(), name.end(), IsWordCharacter);
}

const PluginTables* FindTables(std::string_view type, const Place& place, std::string_view key,
                               Loading& loading) {
  auto at = loading.tables.find(type);
  if (at == loading.tables.end()) {
    const auto plugin = loading.lookup(type);
    at = loading.tables
             .emplace(std::string(type),
                      plugin ? ReadTables(**plugin) : Result<PluginTables>(plugin.error()))
             .first;
  }
  if (at->second) return &*at->second;
  loading.problems.Error(place, key, at->second.error().message + TypeHint(type, loading));
  return nullptr;
}

void AskExporter(const PluginTables& tables, const Place& name_place, const Value& table,
                 const InstanceConfig& instance, Loading& loading) {
  for (const InstanceComplaint& complaint : loading.check(instance)) {
    Place place = name_place;
    std::string path = table.path;
    if (tables.Find(complaint.option) != nullptr) {
      path = JoinKey(path, complaint.option);
      if (const TomlEntry* entry = FindEntry(*table.node, complaint.option)) {
        place = {table.source, entry->value.position};
        if (complaint.record) FindRecord(entry->value, complaint, place, path);
      }
    }
    const std::string what = Printable(complaint.what, kComplaintBytesMax);
    if (complaint.warning) {
      loading.problems.Warn(place, path, what);
    } else {
      loading.problems.Error(place, path, what);
    }
  }
}

const pillion_option* AddressOption(const PluginTables& tables) {
  for (const pillion_option& option : tables.options) {
    if (option.flags & PILLION_OPT_ADDRESS) return &option;
  }
  return nullptr;
}

InstanceConfig ReadInstance(const std::string& name, const Place& name_place, const Value& table,
                            Loading& loading) {
  const size_t errors_before = loading.problems.errors();
  InstanceConfig instance = ReadInstanceKeys(name, name_place, table, AddressIs::kHere, loading);
  const auto tables = loading.tables.find(instance.type);
  if (loading.check && loading.problems.errors() == errors_before &&
      tables != loading.tables.end() && tables->second) {
    AskExporter(*tables->second, name_place, table, instance, loading);
  }
  return instance;
}

InstanceConfig ReadInstanceKeys(const std::string& name, const Place& name_place,
                                const Value& table, AddressIs address, Loading& loading) {
  InstanceConfig instance;
  instance.name = name;
  instance.position = loading.problems.Where(name_place);
  const PluginTables* tables = ReadType(table, name_place, loading, instance);
  if (tables != nullptr) {
    instance.collectors = DefaultCollectors(*tables);
    AddDefaults(*tables, instance);
    CheckRequired(*tables, name_place, table, address, loading);
  }
  for (const TomlEntry& entry : table.node->entries) {
    const Value value{&entry.value, table.source, JoinKey(table.path, entry.key)};
    if (entry.key == "type" || ReadSchedule(entry.key, value, loading, instance) ||
        ReadFilter(entry.key, value, loading, instance.filter) ||
        ReadLimit(entry.key, value, loading, instance.limits)) {
      continue;
    }
    if (entry.key == "labels") {
      ReadLabels(value, tables, loading, instance);
    } else if (tables != nullptr) {
      if (entry.key == "collectors") {
        ReadCollectors(value, *tables, loading, instance);
      } else {
        ReadOptionKey(entry, value, *tables, loading, instance);
      }
    }
  }
  return instance;
}

void ReadExporters(const Value& section, Loading& loading) {
  if (section.node->kind == TomlNode::Kind::kArray) {
    return loading.reader.Error(section, "must be tables such as [exporters.NAME], not an array");
  }
  const auto* entries = loading.reader.Table(section);
  if (entries == nullptr) return;
  for (const TomlEntry& entry : *entries) {
    const Value table{&entry.value, section.source, JoinKey(section.path, entry.key)};
    const Place place{section.source, entry.position};
    const bool usable = ClaimName(entry.key, "an instance", table.path, place, loading);
    if (loading.reader.Table(table) == nullptr) continue;
    if (loading.config.instances.size() == kInstancesMax) {
      loading.problems.Error(place, section.path,
                             fmt::format("more than {} instances", kInstancesMax));
      return;
    }
    // One that cannot be used is read as well: what else is wrong with it is told in the same run.
    InstanceConfig instance = ReadInstance(entry.key, place, table, loading);
    if (usable) loading.Add(std::move(instance), place);
  }
}

void WarnOfEqualInstances(Loading& loading) {
  using Labels = std::set<std::pair<std::string, std::string>>;
  std::map<std::pair<std::string, Labels>, size_t> seen;  // the first instance of its kind
  const auto& instances = loading.config.instances;
  for (size_t i = 0; i < instances.size(); ++i) {
    const InstanceConfig& instance = instances[i];
    if (instance.type.empty()) continue;
    Labels labels(instance.labels.begin(), instance.labels.end());
    const auto [at, first] = seen.emplace(std::make_pair(instance.type, std::move(labels)), i);
    if (first) continue;
    const size_t other = at->second;
    loading.problems.Warn(
        loading.instance_places[i], InstancePath(instance.name),
        fmt::format("no label tells it from `{}` ({}), so that series of the two collide; give "
                    "each its own, such as labels = {{ service = \"...\" }}",
                    instances[other].name, instances[other].position));
  }
}

}  // namespace pillion
