#include "poll/status_fragment.hpp"

#include <span>

namespace pillion {
namespace {

double Seconds(MonoTime time) { return std::chrono::duration<double>(time).count(); }

// A FragmentBuilder with the few things that the host's families need.
class Writer {
 public:
  Writer() : builder_(&no_table_, {}) {}

  uint32_t Declare(std::string name, std::string help, MetricType type = MetricType::kGauge) {
    FamilyDesc desc;
    desc.name = std::move(name);
    desc.type = type;
    desc.help = std::move(help);
    desc.open_labels = true;
    return builder_.DeclareUnchecked(std::move(desc));
  }

  using Pair = std::pair<std::string_view, std::string_view>;
  void Add(uint32_t family, std::span<const Pair> labels, double value) {
    std::vector<pillion_str> names, values;
    for (const auto& [name, text] : labels) {
      names.push_back(ToStr(name));
      values.push_back(ToStr(text));
    }
    builder_.Add(family, builder_.MakeNamedLabels(names.data(), values.data(), names.size()),
                 value);
  }

  FragmentPtr Build() { return builder_.Build(0); }

 private:
  const FamilyTable no_table_;
  FragmentBuilder builder_;
};

using Pairs = std::vector<Writer::Pair>;

// Families with the names that peers use; they carry the instance's own labels as samples do.
void AddPeersFamilies(Writer& out, const ExporterType& type, const InstanceConfig& config,
                      const InstanceState& state) {
  const pillion_plugin& plugin = type.plugin();
  const Pairs constant(config.labels.begin(), config.labels.end());
  if (plugin.up_name.size > 0) {
    out.Add(out.Declare(std::string(ToView(plugin.up_name)), std::string(ToView(plugin.up_help))),
            constant, state.up() ? 1 : 0);
  }
  const auto with_collector = [&](size_t i) {
    Pairs pairs = {{"collector", type.collectors()[i].name}};
    pairs.insert(pairs.end(), constant.begin(), constant.end());
    return pairs;
  };
  if (plugin.collector_duration_name.size > 0) {
    const uint32_t family = out.Declare(std::string(ToView(plugin.collector_duration_name)),
                                        "How long the collector's last run took.");
    for (size_t i = 0; i < state.collectors.size(); ++i) {
      const CollectorState& c = state.collectors[i];
      if (c.enabled && c.timed()) out.Add(family, with_collector(i), Seconds(c.duration));
    }
  }
  if (plugin.collector_success_name.size > 0) {
    const uint32_t family = out.Declare(std::string(ToView(plugin.collector_success_name)),
                                        "1 if the collector's last run succeeded.");
    for (size_t i = 0; i < state.collectors.size(); ++i) {
      const CollectorState& c = state.collectors[i];
      if (c.enabled) out.Add(family, with_collector(i), state.up() && c.ok() ? 1 : 0);
    }
  }
}

void AddOwnFamilies(Writer& out, const ExporterType& type, const InstanceConfig& config,
                    const InstanceState& state, size_t series) {
  const Pairs instance = {{"exporter", config.type}, {"instance_name", config.name}};
  out.Add(out.Declare("pillion_instance_up", "1 if the last poll of the instance read its target."),
          instance, state.up() ? 1 : 0);
  out.Add(out.Declare("pillion_snapshot_series",
                      "Series that the instance shows now, without the host's own."),
          instance, static_cast<double>(series));
  if (state.last_success_unix > 0) {
    out.Add(out.Declare("pillion_snapshot_timestamp_seconds",
                        "When a poll last read the target, as Unix time."),
            instance, state.last_success_unix);
  }
  const uint32_t success =
      out.Declare("pillion_collector_success", "1 if the collector's last run succeeded.");
  const uint32_t duration =
      out.Declare("pillion_collector_duration_seconds", "How long the collector's last run took.");
  const uint32_t timestamp = out.Declare("pillion_collector_timestamp_seconds",
                                         "When the collector last read its target, as Unix time.");
  for (size_t i = 0; i < state.collectors.size(); ++i) {
    const CollectorState& c = state.collectors[i];
    if (!c.enabled) continue;
    Pairs pairs = instance;
    pairs.push_back({"collector", type.collectors()[i].name});
    out.Add(success, pairs, state.up() && c.ok() ? 1 : 0);
    if (c.timed()) out.Add(duration, pairs, Seconds(c.duration));
    if (c.last_success_unix > 0) out.Add(timestamp, pairs, c.last_success_unix);
  }
}

}  // namespace

FragmentPtr MakeStatusFragment(const ExporterType& type, const InstanceConfig& config,
                               const InstanceState& state, size_t series) {
  Writer out;
  AddPeersFamilies(out, type, config, state);
  AddOwnFamilies(out, type, config, state, series);
  return out.Build();
}

}  // namespace pillion
