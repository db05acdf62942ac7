// PluginTables: what the configuration needs of a plugin's C tables, walked by their own struct
// size and checked once. Threads: immutable. The views live as long as the plugin (the process).
#pragma once

#include <pillion/plugin.h>
#include <pillion/result.hpp>

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

namespace pillion {

struct CollectorEntry {
  std::string_view name;
  bool on = true;
  uint64_t every = 0;    // ns
  uint64_t timeout = 0;  // ns; 0: the instance's
};

struct PluginTables {
  static constexpr size_t kOptionsMax = 1000;

  std::vector<pillion_option> options;
  std::vector<std::string_view> option_names;  // the same order
  std::vector<CollectorEntry> collectors;      // never empty: without a table, one "default"
  std::vector<std::string_view> collector_names;
  std::set<std::string_view> label_names;  // of all its metrics

  const pillion_option* Find(std::string_view name) const;
};

// Keys of [exporters.NAME] that are the host's own: no option may be called like one of them.
inline constexpr std::string_view kInstanceKeys[] = {
    "type",     "labels",      "freshness",       "timeout",           "stale_after",
    "prefetch", "connections", "max_target_load", "collectors",        "keep",
    "drop",     "rules",       "series_max",      "family_series_max", "label_value_bytes_max"};

// The fields of an option of type RECORDS. `option` is a copy as PluginTables holds it.
std::vector<pillion_option> FieldsOf(const pillion_option& option);

// Refuses tables that cannot be used: a struct that is too small, an option with a name of ours,
// an empty range, a default that its own option does not accept.
Result<PluginTables> ReadTables(const pillion_plugin& plugin);

}  // namespace pillion
