// A table and a builder over it, for tests of the builder.
#pragma once

#include "model/fragment_builder.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace pillion::test {

inline pillion_metric MakeMetric(std::string_view name, MetricType type,
                                 const std::vector<pillion_str>& labels = {}, uint32_t flags = 0) {
  pillion_metric metric{};
  metric.size = sizeof metric;
  metric.name = ToStr(name);
  metric.help = ToStr("Help.");
  metric.labels = labels.data();
  metric.label_count = labels.size();
  metric.type = static_cast<uint32_t>(type);
  metric.flags = flags;
  return metric;
}

// Families by their handles in the fixture's table.
enum : uint32_t { kGaugeAB, kCounterAB, kPlain, kHist, kSum, kOpen, kGaugeC, kOpenHist };

inline const FamilyTable& Table() {
  static const FamilyTable table = [] {
    const std::vector<pillion_str> ab = {ToStr("a"), ToStr("b")}, c = {ToStr("c")};
    const pillion_metric metrics[] = {
        MakeMetric("z_gauge", MetricType::kGauge, ab),
        MakeMetric("a_total", MetricType::kCounter, ab),
        MakeMetric("plain", MetricType::kGauge),
        MakeMetric("hist", MetricType::kHistogram),
        MakeMetric("sum", MetricType::kSummary),
        MakeMetric("open", MetricType::kGauge, {}, PILLION_METRIC_OPEN_LABELS),
        MakeMetric("c_gauge", MetricType::kGauge, c),
        MakeMetric("open_hist", MetricType::kHistogram, {}, PILLION_METRIC_OPEN_LABELS),
    };
    return FamilyTable::FromC(metrics, std::size(metrics), 0, nullptr);
  }();
  return table;
}

class Builder : public FragmentBuilder {
 public:
  explicit Builder(LabelPairs constant = {}, FragmentLimits limits = {})
      : FragmentBuilder(&Table(), std::move(constant), limits) {}

  LabelRef Labels(uint32_t family, const std::vector<std::string>& values) {
    std::vector<pillion_str> strs;
    for (const std::string& value : values) strs.push_back(ToStr(value));
    return MakeLabels(family, strs.data(), strs.size());
  }

  LabelRef Named(const LabelPairs& pairs) {
    std::vector<pillion_str> names, values;
    for (const auto& [name, value] : pairs) {
      names.push_back(ToStr(name));
      values.push_back(ToStr(value));
    }
    return MakeNamedLabels(names.data(), values.data(), pairs.size());
  }

  void Histogram(uint32_t family, const std::vector<double>& bounds,
                 const std::vector<double>& counts, double count, double sum = 1,
                 LabelRef labels = 0) {
    pillion_histogram h{};
    h.size = sizeof h;
    h.bounds = bounds.data();
    h.cumulative_counts = counts.data();
    h.bucket_count = bounds.size();
    h.count = count;
    h.sum = sum;
    AddHistogram(family, labels, h);
  }

  void Summary(uint32_t family, const std::vector<double>& quantiles) {
    const std::vector<double> values(quantiles.size(), 1);
    pillion_summary s{};
    s.size = sizeof s;
    s.quantiles = quantiles.data();
    s.values = values.data();
    s.quantile_count = quantiles.size();
    s.count = 1;
    s.sum = 1;
    AddSummary(family, 0, s);
  }

  uint64_t dropped(DropReason reason) { return drops().count[static_cast<size_t>(reason)]; }
  const std::string& first_drop(DropReason reason) {
    return drops().first[static_cast<size_t>(reason)];
  }
};

// `name{labels} value` of each single value, in order.
inline std::vector<std::string> Lines(const Fragment& fragment) {
  std::vector<std::string> lines;
  for (const FamilyRange& range : fragment.families) {
    if (!HasSingleValue(range.family->type)) continue;
    for (uint32_t i = range.first; i < range.first + range.count; ++i) {
      std::string line = range.family->name + "{";
      line += fragment.blocks[fragment.labels[i]];
      lines.push_back(line + "} " + std::to_string(std::lround(fragment.values[i])));
    }
  }
  return lines;
}

}  // namespace pillion::test
