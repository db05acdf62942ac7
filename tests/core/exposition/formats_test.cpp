// The same page in both formats: valid in each, the same series in both.
#include "core/exposition/page_fixture.hpp"
#include "support/exposition_check.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

namespace pillion::test {
namespace {

const std::vector<std::string> kNone;

std::set<std::string> Names(const exposition::Page& page) {
  std::set<std::string> names;
  for (const auto& [series, value] : page.series) names.insert(series);
  return names;
}

void CheckBothFormats(const std::vector<SnapshotPtr>& snapshots) {
  const auto plan = MakePagePlan(snapshots);
  const exposition::Page text = exposition::ReadText(Text(*plan));
  const exposition::Page open = exposition::ReadOpenMetrics(OpenMetrics(*plan));
  CHECK(text.problems == kNone);
  CHECK(open.problems == kNone);
  CHECK(Names(text) == Names(open));
  for (const auto& [series, value] : text.series) {
    const auto found = open.series.find(series);
    if (found == open.series.end()) continue;
    CAPTURE(found->first);
    CHECK((found->second == value || (std::isnan(found->second) && std::isnan(value))));
  }
}

TEST_CASE("a page of every type is valid and has the same series in every format") {
  CheckBothFormats(EveryType());
}

TEST_CASE("an empty page is valid in every format") {
  CheckBothFormats({});
  CHECK(Text(std::vector<SnapshotPtr>{}) == "");
  CHECK(OpenMetrics(std::vector<SnapshotPtr>{}) == "# EOF\n");
  CHECK(MakePagePlan({})->openmetrics_clean);
}

TEST_CASE("redis percentiles stay bit-exact in text and keep their series in OpenMetrics") {
  Maker maker;
  const uint32_t family = maker.Family("redis_latency_percentiles_usec", MetricType::kSummary);
  maker.Summary(family, {{"cmd", "get"}}, {50, 99, 99.9}, {1.003, 2.007, 3.007}, 7, 12);
  const auto snapshot = maker.Snapshot("cache");
  CHECK(Text({snapshot}) ==
        "# HELP redis_latency_percentiles_usec Help.\n"
        "# TYPE redis_latency_percentiles_usec summary\n"
        "redis_latency_percentiles_usec{cmd=\"get\",quantile=\"50\"} 1.003\n"
        "redis_latency_percentiles_usec{cmd=\"get\",quantile=\"99\"} 2.007\n"
        "redis_latency_percentiles_usec{cmd=\"get\",quantile=\"99.9\"} 3.007\n"
        "redis_latency_percentiles_usec_sum{cmd=\"get\"} 12\n"
        "redis_latency_percentiles_usec_count{cmd=\"get\"} 7\n");
  CHECK_FALSE(MakePagePlan(std::vector{snapshot})->openmetrics_clean);
  CheckBothFormats({snapshot});
  const exposition::Page open = exposition::ReadOpenMetrics(OpenMetrics({snapshot}));
  REQUIRE(open.families.size() == 3);
  for (const auto& f : open.families) CHECK(f.type == "unknown");
}

TEST_CASE("bounds are spelled alike in every format") {
  Maker maker;
  const uint32_t h = maker.Family("h", MetricType::kHistogram);
  maker.Histogram(h, {}, {1, 2.5, 1000000}, {1, 2, 3}, 4, 9);
  const uint32_t s = maker.Family("s", MetricType::kSummary);
  maker.Summary(s, {}, {0, 0.5, 1}, {1, 2, 3}, 4, 9);
  const auto snapshot = maker.Snapshot("i");
  for (const std::string& page : {Text({snapshot}), OpenMetrics({snapshot})}) {
    for (const char* bound : {"le=\"1.0\"", "le=\"2.5\"", "le=\"1e+06\"", "le=\"+Inf\"",
                              "quantile=\"0.0\"", "quantile=\"0.5\"", "quantile=\"1.0\""}) {
      CAPTURE(bound);
      CHECK(page.find(bound) != std::string::npos);
    }
  }
  CHECK(MakePagePlan(std::vector{snapshot})->openmetrics_clean);
}

// One family on a page: its form in OpenMetrics, and whether the page stays clean.
struct Case {
  const char* name;
  MetricType type;
  double value;
  const char* open_name;
  const char* open_type;
  bool clean;
};

TEST_CASE("OpenMetrics keeps the type of what it can say and calls the rest unknown") {
  const double nan = std::nan("");
  const Case cases[] = {
      {"a_total", MetricType::kCounter, 1, "a", "counter", true},
      {"a_total", MetricType::kCounter, HUGE_VAL, "a", "counter", true},
      {"a", MetricType::kCounter, 1, "a", "unknown", false},
      {"_total", MetricType::kCounter, 1, "_total", "unknown", false},
      {"a_total", MetricType::kCounter, -1, "a_total", "unknown", false},
      {"a_total", MetricType::kCounter, nan, "a_total", "unknown", false},
      {"a_total", MetricType::kGauge, -1, "a_total", "gauge", true},
      {"a", MetricType::kUnknown, 1, "a", "unknown", true},
      {"a_info", MetricType::kInfo, 1, "a", "info", true},
      {"a_info", MetricType::kInfo, 2, "a_info", "gauge", true},
      {"a", MetricType::kInfo, 1, "a", "gauge", true},
      {"a", MetricType::kStateSet, 1, "a", "gauge", true},  // no label `a`
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CAPTURE(c.value);
    Maker maker;
    maker.Value(c.name, c.type, {{"x", "y"}}, c.value);
    const std::vector snapshots = {maker.Snapshot("i")};
    CheckBothFormats(snapshots);
    const auto plan = MakePagePlan(snapshots);
    CHECK(plan->openmetrics_clean == c.clean);
    const exposition::Page open = exposition::ReadOpenMetrics(OpenMetrics(*plan));
    const exposition::Family* family = open.Find(c.open_name);
    REQUIRE(family != nullptr);
    CHECK(family->type == c.open_type);
  }
}

TEST_CASE("histograms that OpenMetrics forbids become plain families") {
  struct {
    std::vector<double> bounds, counts;
    double count, sum;
    bool clean;
  } const cases[] = {
      {{1, 2}, {1, 2}, 3, 4, true},       {{}, {}, 3, 4, true},
      {{1}, {1}, 3, std::nan(""), false},  // count needs sum
      {{1}, {1}, 3, -4, false},            // a negative sum
      {{-1, 1}, {1, 2}, 3, 4, false},      // negative bounds forbid a sum
      {{1}, {0.5}, 3, 4, false},           // half an observation
      {{1}, {1}, 3.5, 4, false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.sum);
    CAPTURE(c.count);
    Maker maker;
    maker.Histogram(maker.Family("h", MetricType::kHistogram), {{"a", "b"}}, c.bounds, c.counts,
                    c.count, c.sum);
    maker.Histogram(maker.Family("g", MetricType::kGaugeHistogram), {{"a", "b"}}, c.bounds,
                    c.counts, c.count, c.sum);
    const std::vector snapshots = {maker.Snapshot("i")};
    CheckBothFormats(snapshots);
    CHECK(MakePagePlan(snapshots)->openmetrics_clean == c.clean);
  }
}

TEST_CASE("a gauge histogram may have a negative sum beside negative bounds") {
  Maker maker;
  maker.Histogram(maker.Family("g", MetricType::kGaugeHistogram), {}, {-1, 1}, {1, 2}, 3, -4);
  const std::vector snapshots = {maker.Snapshot("i")};
  CheckBothFormats(snapshots);
  CHECK(OpenMetrics(snapshots).find("# TYPE g gaugehistogram\n") != std::string::npos);
}

TEST_CASE("a state set is one only if every sample names its state") {
  for (const bool named : {true, false}) {
    Maker maker;
    maker.Value("s", MetricType::kStateSet, {{named ? "s" : "x", "on"}}, 1);
    maker.Value("s", MetricType::kStateSet, {{"s", "off"}}, 0);
    const std::vector snapshots = {maker.Snapshot("i")};
    CheckBothFormats(snapshots);
    const exposition::Page open = exposition::ReadOpenMetrics(OpenMetrics(snapshots));
    CHECK(open.Find("s")->type == (named ? "stateset" : "gauge"));
  }
}

TEST_CASE("summaries that OpenMetrics forbids become plain families") {
  struct {
    std::vector<double> quantiles, values;
    double count, sum;
    bool clean;
  } const cases[] = {
      {{0.5, 0.9}, {1, 2}, 3, 4, true},
      {{}, {}, 3, 4, true},
      {{0.5}, {std::nan("")}, 0, 0, true},
      {{0.5}, {1}, std::nan(""), std::nan(""), true},
      {{0.5}, {-1}, 3, 4, false},
      {{0.5}, {1}, 3, -4, false},
      {{0.5}, {1}, 1.5, 4, false},
      {{-0.5, 0.5}, {1, 2}, 3, 4, false},
      {{0.5, 50}, {1, 2}, std::nan(""), 4, false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.count);
    CAPTURE(c.sum);
    Maker maker;
    const uint32_t family = maker.Family("s", MetricType::kSummary);
    maker.Summary(family, {{"a", "b"}}, c.quantiles, c.values, c.count, c.sum);
    maker.Summary(family, {{"a", "c"}}, c.quantiles, c.values, c.count, c.sum);
    const std::vector snapshots = {maker.Snapshot("i")};
    CheckBothFormats(snapshots);
    CHECK(MakePagePlan(snapshots)->openmetrics_clean == c.clean);
  }
}

TEST_CASE("names that only OpenMetrics reserves cost the type and not the family") {
  struct {
    const char *a, *b;
    MetricType a_type, b_type;
  } const cases[] = {
      {"a_total", "a", MetricType::kCounter, MetricType::kGauge},
      {"a_total", "a_created", MetricType::kCounter, MetricType::kGauge},
      {"a_total", "a_info", MetricType::kCounter, MetricType::kInfo},
      {"a_info", "a", MetricType::kInfo, MetricType::kGauge},
      {"a_total", "a", MetricType::kCounter, MetricType::kCounter},
  };
  for (const auto& c : cases) {
    CAPTURE(c.b);
    Maker maker;
    maker.Value(c.a, c.a_type, {}, 1);
    maker.Value(c.b, c.b_type, {}, 1);
    const std::vector snapshots = {maker.Snapshot("i")};
    CheckBothFormats(snapshots);
    const auto plan = MakePagePlan(snapshots);
    CHECK(plan->families.size() == 2);
    CHECK(plan->drops->total() == 0);
  }
  Maker maker;  // a histogram beside what could be its created time, and a counter's base name
  maker.Histogram(maker.Family("h", MetricType::kHistogram), {}, {1}, {1}, 1, 1);
  maker.Gauge("h_created", 1);
  maker.Value("h_count_total", MetricType::kCounter, {}, 1);
  CheckBothFormats({maker.Snapshot("i")});
}

TEST_CASE("label values with every awkward byte come through both formats") {
  Maker maker;
  for (int c = 0; c < 256; ++c) {
    std::string value = "x";
    value += static_cast<char>(c);
    value += "\\n\"}{,=";
    maker.Value("a", MetricType::kGauge, {{"i", std::to_string(c)}, {"v", value}}, c);
  }
  const std::vector snapshots = {maker.Snapshot("i")};
  CheckBothFormats(snapshots);
  const exposition::Page page = exposition::ReadText(Text(snapshots));
  CHECK(page.series.size() == 256);
  CHECK(page.series.count("a{i=\"10\",v=\"x\n\\n\"}{,=\",}") == 1);
  CHECK(page.series.count("a{i=\"255\",v=\"x\xEF\xBF\xBD\\n\"}{,=\",}") == 1);
}

TEST_CASE("HELP is escaped as each format asks") {
  Maker maker;
  maker.builder().Add(maker.Family("a", MetricType::kGauge, "say \"hi\"\n\\o/ \xFF"), 0, 1);
  const auto snapshot = maker.Snapshot("i");
  CHECK(Text({snapshot}).substr(0, 34) == "# HELP a say \"hi\"\\n\\\\o/ \xEF\xBF\xBD\n# TYPE");
  CHECK(OpenMetrics({snapshot}).find("# HELP a say \\\"hi\\\"\\n\\\\o/ \xEF\xBF\xBD\n") !=
        std::string::npos);
}

TEST_CASE("a unit is written only where it is the suffix of the name") {
  Maker maker;
  const auto add = [&](const char* name, MetricType type, const char* unit) {
    maker.builder().Add(maker.Family(name, type, "", unit), 0, 1);
  };
  add("a_seconds", MetricType::kGauge, "seconds");
  add("b_seconds_total", MetricType::kCounter, "seconds");
  add("c_other", MetricType::kGauge, "seconds");
  add("dseconds", MetricType::kGauge, "seconds");
  add("e_seconds_info", MetricType::kInfo, "seconds");
  CHECK(OpenMetrics({maker.Snapshot("i")}) ==
        "# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1\n"
        "# TYPE b_seconds counter\n# UNIT b_seconds seconds\nb_seconds_total 1\n"
        "# TYPE c_other gauge\nc_other 1\n"
        "# TYPE dseconds gauge\ndseconds 1\n"
        "# TYPE e_seconds info\ne_seconds_info 1\n"
        "# EOF\n");
}

}  // namespace
}  // namespace pillion::test
