#include "config/plugin_tables.hpp"

#include "config/option_values.hpp"

#include <pillion/tables.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <string>

namespace pillion {
namespace {

// What was there from the first version on.
constexpr size_t kOptionSizeMin = offsetof(pillion_option, fields);
constexpr size_t kCollectorSizeMin = offsetof(pillion_collector, default_timeout);

// Calls `each` with a copy of every struct. Fields that the plugin's side does not have are zero.
// False: the structs are smaller than `size_min`.
template <typename T, typename Each>
bool Walk(const T* first, size_t count, size_t size_min, Each each) {
  if (count == 0) return true;
  if (first == nullptr || first->size < size_min) return false;
  const char* at = reinterpret_cast<const char*>(first);
  for (size_t i = 0; i < count; ++i, at += first->size) {
    T copy{};
    std::memcpy(&copy, at, std::min(sizeof copy, first->size));
    each(copy);
  }
  return true;
}

Error Broken(const pillion_plugin& plugin, std::string_view what) {
  return {Reason::kInternal,
          fmt::format("exporter `{}` cannot be used: {}", ToView(plugin.type), what)};
}

std::string WrongFields(const pillion_option& option);

// Empty: nothing is wrong.
std::string WrongWith(const pillion_option& option, bool is_field) {
  const std::string_view name = ToView(option.name);
  if (!is_field && std::find(std::begin(kInstanceKeys), std::end(kInstanceKeys), name) !=
                       std::end(kInstanceKeys)) {
    return fmt::format("its option `{}` has a name of the host's own", name);
  }
  if (option.maximum < option.minimum) {
    return fmt::format("the range of its option `{}` is empty", name);
  }
  if ((option.flags & PILLION_OPT_SECRET) && option.type != PILLION_OPT_STRING) {
    return fmt::format("its option `{}` is a secret but not a string", name);
  }
  if (option.type == PILLION_OPT_RECORDS) {
    if (!is_field) return WrongFields(option);
    return fmt::format("the field `{}` of its option holds records itself", name);
  }
  if (is_field && (option.flags & PILLION_OPT_SECRET)) {
    return fmt::format("the field `{}` of its option is a secret", name);
  }
  const auto value = ReadDefault(option);
  if (!value) {
    return fmt::format("the default of its option `{}`: {}", name, value.error().message);
  }
  return {};
}

std::string WrongFields(const pillion_option& option) {
  const std::string_view name = ToView(option.name);
  if (option.default_value.size > 0 || (option.flags & ~uint32_t{PILLION_OPT_REQUIRED}) != 0) {
    return fmt::format("its option `{}` holds records and has a default or a flag", name);
  }
  const std::vector<pillion_option> fields = FieldsOf(option);
  if (fields.empty() || fields.size() > PluginTables::kOptionsMax) {
    return fmt::format("its option `{}` holds records without fields, or with too many", name);
  }
  for (const pillion_option& field : fields) {
    if (std::string wrong = WrongWith(field, /*is_field=*/true); !wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace

std::vector<pillion_option> FieldsOf(const pillion_option& option) {
  std::vector<pillion_option> fields;
  if (option.type != PILLION_OPT_RECORDS) return fields;
  if (option.field_count > PluginTables::kOptionsMax) return fields;
  Walk(option.fields, option.field_count, kOptionSizeMin,
       [&](const pillion_option& field) { fields.push_back(field); });
  return fields;
}

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
      Walk(plugin.options, plugin.option_count, kOptionSizeMin,
           [&](const pillion_option& option) {
             tables.options.push_back(option);
             tables.option_names.push_back(ToView(option.name));
           }) &&
      Walk(plugin.collectors, plugin.collector_count, kCollectorSizeMin,
           [&](const pillion_collector& collector) {
             tables.collectors.push_back({ToView(collector.name),
                                          (collector.flags & PILLION_COLLECTOR_OFF) == 0,
                                          collector.default_every, collector.default_timeout});
           }) &&
      Walk(plugin.metrics, plugin.metric_count, sizeof(pillion_metric),
           [&](const pillion_metric& metric) {
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
    if (const std::string wrong = WrongWith(option, /*is_field=*/false); !wrong.empty())
      return Broken(plugin, wrong);
  }
  if (tables.collectors.empty()) tables.collectors.push_back({"default"});
  for (const CollectorEntry& entry : tables.collectors)
    tables.collector_names.push_back(entry.name);
  return tables;
}

}  // namespace pillion
