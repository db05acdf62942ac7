#include "self/own_series.hpp"

#include <algorithm>
#include <cmath>

namespace pillion {
OwnSeries::OwnSeries(std::span<const FamilyRow> table)
    : table_(FamilyTable::FromRows(table)), builder_(&table_, {}) {
  builder_.KeepLabels();
}

void OwnSeries::Enter(uint32_t family, std::initializer_list<std::string_view> labels,
                      Instrument what) {
  std::vector<pillion_str> values;
  for (const std::string_view value : labels) values.push_back(ToStr(value));
  const LabelRef ref = builder_.MakeLabels(family, values.data(), values.size());
  const auto behind = std::upper_bound(
      series_.begin(), series_.end(), table_.rank(family),
      [&](uint32_t rank, const Series& s) { return rank < table_.rank(s.family); });
  series_.insert(behind, {family, ref, what});
}

prometheus::Counter& OwnSeries::NewCounter(uint32_t family,
                                           std::initializer_list<std::string_view> labels) {
  const std::lock_guard lock(mutex_);
  Enter(family, labels, &counters_.emplace_back());
  return counters_.back();
}

prometheus::Gauge& OwnSeries::NewGauge(uint32_t family,
                                       std::initializer_list<std::string_view> labels) {
  const std::lock_guard lock(mutex_);
  Enter(family, labels, &gauges_.emplace_back());
  return gauges_.back();
}

prometheus::Histogram& OwnSeries::NewHistogram(
    uint32_t family, std::initializer_list<std::string_view> labels,
    const prometheus::Histogram::BucketBoundaries& bounds) {
  const std::lock_guard lock(mutex_);
  Enter(family, labels, &histograms_.emplace_back(bounds));
  return histograms_.back();
}

void OwnSeries::AddHistogram(const Series& series, const prometheus::Histogram& histogram) {
  const prometheus::ClientMetric::Histogram now = histogram.Collect().histogram;
  bounds_.clear();
  counts_.clear();
  for (const auto& bucket : now.bucket) {
    if (std::isinf(bucket.upper_bound)) continue;  // implied by count
    bounds_.push_back(bucket.upper_bound);
    counts_.push_back(static_cast<double>(bucket.cumulative_count));
  }
  pillion_histogram shown{};
  shown.size = sizeof shown;
  shown.bounds = bounds_.data();
  shown.cumulative_counts = counts_.data();
  shown.bucket_count = bounds_.size();
  shown.count = static_cast<double>(now.sample_count);
  shown.sum = now.sample_sum;
  builder_.AddHistogram(series.family, series.labels, shown);
}

FragmentPtr OwnSeries::Show() {
  const std::lock_guard lock(mutex_);
  builder_.Reset();  // of what a call left that failed half way
  for (const Series& series : series_) {
    if (const auto* counter = std::get_if<0>(&series.instrument)) {
      builder_.Add(series.family, series.labels, (*counter)->Value());
    } else if (const auto* gauge = std::get_if<1>(&series.instrument)) {
      builder_.Add(series.family, series.labels, (*gauge)->Value());
    } else {
      AddHistogram(series, *std::get<2>(series.instrument));
    }
  }
  return builder_.Build(Fragment::kHost);
}

}  // namespace pillion
