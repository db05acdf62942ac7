// OwnSeries: instruments of prometheus-cpp, shown as a fragment.
//
// A Registry of prometheus-cpp copies every name, help and label each time it is asked; here a
// series knows its family and its labels as the fragment has them, and only its value is read.
//
// Threads: any. Instruments live as long as this does, and are thread-safe themselves.
#pragma once

#include "model/fragment.hpp"
#include "model/fragment_builder.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <mutex>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace pillion {

class OwnSeries {
 public:
  explicit OwnSeries(std::span<const FamilyRow> table);

  // A new series of the table's row `family`, with the values of its labels; no two may be equal.
  prometheus::Counter& NewCounter(uint32_t family, std::initializer_list<std::string_view> = {});
  prometheus::Gauge& NewGauge(uint32_t family, std::initializer_list<std::string_view> = {});
  prometheus::Histogram& NewHistogram(uint32_t family, std::initializer_list<std::string_view>,
                                      const prometheus::Histogram::BucketBoundaries& bounds);

  // All series with their present values.
  FragmentPtr Show();

 private:
  using Instrument = std::variant<const prometheus::Counter*, const prometheus::Gauge*,
                                  const prometheus::Histogram*>;
  struct Series {
    uint32_t family;
    LabelRef labels;
    Instrument instrument;
  };

  void Enter(uint32_t family, std::initializer_list<std::string_view> labels, Instrument what);
  void AddHistogram(const Series& series, const prometheus::Histogram& histogram);

  const FamilyTable table_;
  std::mutex mutex_;  // all below is guarded by it
  std::deque<prometheus::Counter> counters_;
  std::deque<prometheus::Gauge> gauges_;
  std::deque<prometheus::Histogram> histograms_;
  std::vector<Series> series_;  // in the order of their families' names
  std::vector<double> bounds_, counts_;
  FragmentBuilder builder_;
};

}  // namespace pillion
