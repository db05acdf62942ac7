#include "sdk/lambda_exporter.hpp"

#include <doctest/doctest.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>
#include <pillion/prometheus_cpp.hpp>
#include <pillion/testing/test_host.hpp>

#include <stdexcept>
#include <string>

using pillion::Options;
using pillion::PollContext;
using pillion::Reason;
using pillion::Result;
using pillion::Sink;
using pillion::testing::ExporterOf;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

// Polls with `collectable`, which must outlive the call.
template <int kTag>
PollReport PollWith(const prometheus::Collectable& collectable_in) {
  static const prometheus::Collectable* collectable;
  collectable = &collectable_in;
  TestHost host(
      ExporterOf({.type = "t"}, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        pillion::AddCollectable(sink, *collectable);
        return {};
      }));
  REQUIRE(host.Create().ok());
  return host.Poll();
}

}  // namespace

TEST_CASE("counters and gauges of a Registry cross with their labels") {
  prometheus::Registry registry;
  auto& family = prometheus::BuildCounter().Name("t_done_total").Help("Done.").Register(registry);
  family.Add({{"op", "get"}}).Increment(3);
  family.Add({{"op", "set"}, {"shard", "1"}}).Increment(0.5);
  prometheus::BuildGauge().Name("t_level").Register(registry).Add({}).Set(-2);
  const PollReport report = PollWith<1>(registry);
  CHECK(report.problems.empty());
  CHECK(report.FamilyText("t_level") == "# TYPE t_level gauge\nt_level -2\n");
  CHECK(report.text.find("# HELP t_done_total Done.\n# TYPE t_done_total counter\n") == 0);
  CHECK(report.Value("t_done_total{op=\"get\"}") == 3);
  CHECK(report.Value("t_done_total{op=\"set\",shard=\"1\"}") == 0.5);
}

TEST_CASE("a histogram of a Registry crosses with its buckets") {
  prometheus::Registry registry;
  auto& histogram = prometheus::BuildHistogram()
                        .Name("t_seconds")
                        .Register(registry)
                        .Add({{"op", "get"}}, prometheus::Histogram::BucketBoundaries{0.5, 2});
  histogram.Observe(0.25);
  histogram.Observe(1);
  histogram.Observe(4);
  const PollReport report = PollWith<2>(registry);
  CHECK(report.problems.empty());
  CHECK(report.text ==
        "# TYPE t_seconds histogram\n"
        "t_seconds_bucket{op=\"get\",le=\"0.5\"} 1\n"
        "t_seconds_bucket{op=\"get\",le=\"2\"} 2\n"
        "t_seconds_bucket{op=\"get\",le=\"+Inf\"} 3\n"
        "t_seconds_sum{op=\"get\"} 5.25\n"
        "t_seconds_count{op=\"get\"} 3\n");
}

TEST_CASE("a summary of a Registry crosses with its quantiles") {
  prometheus::Registry registry;
  auto& summary = prometheus::BuildSummary().Name("t_sizes").Register(registry).Add(
      {}, prometheus::Summary::Quantiles{{0.5, 0.05}, {0.9, 0.01}});
  summary.Observe(7);
  const PollReport report = PollWith<3>(registry);
  CHECK(report.problems.empty());
  CHECK(report.text ==
        "# TYPE t_sizes summary\n"
        "t_sizes{quantile=\"0.5\"} 7\n"
        "t_sizes{quantile=\"0.9\"} 7\n"
        "t_sizes_sum 7\n"
        "t_sizes_count 1\n");
}

TEST_CASE("untyped families and names that are none are handled") {
  class Odd : public prometheus::Collectable {
   public:
    std::vector<prometheus::MetricFamily> Collect() const override {
      prometheus::MetricFamily untyped{"t_any", "", prometheus::MetricType::Untyped, {{}}};
      untyped.metric[0].untyped.value = 9;
      return {untyped, {"t\xFF", "", prometheus::MetricType::Gauge, {{}}}};
    }
  };
  const PollReport report = PollWith<4>(Odd());
  CHECK(report.problems.size() == 1);
  CHECK(report.text == "# TYPE t_any untyped\nt_any 9\n");
}

TEST_CASE("an exception of Collect is a failed poll") {
  class Thrower : public prometheus::Collectable {
   public:
    std::vector<prometheus::MetricFamily> Collect() const override {
      throw std::runtime_error("registry is gone");
    }
  };
  const PollReport report = PollWith<5>(Thrower());
  CHECK(report.reason == Reason::kInternal);
  CHECK(report.error == "registry is gone");
}
