// What is left out of a page on purpose: families nobody asked for, and those over its limits.
#include "core/exposition/page_fixture.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace pillion::test {
namespace {

std::vector<std::string> Families(const PagePlan& plan) {
  std::vector<std::string> names;
  for (const PlanFamily& family : plan.families) names.push_back(family.desc->name);
  return names;
}

SnapshotPtr ThreeFamilies() {
  Maker maker;
  for (int i = 0; i < 5; ++i) {
    maker.Value("large", MetricType::kGauge, {{"i", std::to_string(i)}}, i);
    if (i < 2) maker.Value("small", MetricType::kGauge, {{"i", std::to_string(i)}}, i);
  }
  const uint32_t h = maker.Family("h_seconds", MetricType::kHistogram);
  maker.Histogram(h, {}, {0.1}, {1}, 1, 0.5);  // four series
  return maker.Snapshot("one");
}

using Names = std::vector<std::string>;

TEST_CASE("a page over its series loses its largest families and counts them") {
  const std::vector<SnapshotPtr> page{ThreeFamilies()};
  CHECK(Families(*MakePagePlan(page, {.series_max = 11})) == Names{"h_seconds", "large", "small"});
  const auto plan = MakePagePlan(page, {.series_max = 10});
  CHECK(Families(*plan) == Names{"h_seconds", "small"});
  CHECK(plan->drops->count[static_cast<size_t>(DropReason::kLimit)] == 5);
  CHECK(plan->drops->first[static_cast<size_t>(DropReason::kLimit)] ==
        "large with its 5 series does not fit the limits of a page");
  CHECK(Families(*MakePagePlan(page, {.series_max = 5})) == Names{"small"});
  CHECK(Families(*MakePagePlan(page, {.series_max = 1})).empty());
}

TEST_CASE("the host's own families stay whatever the limits are") {
  Maker host;
  for (int i = 0; i < 50; ++i) {
    host.Value("pillion_instance_up", MetricType::kGauge, {{"i", std::to_string(i)}}, 1);
  }
  auto snapshot = std::make_shared<Snapshot>(*ThreeFamilies());
  snapshot->fragments.push_back(host.builder().Build(Fragment::kHost));
  CHECK(Families(*MakePagePlan(std::vector<SnapshotPtr>{snapshot}, {.series_max = 52})) ==
        Names{"pillion_instance_up", "small"});
  CHECK(Families(*MakePagePlan(std::vector<SnapshotPtr>{snapshot}, {.series_max = 1})) ==
        Names{"pillion_instance_up"});
}

TEST_CASE("nothing takes the place of the host's own families") {
  for (const MetricType type : {MetricType::kGauge, MetricType::kCounter}) {
    Maker target, host;
    target.Value("app_up", type, {}, 7);
    host.Gauge("app_up", 1);
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->fragments = {target.Build(), host.builder().Build(Fragment::kHost)};
    const auto plan = MakePagePlan(std::vector<SnapshotPtr>{snapshot}, {.series_max = 1});
    CHECK(Text(*plan).find("# TYPE app_up gauge\napp_up 1\n") != std::string::npos);
    CHECK(plan->drops->total() == 1);
  }
}

TEST_CASE("a page that keeps to its bytes is never longer in either text form") {
  for (const SnapshotPtr& snapshot : EveryType()) {
    const std::vector<SnapshotPtr> page{snapshot};
    const size_t whole = MakePagePlan(page)->families.size();
    for (size_t bytes = 64; bytes < 65'536; bytes += bytes / 8) {
      const auto plan = MakePagePlan(page, {.bytes_max = bytes});
      CHECK(Text(*plan).size() <= bytes);
      CHECK(OpenMetrics(*plan).size() <= bytes + 6);  // # EOF
    }
    CHECK(MakePagePlan(page, {.bytes_max = 1 << 20})->families.size() == whole);
  }
}

TEST_CASE("only the families of the names asked for are shown") {
  const std::vector<SnapshotPtr> page{ThreeFamilies()};
  const auto of = [&](const Names& names) { return Families(*MakePagePlan(page, {}, names)); };
  CHECK(of({"small"}) == Names{"small"});
  CHECK(of({"h_seconds_bucket", "nothing"}) == Names{"h_seconds"});
  CHECK(of({"small_bucket", "smal", "smaller"}).empty());
}

TEST_CASE("whether OpenMetrics can say a page is asked of what is shown") {
  Maker maker;
  maker.Value("legacy", MetricType::kCounter, {}, 1);  // no _total
  maker.Gauge("fine", 1);
  const std::vector<SnapshotPtr> page{maker.Snapshot("one")};
  CHECK_FALSE(MakePagePlan(page)->openmetrics_clean);
  CHECK(MakePagePlan(page, {}, Names{"fine"})->openmetrics_clean);
}

}  // namespace
}  // namespace pillion::test
