// The keys of [exporters.NAME] that every exporter has: labels, collectors and times.
#pragma once

#include "config/loading.hpp"

#include <string_view>

namespace pillion {

// Each stores what it could read in `instance` and reports the rest. `tables` may be nullptr when
// the exporter is not known: then nothing is checked against it.
void ReadLabels(const Value& value, const PluginTables* tables, Loading& loading,
                InstanceConfig& instance);
void ReadCollectors(const Value& value, const PluginTables& tables, Loading& loading,
                    InstanceConfig& instance);

// freshness, timeout, stale_after, prefetch, connections, max_target_load; false: `key` is none of
// them.
bool ReadSchedule(std::string_view key, const Value& value, Loading& loading,
                  InstanceConfig& instance);

// What the table says for an instance that says nothing.
std::vector<CollectorConfig> DefaultCollectors(const PluginTables& tables);

}  // namespace pillion
