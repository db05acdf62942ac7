// Histograms, summaries, exemplars, created times and the types with fixed values.
#include "sdk/lambda_exporter.hpp"

#include <doctest/doctest.h>
#include <pillion/testing/test_host.hpp>

#include <cmath>
#include <limits>
#include <string>

using pillion::Histogram;
using pillion::Labels;
using pillion::Metric;
using pillion::MetricType;
using pillion::Options;
using pillion::PollContext;
using pillion::Result;
using pillion::Sink;
using pillion::Summary;
using pillion::testing::ExporterOf;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

enum : pillion_family { kHistogram, kGaugeHistogram, kSummary, kInfo, kState, kCounter };
constexpr Metric kMetrics[] = {
    {.name = "t_seconds", .type = MetricType::kHistogram, .labels = "op"},
    {.name = "t_now", .type = MetricType::kGaugeHistogram},
    {.name = "t_quantiles", .type = MetricType::kSummary, .labels = "op"},
    {.name = "t_build_info", .type = MetricType::kInfo, .labels = "version"},
    {.name = "t_state", .type = MetricType::kStateSet, .labels = "t_state"},
    {.name = "t_done_total", .type = MetricType::kCounter, .labels = "op"},
};

template <typename Body>
PollReport PollOnce(Body body) {
  TestHost host(ExporterOf({.type = "t", .metrics = kMetrics}, body));
  const Result<void> created = host.Create();
  REQUIRE_MESSAGE(created.ok(), created.error().message);
  return host.Poll();
}

pillion_native_histogram Native() {
  static constexpr int32_t kOffsets[] = {0, 2};
  static constexpr uint32_t kLengths[] = {2, 1};
  static constexpr double kCounts[] = {1, 2, 4};
  pillion_native_histogram h{};
  h.size = sizeof h;
  h.schema = 3;
  h.zero_threshold = 0.25;
  h.zero_count = 1;
  h.count = 8;
  h.sum = 18.5;
  h.positive_span_offsets = kOffsets;
  h.positive_span_lengths = kLengths;
  h.positive_spans = 2;
  h.positive_counts = kCounts;
  h.positive_buckets = 3;
  return h;
}

}  // namespace

TEST_CASE("a histogram has cumulative buckets and +Inf and sum and count") {
  const PollReport report = PollOnce([](const Options&, PollContext&, Sink& sink) -> Result<void> {
    const double bounds[] = {0.1, 1}, counts[] = {2, 3};
    sink.Add(kHistogram, sink.MakeLabels(kHistogram, {"get"}), Histogram{bounds, counts, 5, 7.25});
    sink.Add(kGaugeHistogram, Labels{}, Histogram{bounds, counts, 5, 7.25});
    return {};
  });
  CHECK(report.problems.empty());
  CHECK(report.text ==
        "# TYPE t_now gaugehistogram\n"
        "t_now_bucket{le=\"0.1\"} 2\n"
        "t_now_bucket{le=\"1\"} 3\n"
        "t_now_bucket{le=\"+Inf\"} 5\n"
        "t_now_gsum 7.25\n"
        "t_now_gcount 5\n"
        "# TYPE t_seconds histogram\n"
        "t_seconds_bucket{op=\"get\",le=\"0.1\"} 2\n"
        "t_seconds_bucket{op=\"get\",le=\"1\"} 3\n"
        "t_seconds_bucket{op=\"get\",le=\"+Inf\"} 5\n"
        "t_seconds_sum{op=\"get\"} 7.25\n"
        "t_seconds_count{op=\"get\"} 5\n");
}

TEST_CASE("a histogram may leave its sum unknown and name +Inf itself") {
  const PollReport report = PollOnce([](const Options&, PollContext&, Sink& sink) -> Result<void> {
    const double bounds[] = {1, std::numeric_limits<double>::infinity()}, counts[] = {2, 5};
    sink.Add(kHistogram, sink.MakeLabels(kHistogram, {"get"}), Histogram{bounds, counts, 5});
    return {};
  });
  CHECK(report.problems.empty());
  CHECK(report.text ==
        "# TYPE t_seconds histogram\n"
        "t_seconds_bucket{op=\"get\",le=\"1\"} 2\n"
        "t_seconds_bucket{op=\"get\",le=\"+Inf\"} 5\n"
        "t_seconds_count{op=\"get\"} 5\n");
}

TEST_CASE("buckets that do not ascend or whose counts fall are refused") {
  const PollReport report = PollOnce([](const Options&, PollContext&, Sink& sink) -> Result<void> {
    const double bounds[] = {1, 2}, same[] = {1, 1}, nan[] = {1, std::nan("")};
    const double counts[] = {2, 3}, falls[] = {3, 2};
    const Labels labels = sink.MakeLabels(kHistogram, {"get"});
    sink.Add(kHistogram, labels, Histogram{same, counts, 5, 1});
    sink.Add(kHistogram, labels, Histogram{nan, counts, 5, 1});
    sink.Add(kHistogram, labels, Histogram{bounds, falls, 5, 1});
    sink.Add(kHistogram, labels, Histogram{bounds, counts, 2, 1});
    return {};
  });
  CHECK(report.problems.size() == 4);
  CHECK(report.text.empty());
}

TEST_CASE("a summary has its quantiles as given") {
  const PollReport report = PollOnce([](const Options&, PollContext&, Sink& sink) -> Result<void> {
    const double quantiles[] = {0.5, 99.9}, values[] = {3, 4}, falling[] = {0.9, 0.5};
    const Labels labels = sink.MakeLabels(kSummary, {"get"});
    sink.Add(kSummary, labels, Summary{quantiles, values, 10, 33});
    sink.Add(kSummary, labels, Summary{falling, values, 10, 33});
    return {};
  });
  CHECK(report.problems.size() == 1);
  CHECK(report.text ==
        "# TYPE t_quantiles summary\n"
        "t_quantiles{op=\"get\",quantile=\"0.5\"} 3\n"
        "t_quantiles{op=\"get\",quantile=\"99.9\"} 4\n"
        "t_quantiles_sum{op=\"get\"} 33\n"
        "t_quantiles_count{op=\"get\"} 10\n");
}

TEST_CASE("a native histogram crosses with its spans") {
  const PollReport report = PollOnce([](const Options&, PollContext&, Sink& sink) -> Result<void> {
    sink.Add(kHistogram, sink.MakeLabels(kHistogram, {"get"}), Native());
    return {};
  });
  CHECK(report.problems.empty());
  CHECK(report.text ==
        "# TYPE t_seconds histogram\n"
        "t_seconds{op=\"get\"} {count:8,sum:18.5,schema:3,zero_threshold:0.25,zero_count:1,"
        "negative:[],positive:[0:2,2:1 1,2,4]}\n");
}

TEST_CASE("a native histogram whose spans do not match is refused") {
  const PollReport report = PollOnce([](const Options&, PollContext&, Sink& sink) -> Result<void> {
    const Labels labels = sink.MakeLabels(kHistogram, {"get"});
    pillion_native_histogram h = Native();
    h.positive_buckets = 2;
    sink.Add(kHistogram, labels, h);
    h = Native();
    h.schema = 9;
    sink.Add(kHistogram, labels, h);
    h = Native();
    h.size = 0;
    sink.Add(kHistogram, labels, h);
    return {};
  });
  CHECK(report.problems.size() == 3);
  CHECK(report.text.empty());
}

TEST_CASE("a sample of another type than its family is refused") {
  const PollReport report = PollOnce([](const Options&, PollContext&, Sink& sink) -> Result<void> {
    const Labels labels = sink.MakeLabels(kHistogram, {"get"});
    sink.Add(kHistogram, labels, 1);
    sink.Add(kCounter, labels, Histogram{});
    sink.Add(kSummary, labels, Histogram{});
    sink.Add(kHistogram, labels, Summary{});
    sink.Add(kSummary, labels, Native());
    return {};
  });
  CHECK(report.problems.size() == 5);
  CHECK(report.text.empty());
}

TEST_CASE("exemplars stand at their bucket and created times after their sample") {
  const PollReport report = PollOnce([](const Options&, PollContext&, Sink& sink) -> Result<void> {
    const std::string_view names[] = {"trace_id"}, values[] = {"abc"};
    const double bounds[] = {0.1, 1}, counts[] = {2, 3};
    const Labels labels = sink.MakeLabels(kHistogram, {"get"});
    sink.Add(kHistogram, labels, Histogram{bounds, counts, 5, 7.25});
    sink.Exemplar(names, values, 0.7, 1700000000.5);
    sink.Add(kCounter, labels, 4);
    sink.Exemplar({}, {}, 1, std::nan(""));
    sink.Created(1600000000);
    return {};
  });
  CHECK(report.problems.empty());
  CHECK(report.text ==
        "# TYPE t_done_total counter\n"
        "t_done_total{op=\"get\"} 4 # {} 1\n"
        "t_done_created{op=\"get\"} 1600000000\n"
        "# TYPE t_seconds histogram\n"
        "t_seconds_bucket{op=\"get\",le=\"0.1\"} 2\n"
        "t_seconds_bucket{op=\"get\",le=\"1\"} 3 # {trace_id=\"abc\"} 0.7 1700000000.5\n"
        "t_seconds_bucket{op=\"get\",le=\"+Inf\"} 5\n"
        "t_seconds_sum{op=\"get\"} 7.25\n"
        "t_seconds_count{op=\"get\"} 5\n");
  CHECK(report.Value("t_done_total{op=\"get\"}") == 4);
}

TEST_CASE("an exemplar is bounded and needs a sample that was taken") {
  const PollReport report = PollOnce([](const Options&, PollContext&, Sink& sink) -> Result<void> {
    const std::string long_text(121, 'x');
    const std::string_view names[] = {"trace_id"}, values[] = {long_text}, bad[] = {"__trace"};
    sink.Add(kCounter, {"get"}, 4);
    sink.Exemplar(names, values, 1, std::nan(""));
    sink.Exemplar(bad, names, 1, std::nan(""));
    sink.Add(kCounter, {"get", "too many"}, 4);
    sink.Exemplar(names, names, 1, std::nan(""));
    sink.Created(5);
    return {};
  });
  CHECK(report.problems.size() == 3);
  CHECK(report.text == "# TYPE t_done_total counter\nt_done_total{op=\"get\"} 4\n");
}

TEST_CASE("info is always 1 and a state 0 or 1") {
  const PollReport report = PollOnce([](const Options&, PollContext&, Sink& sink) -> Result<void> {
    sink.Add(kInfo, {"1.0"}, 1);
    sink.Add(kState, {"up"}, 1);
    sink.Add(kState, {"down"}, 0);
    sink.Add(kInfo, {"2.0"}, 2);
    sink.Add(kState, {"odd"}, 0.5);
    return {};
  });
  CHECK(report.problems.size() == 2);
  CHECK(report.FamilyText("t_state").substr(0, 24) == "# TYPE t_state stateset\n");
}
