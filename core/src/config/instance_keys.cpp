#include "config/instance_keys.hpp"

#include "config/suggest.hpp"
#include "model/name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pillion {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr DurationRange kFreshnessRange{milliseconds(0), hours(24)};
constexpr DurationRange kTimeoutRange{milliseconds(10), hours(1)};
constexpr DurationRange kStaleAfterRange{milliseconds(10), hours(24 * 30)};
// Of a collector's own schedule: below it would be a busy loop.
constexpr DurationRange kEveryRange{milliseconds(10), hours(24 * 30)};

// Why the label cannot be used, or nothing.
std::string WrongLabelName(std::string_view name, const PluginTables* tables) {
  if (!IsLabelName(name)) {
    return "not a label name: it is empty, starts with __ or is not UTF-8 without NUL";
  }
  if (name.size() > kLabelNameBytesMax) {
    return fmt::format("longer than {} bytes", kLabelNameBytesMax);
  }
  if (name == "le" || name == "quantile") {
    return "reserved: histograms and summaries use this label themselves";
  }
  if (tables != nullptr && tables->label_names.count(name) > 0) {
    return "metrics of this exporter have a label of that name themselves";
  }
  return {};
}

// An index into the tables' collectors, or an error at `place`.
std::optional<size_t> FindCollector(std::string_view name, const Place& place,
                                    std::string_view path, const PluginTables& tables,
                                    Loading& loading) {
  const auto& names = tables.collector_names;
  const auto at = std::find(names.begin(), names.end(), name);
  if (at != names.end()) return static_cast<size_t>(at - names.begin());
  loading.problems.Error(place, path, "unknown collector" + SuggestOrList(name, names));
  return std::nullopt;
}

// ["a", "b"]: these and no others.
void ReadCollectorList(const Value& value, const PluginTables& tables, Loading& loading,
                       InstanceConfig& instance) {
  const auto items = loading.reader.Items(value);
  if (!items) return;
  for (CollectorConfig& collector : instance.collectors) collector.enabled = false;
  for (const Value& item : *items) {
    const auto name = loading.reader.String(item);
    if (!name) continue;
    const auto index = FindCollector(*name, item.place(), item.path, tables, loading);
    if (!index) continue;
    if (instance.collectors[*index].enabled) loading.reader.Error(item, "is in the list twice");
    instance.collectors[*index].enabled = true;
  }
}

// { every = "5m", timeout = "2m", enabled = true }
void ReadCollectorTable(const Value& value, Loading& loading, CollectorConfig& collector) {
  static constexpr std::string_view kKeys[] = {"enabled", "every", "timeout"};
  collector.enabled = true;  // who sets a schedule wants it to run
  for (const TomlEntry& entry : value.node->entries) {
    const Value inner{&entry.value, value.source, JoinKey(value.path, entry.key)};
    if (entry.key == "enabled") {
      collector.enabled = loading.reader.Bool(inner).value_or(true);
    } else if (entry.key == "every") {
      const auto every = loading.reader.Duration(inner);
      if (!every) continue;
      if (every->count() != 0 && (*every < kEveryRange.minimum || *every > kEveryRange.maximum)) {
        loading.reader.Error(
            inner,
            fmt::format("must be between {} and {}, or \"0s\" for each scrape",
                        FormatDuration(kEveryRange.minimum), FormatDuration(kEveryRange.maximum)));
        continue;
      }
      collector.every = *every;
    } else if (entry.key == "timeout") {
      if (const auto timeout = loading.reader.Duration(inner, kTimeoutRange)) {
        collector.timeout = *timeout;
      }
    } else {
      loading.problems.Error({value.source, entry.position}, inner.path,
                             "unknown key" + SuggestOrList(entry.key, kKeys));
    }
  }
}

}  // namespace

std::vector<CollectorConfig> DefaultCollectors(const PluginTables& tables) {
  std::vector<CollectorConfig> collectors;
  const auto bounded = [](uint64_t nanoseconds, const DurationRange& range) {
    const auto most = static_cast<uint64_t>(range.maximum.count());
    return std::chrono::nanoseconds(static_cast<int64_t>(std::min(nanoseconds, most)));
  };
  for (const CollectorEntry& entry : tables.collectors) {
    collectors.push_back({.enabled = entry.on,
                          .every = bounded(entry.every, kEveryRange),
                          .timeout = bounded(entry.timeout, kTimeoutRange)});
  }
  return collectors;
}

void ReadLabels(const Value& value, const PluginTables* tables, Loading& loading,
                InstanceConfig& instance) {
  const auto* entries = loading.reader.Table(value);
  if (entries == nullptr) return;
  if (entries->size() > kInstanceLabelsMax) {
    return loading.reader.Error(value, fmt::format("has more than {} labels", kInstanceLabelsMax));
  }
  for (const TomlEntry& entry : *entries) {
    const Value label{&entry.value, value.source, JoinKey(value.path, entry.key)};
    const Place place{value.source, entry.position};
    const std::string wrong = WrongLabelName(entry.key, tables);
    if (!wrong.empty()) loading.problems.Error(place, label.path, wrong);
    if (entry.key == "job" || entry.key == "instance") {
      loading.problems.Warn(place, label.path,
                            "Prometheus sets this label itself and renames yours to exported_" +
                                entry.key + " unless honor_labels is on");
    }
    if (wrong.empty() && !IsLegacyLabelName(entry.key)) {
      loading.problems.Warn(place, label.path,
                            "is not of a-z, A-Z, 0-9 and _: a Prometheus before 3.0 gets it with "
                            "other characters in their place");
    }
    auto text = loading.reader.String(label);
    if (!text) continue;
    if (text->empty()) {
      loading.reader.Error(label, "must not be empty: Prometheus drops empty labels");
    } else if (text->size() > kLabelValueBytesMax) {
      loading.reader.Error(label, fmt::format("longer than {} bytes", kLabelValueBytesMax));
    } else {
      instance.labels.emplace_back(entry.key, std::move(*text));
    }
  }
}

void ReadCollectors(const Value& value, const PluginTables& tables, Loading& loading,
                    InstanceConfig& instance) {
  if (value.node->kind == TomlNode::Kind::kArray) {
    return ReadCollectorList(value, tables, loading, instance);
  }
  if (value.node->kind != TomlNode::Kind::kTable) {
    return loading.reader.Error(
        value, fmt::format("must be a list of names or a table such as {{ NAME = false }}, not {}",
                           Describe(value.node->kind)));
  }
  for (const TomlEntry& entry : value.node->entries) {
    const Value inner{&entry.value, value.source, JoinKey(value.path, entry.key)};
    const Place place{value.source, entry.position};
    const auto index = FindCollector(entry.key, place, inner.path, tables, loading);
    if (!index) continue;
    CollectorConfig& collector = instance.collectors[*index];
    if (entry.value.kind == TomlNode::Kind::kBoolean) {
      collector.enabled = entry.value.flag;
    } else if (entry.value.kind == TomlNode::Kind::kTable) {
      ReadCollectorTable(inner, loading, collector);
    } else {
      loading.reader.Error(
          inner, fmt::format("must be true, false or a table such as {{ every = \"5m\" }}, not {}",
                             Describe(entry.value.kind)));
    }
  }
}

bool ReadSchedule(std::string_view key, const Value& value, Loading& loading,
                  InstanceConfig& instance) {
  if (key == "prefetch") {
    instance.prefetch = loading.reader.Bool(value).value_or(instance.prefetch);
    return true;
  }
  if (key == "connections") {
    const auto connections = loading.reader.Integer(value);
    if (connections && (*connections < 1 || *connections > 2)) {
      loading.reader.Error(value, "must be 1, or 2 for a second one that `every` collectors use");
    } else if (connections) {
      instance.connections = static_cast<uint32_t>(*connections);
    }
    return true;
  }
  if (key == "max_target_load") {
    const auto load = loading.reader.Float(value);
    if (load && (*load < 0 || *load > 1)) {
      loading.reader.Error(value, "must be between 0 and 1, such as 0.02 for 2 % of the time");
    } else if (load) {
      instance.max_target_load = *load;
    }
    return true;
  }
  std::chrono::nanoseconds* time = nullptr;
  DurationRange range;
  if (key == "freshness") {
    time = &instance.freshness;
    range = kFreshnessRange;
  } else if (key == "timeout") {
    time = &instance.timeout;
    range = kTimeoutRange;
  } else if (key == "stale_after") {
    time = &instance.stale_after;
    range = kStaleAfterRange;
  } else {
    return false;
  }
  if (const auto read = loading.reader.Duration(value, range)) *time = *read;
  return true;
}

}  // namespace pillion
