// The merge: one HELP, one TYPE, all samples of a family together, whatever the instances say.
#include "exposition/page_plan.hpp"

#include "core/exposition/page_fixture.hpp"
#include "support/exposition_check.hpp"

#include <doctest/doctest.h>

namespace pillion::test {
namespace {

uint64_t Count(const PagePlan& plan, DropReason reason) {
  return plan.drops->count[static_cast<size_t>(reason)];
}
const std::string& First(const PagePlan& plan, DropReason reason) {
  return plan.drops->first[static_cast<size_t>(reason)];
}

void CheckValid(const PagePlan& plan) {
  CHECK(exposition::ReadText(Text(plan)).problems == std::vector<std::string>{});
  CHECK(exposition::ReadOpenMetrics(OpenMetrics(plan)).problems == std::vector<std::string>{});
}

TEST_CASE("a family of two instances is one family with one HELP and one TYPE") {
  Maker one(LabelPairs{{"service", "one"}}), two(LabelPairs{{"service", "two"}});
  one.Value("b", MetricType::kGauge, {{"x", "1"}}, 1);
  one.Gauge("c", 2);
  two.builder().Add(two.Family("b", MetricType::kGauge, "Another help.", "bytes"), 0, 3);
  two.Gauge("a", 4);
  const auto plan = MakePagePlan(std::vector{one.Snapshot("one"), two.Snapshot("two")});
  CHECK(Text(*plan) ==
        "# HELP a Help.\n# TYPE a gauge\na{service=\"two\"} 4\n"
        "# HELP b Help.\n# TYPE b gauge\nb{x=\"1\",service=\"one\"} 1\nb{service=\"two\"} 3\n"
        "# HELP c Help.\n# TYPE c gauge\nc{service=\"one\"} 2\n");
  CHECK(plan->drops->total() == 0);
}

TEST_CASE("instances keep the order in which they were given") {
  Maker one(LabelPairs{{"i", "z"}}), two(LabelPairs{{"i", "a"}});
  one.Gauge("a", 1);
  two.Gauge("a", 2);
  const std::string page = Text({one.Snapshot("z"), two.Snapshot("a")});
  CHECK(page.find("{i=\"z\"}") < page.find("{i=\"a\"}"));
}

TEST_CASE("a family of another type is dropped and counted by sample") {
  Maker one, two, three;
  one.Gauge("a", 1);
  two.Value("a", MetricType::kCounter, {{"x", "1"}}, 1);
  two.Value("a", MetricType::kCounter, {{"x", "2"}}, 2);
  three.Value("a", MetricType::kGauge, {{"x", "3"}}, 3);
  const auto plan =
      MakePagePlan(std::vector{one.Snapshot("one"), two.Snapshot("two"), three.Snapshot("three")});
  CHECK(Text(*plan) == "# HELP a Help.\n# TYPE a gauge\na 1\na{x=\"3\"} 3\n");
  CHECK(Count(*plan, DropReason::kConflict) == 2);
  CHECK(First(*plan, DropReason::kConflict) == "a of two has another type than a of one");
}

TEST_CASE("the same series from two instances is shown once") {
  Maker one, two;
  one.Value("a", MetricType::kGauge, {{"x", "1"}}, 1);
  two.Value("a", MetricType::kGauge, {{"x", "0"}}, 2);
  two.Value("a", MetricType::kGauge, {{"x", "1"}}, 3);
  two.Value("a", MetricType::kGauge, {{"x", "2"}}, 4);
  const auto plan = MakePagePlan(std::vector{one.Snapshot("one"), two.Snapshot("two")});
  CHECK(Text(*plan) ==
        "# HELP a Help.\n# TYPE a gauge\na{x=\"1\"} 1\na{x=\"0\"} 2\na{x=\"2\"} 4\n");
  CHECK(Count(*plan, DropReason::kDuplicate) == 1);
  CHECK(First(*plan, DropReason::kDuplicate) == "a{x=\"1\"} of two is there already");
}

TEST_CASE("the order of labels and labels without value do not make another series") {
  Maker one, two, three;
  one.Value("a", MetricType::kGauge, {{"x", "1"}, {"y", "2"}}, 1);
  two.Value("a", MetricType::kGauge, {{"y", "2"}, {"x", "1"}}, 2);
  three.Value("a", MetricType::kGauge, {{"x", "1"}, {"z", ""}, {"y", "2"}}, 3);
  three.Value("a", MetricType::kGauge, {{"y", "1"}, {"x", "2"}}, 4);
  const auto plan =
      MakePagePlan(std::vector{one.Snapshot("one"), two.Snapshot("two"), three.Snapshot("three")});
  CHECK(Count(*plan, DropReason::kDuplicate) == 2);
  CHECK(exposition::ReadText(Text(*plan)).series.size() == 2);
}

TEST_CASE("a histogram from two instances is shown once") {
  Maker one, two;
  one.Histogram(one.Family("h", MetricType::kHistogram), {}, {1}, {1}, 2, 3);
  const uint32_t family = two.Family("h", MetricType::kHistogram);
  two.Histogram(family, {}, {5}, {1}, 2, 3);
  two.Histogram(family, {{"x", "1"}}, {5}, {1}, 2, 3);
  const auto plan = MakePagePlan(std::vector{one.Snapshot("one"), two.Snapshot("two")});
  CHECK(Count(*plan, DropReason::kDuplicate) == 1);
  CHECK(exposition::ReadText(Text(*plan)).Find("h")->samples.size() == 8);
  CheckValid(*plan);
}

TEST_CASE("an instance that is given twice is shown once") {
  Maker maker;
  maker.Value("a", MetricType::kGauge, {{"x", "1"}}, 1);
  maker.Gauge("b", 1);
  const auto snapshot = maker.Snapshot("i");
  const auto plan = MakePagePlan(std::vector{snapshot, snapshot});
  CHECK(Text(*plan) == Text({snapshot}));
  CHECK(Count(*plan, DropReason::kDuplicate) == 2);
}

TEST_CASE("fragments of one instance are merged like instances") {
  Maker one, two;
  one.Gauge("a", 1);
  two.Gauge("a", 2);
  two.Gauge("b", 3);
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->instance = "i";
  snapshot->fragments = {one.Build(), two.Build()};
  const auto plan = MakePagePlan(std::vector<SnapshotPtr>{snapshot});
  CHECK(Text(*plan) ==
        "# HELP a Help.\n# TYPE a gauge\na 1\n# HELP b Help.\n# TYPE b gauge\nb 3\n");
  CHECK(Count(*plan, DropReason::kDuplicate) == 1);
}

TEST_CASE("names that read as parts of a histogram or summary never share a page with it") {
  struct {
    MetricType type;
    const char* name;
    bool clashes;
  } const cases[] = {
      {MetricType::kHistogram, "h_count", true},     {MetricType::kHistogram, "h_sum", true},
      {MetricType::kHistogram, "h_bucket", true},    {MetricType::kHistogram, "h_gcount", false},
      {MetricType::kHistogram, "h_counts", false},   {MetricType::kSummary, "h_sum", true},
      {MetricType::kSummary, "h_count", true},       {MetricType::kSummary, "h_bucket", false},
      {MetricType::kGaugeHistogram, "h_gsum", true}, {MetricType::kGaugeHistogram, "h_sum", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    for (const bool distribution_first : {true, false}) {
      CAPTURE(distribution_first);
      Maker distribution, plain;
      const uint32_t family = distribution.Family("h", c.type);
      if (c.type == MetricType::kSummary) {
        distribution.Summary(family, {}, {0.5}, {1}, 1, 1);
      } else {
        distribution.Histogram(family, {}, {1}, {1}, 1, 1);
      }
      plain.Gauge(c.name, 1);
      plain.Value(c.name, MetricType::kGauge, {{"x", "y"}}, 1);
      std::vector snapshots = {distribution.Snapshot("d"), plain.Snapshot("p")};
      if (!distribution_first) std::swap(snapshots[0], snapshots[1]);
      const auto plan = MakePagePlan(snapshots);
      CheckValid(*plan);
      REQUIRE(plan->families.size() == (c.clashes ? 1 : 2));
      if (!c.clashes) continue;
      CHECK(plan->families[0].desc->name == (distribution_first ? "h" : c.name));
      CHECK(Count(*plan, DropReason::kConflict) == (distribution_first ? 2 : 1));
    }
  }
}

TEST_CASE("a family that lost its place does not cost others theirs") {
  Maker one, two, three;
  one.Gauge("h_sum", 1);
  two.Histogram(two.Family("h", MetricType::kHistogram), {}, {1}, {1}, 1, 1);
  three.Gauge("h_count", 1);
  const auto plan =
      MakePagePlan(std::vector{one.Snapshot("one"), two.Snapshot("two"), three.Snapshot("three")});
  CHECK(plan->families.size() == 2);
  CHECK(First(*plan, DropReason::kConflict) == "h of two would read as a part of h_sum of one");
}

TEST_CASE("what is dropped is the same for every format") {
  Maker one, two;
  one.Value("a_total", MetricType::kCounter, {}, 1);
  two.Value("a_total", MetricType::kCounter, {}, 2);
  const auto plan = MakePagePlan(std::vector{one.Snapshot("one"), two.Snapshot("two")});
  CHECK(exposition::ReadText(Text(*plan)).series ==
        exposition::ReadOpenMetrics(OpenMetrics(*plan)).series);
}

}  // namespace
}  // namespace pillion::test
