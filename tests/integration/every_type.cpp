// An exporter with every type of metric, and names of every kind. Its values never change, so that
// scrapes at different times can be compared.
#include <pillion/exporter.hpp>

#include <cmath>
#include <ctime>
#include <limits>

using namespace pillion;

namespace {

enum : uint32_t {
  kRequests,
  kOdd,
  kTemperature,
  kRatio,
  kAny,
  kBuild,
  kRole,
  kDuration,
  kSumless,
  kQueue,
  kLatency,
  kPercentiles,
  kNative,
  kFloats,
  kEmpty,
  kDepth,
  kMixed,
  kDotted,
};

constexpr Metric kMetrics[] = {
    {.name = "every_requests_total",
     .type = MetricType::kCounter,
     .help = "Has exemplars. \"Quoted\",\nwith a line feed and a \\.",
     .labels = "path"},
    {.name = "every_odd", .type = MetricType::kCounter, .help = "A counter without _total."},
    {.name = "every_temperature_celsius", .help = "Has a unit.", .unit = "celsius"},
    {.name = "every_ratio", .help = "Odd values.", .labels = "kind"},
    {.name = "every_any", .type = MetricType::kUnknown, .help = "Of no type."},
    {.name = "every_build_info",
     .type = MetricType::kInfo,
     .help = "An info.",
     .labels = "version"},
    {.name = "every_role",
     .type = MetricType::kStateSet,
     .help = "A state set.",
     .labels = "every_role"},
    {.name = "every_duration_seconds",
     .type = MetricType::kHistogram,
     .help = "Has exemplars.",
     .unit = "seconds"},
    {.name = "every_sumless_seconds", .type = MetricType::kHistogram, .help = "Has no sum."},
    {.name = "every_queue_bytes",
     .type = MetricType::kGaugeHistogram,
     .help = "A gauge histogram."},
    {.name = "every_latency_seconds", .type = MetricType::kSummary, .help = "With quantiles."},
    {.name = "every_percentiles_seconds",
     .type = MetricType::kSummary,
     .help = "With quantiles above 1."},
    {.name = "every_native_seconds",
     .type = MetricType::kHistogram,
     .help = "A native histogram with exemplars.",
     .labels = "kind"},
    {.name = "every_floats_seconds",
     .type = MetricType::kHistogram,
     .help = "A native histogram of half observations."},
    {.name = "every_empty_seconds",
     .type = MetricType::kHistogram,
     .help = "A native histogram without observations."},
    {.name = "every_depth_bytes",
     .type = MetricType::kGaugeHistogram,
     .help = "A native gauge histogram."},
    {.name = "every_mixed_seconds",
     .type = MetricType::kHistogram,
     .help = "A native and a classic histogram.",
     .labels = "kind"},
    {.name = "every.dotted.name", .help = "Not a legacy name.", .labels = "my.label,plain"},
};

class EveryType {
 public:
  explicit EveryType(const Options&) {}

  Result<void> Poll(PollContext&, Sink& sink) {
    Values(sink);
    Classic(sink);
    Native(sink, kNative, {"some"}, 1);
    Exemplar(sink, "native", 1.5);
    Native(sink, kNative, {"more"}, 1000);
    Native(sink, kFloats, {}, 0.5);
    pillion_native_histogram empty{};
    empty.size = sizeof empty;
    empty.schema = 3;
    sink.Add(kEmpty, Labels{}, empty);
    Native(sink, kDepth, {}, 2);
    Native(sink, kMixed, {"native"}, 1);
    const double bounds[] = {-0.5, 2}, counts[] = {0.5, 1};
    sink.Add(kMixed, sink.MakeLabels(kMixed, {"classic"}), Histogram{bounds, counts, 1.5, 2});
    sink.Add(kDotted, {"x", "y"}, 1);
    return {};
  }

 private:
  static void Values(Sink& sink) {
    sink.Add(kRequests, {"C:\\x\n\"y\""}, 12);
    Exemplar(sink, "counter", 1);
    sink.Created(1600000000.5);
    sink.Add(kRequests, {"\xC3\xA9\xFF"}, 9007199254740993.0);
    sink.Add(kOdd, 3);
    sink.Add(kTemperature, -0.1);
    const double infinity = std::numeric_limits<double>::infinity();
    sink.Add(kRatio, {"nan"}, std::nan(""));
    sink.Add(kRatio, {"high"}, infinity);
    sink.Add(kRatio, {"low"}, -infinity);
    sink.Add(kRatio, {"small"}, std::numeric_limits<double>::denorm_min());
    sink.Add(kRatio, {""}, 1e300);
    sink.Add(kAny, 0.1);
    sink.Add(kBuild, {"1.2"}, 1);
    sink.Add(kRole, {"primary"}, 1);
    sink.Add(kRole, {"standby"}, 0);
  }

  static void Classic(Sink& sink) {
    const double bounds[] = {0.005, 1, 2.5, 1e6}, counts[] = {1, 3, 3, 4};
    sink.Add(kDuration, Labels{}, Histogram{bounds, counts, 5, 7.25});
    Exemplar(sink, "classic", 0.7);
    sink.Add(kSumless, Labels{}, Histogram{bounds, counts, 5});
    sink.Add(kQueue, Labels{}, Histogram{bounds, counts, 5, 1234});
    const double quantiles[] = {0, 0.5, 0.999, 1}, percentiles[] = {50, 75, 99, 99.9};
    const double values[] = {0.1, 0.25, 1, 2};
    sink.Add(kLatency, Labels{}, Summary{quantiles, values, 10, 4.5});
    sink.Add(kPercentiles, Labels{}, Summary{percentiles, values, 10, 4.5});
  }

  static void Exemplar(Sink& sink, std::string_view trace, double value) {
    const std::string_view names[] = {"trace_id"}, values[] = {trace};
    // Of today, for a store that forgets old ones; the same for each poll of a test.
    static const auto kBegin = static_cast<double>(std::time(nullptr));
    sink.Exemplar(names, values, value, kBegin - 60 + 0.125);
  }

  // `times` what is counted in each bucket.
  static void Native(Sink& sink, uint32_t family, std::initializer_list<std::string_view> labels,
                     double times) {
    const int32_t offsets[] = {0, 2};
    const uint32_t lengths[] = {2, 1};
    const double counts[] = {1 * times, 2 * times, 3 * times};
    const int32_t negative_offset = 1;
    const uint32_t negative_length = 1;
    const double negative_count = 4 * times;
    pillion_native_histogram h{};
    h.size = sizeof h;
    h.zero_threshold = 0.001;
    h.zero_count = 5 * times;
    h.count = 15 * times;
    h.sum = 12.5 * times;
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
    sink.Add(family, labels.size() == 0 ? Labels{} : sink.MakeLabels(family, labels), h);
  }
};

}  // namespace

PILLION_EXPORTER(EveryType, .type = "every_type", .summary = "Every type of metric, for tests.",
                 .metrics = kMetrics)
