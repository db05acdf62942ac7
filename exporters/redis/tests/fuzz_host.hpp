// A host for the fuzz targets that reads every byte it is given and keeps nothing.
#pragma once

#include "tables.hpp"

#include <pillion/sink.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace pillion::redis::testing {

inline void Must(bool rule, const char* text) {
  if (rule) return;
  std::fprintf(stderr, "broken: %s\n", text);
  std::abort();
}

struct Eyes {
  uint64_t seen = 0;
  void Look(pillion_str text) {
    for (size_t i = 0; i < text.size; ++i) seen += static_cast<unsigned char>(text.data[i]);
  }
};

inline Eyes& Of(pillion_poll* poll) { return *reinterpret_cast<Eyes*>(poll); }

inline pillion_host MakeHost() {
  pillion_host host{};
  host.size = sizeof host;
  host.declare = [](pillion_poll* poll, const pillion_metric* metric) -> pillion_family {
    Of(poll).Look(metric->name);
    Must(metric->name.size < 100'000, "names are no longer than their line");
    return 1'000'000;
  };
  host.labels = [](pillion_poll* poll, pillion_family family, const pillion_str* values,
                   size_t count) -> pillion_labels {
    Must(family < MetricTable().size(), "the family is in the table");
    const std::string_view names = MetricTable()[family].labels;
    Must(count == 1 + static_cast<size_t>(std::count(names.begin(), names.end(), ',')),
         "as many values as labels");
    for (size_t i = 0; i < count; ++i) Of(poll).Look(values[i]);
    return 1;
  };
  host.labels_named = [](pillion_poll* poll, const pillion_str* names, const pillion_str* values,
                         size_t count) -> pillion_labels {
    for (size_t i = 0; i < count; ++i) {
      Of(poll).Look(names[i]);
      Of(poll).Look(values[i]);
    }
    return 1;
  };
  host.add = [](pillion_poll*, pillion_family family, pillion_labels, double) {
    Must(family < MetricTable().size() || family == 1'000'000, "the family is in the table");
  };
  host.add_histogram = [](pillion_poll*, pillion_family, pillion_labels,
                          const pillion_histogram* histogram) {
    volatile double seen = 0;
    for (size_t i = 0; i < histogram->bucket_count; ++i) {
      seen = seen + histogram->bounds[i] + histogram->cumulative_counts[i];
    }
  };
  host.add_summary = [](pillion_poll*, pillion_family, pillion_labels,
                        const pillion_summary* summary) {
    for (size_t i = 1; i < summary->quantile_count; ++i) {
      Must(summary->quantiles[i - 1] < summary->quantiles[i], "quantiles ascend");
    }
  };
  return host;
}

// A sink of such a host.
class BlindSink {
 public:
  BlindSink() : host_(MakeHost()), sink_(&host_, reinterpret_cast<pillion_poll*>(&eyes_)) {}
  BlindSink(const BlindSink&) = delete;
  BlindSink& operator=(const BlindSink&) = delete;
  Sink& operator*() { return sink_; }

 private:
  const pillion_host host_;
  Eyes eyes_;
  Sink sink_;
};

}  // namespace pillion::redis::testing
