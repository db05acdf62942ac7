#include "config/command_line_exporter.hpp"

#include "config/exporter_section.hpp"

#include <pillion/tables.hpp>

#include <fmt/format.h>

#include <utility>

namespace pillion {
namespace {

constexpr std::string_view kForm = "write TYPE=ADDRESS or NAME:TYPE=ADDRESS";

Error Wrong(std::string_view what) {
  return {Reason::kInternal, fmt::format("{}; {}", what, kForm)};
}

std::string FreeName(const std::string& type, const Loading& loading) {
  std::string name = type;
  for (int i = 2; loading.claims.count(InstancePath(name)) > 0; ++i) {
    name = fmt::format("{}_{}", type, i);
  }
  return name;
}

void AddInstance(const CommandLineExporter& exporter, const Place& place, Loading& loading) {
  const PluginTables* tables = FindTables(exporter.type, place, "", loading);
  if (tables == nullptr) return;
  const pillion_option* option = AddressOption(*tables);
  if (option == nullptr) {
    return loading.problems.Error(
        place, exporter.type, "has no address that could be given here; use a configuration file");
  }
  TomlNode table;
  table.entries.push_back({"type", {}, StringNode(exporter.type)});
  table.entries.push_back({std::string(ToView(option->name)), {}, StringNode(exporter.address)});
  const Value value{&table, place.source, InstancePath(exporter.name)};
  InstanceConfig instance = ReadInstance(exporter.name, place, value, loading);
  if (exporter.usable) loading.Add(std::move(instance), place);
}

}  // namespace

Result<CommandLineExporter> ParseCommandLineExporter(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return Wrong("it has no =");
  const std::string_view left = text.substr(0, equals);
  const size_t colon = left.find(':');
  CommandLineExporter exporter;
  exporter.address = std::string(text.substr(equals + 1));
  if (colon != std::string_view::npos) {
    exporter.name = std::string(left.substr(0, colon));
    if (!IsInstanceName(exporter.name)) return Wrong("NAME may hold letters, digits, _, . and -");
  }
  exporter.type = std::string(colon == std::string_view::npos ? left : left.substr(colon + 1));
  if (!IsTypeName(exporter.type)) return Wrong("it does not start with an exporter's type");
  if (exporter.address.empty()) return Wrong("the address is empty");
  return exporter;
}

void ReadCommandLine(const std::vector<std::string>& items, uint32_t source, Loading& loading) {
  const Place place{source, {}};
  std::vector<CommandLineExporter> exporters;
  for (size_t i = 0; i < items.size(); ++i) {
    auto parsed = ParseCommandLineExporter(items[i]);
    if (!parsed) {
      loading.problems.Error(place, fmt::format("item {}", i + 1), parsed.error().message);
      continue;
    }
    // Names that were asked for come before names that are made up.
    if (!parsed->name.empty()) parsed->usable = loading.Claim(InstancePath(parsed->name), place);
    exporters.push_back(*std::move(parsed));
  }
  for (CommandLineExporter& exporter : exporters) {
    if (loading.config.instances.size() == kInstancesMax) {
      return loading.problems.Error(place, "",
                                    fmt::format("more than {} instances", kInstancesMax));
    }
    if (exporter.name.empty()) {
      exporter.name = FreeName(exporter.type, loading);
      loading.claims.emplace(InstancePath(exporter.name), place);
    }
    AddInstance(exporter, place, loading);
  }
}

}  // namespace pillion
