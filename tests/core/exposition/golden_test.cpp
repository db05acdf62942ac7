// Whole pages, byte by byte.
#include "core/exposition/page_fixture.hpp"
#include "support/exposition_check.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

namespace pillion::test {
namespace {

std::string ReadFile(const std::string& name) {
  const std::string path = PILLION_SOURCE_DIR "/tests/core/exposition/testdata/" + name;
  std::ifstream in(path, std::ios::binary);
  REQUIRE_MESSAGE(in.good(), path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// To renew after a wanted change: print_page FORMAT > testdata/every_type.FORMAT
TEST_CASE("the page of every type is what it was") {
  CHECK(Text(EveryType()) == ReadFile("every_type.text"));
  CHECK(OpenMetrics(EveryType()) == ReadFile("every_type.openmetrics"));
  CHECK((Protobuf(EveryType()) == ReadFile("every_type.protobuf")));
}

TEST_CASE("a family without help or labels is two lines") {
  Maker maker;
  maker.builder().Add(maker.Family("a", MetricType::kUnknown, ""), 0, 1);
  const auto snapshot = maker.Snapshot("i");
  CHECK(Text({snapshot}) == "# TYPE a untyped\na 1\n");
  CHECK(OpenMetrics({snapshot}) == "# TYPE a unknown\na 1\n# EOF\n");
}

TEST_CASE("exemplars stand on counters and on the bucket that holds them") {
  Maker maker;
  const uint32_t h = maker.Family("h", MetricType::kHistogram, "");
  maker.Histogram(h, {}, {1, 2}, {1, 2}, 3, 9);
  maker.Exemplar("t", "old", 0.5, 10);
  maker.Exemplar("t", "new", 1, 20);
  maker.Exemplar("t", "above", 7, std::numeric_limits<double>::quiet_NaN());
  maker.Histogram(h, {{"x", "y"}}, {1}, {1}, 1, 1);
  maker.Exemplar("t", "nan", std::numeric_limits<double>::quiet_NaN(), 10);
  maker.builder().Add(maker.Family("c_total", MetricType::kCounter, ""), 0, 5);
  maker.Exemplar("t", "first", 1, 10);
  maker.Exemplar("t", "\"last\"", 2, 20.5);
  maker.Value("c_total", MetricType::kCounter, {{"n", "1"}}, 6);
  maker.Value("c_total", MetricType::kCounter, {{"n", "2"}}, 7);
  maker.Exemplar("t", "third", 3, 30);
  maker.builder().Add(maker.Family("g", MetricType::kGauge, ""), 0, 6);
  maker.Exemplar("t", "gauges have none", 1, 10);
  const auto snapshot = maker.Snapshot("i");
  const std::string page = OpenMetrics({snapshot});
  CHECK(page ==
        "# TYPE c counter\n"
        "c_total 5 # {t=\"\\\"last\\\"\"} 2 20.5\n"
        "c_total{n=\"1\"} 6\n"
        "c_total{n=\"2\"} 7 # {t=\"third\"} 3 30\n"
        "# TYPE g gauge\n"
        "g 6\n"
        "# TYPE h histogram\n"
        "h_bucket{le=\"1.0\"} 1 # {t=\"new\"} 1 20\n"
        "h_bucket{le=\"2.0\"} 2\n"
        "h_bucket{le=\"+Inf\"} 3 # {t=\"above\"} 7\n"
        "h_sum 9\n"
        "h_count 3\n"
        "h_bucket{x=\"y\",le=\"1.0\"} 1\n"
        "h_bucket{x=\"y\",le=\"+Inf\"} 1\n"
        "h_sum{x=\"y\"} 1\n"
        "h_count{x=\"y\"} 1\n"
        "# EOF\n");
  CHECK(exposition::ReadOpenMetrics(page).problems == std::vector<std::string>{});
  CHECK(Text({snapshot}).find(" # ") == std::string::npos);
}

TEST_CASE("created times are in no format because they would be series of their own") {
  Maker maker;
  maker.Value("c_total", MetricType::kCounter, {}, 5);
  maker.builder().AddCreated(1600000000);
  const auto snapshot = maker.Snapshot("i");
  CHECK(Text({snapshot}).find("created") == std::string::npos);
  CHECK(OpenMetrics({snapshot}).find("created") == std::string::npos);
}

}  // namespace
}  // namespace pillion::test
