// Every kind of sample, and in the collector `wrong` everything that a host drops.
#include <pillion/exporter.hpp>

#include <cmath>
#include <limits>
#include <string>

using namespace pillion;

namespace {

enum : uint32_t { kPlain, kSpread, kFails, kWrong };
constexpr Collector kCollectors[] = {
    {.name = "plain"}, {.name = "spread"}, {.name = "fails"}, {.name = "wrong"}};

enum : pillion_family {
  kCounter,
  kGauge,
  kUnknown,
  kInfo,
  kState,
  kOpen,
  kPattern,
  kHistogram,
  kGaugeHistogram,
  kNative,
  kSummary,
  kLost,
  kWrongGauge,
  kWrongHistogram,
  kWrongSummary,
};
constexpr Metric kMetrics[] = {
    {.name = "every_done_total", .type = MetricType::kCounter, .help = "Done.", .labels = "op"},
    {.name = "every_value", .help = "A line\nand a \\ and a \".", .labels = "which"},
    {.name = "every_unknown", .type = MetricType::kUnknown},
    {.name = "every_build_info", .type = MetricType::kInfo, .labels = "version,commit"},
    {.name = "every_state", .type = MetricType::kStateSet, .labels = "every_state"},
    {.name = "every_open", .help = "Labels as they come.", .flags = PILLION_METRIC_OPEN_LABELS},
    {.name = "every_setting_*", .flags = PILLION_METRIC_PATTERN},
    {.name = "every_seconds", .type = MetricType::kHistogram, .labels = "op", .collector = kSpread},
    {.name = "every_now", .type = MetricType::kGaugeHistogram, .collector = kSpread},
    {.name = "every_native", .type = MetricType::kHistogram, .labels = "op", .collector = kSpread},
    {.name = "every_quantiles", .type = MetricType::kSummary, .labels = "op", .collector = kSpread},
    {.name = "every_lost", .collector = kFails},
    {.name = "every_wrong", .labels = "which", .collector = kWrong},
    {.name = "every_wrong_seconds", .type = MetricType::kHistogram, .collector = kWrong},
    {.name = "every_wrong_quantiles", .type = MetricType::kSummary, .collector = kWrong},
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::string_view kTrace[] = {"trace_id"};
constexpr std::string_view kTraceValue[] = {"a\"b"};

void AddValues(Sink& sink) {
  const double values[] = {0,    -0.0,   0.1,       1.0 / 3,    -1e300,       9007199254740991,
                           1e21, 5e-324, kInfinity, -kInfinity, std::nan(""), 9007199254740994};
  int i = 0;
  for (const double value : values) sink.Add(kGauge, {"value " + std::to_string(i++)}, value);
  // Characters of a label: to be escaped, not ASCII, not UTF-8, none, too many.
  for (const std::string& text :
       {std::string("\"\\\n"), std::string("gr\xC3\xBC\xC3\x9F"), std::string("bad \xFF\xC3"),
        std::string(), std::string(4095, 'x') + "\xC3\xBC" + "cut"}) {
    sink.Add(kGauge, {text}, 1);
  }
}

void AddPlain(Sink& sink) {
  sink.Add(kCounter, {"read"}, 12);
  sink.Exemplar(kTrace, kTraceValue, 3, 1.5e9);
  sink.Created(1'400'000'000.25);
  sink.Add(kCounter, {"write"}, 0.5);
  AddValues(sink);
  sink.Add(kUnknown, 7);
  sink.Add(kInfo, {"1.2", "abc"}, 1);
  for (const char* state : {"off", "on"}) sink.Add(kState, {state}, state[1] == 'n' ? 1 : 0);
  const std::string_view names[] = {"b", "a"};
  const std::string_view values[] = {"1", "2"};
  sink.Add(kOpen, sink.MakeLabels(names, values), 1);
  sink.Add(kOpen, 2);
  const Family setting = sink.Declare({.name = "every_setting_size_bytes", .help = "A setting."});
  sink.Add(setting, 64);
  const Family late = sink.Declare(
      {.name = "a_late_total", .type = MetricType::kCounter, .help = "Late.", .labels = "x,y"});
  const Labels labels = sink.MakeLabels(late, {"1", "2"});
  sink.Add(late, labels, 3);
  sink.Add(sink.Declare({.name = "a_later", .labels = "x,y"}), labels, 4);
  sink.Add(sink.Declare({.name = "every_unknown", .type = MetricType::kUnknown, .labels = "x"}),
           {"again"}, 8);
  sink.Add(sink.Declare({.name = "every.dotted", .labels = "a b,c"}), {"1", "2"}, 5);
  sink.Add(sink.Declare({.name = "every.dotted.bare"}), 6);
}

pillion_native_histogram Native() {
  static constexpr int32_t kOffsets[] = {-3, 2}, kNegativeOffsets[] = {1};
  static constexpr uint32_t kLengths[] = {2, 1}, kNegativeLengths[] = {2};
  static constexpr double kCounts[] = {1, 2, 4}, kNegativeCounts[] = {1, 0.5};
  pillion_native_histogram h{};
  h.size = sizeof h;
  h.schema = 3;
  h.zero_threshold = 0.25;
  h.zero_count = 1;
  h.count = 9.5;
  h.sum = 18.5;
  h.positive_span_offsets = kOffsets;
  h.positive_span_lengths = kLengths;
  h.positive_spans = 2;
  h.positive_counts = kCounts;
  h.positive_buckets = 3;
  h.negative_span_offsets = kNegativeOffsets;
  h.negative_span_lengths = kNegativeLengths;
  h.negative_spans = 1;
  h.negative_counts = kNegativeCounts;
  h.negative_buckets = 2;
  return h;
}

void AddSpread(Sink& sink) {
  const double bounds[] = {-1, 0.1, 2.5};
  const double counts[] = {0, 3, 7};
  sink.Add(kHistogram, sink.MakeLabels(kHistogram, {"read"}), Histogram{bounds, counts, 8, 12.25});
  for (const double value : {0.05, 2.0, 100.0}) {
    sink.Exemplar(kTrace, kTraceValue, value, std::nan(""));
  }
  sink.Created(1'500'000'000);
  sink.Add(kHistogram, sink.MakeLabels(kHistogram, {"write"}), Histogram{{}, {}, 2});
  sink.Add(kGaugeHistogram, {}, Histogram{bounds, counts, 7, -4});
  sink.Add(kNative, sink.MakeLabels(kNative, {"read"}), Native());
  sink.Created(1'500'000'001);
  const double quantiles[] = {0, 0.5, 0.99, 1.5};
  const double values[] = {0.001, 0.25, std::nan(""), 4};
  sink.Add(kSummary, sink.MakeLabels(kSummary, {"read"}), Summary{quantiles, values, 100, 31.5});
  sink.Add(kSummary, sink.MakeLabels(kSummary, {"none"}), Summary{});
}

void AddWrong(Sink& sink) {
  sink.Add(kWrongGauge, {"first"}, 1);
  sink.Add(kWrongGauge, {"first"}, 2);            // stands twice
  sink.Add(kWrongGauge, {"one", "too many"}, 3);  // label count
  sink.Add(kWrongGauge, 4);                       // no labels
  sink.Add(kWrongHistogram, 5);                   // not of this type
  sink.Add(pillion_family{1000}, 6);              // no such family
  sink.Add(sink.Declare({.name = ""}), 7);
  sink.Add(sink.Declare({.name = "every_wrong", .type = MetricType::kCounter}), 8);
  const double bounds[] = {2, 1};
  const double counts[] = {1, 2};
  const double falling[] = {2, 1};
  const double rising[] = {1, 2};
  sink.Add(kWrongHistogram, {}, Histogram{bounds, counts, 2, 0});
  sink.Add(kWrongHistogram, {}, Histogram{rising, falling, 2, 0});
  sink.Add(kWrongHistogram, {}, Histogram{rising, rising, 1, 0});
  sink.Add(kWrongSummary, {}, Summary{bounds, counts, 2, 0});
  sink.Add(kWrongGauge, {}, Histogram{rising, rising, 2, 0});
  pillion_native_histogram native = Native();
  native.positive_buckets = 2;
  sink.Add(kWrongHistogram, {}, native);
  const std::string_view twice[] = {"x", "x"};
  sink.Add(kWrongGauge, sink.MakeLabels(twice, twice), 9);
  sink.Add(kWrongGauge, {"last"}, 10);
}

class Every {
 public:
  explicit Every(const Options&) {}
  Result<void> Poll(PollContext& ctx, Sink& sink) {
    ctx.Fact("version", "1.2");
    const auto run = [&](uint32_t collector, void (*add)(Sink&)) {
      sink.Collect(collector, [&]() -> Result<void> {
        add(sink);
        return {};
      });
    };
    run(kSpread, AddSpread);
    run(kPlain, AddPlain);
    sink.Collect(kFails, [&]() -> Result<void> {
      sink.Add(kLost, 1);
      return {Reason::kPermission, "not for you"};
    });
    run(kWrong, AddWrong);
    return {};
  }
};

}  // namespace

PILLION_EXPORTER(Every, .type = "every_type", .version = "1", .summary = "For tests.",
                 .collectors = kCollectors, .metrics = kMetrics)
