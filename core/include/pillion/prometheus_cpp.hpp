// Hand any prometheus::Collectable (a prometheus::Registry, above all) to a sink.
//
// prometheus-cpp is the instrumentation library for plugins that keep counters or histograms of
// their own. It stays on the plugin's side of the border: what crosses are samples.
//
//   prometheus::Registry registry_;                       // a member of the exporter
//   Result<void> Poll(PollContext&, Sink& sink) { AddCollectable(sink, registry_); return {}; }
//
// Costs about 2 us per sample (Collect() copies everything). Errors: an exception of Collect()
// passes through, and Poll's caller turns it into kInternal. Timestamps of samples are left out:
// samples are fresh each poll. Link prometheus-cpp::core yourself.
#pragma once

#include <pillion/sink.hpp>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cmath>
#include <string_view>
#include <vector>

namespace pillion {
namespace detail {

inline MetricType FromPrometheus(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter: return MetricType::kCounter;
    case prometheus::MetricType::Gauge: return MetricType::kGauge;
    case prometheus::MetricType::Summary: return MetricType::kSummary;
    case prometheus::MetricType::Histogram: return MetricType::kHistogram;
    default: return MetricType::kUnknown;
  }
}

inline void AddPrometheusHistogram(Sink& sink, Family family, Labels labels,
                                   const prometheus::ClientMetric::Histogram& histogram) {
  std::vector<double> bounds, counts;
  for (const auto& bucket : histogram.bucket) {
    if (std::isinf(bucket.upper_bound)) continue;  // implied by count
    bounds.push_back(bucket.upper_bound);
    counts.push_back(static_cast<double>(bucket.cumulative_count));
  }
  sink.Add(
      family, labels,
      Histogram{bounds, counts, static_cast<double>(histogram.sample_count), histogram.sample_sum});
}

inline void AddPrometheusSummary(Sink& sink, Family family, Labels labels,
                                 const prometheus::ClientMetric::Summary& summary) {
  std::vector<double> quantiles, values;
  for (const auto& quantile : summary.quantile) {
    quantiles.push_back(quantile.quantile);
    values.push_back(quantile.value);
  }
  sink.Add(
      family, labels,
      Summary{quantiles, values, static_cast<double>(summary.sample_count), summary.sample_sum});
}

}  // namespace detail

inline void AddCollectable(Sink& sink, const prometheus::Collectable& collectable) {
  for (const prometheus::MetricFamily& source : collectable.Collect()) {
    const Family family = sink.Declare({.name = source.name,
                                        .type = detail::FromPrometheus(source.type),
                                        .help = source.help,
                                        .flags = PILLION_METRIC_OPEN_LABELS});
    if (!family.valid()) continue;
    for (const prometheus::ClientMetric& metric : source.metric) {
      std::vector<std::string_view> names, values;
      for (const auto& label : metric.label) {
        names.push_back(label.name);
        values.push_back(label.value);
      }
      const Labels labels = sink.MakeLabels(names, values);
      switch (source.type) {
        case prometheus::MetricType::Counter: sink.Add(family, labels, metric.counter.value); break;
        case prometheus::MetricType::Gauge: sink.Add(family, labels, metric.gauge.value); break;
        case prometheus::MetricType::Summary:
          detail::AddPrometheusSummary(sink, family, labels, metric.summary);
          break;
        case prometheus::MetricType::Histogram:
          detail::AddPrometheusHistogram(sink, family, labels, metric.histogram);
          break;
        default: sink.Add(family, labels, metric.untyped.value); break;
      }
    }
  }
}

}  // namespace pillion
