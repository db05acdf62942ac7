#include "plugin/exporter_type.hpp"

#include "model/name.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <unordered_set>
#include <utility>

namespace pillion {
namespace {

// What must be there in version 0; later fields are looked at only when `size` covers them.
constexpr size_t kPluginSizeMin = offsetof(pillion_plugin, check);

std::string Problem(std::string_view origin, std::string_view what) {
  return std::string(origin) + ": " + std::string(what);
}

std::vector<CollectorInfo> ReadCollectors(const pillion_plugin& plugin) {
  std::vector<CollectorInfo> collectors;
  const char* at = reinterpret_cast<const char*>(plugin.collectors);
  for (size_t i = 0; i < plugin.collector_count; ++i, at += plugin.collectors->size) {
    pillion_collector in{};
    std::memcpy(&in, at, std::min(sizeof in, plugin.collectors->size));
    collectors.push_back(ToCollector(in));
  }
  if (collectors.empty()) collectors.push_back({"default", "All that this exporter reads."});
  return collectors;
}

std::string CheckTables(const pillion_plugin& plugin) {
  if (plugin.option_count > 0 && plugin.options->size < offsetof(pillion_option, fields)) {
    return "the option table's entries are too small";
  }
  if (plugin.collector_count > 0 &&
      plugin.collectors->size < offsetof(pillion_collector, default_timeout)) {
    return "the collector table's entries are too small";
  }
  if (plugin.metric_count > 0 && plugin.metrics->size < sizeof(pillion_metric)) {
    return "the metric table's entries are too small";
  }
  if (plugin.collector_count > ExporterType::kCollectorsMax) return "too many collectors";
  if (plugin.create == nullptr || plugin.poll == nullptr || plugin.destroy == nullptr) {
    return "create, poll and destroy must be there";
  }
  for (const pillion_str name :
       {plugin.up_name, plugin.collector_success_name, plugin.collector_duration_name}) {
    if (name.size > 0 && !IsLegacyMetricName(ToView(name))) {
      return "`" + std::string(ToView(name)) + "` is not a metric name";
    }
  }
  return {};
}

}  // namespace

CollectorInfo ToCollector(const pillion_collector& collector) {
  return {std::string(ToView(collector.name)),
          std::string(ToView(collector.help)),
          (collector.flags & PILLION_COLLECTOR_OFF) == 0,
          collector.default_every,
          collector.default_timeout,
          (collector.flags & PILLION_COLLECTOR_REMEMBERED) != 0};
}

std::shared_ptr<const ExporterType> ExporterType::WithCollectors(
    std::vector<CollectorInfo> declared) const {
  std::shared_ptr<ExporterType> type(new ExporterType(*this));
  for (CollectorInfo& info : declared) type->collectors_.push_back(std::move(info));
  return type;
}

Result<std::shared_ptr<const ExporterType>> ExporterType::FromDescriptor(
    const pillion_plugin* plugin, std::string_view origin) {
  if (plugin == nullptr) return Error{Reason::kVersion, Problem(origin, "has no descriptor")};
  if (plugin->abi_version != PILLION_ABI_VERSION) {
    return Error{
        Reason::kVersion,
        Problem(origin, "built for plugin ABI " + std::to_string(plugin->abi_version) +
                            ", this pillion speaks " + std::to_string(PILLION_ABI_VERSION))};
  }
  if (plugin->size < kPluginSizeMin) {
    return Error{
        Reason::kVersion,
        Problem(origin, "its descriptor has " + std::to_string(plugin->size) + " bytes, at least " +
                            std::to_string(kPluginSizeMin) + " are needed")};
  }
  if (std::string problem = CheckTables(*plugin); !problem.empty()) {
    return Error{Reason::kInternal, Problem(origin, problem)};
  }
  std::shared_ptr<ExporterType> type(new ExporterType);
  type->plugin_ = plugin;
  type->name_ = ToView(plugin->type);
  type->version_ = ToView(plugin->version);
  type->summary_ = ToView(plugin->summary);
  type->origin_ = origin;
  if (type->name_.empty()) return Error{Reason::kInternal, Problem(origin, "has no type name")};
  type->collectors_ = ReadCollectors(*plugin);
  type->table_collectors_ = type->collectors_.size();
  std::unordered_set<std::string_view> names;
  for (const CollectorInfo& collector : type->collectors_) {
    if (!IsLegacyLabelName(collector.name) || !names.insert(collector.name).second) {
      return Error{Reason::kInternal, Problem(origin, "collector name `" + collector.name +
                                                          "` is invalid or stands twice")};
    }
  }
  std::vector<std::string> problems;
  type->families_ =
      FamilyTable::FromC(plugin->metrics, plugin->metric_count, plugin->collector_count, &problems);
  if (!problems.empty()) return Error{Reason::kInternal, Problem(origin, problems.front())};
  return std::shared_ptr<const ExporterType>(std::move(type));
}

}  // namespace pillion
