// Sink: where a poll puts its samples.
//
// It streams: nothing is allocated per sample on this side, and the host stores a value and a
// reference to a label block that is escaped once. What is invalid (a name, a duplicate, a wrong
// number of labels) is dropped, counted and named in the log; it never fails the poll.
//
// Threads: only inside Poll, on its thread. Family and Labels are valid until their collector
// ends; they are plain numbers, so copy them freely.
//
//   return sink.Collect(kTables, [&]() -> Result<void> {
//     auto rows = Query(...);
//     if (!rows) return rows.error();           // rolls this collector back, only this one
//     for (const Row& row : *rows) {
//       Labels labels = sink.MakeLabels(kSize, {row.schema, row.table});
//       sink.Add(kSize, labels, row.bytes);     // any number of families may be fed at once
//       sink.Add(kScans, labels, row.scans);
//     }
//     return {};
//   });
#pragma once

#include <pillion/poll.hpp>
#include <pillion/result.hpp>
#include <pillion/tables.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <exception>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace pillion {

// A family: an index of the metric table converts to one; Declare() gives others.
struct Family {
  constexpr Family(pillion_family index = PILLION_NO_FAMILY) : handle(index) {}
  pillion_family handle;
  bool valid() const { return handle != PILLION_NO_FAMILY; }
};

struct Labels {
  pillion_labels handle = PILLION_NO_LABELS;
};

struct Histogram {
  std::span<const double> bounds;             // ascending, without +Inf
  std::span<const double> cumulative_counts;  // one per bound
  double count = 0;
  double sum = std::nan("");
};

struct Summary {
  std::span<const double> quantiles;
  std::span<const double> values;  // one per quantile
  double count = 0;
  double sum = 0;
};

class Sink {
 public:
  static constexpr size_t kLabelsMax = 32;  // labels of one sample

  Sink(const pillion_host* host, pillion_poll* poll) : host_(host), poll_(poll) {}

  // Runs `body` (a callable that gives Result<void>) as the collector, if it is due. A failure
  // or an exception costs this collector only. Returns false if it failed.
  template <typename Body>
  bool Collect(uint32_t collector, Body&& body) {
    if (!host_->due(poll_, collector)) return true;
    host_->collector_begin(poll_, collector);
    Result<void> outcome;
    try {
      outcome = body();
    } catch (const std::exception& e) {
      outcome = Error{Reason::kInternal, e.what()};
    } catch (...) {
      outcome = Error{Reason::kInternal, "unknown exception"};
    }
    return End(outcome);
  }

  // The same in two steps, for who reads several collectors' answers from one pipeline.
  void Begin(uint32_t collector) { host_->collector_begin(poll_, collector); }
  bool End(const Result<void>& outcome) {
    if (outcome.ok()) {
      host_->collector_end(poll_, PILLION_REASON_OK, {});
      return true;
    }
    host_->collector_end(poll_, static_cast<uint32_t>(outcome.error().reason),
                         ToStr(outcome.error().message));
    return false;
  }

  // In place of samples: the open collector, which must be PILLION_COLLECTOR_REMEMBERED, shows what
  // it showed after the last run that this object ended well. False: there is none to show.
  bool Unchanged() {
    constexpr size_t kNeeded = offsetof(pillion_host, unchanged) + sizeof(void*);
    return host_->size >= kNeeded && host_->unchanged != nullptr && host_->unchanged(poll_) != 0;
  }

  // Declares a family at run time. Check valid(): a name that is no metric name is refused.
  Family Declare(const Metric& metric) {
    const auto labels = detail::SplitNames(metric.labels);
    const pillion_metric in_c = detail::ToC(metric, labels);
    return host_->declare(poll_, &in_c);
  }

  // Labels for every family that has the same label names as `family`, in the table's order.
  Labels MakeLabels(Family family, std::span<const std::string_view> values) {
    pillion_str in_c[kLabelsMax + 1];
    const size_t count = Convert(values, in_c);
    return {host_->labels(poll_, family.handle, in_c, count)};
  }
  Labels MakeLabels(Family family, std::initializer_list<std::string_view> values) {
    return MakeLabels(family, std::span(values.begin(), values.size()));
  }
  // Labels with names of their own, for families with PILLION_METRIC_OPEN_LABELS.
  Labels MakeLabels(std::span<const std::string_view> names,
                    std::span<const std::string_view> values) {
    pillion_str names_in_c[kLabelsMax + 1];
    pillion_str values_in_c[kLabelsMax + 1];
    const size_t count = std::min(Convert(names, names_in_c), Convert(values, values_in_c));
    return {host_->labels_named(poll_, names_in_c, values_in_c, count)};
  }

  void Add(Family family, double value) { Add(family, Labels{}, value); }
  void Add(Family family, Labels labels, double value) {
    host_->add(poll_, family.handle, labels.handle, value);
  }
  void Add(Family family, std::initializer_list<std::string_view> label_values, double value) {
    Add(family, MakeLabels(family, label_values), value);
  }

  void Add(Family family, Labels labels, const Histogram& histogram) {
    pillion_histogram in_c{};
    in_c.size = sizeof in_c;
    in_c.bounds = histogram.bounds.data();
    in_c.cumulative_counts = histogram.cumulative_counts.data();
    in_c.bucket_count = std::min(histogram.bounds.size(), histogram.cumulative_counts.size());
    in_c.count = histogram.count;
    in_c.sum = histogram.sum;
    host_->add_histogram(poll_, family.handle, labels.handle, &in_c);
  }
  void Add(Family family, Labels labels, const Summary& summary) {
    pillion_summary in_c{};
    in_c.size = sizeof in_c;
    in_c.quantiles = summary.quantiles.data();
    in_c.values = summary.values.data();
    in_c.quantile_count = std::min(summary.quantiles.size(), summary.values.size());
    in_c.count = summary.count;
    in_c.sum = summary.sum;
    host_->add_summary(poll_, family.handle, labels.handle, &in_c);
  }
  void Add(Family family, Labels labels, const pillion_native_histogram& histogram) {
    host_->add_native_histogram(poll_, family.handle, labels.handle, &histogram);
  }

  // Both belong to the sample added last. `timestamp_seconds` NaN: none.
  void Exemplar(std::span<const std::string_view> names, std::span<const std::string_view> values,
                double value, double timestamp_seconds) {
    pillion_str names_in_c[kLabelsMax + 1];
    pillion_str values_in_c[kLabelsMax + 1];
    pillion_exemplar in_c{};
    in_c.size = sizeof in_c;
    in_c.label_count = std::min(Convert(names, names_in_c), Convert(values, values_in_c));
    in_c.label_names = names_in_c;
    in_c.label_values = values_in_c;
    in_c.value = value;
    in_c.timestamp_seconds = timestamp_seconds;
    host_->exemplar(poll_, &in_c);
  }
  void Created(double unix_seconds) { host_->created(poll_, unix_seconds); }

 private:
  // One more than kLabelsMax may come out: the host refuses that sample and counts it.
  static size_t Convert(std::span<const std::string_view> in, pillion_str* out) {
    const size_t count = std::min(in.size(), kLabelsMax + 1);
    for (size_t i = 0; i < count; ++i) out[i] = ToStr(in[i]);
    return count;
  }

  const pillion_host* host_;
  pillion_poll* poll_;
};

}  // namespace pillion
