#include "config/probe_section.hpp"

#include "config/exporter_section.hpp"
#include "config/probe_target.hpp"

#include <pillion/tables.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pillion {
namespace {

constexpr std::string_view kTargetsKey = "targets";
constexpr std::string_view kDefaultKey = "default";

void ReadTargets(const Value& value, Loading& loading, ProbeConfig& probe) {
  const auto items = loading.reader.Items(value);
  if (!items) return;
  if (items->empty()) return loading.reader.Error(value, "is empty: nothing could be asked for");
  if (items->size() > kProbePatternsMax) {
    return loading.reader.Error(value, fmt::format("has more than {} items", kProbePatternsMax));
  }
  for (const Value& item : *items) {
    auto pattern = loading.reader.String(item);
    if (!pattern) continue;
    if (const std::string wrong = WrongTargetPattern(*pattern); !wrong.empty()) {
      loading.reader.Error(item, wrong);
      continue;
    }
    probe.targets.push_back(std::move(*pattern));
  }
}

// Whether it answers those who name no module; there can be one that does.
void ReadDefault(const Value& value, Loading& loading, ProbeConfig& probe) {
  const auto is_default = loading.reader.Bool(value);
  if (!is_default || !*is_default) return;
  probe.is_default = true;
  loading.Claim("the default of probes", value.place());
}

// Where the target goes: a plain {target} unless the operator wrote an address around it.
void ReadAddress(const Value& table, const Place& place, Loading& loading, ProbeConfig& probe) {
  OptionValue& option = probe.instance.options[probe.address_option];
  const auto written =
      std::find_if(table.node->entries.begin(), table.node->entries.end(),
                   [&](const TomlEntry& entry) { return entry.key == probe.address_option; });
  if (written == table.node->entries.end()) {
    option.type = PILLION_OPT_STRING;
    option.text = ProbeConfig::kTargetMark;
  }
  probe.address = option.text;
  const size_t mark = probe.address.find(ProbeConfig::kTargetMark);
  if (mark == std::string::npos ||
      probe.address.find(ProbeConfig::kTargetMark, mark + 1) != std::string::npos) {
    loading.problems.Error(
        place, JoinKey(table.path, probe.address_option),
        "must hold {target} once, where what is asked for goes; or leave it out");
  }
}

ProbeConfig ReadProbe(const std::string& name, const Place& place, const Value& table,
                      Loading& loading) {
  const size_t errors_before = loading.problems.errors();
  ProbeConfig probe;
  probe.name = name;
  TomlNode rest = *table.node;
  std::erase_if(rest.entries, [](const TomlEntry& entry) {
    return entry.key == kTargetsKey || entry.key == kDefaultKey;
  });
  const Value rest_table{&rest, table.source, table.path};
  probe.instance = ReadInstanceKeys(name, place, rest_table, AddressIs::kFromElsewhere, loading);
  bool has_targets = false;
  for (const TomlEntry& entry : table.node->entries) {
    const Value value{&entry.value, table.source, JoinKey(table.path, entry.key)};
    if (entry.key == kDefaultKey) ReadDefault(value, loading, probe);
    if (entry.key != kTargetsKey) continue;
    has_targets = true;
    ReadTargets(value, loading, probe);
  }
  if (!has_targets) {
    loading.problems.Error(place, JoinKey(table.path, kTargetsKey),
                           "is missing: which targets may be asked for, such as [\"db-*:5432\"]");
  }
  const auto tables = loading.tables.find(probe.instance.type);
  if (tables == loading.tables.end() || !tables->second) return probe;  // told already
  const pillion_option* address = AddressOption(*tables->second);
  if (address == nullptr) {
    loading.problems.Error(place, table.path, "this exporter has no address to be asked for");
    return probe;
  }
  probe.address_option = std::string(ToView(address->name));
  ReadAddress(table, place, loading, probe);
  if (loading.check && loading.problems.errors() == errors_before) {
    AskExporter(*tables->second, place, table, ProbeInstance(probe, SampleTarget(probe.targets[0])),
                loading);
  }
  return probe;
}

}  // namespace

void ReadProbes(const Value& section, Loading& loading) {
  const auto* entries = loading.reader.Table(section);
  if (entries == nullptr) return;
  for (const TomlEntry& entry : *entries) {
    const Value table{&entry.value, section.source, JoinKey(section.path, entry.key)};
    const Place place{section.source, entry.position};
    const bool usable = ClaimName(entry.key, "a probe", table.path, place, loading);
    if (loading.reader.Table(table) == nullptr) continue;
    if (loading.config.probes.size() == kProbesMax) {
      return loading.problems.Error(place, section.path,
                                    fmt::format("more than {} probes", kProbesMax));
    }
    ProbeConfig probe = ReadProbe(entry.key, place, table, loading);
    if (usable) loading.config.probes.push_back(std::move(probe));
  }
}

}  // namespace pillion
