// Numbers as a scraper reads them. Pure, no allocation, no locale.
#pragma once

#include <cstddef>

namespace pillion {

// Room that each function below needs at `out`; they return the end of what they wrote.
inline constexpr size_t kNumberBytesMax = 32;

// A sample's value: the shortest text that reads back as the same double. NaN, +Inf, -Inf.
char* WriteValue(char* out, double value);

// How the numbers in `le` and `quantile` are spelled. They are part of a series' identity, so
// the spelling is the same in every format:
//
//   canonical   Go's %g, with .0 where it would look like an integer: 0.005, 1.0, 2.5, 1e+06.
//               OpenMetrics demands it, and Prometheus 3 stores every series under it, whatever
//               the format. Go's text writer says le="1", its OpenMetrics writer le="1.0": a
//               Prometheus 2 sees two series for one when a target changes format. Ours doesn't.
//   as given    Go's %g as it is: 50, 99, 99.9. For summaries whose "quantiles" are no quantiles
//               (outside 0..1): there the label is a name that dashboards know, and OpenMetrics,
//               which has no such summary, says nothing about it.
//
// Cost of the choice: who replaces a Go exporter that has classic histograms with whole-numbered
// bounds under Prometheus 2 gets le="1.0" for le="1". Neither of the exporters that ours stand in
// for has one.
char* WriteCanonical(char* out, double value);
char* WriteAsGiven(char* out, double value);

}  // namespace pillion
