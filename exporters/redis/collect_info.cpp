// The collectors that only read INFO's text, except replication, keyspace and sentinel.
#include "collect.hpp"
#include "info_fields.hpp"
#include "tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace pillion::redis {
namespace {

constexpr std::string_view kIoThreadPrefix = "used_active_time_io_thread_";
constexpr size_t kPercentilesMax = 32;  // the server's default are 3

void AddIfNumber(Sink& sink, MetricId metric, std::string_view text) {
  if (const auto value = ToDouble(text)) sink.Add(FamilyOf(metric), *value);
}

void AddInstanceInfo(const Identity& id, Sink& sink) {
  std::array<std::string_view, 12> names = {
      "role",     "redis_version", "redis_build_id", "redis_mode",    "os", "maxmemory_policy",
      "tcp_port", "run_id",        "process_id",     "master_replid", {},   {}};
  std::array<std::string_view, 12> values = {id.role,
                                             id.redis_version,
                                             id.redis_build_id,
                                             id.redis_mode,
                                             id.os,
                                             id.maxmemory_policy,
                                             id.tcp_port,
                                             id.run_id,
                                             id.process_id,
                                             id.master_replid,
                                             {},
                                             {}};
  size_t count = 10;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    names[count] = name;
    values[count++] = value;
  };
  add("valkey_version", id.valkey_version);
  add("valkey_release_stage", id.valkey_release_stage);
  const Labels labels = sink.MakeLabels(std::span<const std::string_view>(names.data(), count),
                                        std::span<const std::string_view>(values.data(), count));
  sink.Add(FamilyOf(kInstanceInfo), labels, 1);
}

// Fields that others read, so that they are not unknown.
bool IsReadApart(const Info::Part& part, std::string_view name) {
  return (part.section == Section::kServer && name == "tcp_port") ||
         (part.section == Section::kReplication &&
          (name.starts_with("slave") || name.starts_with("master_"))) ||
         part.section == Section::kSentinel || name.starts_with("cluster_");
}

std::string UnknownName(std::string_view section, std::string_view field) {
  std::string name = "redis_info_";
  name.append(section).append("_").append(field);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!fits) c = '_';
  }
  return name;
}

// Fields with a number that have no family: counted, and exported if that is asked for.
class Unknown {
 public:
  static constexpr size_t kShownMax = 1000;

  Unknown(const Reading& reading, Sink& sink)
      : shown_max_(reading.settings.include_unknown_info ? kShownMax : 0), sink_(sink) {}

  void Take(const Info::Part& part, const InfoField& field) {
    const auto value = ToValue(field.value);
    if (!value) return;
    if (++count_ > shown_max_) return;
    const std::string name = UnknownName(part.name, field.name);
    Metric metric = MetricTable()[FamilyOf(kInfoAny)];
    metric.name = name;
    metric.flags = 0;
    const Family family = sink_.Declare(metric);
    if (family.valid()) sink_.Add(family, *value);
  }
  void End() { sink_.Add(FamilyOf(kInfoUnknown), static_cast<double>(count_)); }

 private:
  const size_t shown_max_;
  Sink& sink_;
  size_t count_ = 0;
};

// Fields of the server or its I/O threads that are more than a number with a name. False: it is
// none of them.
bool AddSpecial(const Info::Part& part, const InfoField& field, Sink& sink) {
  if (IsNumbered(field.name, kIoThreadPrefix)) {
    if (const auto value = ToDouble(field.value)) {
      sink.Add(FamilyOf(kIoThreadActiveTime), {field.name.substr(kIoThreadPrefix.size())}, *value);
    }
    return true;
  }
  if (part.section != Section::kServer) return false;
  if (field.name == "hz") AddIfNumber(sink, kHz, field.value);
  if (field.name == "configured_hz") AddIfNumber(sink, kConfiguredHz, field.value);
  return field.name == "hz" || field.name == "configured_hz";
}

void AddIndexed(Sink& sink, size_t index, const InfoField& field) {
  const auto value = ToValue(field.value);
  if (!value) return;
  sink.Add(static_cast<pillion_family>(index), *value / kInfoFields[index].divisor);
}

}  // namespace

bool AddField(Sink& sink, uint32_t collector, const InfoField& field) {
  const size_t index = FindInfoField(field.name);
  if (index == kInfoFieldCount || kInfoFields[index].collector != collector) return false;
  AddIndexed(sink, index, field);
  return true;
}

Result<void> Reading::InfoState() const {
  if (info_reply.ok()) return {};
  return info_reply.error();
}

double StartTime(const Identity& identity, double now, double before) {
  const auto uptime = ToDouble(identity.uptime_in_seconds);
  if (!uptime || !std::isfinite(*uptime)) return 0;
  const double start = std::floor(now) - *uptime;
  return std::abs(start - before) <= 1 ? before : start;
}

Result<void> CollectInfo(const Reading& reading, Sink& sink) {
  if (auto state = reading.InfoState(); !state) return state;
  const bool system = reading.settings.include_system_metrics;
  Unknown unknown(reading, sink);
  for (const Info::Part& part : reading.info.parts()) {
    for (const InfoField& field : reading.info.PlainFields(part)) {
      const size_t index = FindInfoField(field.name);
      if (index != kInfoFieldCount) {  // of another collector perhaps
        const bool wanted = system || field.name != kSystemMemoryField;
        if (kInfoFields[index].collector == kInfo && wanted) AddIndexed(sink, index, field);
      } else if (!AddSpecial(part, field, sink) && !IsReadApart(part, field.name)) {
        unknown.Take(part, field);
      }
    }
  }
  if (reading.start_time > 0) sink.Add(FamilyOf(kStartTime), reading.start_time);
  AddInstanceInfo(reading.identity, sink);
  unknown.End();
  return {};
}

CommandTimes::CommandTimes(std::string_view commandstats) {
  for (FieldCursor at(commandstats); auto field = at.Next();) {
    constexpr std::string_view kPrefix = "cmdstat_";
    if (!field->name.starts_with(kPrefix)) continue;
    Entry entry;
    entry.cmd = field->name.substr(kPrefix.size());
    std::optional<double> calls, usec;
    for (PairCursor pairs(field->value); auto pair = pairs.Next();) {
      if (pair->name == "calls") calls = ToDouble(pair->value);
      if (pair->name == "usec") usec = ToDouble(pair->value);
      if (pair->name == "rejected_calls") entry.rejected = ToDouble(pair->value);
      if (pair->name == "failed_calls") entry.failed = ToDouble(pair->value);
    }
    if (!calls || !usec) continue;
    entry.calls = *calls;
    entry.usec = *usec;
    entries_.push_back(entry);
  }
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.cmd < b.cmd; });
}

const CommandTimes::Entry* CommandTimes::Find(std::string_view cmd) const {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), cmd,
                       [](const Entry& entry, std::string_view name) { return entry.cmd < name; });
  return found == entries_.end() || found->cmd != cmd ? nullptr : &*found;
}

double CommandTimes::UsecOf(std::string_view cmd) const {
  const Entry* own = Find(cmd);
  double usec = own == nullptr ? 0 : own->usec;
  const std::string family = std::string(cmd) + "|";
  auto child = std::lower_bound(
      entries_.begin(), entries_.end(), family,
      [](const Entry& entry, const std::string& name) { return entry.cmd < name; });
  for (; child != entries_.end() && child->cmd.starts_with(family); ++child) usec += child->usec;
  return usec;
}

Result<void> CollectCommandstats(const Reading& reading, Sink& sink) {
  if (auto state = reading.InfoState(); !state) return state;
  for (const CommandTimes::Entry& entry : reading.times.entries()) {
    const Labels labels = sink.MakeLabels(FamilyOf(kCommandsTotal), {entry.cmd});
    sink.Add(FamilyOf(kCommandsTotal), labels, entry.calls);
    sink.Add(FamilyOf(kCommandsDuration), labels, entry.usec / 1e6);
    if (!entry.rejected || !entry.failed) continue;  // before 6.2
    sink.Add(FamilyOf(kCommandsRejected), labels, *entry.rejected);
    sink.Add(FamilyOf(kCommandsFailed), labels, *entry.failed);
  }
  return {};
}

Result<void> CollectLatencystats(const Reading& reading, Sink& sink) {
  if (auto state = reading.InfoState(); !state) return state;
  constexpr std::string_view kPrefix = "latency_percentiles_usec_";
  struct Point {
    double quantile;
    double value;
  };
  for (FieldCursor at(reading.info.Body(Section::kLatencystats)); auto field = at.Next();) {
    if (!field->name.starts_with(kPrefix)) continue;
    const std::string_view cmd = field->name.substr(kPrefix.size());
    const CommandTimes::Entry* times = reading.times.Find(cmd);
    if (times == nullptr) continue;
    std::array<Point, kPercentilesMax> points;
    size_t count = 0;
    for (PairCursor pairs(field->value); auto pair = pairs.Next();) {
      if (count == points.size() || !pair->name.starts_with('p')) continue;
      const auto quantile = ToDouble(pair->name.substr(1));
      const auto value = ToDouble(pair->value);
      if (quantile && value && std::isfinite(*quantile)) points[count++] = {*quantile, *value};
    }
    std::sort(points.begin(), points.begin() + count,
              [](const Point& a, const Point& b) { return a.quantile < b.quantile; });
    std::array<double, kPercentilesMax> quantiles{}, values{};
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
      if (kept > 0 && quantiles[kept - 1] == points[i].quantile) continue;
      quantiles[kept] = points[i].quantile;
      values[kept++] = points[i].value;
    }
    sink.Add(FamilyOf(kLatencyPercentiles), sink.MakeLabels(FamilyOf(kLatencyPercentiles), {cmd}),
             Summary{{quantiles.data(), kept}, {values.data(), kept}, times->calls, times->usec});
  }
  return {};
}

Result<void> CollectErrorstats(const Reading& reading, Sink& sink) {
  if (auto state = reading.InfoState(); !state) return state;
  constexpr std::string_view kPrefix = "errorstat_";
  for (FieldCursor at(reading.info.Body(Section::kErrorstats)); auto field = at.Next();) {
    if (!field->name.starts_with(kPrefix)) continue;
    for (PairCursor pairs(field->value); auto pair = pairs.Next();) {
      if (pair->name != "count") continue;
      if (const auto value = ToDouble(pair->value)) {
        sink.Add(FamilyOf(kErrorsTotal), {field->name.substr(kPrefix.size())}, *value);
      }
    }
  }
  return {};
}

namespace {

// A cluster_ field without a line in the table: redis_<field>, other characters as `_`.
void AddClusterField(Sink& sink, const InfoField& field) {
  const auto value = ToValue(field.value);
  if (!value) return;
  std::string name = "redis_" + std::string(field.name);
  for (char& c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!fits) c = '_';
  }
  const Metric& pattern = MetricTable()[FamilyOf(kClusterAny)];
  Metric metric = pattern;
  metric.name = name;
  metric.flags = 0;
  const Family family = sink.Declare(metric);
  if (family.valid()) sink.Add(family, *value);
}

void AddIfCluster(Sink& sink, const InfoField& field) {
  if (!field.name.starts_with("cluster_")) return;
  if (!AddField(sink, kCluster, field)) AddClusterField(sink, field);
}

}  // namespace

Result<void> CollectCluster(const Reading& reading, Sink& sink) {
  if (auto state = reading.InfoState(); !state) return state;
  for (const Info::Part& part : reading.info.parts()) {
    for (const InfoField& field : reading.info.PlainFields(part)) AddIfCluster(sink, field);
  }
  if (!reading.server.cluster) return {};
  const auto cluster = reading.answers.Get(Ask::kClusterInfo);
  if (!cluster) return cluster.error();
  for (FieldCursor at(TextOf(*cluster)); auto field = at.Next();) AddIfCluster(sink, *field);
  return {};
}

}  // namespace pillion::redis
