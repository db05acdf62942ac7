#include "config/plugin_tables.hpp"

#include "config/option_values.hpp"

#include <pillion/tables.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>

namespace pillion {
namespace {

// Calls `each` with a copy of every struct. Fields that the plugin's side does not have are zero.
// False: the structs are smaller than the first version's.
template <typename T, typename Each>
bool Walk(const T* first, size_t count, Each each) {
  if (count == 0) return true;
  if (first == nullptr || first->size < sizeof(T)) return false;
  const char* at = reinterpret_cast<const char*>(first);
  for (size_t i = 0; i < count; ++i, at += first->size) {
    T copy;
    std::memcpy(&copy, at, sizeof copy);
    each(copy);
  }
  return true;
}

Error Broken(const pillion_plugin& plugin, std::string_view what) {
  return {Reason::kInternal,
          fmt::format("exporter `{}` cannot be used: {}", ToView(plugin.type), what)};
}

// Empty: nothing is wrong.
std::string WrongWith(const pillion_option& option) {
  const std::string_view name = ToView(option.name);
  if (std::find(std::begin(kInstanceKeys), std::end(kInstanceKeys), name) !=
      std::end(kInstanceKeys)) {
    return fmt::format("its option `{}` has a name of the host's own", name);
  }
  if (option.maximum < option.minimum) {
    return fmt::format("the range of its option `{}` is empty", name);
  }
  if ((option.flags & PILLION_OPT_SECRET) && option.type != PILLION_OPT_STRING) {
    return fmt::format("its option `{}` is a secret but not a string", name);
  }
  const auto value = ReadDefault(option);
  if (!value) {
    return fmt::format("the default of its option `{}`: {}", name, value.error().message);
  }
  return {};
}

}  // namespace

const pillion_option* PluginTables::Find(std::string_view name) const {
  const auto at = std::find(option_names.begin(), option_names.end(), name);
  return at == option_names.end() ? nullptr : &options[at - option_names.begin()];
}

Result<PluginTables> ReadTables(const pillion_plugin& plugin) {
  PluginTables tables;
  if (plugin.option_count > PluginTables::kOptionsMax) {
    return Broken(plugin, fmt::format("more than {} options", PluginTables::kOptionsMax));
  }
  const bool sound =
      Walk(plugin.options, plugin.option_count,
           [&](const pillion_option& option) {
             tables.options.push_back(option);
             tables.option_names.push_back(ToView(option.name));
           }) &&
      Walk(plugin.collectors, plugin.collector_count,
           [&](const pillion_collector& collector) {
             tables.collectors.push_back({ToView(collector.name),
                                          (collector.flags & PILLION_COLLECTOR_OFF) == 0,
                                          collector.default_every});
           }) &&
      Walk(plugin.metrics, plugin.metric_count, [&](const pillion_metric& metric) {
        for (size_t i = 0; i < metric.label_count; ++i) {
          tables.label_names.insert(ToView(metric.labels[i]));
        }
      });
  // The host emits these for it.
  if (plugin.collector_success_name.size > 0 || plugin.collector_duration_name.size > 0) {
    tables.label_names.insert("collector");
  }
  if (!sound) return Broken(plugin, "the structs of its tables are too small");
  for (const pillion_option& option : tables.options) {
    if (const std::string wrong = WrongWith(option); !wrong.empty()) return Broken(plugin, wrong);
  }
  if (tables.collectors.empty()) tables.collectors.push_back({"default", true, 0});
  for (const CollectorEntry& entry : tables.collectors)
    tables.collector_names.push_back(entry.name);
  return tables;
}

}  // namespace pillion
