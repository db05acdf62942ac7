// Building fragments and pages for tests in a few lines.
//
//   Maker maker;
//   maker.Value("a_total", MetricType::kCounter, {{"l", "x"}}, 1);
//   const std::string page = Text({maker.Snapshot("one")});
#pragma once

#include "exposition/openmetrics_writer.hpp"
#include "exposition/output.hpp"
#include "exposition/page_plan.hpp"
#include "exposition/protobuf_writer.hpp"
#include "exposition/text_writer.hpp"
#include "model/fragment_builder.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pillion::test {

class Maker {
 public:
  explicit Maker(LabelPairs constant = {}) : builder_(&table_, std::move(constant)) {}
  Maker(const Maker&) = delete;
  Maker& operator=(const Maker&) = delete;

  uint32_t Family(const std::string& name, MetricType type, const std::string& help = "Help.",
                  const std::string& unit = "") {
    FamilyDesc desc;
    desc.name = name;
    desc.type = type;
    desc.help = help;
    desc.unit = unit;
    desc.open_labels = true;
    return builder_.DeclareUnchecked(desc);
  }

  LabelRef Labels(const LabelPairs& pairs) {
    std::vector<pillion_str> names, values;
    for (const auto& [name, value] : pairs) {
      names.push_back(ToStr(name));
      values.push_back(ToStr(value));
    }
    return builder_.MakeNamedLabels(names.data(), values.data(), pairs.size());
  }

  void Value(const std::string& name, MetricType type, const LabelPairs& labels, double value) {
    builder_.Add(Family(name, type), Labels(labels), value);
  }
  void Gauge(const std::string& name, double value) { Value(name, MetricType::kGauge, {}, value); }

  void Histogram(uint32_t family, const LabelPairs& labels, std::vector<double> bounds,
                 std::vector<double> counts, double count, double sum) {
    pillion_histogram h{};
    h.size = sizeof h;
    h.bounds = bounds.data();
    h.cumulative_counts = counts.data();
    h.bucket_count = bounds.size();
    h.count = count;
    h.sum = sum;
    builder_.AddHistogram(family, Labels(labels), h);
  }

  void Summary(uint32_t family, const LabelPairs& labels, std::vector<double> quantiles,
               std::vector<double> values, double count, double sum) {
    pillion_summary s{};
    s.size = sizeof s;
    s.quantiles = quantiles.data();
    s.values = values.data();
    s.quantile_count = quantiles.size();
    s.count = count;
    s.sum = sum;
    builder_.AddSummary(family, Labels(labels), s);
  }

  void Exemplar(const std::string& label, const std::string& text, double value, double time) {
    const pillion_str name = ToStr(label), label_value = ToStr(text);
    pillion_exemplar e{};
    e.size = sizeof e;
    e.label_names = &name;
    e.label_values = &label_value;
    e.label_count = 1;
    e.value = value;
    e.timestamp_seconds = time;
    builder_.AddExemplar(e);
  }

  FragmentBuilder& builder() { return builder_; }
  FragmentPtr Build() { return builder_.Build(0); }
  SnapshotPtr Snapshot(const std::string& instance) {
    auto snapshot = std::make_shared<pillion::Snapshot>();
    snapshot->instance = instance;
    snapshot->exporter = "test";
    snapshot->fragments.push_back(Build());
    return snapshot;
  }

 private:
  FamilyTable table_;
  FragmentBuilder builder_;
};

inline std::string Join(const std::vector<std::string>& chunks) {
  std::string all;
  for (const std::string& chunk : chunks) all += chunk;
  return all;
}

template <typename Writer>
std::string Written(const PagePlan& plan, Writer write) {
  ChunkSink sink;
  Output out(&sink);
  write(plan, out);
  out.Flush();
  return Join(sink.Take());
}

inline std::string Text(const PagePlan& plan) { return Written(plan, WriteText); }
inline std::string OpenMetrics(const PagePlan& plan) { return Written(plan, WriteOpenMetrics); }
inline std::string Protobuf(const PagePlan& plan) { return Written(plan, WriteProtobuf); }

inline std::string Text(const std::vector<SnapshotPtr>& snapshots) {
  return Text(*MakePagePlan(snapshots));
}
inline std::string OpenMetrics(const std::vector<SnapshotPtr>& snapshots) {
  return OpenMetrics(*MakePagePlan(snapshots));
}
inline std::string Protobuf(const std::vector<SnapshotPtr>& snapshots) {
  return Protobuf(*MakePagePlan(snapshots));
}

// A page with every type, clean and unclean, from two instances. Its names pass promtool's lint.
std::vector<SnapshotPtr> EveryType();

}  // namespace pillion::test
