#include "exposition/name_escaping.hpp"

#include "core/exposition/page_fixture.hpp"
#include "exposition/exposer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace pillion::test {
namespace {

constexpr Escaping kAll[] = {Escaping::kUnderscores, Escaping::kAllowUtf8, Escaping::kDots,
                             Escaping::kValues};

std::string Accept(Escaping escaping, std::string_view type = "text/plain") {
  return std::string(type) + ";escaping=" + std::string(ToString(escaping));
}

std::string PageFor(const std::vector<SnapshotPtr>& snapshots, Escaping escaping) {
  Exposer exposer(OpenMetricsMode::kAuto);
  return Join(exposer.Expose(snapshots, Accept(escaping), "").body->chunks);
}

TEST_CASE("names are escaped as Go's client library does it") {
  const struct {
    const char *name, *underscores, *dots, *values;
  } cases[] = {
      {"my_name:x9", "my_name:x9", "my_name:x9", "my_name:x9"},  // a legacy name
      {"my.name", "my_name", "my_dot_name", "U__my_2e_name"},
      {"my.two_names", "my_two_names", "my_dot_two__names", "U__my_2e_two__names"},
      {"9a", "_a", "__a", "U___39_a"},
      {"a9 b:c", "a9_b:c", "a9__b:c", "U__a9_20_b:c"},
      {"\xC3\xA9", "_", "__", "U___e9_"},
      {"x\xF0\x9F\x98\x80y", "x_y", "x__y", "U__x_1f600_y"},
      {"a\nb", "a_b", "a__b", "U__a_a_b"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    CHECK(EscapeMetricName(c.name, Escaping::kAllowUtf8) == c.name);
    CHECK(EscapeMetricName(c.name, Escaping::kUnderscores) == c.underscores);
    CHECK(EscapeMetricName(c.name, Escaping::kDots) == c.dots);
    CHECK(EscapeMetricName(c.name, Escaping::kValues) == c.values);
  }
}

TEST_CASE("a colon stays in metric names and is escaped in label names") {
  CHECK(EscapeLabelName("a_b", Escaping::kDots) == "a_b");
  CHECK(EscapeLabelName("a:b", Escaping::kUnderscores) == "a_b");
  CHECK(EscapeLabelName("a:b", Escaping::kDots) == "a__b");
  CHECK(EscapeLabelName("a:b", Escaping::kValues) == "U__a_3a_b");
  CHECK(EscapeLabelName("a:b", Escaping::kAllowUtf8) == "a:b");
}

// One of each kind of family, with names that need quotes everywhere.
SnapshotPtr Foreign() {
  Maker maker(LabelPairs{{"instance.name", "i"}});
  maker.Value("app.requests_total", MetricType::kCounter, {{"http.code", "200"}}, 5);
  maker.Exemplar("trace.id", "t\"", 1, 10);
  maker.Value("app.up", MetricType::kGauge, {}, 1);
  const uint32_t h =
      maker.Family("app.wait_seconds", MetricType::kHistogram, "Say \"\xC3\xA9\".", "seconds");
  maker.Histogram(h, {{"plain", "x"}}, {1}, {1}, 2, 3);
  const uint32_t s = maker.Family("app.size", MetricType::kSummary);
  maker.Summary(s, {}, {0.5}, {7}, 1, 7);
  maker.Value("app.role", MetricType::kStateSet, {{"app.role", "primary"}}, 1);
  maker.Gauge("plain", 2);
  return maker.Snapshot("i");
}

TEST_CASE("names of any kind stand in quotes within the braces of text") {
  CHECK(PageFor({Foreign()}, Escaping::kAllowUtf8) ==
        "# HELP \"app.requests_total\" Help.\n"
        "# TYPE \"app.requests_total\" counter\n"
        "{\"app.requests_total\",\"http.code\"=\"200\",\"instance.name\"=\"i\"} 5\n"
        "# HELP \"app.role\" Help.\n"
        "# TYPE \"app.role\" gauge\n"
        "{\"app.role\",\"app.role\"=\"primary\",\"instance.name\"=\"i\"} 1\n"
        "# HELP \"app.size\" Help.\n"
        "# TYPE \"app.size\" summary\n"
        "{\"app.size\",\"instance.name\"=\"i\",quantile=\"0.5\"} 7\n"
        "{\"app.size_sum\",\"instance.name\"=\"i\"} 7\n"
        "{\"app.size_count\",\"instance.name\"=\"i\"} 1\n"
        "# HELP \"app.up\" Help.\n"
        "# TYPE \"app.up\" gauge\n"
        "{\"app.up\",\"instance.name\"=\"i\"} 1\n"
        "# HELP \"app.wait_seconds\" Say \"\xC3\xA9\".\n"
        "# TYPE \"app.wait_seconds\" histogram\n"
        "{\"app.wait_seconds_bucket\",plain=\"x\",\"instance.name\"=\"i\",le=\"1.0\"} 1\n"
        "{\"app.wait_seconds_bucket\",plain=\"x\",\"instance.name\"=\"i\",le=\"+Inf\"} 2\n"
        "{\"app.wait_seconds_sum\",plain=\"x\",\"instance.name\"=\"i\"} 3\n"
        "{\"app.wait_seconds_count\",plain=\"x\",\"instance.name\"=\"i\"} 2\n"
        "# HELP plain Help.\n"
        "# TYPE plain gauge\n"
        "plain{\"instance.name\"=\"i\"} 2\n");
}

TEST_CASE("a name without labels is closed") {
  Maker maker;
  maker.Gauge("a\"\\\n", 1);
  maker.Histogram(maker.Family("a.b", MetricType::kHistogram, ""), {}, {}, {}, 1, 1);
  CHECK(Text({maker.Snapshot("i")}) ==
        "# HELP \"a\\\"\\\\\\n\" Help.\n"
        "# TYPE \"a\\\"\\\\\\n\" gauge\n"
        "{\"a\\\"\\\\\\n\"} 1\n"
        "# TYPE \"a.b\" histogram\n"
        "{\"a.b_bucket\",le=\"+Inf\"} 1\n"
        "{\"a.b_sum\"} 1\n"
        "{\"a.b_count\"} 1\n");
}

TEST_CASE("OpenMetrics quotes the name without the suffix of its type") {
  const std::string page = OpenMetrics({Foreign()});
  for (const char* line :
       {"# TYPE \"app.requests\" counter\n",
        "{\"app.requests_total\",\"http.code\"=\"200\",\"instance.name\"=\"i\"} 5 # "
        "{\"trace.id\"=\"t\\\"\"} 1 10\n",
        "# TYPE \"app.role\" stateset\n", "# UNIT \"app.wait_seconds\" seconds\n",
        "# HELP \"app.wait_seconds\" Say \\\"\xC3\xA9\\\".\n"}) {
    CAPTURE(line);
    CHECK(page.find(line) != std::string::npos);
  }
}

TEST_CASE("each scheme gives a page of legacy names with the same samples") {
  for (const auto& [escaping, line, exemplar] :
       {std::tuple{Escaping::kUnderscores,
                   "app_requests_total{http_code=\"200\",instance_name=\"i\"} 5",
                   "trace_id=\"t\\\"\""},
        {Escaping::kDots,
         "app_dot_requests__total{http_dot_code=\"200\",instance_dot_name=\"i\"} 5",
         "trace_dot_id=\"t\\\"\""},
        {Escaping::kValues,
         "U__app_2e_requests__total{U__http_2e_code=\"200\",U__instance_2e_name=\"i\"} 5",
         "U__trace_2e_id=\"t\\\"\""}}) {
    const std::string page = PageFor({Foreign()}, escaping);
    CAPTURE(page);
    CHECK(page.find(std::string(line) + "\n") != std::string::npos);
    CHECK(page.find("{\"") == std::string::npos);
    CHECK(page.find(",\"") == std::string::npos);
    CHECK(std::count(page.begin(), page.end(), '\n') == 23);
    Exposer exposer(OpenMetricsMode::kAlways);
    const std::string open = Join(
        exposer.Expose(std::vector{Foreign()}, Accept(escaping, "application/openmetrics-text"), "")
            .body->chunks);
    CHECK(open.find(std::string(line) + " # {" + exemplar + "} 1 10\n") != std::string::npos);
    CHECK(open.find(" stateset\n") != std::string::npos);
  }
}

TEST_CASE("pages of legacy names are one body for every scheme") {
  Exposer exposer(OpenMetricsMode::kAuto);
  Maker maker(LabelPairs{{"instance_name", "i"}});
  maker.Gauge("my_name", 1);
  const std::vector snapshots = {maker.Snapshot("i")};
  std::set<const Body*> bodies;
  std::set<std::string> types;
  for (const Escaping escaping : kAll) {
    const Exposition e = exposer.Expose(snapshots, Accept(escaping), "");
    bodies.insert(e.body.get());
    types.insert(e.content_type);
  }
  CHECK(bodies.size() == 1);
  CHECK(types.size() == 4);
  CHECK(exposer.stats().pages == 1);
}

TEST_CASE("pages with other names are a body for each scheme and made once") {
  Exposer exposer(OpenMetricsMode::kAuto);
  const std::vector snapshots = {Foreign()};
  std::set<const Body*> bodies;
  for (int round = 0; round < 2; ++round) {
    for (const Escaping escaping : kAll) {
      bodies.insert(exposer.Expose(snapshots, Accept(escaping), "").body.get());
    }
  }
  CHECK(bodies.size() == 4);
  CHECK(exposer.stats().pages == 4);
  exposer.Expose(std::vector{Foreign()}, "", "");  // newer: who says nothing gets underscores
  CHECK(exposer.stats().pages == 2);
}

// What is dropped of a page in a scheme, beyond what the page itself drops.
struct Escaped {
  std::string text;
  std::shared_ptr<const Drops> drops;
  uint64_t dropped(DropReason reason) const { return drops->count[static_cast<size_t>(reason)]; }
};

Escaped EscapedPage(const std::vector<SnapshotPtr>& snapshots, Escaping escaping) {
  const auto plan = MakePagePlan(snapshots);
  const auto escaped = MakeEscapedPlan(snapshots, *plan, escaping, {});
  CHECK_FALSE(escaped->has_utf8_names);
  return {Text(*escaped), escaped->drops};
}

TEST_CASE("of names that become equal the first keeps it and the later is dropped and counted") {
  Maker one, two;
  one.Value("a.b", MetricType::kGauge, {}, 1);
  one.Value("a_b", MetricType::kGauge, {}, 2);
  one.Value("c_d", MetricType::kCounter, {}, 3);
  two.Value("c.d", MetricType::kGauge, {}, 4);
  two.Value("a b", MetricType::kGauge, {{"x", "y"}}, 5);
  const std::vector snapshots = {one.Snapshot("one"), two.Snapshot("two")};
  const Escaped page = EscapedPage(snapshots, Escaping::kUnderscores);
  CHECK(page.text ==
        "# HELP a_b Help.\n# TYPE a_b gauge\na_b 1\na_b{x=\"y\"} 5\n"
        "# HELP c_d Help.\n# TYPE c_d counter\nc_d 3\n");
  CHECK(page.dropped(DropReason::kDuplicate) == 1);
  CHECK(page.dropped(DropReason::kConflict) == 1);
  CHECK(page.drops->total() == 2);
  CHECK(EscapedPage(snapshots, Escaping::kValues).drops->total() == 0);
}

TEST_CASE("a name that becomes a series of a histogram is dropped") {
  Maker maker;
  maker.Histogram(maker.Family("h.x", MetricType::kHistogram), {}, {}, {}, 1, 1);
  maker.Gauge("h_x_count", 1);
  const Escaped page = EscapedPage({maker.Snapshot("i")}, Escaping::kUnderscores);
  CHECK(page.dropped(DropReason::kConflict) == 1);
  CHECK(page.text.find("h_x_count 1\n") == page.text.rfind("h_x_count 1\n"));
}

TEST_CASE("samples whose labels cannot be told apart any more are dropped") {
  Maker maker;
  maker.Value("a", MetricType::kGauge, {{"x.y", "1"}, {"x_y", "2"}}, 1);
  maker.Value("a", MetricType::kGauge, {{".name__", "1"}}, 2);  // would be _name__
  maker.Value("a", MetricType::kGauge, {{"..name__", "1"}}, 3);
  maker.Value("a", MetricType::kGauge, {{"z", "1"}}, 4);
  const std::vector snapshots = {maker.Snapshot("i")};
  const Escaped page = EscapedPage(snapshots, Escaping::kUnderscores);
  CHECK(page.text == "# HELP a Help.\n# TYPE a gauge\na{_name__=\"1\"} 2\na{z=\"1\"} 4\n");
  CHECK(page.dropped(DropReason::kInvalidName) == 2);
  CHECK(EscapedPage(snapshots, Escaping::kValues).drops->total() == 0);
}

TEST_CASE("samples of one family that become the same series are dropped but the first") {
  Maker maker;
  maker.Value("a", MetricType::kGauge, {{"x.y", "1"}}, 1);
  maker.Value("a", MetricType::kGauge, {{"x_y", "1"}}, 2);
  maker.Value("a", MetricType::kGauge, {{"x y", "1"}, {"e", ""}}, 3);
  maker.Value("a", MetricType::kGauge, {{"x y", "2"}}, 4);
  const Escaped page = EscapedPage({maker.Snapshot("i")}, Escaping::kUnderscores);
  CHECK(page.text == "# HELP a Help.\n# TYPE a gauge\na{x_y=\"1\"} 1\na{x_y=\"2\"} 4\n");
  CHECK(page.dropped(DropReason::kDuplicate) == 2);
}

TEST_CASE("an exemplar whose labels cannot be told apart is left out") {
  Maker maker;
  maker.Value("a_total", MetricType::kCounter, {}, 1);
  maker.Exemplar("..x", "t", 1, 10);
  const std::vector snapshots = {maker.Snapshot("i")};
  const auto plan = MakePagePlan(snapshots);
  CHECK(OpenMetrics(*plan).find("a_total 1 # {\"..x\"=\"t\"} 1 10\n") != std::string::npos);
  const auto escaped = MakeEscapedPlan(snapshots, *plan, Escaping::kUnderscores, {});
  CHECK(OpenMetrics(*escaped).find("a_total 1\n") != std::string::npos);
}

TEST_CASE("drops of a scheme are reported fresh once and apart from those of the page") {
  Exposer exposer(OpenMetricsMode::kAuto);
  Maker one, two;
  one.Gauge("a.b", 1);
  one.Gauge("a_b", 2);
  two.Gauge("a_b", 3);
  const std::vector snapshots = {one.Snapshot("one"), two.Snapshot("two")};
  const Exposition utf8 = exposer.Expose(snapshots, Accept(Escaping::kAllowUtf8), "");
  CHECK(utf8.fresh);
  CHECK(utf8.drops->total() == 1);
  const Exposition underscores = exposer.Expose(snapshots, "", "");
  CHECK(underscores.fresh);
  CHECK(underscores.drops->total() == 1);
  const Exposition again = exposer.Expose(snapshots, "", "");
  CHECK_FALSE(again.fresh);
  CHECK(again.drops->total() == 2);

  Exposer other(OpenMetricsMode::kAuto);
  const Exposition both = other.Expose(snapshots, "", "");
  CHECK(both.fresh);
  CHECK(both.drops->total() == 2);
  CHECK_FALSE(other.Expose(snapshots, Accept(Escaping::kAllowUtf8), "").fresh);
}

TEST_CASE("the mode asks the page as it is escaped") {
  Maker maker;  // a counter only where its name ends in _total
  maker.Value("a.total", MetricType::kCounter, {}, 1);
  const std::vector snapshots = {maker.Snapshot("i")};
  Exposer exposer(OpenMetricsMode::kAuto);
  const auto format = [&](Escaping escaping) {
    return exposer
        .Expose(snapshots, Accept(escaping, "application/openmetrics-text") + ",text/plain;q=0.5",
                "")
        .body->format;
  };
  CHECK(format(Escaping::kUnderscores) == Format::kOpenMetrics100);
  CHECK(format(Escaping::kAllowUtf8) == Format::kText004);
}

TEST_CASE("what is not escaped is not copied") {
  Maker legacy, foreign;
  legacy.Gauge("a_b", 1);
  foreign.Gauge("a.c", 1);
  const std::vector snapshots = {legacy.Snapshot("one"), foreign.Snapshot("two")};
  const auto plan = MakePagePlan(snapshots);
  const auto escaped = MakeEscapedPlan(snapshots, *plan, Escaping::kDots, {});
  CHECK(escaped->fragments[0] == snapshots[0]->fragments[0]);
  CHECK(escaped->fragments[1] != snapshots[1]->fragments[0]);
}

TEST_CASE("protobuf carries names as the scheme has them") {
  Exposer exposer(OpenMetricsMode::kAuto);
  const std::string accept =
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
  const auto page = [&](const std::string& parameters) {
    return Join(exposer.Expose(std::vector{Foreign()}, accept + parameters, "").body->chunks);
  };
  CHECK(page("").find("\x0a\x12"
                      "app_requests_total") != std::string::npos);
  CHECK(page("").find("http_code") != std::string::npos);
  CHECK(page(";escaping=allow-utf-8")
            .find("\x0a\x12"
                  "app.requests_total") != std::string::npos);
  CHECK(page(";escaping=allow-utf-8").find("http.code") != std::string::npos);
}

}  // namespace
}  // namespace pillion::test
