#include "poll/status_fragment.hpp"

#include <cmath>

namespace pillion {
namespace {

// Indices of the table below.
enum : uint32_t {
  kPeersUp,
  kPeersDuration,
  kPeersSuccess,
  kUp,
  kSeries,
  kTimestamp,
  kCollectorSuccess,
  kCollectorDuration,
  kCollectorTimestamp,
  kCollectorStretched,
};

constexpr std::string_view kDurationHelp = "How long the collector's last run took.";
constexpr std::string_view kSuccessHelp = "1 if the collector's last run succeeded.";

// A name that the plugin doesn't give leaves an empty row, which is never used. The peers' families
// carry the instance's own labels, as its samples do.
FamilyTable MakeTable(const pillion_plugin& plugin, const InstanceConfig& config) {
  std::vector<std::string_view> peers;
  for (const auto& [name, _] : config.labels) peers.push_back(name);
  std::vector<std::string_view> peers_collector = peers;
  peers_collector.insert(peers_collector.begin(), "collector");
  const std::vector<std::string_view> own = {"exporter", "instance_name"};
  const std::vector<std::string_view> own_collector = {"exporter", "instance_name", "collector"};
  constexpr auto gauge = MetricType::kGauge;
  const FamilyRow rows[] = {
      {ToView(plugin.up_name), ToView(plugin.up_help), gauge, peers},
      {ToView(plugin.collector_duration_name), kDurationHelp, gauge, peers_collector},
      {ToView(plugin.collector_success_name), kSuccessHelp, gauge, peers_collector},
      {"pillion_instance_up", "1 if the last poll of the instance read its target.", gauge, own},
      {"pillion_snapshot_series", "Series that the instance shows now, without the host's own.",
       gauge, own},
      {"pillion_snapshot_timestamp_seconds", "When a poll last read the target, as Unix time.",
       gauge, own},
      {"pillion_collector_success", kSuccessHelp, gauge, own_collector},
      {"pillion_collector_duration_seconds", kDurationHelp, gauge, own_collector},
      {"pillion_collector_timestamp_seconds",
       "When the collector last read its target, as Unix time; not there where that is when the "
       "instance was read.",
       gauge, own_collector},
      {"pillion_collector_stretched_seconds",
       "How often a collector runs at most that max_target_load holds back; not there for others.",
       gauge, own_collector},
  };
  return FamilyTable::FromRows(rows);
}

// Rounded to microseconds, and Unix times to milliseconds: these change with every poll, and
// further digits tell nothing but cost as much as the others.
double Seconds(MonoTime time) {
  return static_cast<double>(std::chrono::round<std::chrono::microseconds>(time).count()) / 1e6;
}

double Rounded(double unix_seconds) { return std::round(unix_seconds * 1e3) / 1e3; }

// Whether what it shows may be older than the instance's last poll.
bool IsOfItsOwnTime(const CollectorState& c) {
  return c.every.count() > 0 || c.stretched.count() > 0 || !c.ok();
}

}  // namespace

StatusFragment::StatusFragment(ExporterTypePtr type, std::shared_ptr<const InstanceConfig> config)
    : type_(std::move(type)),
      config_(std::move(config)),
      table_(MakeTable(type_->plugin(), *config_)),
      builder_(&table_, {}) {
  builder_.KeepLabels();
  const auto labels = [&](uint32_t family, const std::vector<pillion_str>& values) {
    return builder_.MakeLabels(family, values.data(), values.size());
  };
  std::vector<pillion_str> peers;
  for (const auto& [_, text] : config_->labels) peers.push_back(ToStr(text));
  std::vector<pillion_str> own = {ToStr(config_->type), ToStr(config_->name)};
  if (table_.at(kPeersUp) != nullptr) peers_.instance = labels(kPeersUp, peers);
  own_.instance = labels(kUp, own);
  const bool has_duration = table_.at(kPeersDuration) != nullptr;
  const bool has_any = has_duration || table_.at(kPeersSuccess) != nullptr;
  peers.insert(peers.begin(), pillion_str{});
  own.push_back({});
  for (const auto& collector : type_->collectors()) {
    peers.front() = own.back() = ToStr(collector.name);
    own_.collectors.push_back(labels(kCollectorSuccess, own));
    if (!has_any) continue;
    peers_.collectors.push_back(labels(has_duration ? kPeersDuration : kPeersSuccess, peers));
  }
}

void StatusFragment::AddPeersFamilies(const InstanceState& state) {
  const bool has_duration = table_.at(kPeersDuration) != nullptr;
  const bool has_success = table_.at(kPeersSuccess) != nullptr;
  if (table_.at(kPeersUp) != nullptr) builder_.Add(kPeersUp, peers_.instance, state.up() ? 1 : 0);
  if (!has_duration && !has_success) return;
  for (size_t i = 0; i < state.collectors.size(); ++i) {
    const CollectorState& c = state.collectors[i];
    if (!c.enabled) continue;
    const LabelRef labels = peers_.collectors[i];
    if (has_duration && c.timed()) builder_.Add(kPeersDuration, labels, Seconds(c.duration));
    if (has_success && !c.awaits_first_turn()) {
      builder_.Add(kPeersSuccess, labels, state.up() && c.ok() ? 1 : 0);
    }
  }
}

void StatusFragment::AddOwnFamilies(const InstanceState& state, size_t series) {
  builder_.Add(kUp, own_.instance, state.up() ? 1 : 0);
  builder_.Add(kSeries, own_.instance, static_cast<double>(series));
  if (state.last_success_unix > 0) {
    builder_.Add(kTimestamp, own_.instance, Rounded(state.last_success_unix));
  }
  for (size_t i = 0; i < state.collectors.size(); ++i) {
    const CollectorState& c = state.collectors[i];
    if (!c.enabled) continue;
    const LabelRef labels = own_.collectors[i];
    if (!c.awaits_first_turn()) {
      builder_.Add(kCollectorSuccess, labels, state.up() && c.ok() ? 1 : 0);
    }
    if (c.timed()) builder_.Add(kCollectorDuration, labels, Seconds(c.duration));
    if (c.stretched.count() > 0) builder_.Add(kCollectorStretched, labels, Seconds(c.stretched));
    if (c.last_success_unix > 0 && IsOfItsOwnTime(c)) {
      builder_.Add(kCollectorTimestamp, labels, Rounded(c.last_success_unix));
    }
  }
}

FragmentPtr StatusFragment::Make(const InstanceState& state, size_t series) {
  builder_.Reset();
  AddPeersFamilies(state);
  AddOwnFamilies(state, series);
  return builder_.Build(Fragment::kHost);
}

}  // namespace pillion
