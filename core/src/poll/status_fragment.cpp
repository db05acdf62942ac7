#include "poll/status_fragment.hpp"

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
};

constexpr std::string_view kDurationHelp = "How long the collector's last run took.";
constexpr std::string_view kSuccessHelp = "1 if the collector's last run succeeded.";

// A name that the plugin doesn't give leaves an empty row, which is never used.
FamilyTable MakeTable(const pillion_plugin& plugin) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {ToView(plugin.up_name), ToView(plugin.up_help)},
      {ToView(plugin.collector_duration_name), kDurationHelp},
      {ToView(plugin.collector_success_name), kSuccessHelp},
      {"pillion_instance_up", "1 if the last poll of the instance read its target."},
      {"pillion_snapshot_series", "Series that the instance shows now, without the host's own."},
      {"pillion_snapshot_timestamp_seconds", "When a poll last read the target, as Unix time."},
      {"pillion_collector_success", kSuccessHelp},
      {"pillion_collector_duration_seconds", kDurationHelp},
      {"pillion_collector_timestamp_seconds",
       "When the collector last read its target, as Unix time."},
  };
  std::vector<pillion_metric> metrics;
  for (const auto& [name, help] : rows) {
    pillion_metric metric{};
    metric.size = sizeof metric;
    metric.name = ToStr(name);
    metric.help = ToStr(help);
    metric.type = PILLION_TYPE_GAUGE;
    metric.flags = PILLION_METRIC_OPEN_LABELS;
    metrics.push_back(metric);
  }
  return FamilyTable::FromC(metrics.data(), metrics.size(), 1, nullptr);
}

double Seconds(MonoTime time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

StatusFragment::StatusFragment(ExporterTypePtr type, std::shared_ptr<const InstanceConfig> config)
    : type_(std::move(type)),
      config_(std::move(config)),
      table_(MakeTable(type_->plugin())),
      builder_(&table_, {}) {}

void StatusFragment::Add(uint32_t family, std::span<const Pair> labels, double value) {
  names_.clear();
  values_.clear();
  for (const auto& [name, text] : labels) {
    names_.push_back(ToStr(name));
    values_.push_back(ToStr(text));
  }
  builder_.Add(family, builder_.MakeNamedLabels(names_.data(), values_.data(), names_.size()),
               value);
}

// Families with the names that peers use; they carry the instance's own labels as samples do.
void StatusFragment::AddPeersFamilies(const InstanceState& state) {
  std::vector<Pair> labels(config_->labels.begin(), config_->labels.end());
  if (table_.at(kPeersUp) != nullptr) Add(kPeersUp, labels, state.up() ? 1 : 0);
  labels.insert(labels.begin(), {"collector", ""});
  for (size_t i = 0; i < state.collectors.size(); ++i) {
    const CollectorState& c = state.collectors[i];
    if (!c.enabled) continue;
    labels[0].second = type_->collectors()[i].name;
    if (table_.at(kPeersDuration) != nullptr && c.timed()) {
      Add(kPeersDuration, labels, Seconds(c.duration));
    }
    if (table_.at(kPeersSuccess) != nullptr && !c.awaits_first_turn()) {
      Add(kPeersSuccess, labels, state.up() && c.ok() ? 1 : 0);
    }
  }
}

void StatusFragment::AddOwnFamilies(const InstanceState& state, size_t series) {
  std::vector<Pair> labels = {{"exporter", config_->type}, {"instance_name", config_->name}};
  Add(kUp, labels, state.up() ? 1 : 0);
  Add(kSeries, labels, static_cast<double>(series));
  if (state.last_success_unix > 0) Add(kTimestamp, labels, state.last_success_unix);
  labels.push_back({"collector", ""});
  for (size_t i = 0; i < state.collectors.size(); ++i) {
    const CollectorState& c = state.collectors[i];
    if (!c.enabled) continue;
    labels.back().second = type_->collectors()[i].name;
    if (!c.awaits_first_turn()) Add(kCollectorSuccess, labels, state.up() && c.ok() ? 1 : 0);
    if (c.timed()) Add(kCollectorDuration, labels, Seconds(c.duration));
    if (c.last_success_unix > 0) Add(kCollectorTimestamp, labels, c.last_success_unix);
  }
}

FragmentPtr StatusFragment::Make(const InstanceState& state, size_t series) {
  builder_.Reset();
  AddPeersFamilies(state);
  AddOwnFamilies(state, series);
  return builder_.Build(Fragment::kHost);
}

}  // namespace pillion
