// Custom queries as far as they need no server: how they are written, and how values are read.
#include <doctest/doctest.h>
#include <pillion/testing/test_host.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "postgres/custom/cells.hpp"
#include "postgres/custom/queries_file.hpp"
#include "postgres/custom/query.hpp"
#include "postgres/custom/versions.hpp"

extern "C" const pillion_plugin* POSTGRES_ENTRY();

namespace pillion::postgres {
namespace {

constexpr uint32_t kTimestamptz = 1184;
constexpr uint32_t kInterval = 1186;
constexpr uint32_t kText = 25;

bool Fits(std::string_view text, int server) {
  const auto versions = Versions::Parse(text);
  REQUIRE_MESSAGE(versions, text);
  return versions->Has(server);
}

std::string CreateError(std::vector<std::map<std::string, std::string>> queries,
                        std::map<std::string, std::string> options = {}) {
  testing::TestHost host(POSTGRES_ENTRY(), {.options = std::move(options),
                                            .records = {{"query", std::move(queries)}}});
  const auto created = host.Create();
  return created.ok() ? "" : created.error().message;
}

QueriesFile Parse(const std::string& text) { return ParseQueriesFile(text, "q.yaml"); }

std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST_CASE("ranges of versions are compared as they are written") {
  CHECK(Fits(">=13", 130000));
  CHECK(Fits(">=13", 150008));
  CHECK_FALSE(Fits(">=13", 120022));
  CHECK(Fits(">=12 <15", 140001));
  CHECK_FALSE(Fits(">=12 <15", 150000));
  CHECK(Fits("<13 || >=15.2", 150002));
  CHECK_FALSE(Fits("<13 || >=15.2", 150001));
  CHECK(Fits("15", 150008));
  CHECK(Fits("=15.8", 150008));
  CHECK_FALSE(Fits("!=15.8", 150008));
  CHECK_FALSE(Fits("> 15", 150008));
  CHECK(Fits("<=15", 150008));
  CHECK(Fits("12.x", 120003));
  CHECK(Fits(">=9.4.0 <9.6.25", 90624));
  CHECK_FALSE(Fits("<10.0.0", 100000));
  CHECK(Fits(">=10,<11", 100005));
  CHECK(Versions().Has(1));
  for (const char* wrong : {"", " ", "x", ">", ">=", "1.", "1.2.3.4", "||", "1 ||", "|| 1", ">=a",
                            "13beta", "1.x.2", "99999", "~12", "-1", ">=13;"}) {
    CAPTURE(wrong);
    CHECK_FALSE(Versions::Parse(wrong));
  }
  CHECK_FALSE(Versions::Parse(std::string(1000, '1')));
}

TEST_CASE("values in text form are numbers by their type") {
  CHECK(CellNumber(16, "t") == 1.0);
  CHECK(CellNumber(16, "f") == 0.0);
  CHECK_FALSE(CellNumber(16, "x"));
  CHECK(CellNumber(1700, "-12345678901234567890.5") == -12345678901234567890.5);
  CHECK(std::isnan(*CellNumber(701, "NaN")));
  CHECK(CellNumber(701, "-Infinity") == -std::numeric_limits<double>::infinity());
  CHECK(CellNumber(kText, " 5 ") == 5.0);
  CHECK_FALSE(CellNumber(kText, "5 apples"));
  CHECK_FALSE(CellNumber(kText, ""));
  CHECK(CellNumber(3220, "16/B374D848") == 22.0 * 4294967296 + 0xB374D848);
  CHECK_FALSE(CellNumber(3220, "16"));
  CHECK_FALSE(CellNumber(3220, "16/B374D8481"));
}

TEST_CASE("times are Unix seconds") {
  CHECK(CellNumber(kTimestamptz, "1970-01-01 00:00:00+00") == 0.0);
  CHECK(CellNumber(kTimestamptz, "2026-01-02 03:04:05.5+01") == 1767319445.5);
  CHECK(CellNumber(kTimestamptz, "2026-01-02 03:04:05-03:30") == 1767335645.0);
  CHECK(CellNumber(1114, "2024-02-29 12:00:00") == 1709208000.0);
  CHECK(CellNumber(1082, "1969-12-31") == -86400.0);
  CHECK(CellNumber(1082, "0001-01-01 BC") == -62167219200.0);
  CHECK(CellNumber(kTimestamptz, "infinity") == std::numeric_limits<double>::infinity());
  for (const char* wrong : {"", "2026", "2026-13-01", "2026-01-00", "2026-01-01 ", "2026-01-01 1",
                            "2026-01-01 10:00:00+", "2026-01-01x", "99999999-01-01"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseTime(wrong));
  }
}

TEST_CASE("intervals and durations are seconds") {
  CHECK(CellNumber(kInterval, "1 day 02:03:04.5") == 93784.5);
  CHECK(CellNumber(kInterval, "-00:00:01") == -1.0);
  CHECK(CellNumber(kInterval, "1 year 2 mons -3 days") == (365.25 + 60 - 3) * 86400);
  CHECK(CellNumber(kInterval, "100:00:00") == 360000.0);
  for (const char* wrong : {"", "1", "day", "1 fortnight", "1 day x", "00:"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseInterval(wrong));
  }
  CHECK(ParseGoDuration("1h2m3.5s") == 3723.5);
  CHECK(ParseGoDuration("100ms") == 0.1);
  CHECK(ParseGoDuration("-2us") == -2e-6);
  CHECK(ParseGoDuration("0") == 0.0);
  for (const char* wrong : {"", "-", "1", "h", "1.2.3s", "1x"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseGoDuration(wrong));
  }
}

TEST_CASE("labels are texts as people know them") {
  std::string scratch;
  CHECK(CellLabel(16, "t", false, scratch) == "true");
  CHECK(CellLabel(kTimestamptz, "1970-01-02 00:00:00+00", true, scratch) == "86400");
  CHECK(CellLabel(kTimestamptz, "1970-01-02 00:00:00+00", false, scratch) ==
        "1970-01-02 00:00:00+00");
  CHECK(CellLabel(kText, "a\"b", true, scratch) == "a\"b");
}

TEST_CASE("arrays of numbers are read whole or not at all") {
  CHECK(CellNumbers("{}") == std::vector<double>{});
  CHECK(CellNumbers("{1,2.5,\"3\"}") == std::vector<double>{1, 2.5, 3});
  for (const char* wrong : {"", "{", "}", "{1,}", "{,1}", "{NULL}", "{{1},{2}}", "{a}", "1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(CellNumbers(wrong));
  }
}

TEST_CASE("readers of values take any bytes") {
  std::minstd_rand random(7);
  const std::string letters = "0123456789-+:. {},\"/xtfdaymonsBCinfihus|<>=!*\x01\xff";
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (size_t n = random() % 24; n > 0; --n) text += letters[random() % letters.size()];
    std::string scratch;
    for (const uint32_t type : {16u, kText, kTimestamptz, kInterval, 3220u, 1082u}) {
      CellNumber(type, text);
      CellLabel(type, text, true, scratch);
    }
    CellNumbers(text);
    ParseGoDuration(text);
    const auto versions = Versions::Parse(text);
    if (versions) versions->Has(150001);
    WrongSql(text);
  }
}

TEST_CASE("a query is one that reads") {
  for (const char* good :
       {"SELECT 1", "  -- why\n/* a /* b */ c */ select 1", "((TABLE x))",
        "with a as (select 1) table a", "VALUES (1)", "Show all", "EXPLAIN TABLE x"}) {
    CAPTURE(good);
    CHECK(WrongSql(good) == "");
  }
  for (const char* wrong : {"", "COPY x TO STDOUT", "SELECTED", "/* select 1", "-- select 1",
                            "BEGIN", ";SELECT 1", "\"select\""}) {
    CAPTURE(wrong);
    CHECK(WrongSql(wrong) != "");
  }
  CHECK(WrongSql(std::string("SELECT '\0'", 10)) == "holds a NUL");
  CHECK(WrongSql("SELECT " + std::string(70'000, ' ')) == "longer than 65536 bytes");
}

TEST_CASE("what is wrong with a query of the configuration is told at its field") {
  CHECK(CreateError({{{"name", "a b"}, {"sql", "SELECT 1 AS x"}}}) ==
        "option `query[0].name`: must be 1 to 64 letters, digits and _, and begin with no digit");
  CHECK(CreateError({{{"name", "a"}, {"sql", "DELETE FROM x"}}}) ==
        "option `query[0].sql`: must be one statement that reads: it begins with SELECT, WITH, "
        "VALUES, TABLE, SHOW or EXPLAIN");
  CHECK(CreateError({{{"name", "a"}, {"sql", "SELECT 1"}, {"server_version", "13+"}}}) ==
        "option `query[0].server_version`: expected comparisons such as \">=13\" or \">=12 <15\"");
  CHECK(CreateError({{{"name", "a"}, {"sql", "SELECT 1"}}, {{"name", "a"}, {"sql", "SELECT 1"}}}) ==
        "option `query[1].name`: there is another query of this name");
  CHECK(CreateError({{{"name", "a"},
                      {"sql", "SELECT 1"},
                      {"labels", "[\"le\", \"x\", \"x\"]"},
                      {"values", "{ x = \"gauge\", y = \"counter\" }"},
                      {"help", "{ z = \"?\" }"}}}) ==
        "option `query[0].labels`: `le` cannot be a label: histograms and summaries use it "
        "themselves\n"
        "option `query[0].labels`: `x` is in the list twice\n"
        "option `query[0].values`: `x` is a label already\n"
        "option `query[0].help`: `z` is none of the values");
  std::string labels;
  for (int i = 0; i < 31; ++i) labels += (i == 0 ? "l" : ",l") + std::to_string(i);
  CHECK(CreateError({{{"name", "a"}, {"sql", "SELECT 1"}, {"labels", labels}}}) ==
        "option `query[0].labels`: more than 30 labels");
  CHECK(CreateError({}, {{"queries_file", "/nowhere/q.yaml"}}) ==
        "option `queries_file`: cannot read /nowhere/q.yaml: No such file or directory");
}

TEST_CASE("a family that a collector of the exporter has too is warned of") {
  testing::TestHost host(POSTGRES_ENTRY(),
                         {.records = {{"query",
                                       {{{"name", "pg_database"},
                                         {"sql", "SELECT 1 AS size_bytes"},
                                         {"values", "{ size_bytes = \"gauge\" }"}}}}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.logs().size() == 1);
  CHECK(host.logs()[0].text ==
        "the query pg_database shows pg_database_size_bytes, as the collector database does: keep "
        "one of them, as with collectors = { database = false }");
}

TEST_CASE("a queries file gives what it says") {
  const QueriesFile file = Parse(R"(
pg_replication:
  query: "SELECT 1 AS lag"
  master: true
  cache_seconds: 30
  runonserver: ">=9.4 <20"
  metrics:
    - lag:
        usage: "gauge"
        description: "Replication lag: behind, in seconds"
    - state: {usage: MAPPEDMETRIC, metric_mapping: {up: 1, down: -1.5}, pg_version: ">=13"}
    - server: {usage: LABEL}
as_map:
  query: |
    SELECT 1
  metrics:
    x: {usage: DISCARD}
no_query:
  metrics:
    - x: {usage: COUNTER}
bare:
  query: SELECT 2 AS y
  colour: red
)");
  CHECK(Lines(file.errors) == "");
  CHECK(Lines(file.warnings) ==
        "q.yaml:18:1: no_query: has no query: it is left out\n"
        "q.yaml:23:3: bare: unknown key `colour`\n");
  REQUIRE(file.queries.size() == 3);
  const CustomQuery& lag = file.queries[0];
  CHECK(lag.name == "pg_replication");
  CHECK(lag.prefix == "pg_replication");
  CHECK(lag.place == "q.yaml:2");
  CHECK(lag.every == std::chrono::seconds(30));
  CHECK(lag.lenient);
  CHECK(lag.versions.Has(150000));
  CHECK_FALSE(lag.versions.Has(200000));
  REQUIRE(lag.columns.size() == 3);
  CHECK(lag.columns[0].kind == ColumnKind::kGauge);
  CHECK(lag.columns[0].help == "Replication lag: behind, in seconds");
  CHECK(lag.columns[1].mapping ==
        std::vector<std::pair<std::string, double>>{{"up", 1}, {"down", -1.5}});
  CHECK_FALSE(lag.columns[1].versions.Has(120000));
  CHECK(lag.columns[2].kind == ColumnKind::kLabel);
  CHECK(file.queries[1].columns.size() == 1);
  CHECK(file.queries[2].others == CustomQuery::Others::kUntyped);
}

TEST_CASE("what is wrong with a queries file is told with its line") {
  CHECK(Lines(Parse("a: [").errors).find("q.yaml:1:") == 0);
  CHECK(Lines(Parse("- a\n").errors) == "q.yaml:1:1: must be a map of queries by name\n");
  CHECK(Lines(Parse("").warnings) == "q.yaml:1:1: it holds no query\n");
  CHECK(Lines(Parse(R"(bad name:
  query: DROP TABLE x
  cache_seconds: soon
  master: 5 o'clock
  runonserver: new
  metrics:
    - x: {usage: GAGE}
    - y: {description: none}
    - le: {usage: LABEL}
    - z: GAUGE
    - w: {usage: MAPPEDMETRIC, metric_mapping: {a: b}}
    - v: {usage: COUNTER}
    - v: {usage: COUNTER}
    - text
list: [1]
)")
                  .errors) ==
        "q.yaml:1:1: bad name: must be called by 1 to 64 letters, digits and _, and begin with no "
        "digit\n"
        "q.yaml:2:10: bad name: must be one statement that reads: it begins with SELECT, WITH, "
        "VALUES, TABLE, SHOW or EXPLAIN\n"
        "q.yaml:3:18: bad name: cache_seconds must be a number from 0 to 2592000\n"
        "q.yaml:4:11: bad name: master must be true or false\n"
        "q.yaml:5:16: bad name: runonserver must be comparisons such as \">=12\", or \">=9.6 "
        "<13\"\n"
        "q.yaml:7:18: bad name: unknown usage `GAGE`; there are LABEL, COUNTER, GAUGE, HISTOGRAM, "
        "MAPPEDMETRIC, DURATION and DISCARD\n"
        "q.yaml:8:7: bad name: `y` has no usage\n"
        "q.yaml:9:7: bad name: `le` cannot be a label: histograms and summaries use it "
        "themselves\n"
        "q.yaml:10:7: bad name: `z` must be a map with `usage`\n"
        "q.yaml:11:49: bad name: metric_mapping must be a map of texts to numbers\n"
        "q.yaml:13:7: bad name: `v` is there twice\n"
        "q.yaml:14:7: bad name: an item of metrics must be a map such as `- open: {usage: "
        "GAUGE}`\n"
        "q.yaml:15:1: list: must be a map with `query` and `metrics`\n");
}

TEST_CASE("a queries file is bounded in queries and columns and depth") {
  std::string many;
  for (int i = 0; i < 300; ++i) many += "q" + std::to_string(i) + ": {query: SELECT 1}\n";
  CHECK(Lines(Parse(many).errors).find("more than 200 queries") != std::string::npos);
  std::string wide = "a:\n  query: SELECT 1\n  metrics:\n";
  for (int i = 0; i < 300; ++i) wide += "    - c" + std::to_string(i) + ": {usage: GAUGE}\n";
  CHECK(Lines(Parse(wide).errors).find("more than 200 columns") != std::string::npos);
  CHECK_FALSE(Parse(std::string(100'000, '[')).errors.empty());
  CHECK_FALSE(Parse("a: &a [*a]\n").errors.empty());
}

TEST_CASE("a queries file of any bytes is read or refused") {
  const std::string good =
      "a:\n  query: \"SELECT 1\"\n  metrics:\n    - x: {usage: GAUGE, description: 'd'}\n    - y:\n"
      "        usage: MAPPEDMETRIC\n        metric_mapping: {a: 1}\n  cache_seconds: 5\n";
  const std::string letters = "\n\t :-{}[]&*!|>'\"%@`#,?ax1\xff\x01";
  std::minstd_rand random(11);
  for (int i = 0; i < 3000; ++i) {
    std::string text = good;
    for (size_t n = 1 + random() % 6; n > 0; --n) {
      const size_t at = random() % text.size();
      if (random() % 3 == 0) {
        text.erase(at, 1 + random() % 5);
        text += ' ';
      } else {
        text.insert(at, 1, letters[random() % letters.size()]);
      }
    }
    const QueriesFile file = Parse(text);
    CHECK(file.errors.size() <= 20);
  }
}

}  // namespace
}  // namespace pillion::postgres
