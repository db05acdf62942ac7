#include "core/model/builder_fixture.hpp"

#include <doctest/doctest.h>

namespace pillion::test {
namespace {

TEST_CASE("types with one value are told from those with many") {
  for (const auto type : {MetricType::kCounter, MetricType::kGauge, MetricType::kUnknown,
                          MetricType::kInfo, MetricType::kStateSet}) {
    CHECK(HasSingleValue(type));
  }
  for (const auto type :
       {MetricType::kHistogram, MetricType::kGaugeHistogram, MetricType::kSummary}) {
    CHECK_FALSE(HasSingleValue(type));
  }
}

TEST_CASE("patterns stand for at least one character") {
  CHECK(MatchesPattern("pg_settings_x", "pg_settings_*"));
  CHECK_FALSE(MatchesPattern("pg_settings_", "pg_settings_*"));
  CHECK(MatchesPattern("a_x_total", "a_*_total"));
  CHECK_FALSE(MatchesPattern("a_total", "a_*_total"));
  CHECK_FALSE(MatchesPattern("b_x_total", "a_*_total"));
  CHECK(MatchesPattern("plain", "plain"));
  CHECK_FALSE(MatchesPattern("plainer", "plain"));
}

TEST_CASE("bad metrics are described") {
  const auto problem = [](std::string_view name, uint32_t type,
                          const std::vector<pillion_str>& labels = {}, uint32_t flags = 0) {
    pillion_metric metric = MakeMetric(name, MetricType::kGauge, labels, flags);
    metric.type = type;
    return CheckMetric(metric);
  };
  CHECK(problem("good", PILLION_TYPE_GAUGE, {ToStr("a")}).empty());
  CHECK_FALSE(problem("", PILLION_TYPE_GAUGE).empty());
  CHECK(problem("9 \xC3\xA9", PILLION_TYPE_GAUGE, {ToStr("a.b")}).empty());
  CHECK_FALSE(problem("\xC3", PILLION_TYPE_GAUGE).empty());
  CHECK_FALSE(problem("a", PILLION_TYPE_GAUGE, {ToStr("\xFF")}).empty());
  CHECK_FALSE(problem("a", 0).empty());
  CHECK_FALSE(problem("a", PILLION_TYPE_STATESET + 1).empty());
  CHECK_FALSE(problem("a", PILLION_TYPE_GAUGE, {ToStr("__x")}).empty());
  CHECK_FALSE(problem("a", PILLION_TYPE_GAUGE, {ToStr("x"), ToStr("x")}).empty());
  CHECK(problem("a", PILLION_TYPE_GAUGE, {ToStr("le")}).empty());
  CHECK_FALSE(problem("a", PILLION_TYPE_HISTOGRAM, {ToStr("le")}).empty());
  CHECK_FALSE(problem("a", PILLION_TYPE_SUMMARY, {ToStr("quantile")}).empty());
  CHECK(problem("a_*", PILLION_TYPE_GAUGE, {}, PILLION_METRIC_PATTERN).empty());
  CHECK_FALSE(problem("a", PILLION_TYPE_GAUGE, {}, PILLION_METRIC_PATTERN).empty());
  CHECK_FALSE(problem("*_*", PILLION_TYPE_GAUGE, {}, PILLION_METRIC_PATTERN).empty());
}

TEST_CASE("a table leaves bad rows out and keeps the places of the others") {
  pillion_metric foreign = MakeMetric("foreign", MetricType::kGauge);
  foreign.collector = 3;
  const pillion_metric metrics[] = {
      MakeMetric("a", MetricType::kGauge),
      MakeMetric("a", MetricType::kCounter),
      MakeMetric("b_*", MetricType::kGauge, {}, PILLION_METRIC_PATTERN),
      foreign,
      MakeMetric("c", MetricType::kGauge),
      MakeMetric("d_*", MetricType::kGauge)};
  std::vector<std::string> problems;
  const FamilyTable table = FamilyTable::FromC(metrics, std::size(metrics), 2, &problems);
  REQUIRE(table.size() == 6);
  CHECK(table.at(0)->name == "a");
  CHECK(table.at(1) == nullptr);
  CHECK(table.at(2) == nullptr);
  CHECK(table.at(3) == nullptr);
  CHECK(table.at(4)->name == "c");
  CHECK(table.at(5) == nullptr);
  REQUIRE(table.patterns().size() == 1);
  CHECK(table.patterns()[0].name == "b_*");
  CHECK(problems.size() == 3);
}

TEST_CASE("families with the same labels in the same order share a schema") {
  CHECK(Table().at(kGaugeAB)->schema == Table().at(kCounterAB)->schema);
  CHECK(Table().at(kGaugeAB)->schema != Table().at(kGaugeC)->schema);
  CHECK(SchemaOf({"a", "b"}) != SchemaOf({"b", "a"}));
  CHECK(SchemaOf({"a", "b"}) != SchemaOf({"ab"}));
}

}  // namespace
}  // namespace pillion::test
