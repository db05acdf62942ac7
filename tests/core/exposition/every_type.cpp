#include "core/exposition/page_fixture.hpp"

#include <cmath>
#include <limits>

namespace pillion::test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// `times` what is counted in each bucket.
void AddNative(Maker& maker, uint32_t family, const char* kind, double times) {
  const int32_t offsets[] = {0, 2};
  const uint32_t lengths[] = {2, 1};
  const double counts[] = {1 * times, 2 * times, 3 * times};
  const int32_t negative_offset = 1;
  const uint32_t negative_length = 1;
  const double negative_count = 4 * times;
  pillion_native_histogram h{};
  h.size = sizeof h;
  h.schema = 0;
  h.zero_threshold = 0.001;
  h.zero_count = 5 * times;
  h.count = 15 * times;
  h.sum = 12.5;
  h.positive_span_offsets = offsets;
  h.positive_span_lengths = lengths;
  h.positive_spans = 2;
  h.positive_counts = counts;
  h.positive_buckets = 3;
  h.negative_span_offsets = &negative_offset;
  h.negative_span_lengths = &negative_length;
  h.negative_spans = 1;
  h.negative_counts = &negative_count;
  h.negative_buckets = 1;
  maker.builder().AddNativeHistogram(family, maker.Labels({{"kind", kind}}), h);
}

void AddEmptyNative(Maker& maker, uint32_t family) {
  pillion_native_histogram h{};
  h.size = sizeof h;
  h.schema = 3;
  maker.builder().AddNativeHistogram(family, maker.Labels({{"kind", "empty"}}), h);
}

SnapshotPtr First() {
  Maker maker(LabelPairs{{"instance_name", "first"}});
  maker.builder().Add(maker.Family("demo_requests_total", MetricType::kCounter,
                                   "Requests, \"quoted\",\nwith a line feed and a \\."),
                      maker.Labels({{"code", "200"}, {"path", "C:\\x\n\"y\""}}), 12);
  maker.Exemplar("trace_id", "abc", 0.5, 1700000000.25);
  maker.builder().AddCreated(1600000000);
  maker.Value("demo_requests_total", MetricType::kCounter, {{"code", "500"}, {"path", ""}}, 0.5);
  maker.Value("demo_odd", MetricType::kCounter, {}, 3);  // a counter without _total
  maker.builder().Add(maker.Family("demo_memory_bytes", MetricType::kGauge, "Memory.", "bytes"), 0,
                      1.5e9);
  maker.Value("demo_ratio", MetricType::kGauge, {{"state", "nan"}}, kNan);
  maker.Value("demo_ratio", MetricType::kGauge, {{"state", "up"}}, kInf);
  maker.Value("demo_ratio", MetricType::kGauge, {{"state", "down"}}, -kInf);
  maker.Value("demo_untyped", MetricType::kUnknown, {}, 0.1);
  maker.Value("demo_build_info", MetricType::kInfo, {{"version", "1.2"}}, 1);
  maker.Value("demo_bare", MetricType::kInfo, {{"version", "1.2"}}, 1);  // without _info
  maker.Value("demo_role", MetricType::kStateSet, {{"demo_role", "primary"}}, 1);
  maker.Value("demo_role", MetricType::kStateSet, {{"demo_role", "standby"}}, 0);

  const uint32_t seconds =
      maker.Family("demo_duration_seconds", MetricType::kHistogram, "Durations.", "seconds");
  maker.Histogram(seconds, {{"kind", "classic"}}, {0.005, 1, 2.5, 1e6}, {1, 3, 3, 4}, 5, 7.25);
  maker.Exemplar("trace_id", "def", 0.7, 1700000001);
  const uint32_t native = maker.Family("demo_native_seconds", MetricType::kHistogram);
  AddNative(maker, native, "native", 1);
  maker.Exemplar("trace_id", "ghi", 1.5, 1700000002.125);
  maker.builder().AddCreated(1600000000.5);
  AddNative(maker, native, "floats", 0.5);
  AddEmptyNative(maker, native);
  const uint32_t mixed = maker.Family("demo_mixed_seconds", MetricType::kHistogram);
  AddNative(maker, mixed, "native", 1);
  maker.Histogram(mixed, {{"kind", "classic"}}, {-0.5, 1}, {0.5, 1}, 1.5, 2);
  const uint32_t depth = maker.Family("demo_depth_bytes", MetricType::kGaugeHistogram);
  AddNative(maker, depth, "native", 2);
  const uint32_t sumless = maker.Family("demo_sumless_seconds", MetricType::kHistogram);
  maker.Histogram(sumless, {}, {1}, {1}, 1, kNan);
  const uint32_t queue = maker.Family("demo_queue_bytes", MetricType::kGaugeHistogram);
  maker.Histogram(queue, {}, {10, 100}, {1, 2}, 3, 1234);
  const uint32_t latency = maker.Family("demo_latency_seconds", MetricType::kSummary);
  maker.Summary(latency, {{"cmd", "get"}}, {0, 0.5, 0.999, 1}, {0.1, 0.25, kNan, 2}, 10, 4.5);
  maker.Summary(latency, {{"cmd", "none"}}, {}, {}, 0, 0);
  const uint32_t percent = maker.Family("demo_percentiles_seconds", MetricType::kSummary);
  maker.Summary(percent, {{"cmd", "get"}}, {50, 99, 99.9}, {1, 2, 3}, 10, 45);
  maker.Summary(percent, {{"cmd", "set"}}, {50, 99, 99.9}, {4, 5, 6}, 20, kNan);
  return maker.Snapshot("first");
}

SnapshotPtr Second() {
  Maker maker(LabelPairs{{"instance_name", "second"}});
  maker.Value("demo_requests_total", MetricType::kCounter, {{"code", "200"}}, 99);
  maker.Value("demo_untyped", MetricType::kUnknown, {}, 1e-7);
  maker.Value("demo_second", MetricType::kGauge, {{"utf8", "\xC3\xA9\xFF"}}, -0.0);
  return maker.Snapshot("second");
}

}  // namespace

std::vector<SnapshotPtr> EveryType() { return {First(), Second()}; }

}  // namespace pillion::test
