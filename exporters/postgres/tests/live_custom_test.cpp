// Queries of an operator's own, against a real server.
#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>

#include "postgres/tests/live_server.hpp"

using namespace pillion;
using namespace pillion::postgres;
using pillion::testing::PollReport;
using pillion::testing::TestHost;
using namespace std::chrono_literals;

namespace {

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

using Records = std::vector<std::map<std::string, std::string>>;

std::unique_ptr<TestHost> HostWith(const std::string& dsn, Records queries,
                                   std::map<std::string, std::string> options = {}) {
  options["dsn"] = dsn;
  auto host = std::make_unique<TestHost>(
      POSTGRES_ENTRY(),
      testing::TestHostConfig{.options = options, .records = {{"query", std::move(queries)}}});
  const auto created = host->Create();
  REQUIRE_MESSAGE(created.ok(), created.error().message);
  return host;
}

const testing::CollectorReport& Find(const PollReport& report, const std::string& name) {
  for (const auto& collector : report.collectors) {
    if (collector.name == name) return collector;
  }
  static const testing::CollectorReport none{};
  FAIL_CHECK("collector " << name << " did not run");
  return none;
}

std::string Message(const PollReport& report, const std::string& name) {
  return Find(report, name).message;
}

PollReport PollOnly(TestHost& host, std::vector<std::string> due) {
  PollReport report = host.Poll({.due = std::move(due)});
  REQUIRE_MESSAGE(report.ok(), report.error);
  for (const std::string& problem : report.problems) FAIL_CHECK(problem);
  return report;
}

struct TempFile {
  explicit TempFile(const std::string& text) {
    char name[] = "/tmp/pillion-queries-XXXXXX";
    const int fd = ::mkstemp(name);
    REQUIRE(fd >= 0);
    ::close(fd);
    path = name;
    std::ofstream(path) << text;
  }
  ~TempFile() { std::remove(path.c_str()); }
  std::string path;
};

void MakeOrders(const LiveServer& server) {
  server.Run("CREATE ROLE monitor LOGIN; GRANT pg_monitor TO monitor");
  server.Run("CREATE SCHEMA shop; ALTER ROLE monitor SET search_path = shop");
  server.Run("CREATE TABLE shop.orders (shop text, total numeric, paid bool, at timestamptz)");
  server.Run("CREATE TABLE shop.secret (x int)");
  server.Run("GRANT USAGE ON SCHEMA shop TO monitor; GRANT SELECT ON shop.orders TO monitor");
  server.Run(
      "INSERT INTO shop.orders VALUES ('n\"ord\nx', 12.5, true, '2026-01-02 03:04:05+00'), "
      "('süd', NULL, false, NULL), ('süd', 1e3, true, '2026-01-02 03:04:05.5+01')");
}

// What each of them does wrong costs itself.
const Records kOwn = {
    {{"name", "orders"},
     {"sql",
      "SELECT shop, count(*) AS open, sum(total) AS turnover_total, max(at) AS last FROM orders "
      "GROUP BY shop; "},
     {"labels", "[\"shop\"]"},
     {"values", "{ open = \"gauge\", turnover_total = \"counter\" }"},
     {"help", "{ open = \"Orders that wait.\" }"}},
    {{"name", "all"},
     {"prefix", "shop"},
     {"sql",
      "SELECT count(*) AS n, max(at), bool_and(paid) AS paid, interval '1 day 00:00:01' AS age, "
      "pg_lsn '1/0' AS lsn, sum(total) AS sum, NULL::int AS missing FROM orders"}},
    {{"name", "latency"},
     {"sql",
      "SELECT ARRAY[0.1, 1, 'Infinity'::float8] AS seconds, ARRAY[1, 3, 4] AS seconds_bucket, "
      "7.5 AS seconds_sum, 4 AS seconds_count"},
     {"values", "{ seconds = \"histogram\" }"}},
    {{"name", "fails"}, {"sql", "SELECT 1/0 AS x"}},
    {{"name", "forbidden"}, {"sql", "SELECT x FROM secret"}},
    {{"name", "writes"},
     {"sql", "WITH a AS (INSERT INTO shop.orders VALUES ('x') RETURNING 1) SELECT 1 AS x"}},
    {{"name", "text"}, {"sql", "SELECT 'abc' AS x"}},
    {{"name", "nameless"}, {"sql", "SELECT 1"}},
    {{"name", "lacks"}, {"sql", "SELECT 1 AS x"}, {"values", "{ y = \"gauge\" }"}},
    {{"name", "many"},
     {"sql", "SELECT i, 1 AS x FROM generate_series(1, 100) i"},
     {"labels", "[\"i\"]"},
     {"max_rows", "99"}},
    {{"name", "slow"}, {"sql", "SELECT 1 AS x FROM pg_sleep(60)"}, {"timeout", "50ms"}},
    {{"name", "old"}, {"sql", "SELECT nothing"}, {"server_version", "<12"}},
    {{"name", "replica"}, {"sql", "SELECT 1 AS x"}, {"run_on", "replica"}},
    {{"name", "primary"}, {"sql", "SELECT 1 AS x"}, {"run_on", "primary"}},
    {{"name", "shows"}, {"sql", "SHOW max_connections"}},
    {{"name", "two"}, {"sql", "SELECT 1 AS x; SELECT 2 AS x"}},
    {{"name", "last"}, {"sql", "(SELECT 5 AS x) -- the end"}},
    {{"name", "off"}, {"sql", "SELECT 5 AS x"}, {"enabled", "false"}},
};

void CheckWell(const PollReport& report) {
  CHECK(Find(report, "static").reason == Reason::kOk);
  CHECK(Find(report, "query_orders").reason == Reason::kOk);
  CHECK(report.Value("orders_open{shop=\"süd\"}") == 2.0);
  CHECK(report.Value("orders_turnover_total{shop=\"süd\"}") == 1000.0);
  CHECK(report.Value("orders_turnover_total{shop=\"n\\\"ord\\nx\"}") == 12.5);
  CHECK(Has(report.text, "# HELP orders_open Orders that wait.\n# TYPE orders_open gauge\n"));
  CHECK(Has(report.text, "# TYPE orders_turnover_total counter\n"));
  CHECK_FALSE(Has(report.text, "orders_last"));
  CHECK(report.Value("shop_n") == 3.0);
  CHECK(report.Value("shop_max") == 1767323045.0);
  CHECK(report.Value("shop_paid") == 0.0);
  CHECK(report.Value("shop_age") == 86401.0);
  CHECK(report.Value("shop_lsn") == 4294967296.0);
  CHECK(report.Value("shop_sum") == 1012.5);
  CHECK_FALSE(Has(report.text, "\nshop_missing"));
  CHECK(report.Value("latency_seconds_bucket{le=\"1\"}") == 3.0);
  CHECK(report.Value("latency_seconds_bucket{le=\"+Inf\"}") == 4.0);
  CHECK(report.Value("latency_seconds_sum") == 7.5);
}

void CheckAlone(const PollReport& report) {
  CHECK(Message(report, "query_fails") == "22012: division by zero");
  CHECK(Find(report, "query_forbidden").reason == Reason::kPermission);
  CHECK(Message(report, "query_writes") ==
        "25006: cannot execute SELECT in a read-only transaction");
  CHECK(Message(report, "query_text") == "column `x` holds what is no number");
  CHECK(Has(Message(report, "query_nameless"), "write AS name"));
  CHECK(Message(report, "query_lacks") == "the result has no column `y`");
  CHECK(Message(report, "query_many") == "more than 99 rows");
  CHECK(Find(report, "query_many").reason == Reason::kLimit);
  CHECK(Find(report, "query_slow").reason == Reason::kTimeout);
  CHECK(Has(Message(report, "query_two"), "multiple commands"));
  CHECK(Find(report, "query_old").reason == Reason::kOk);
  CHECK_FALSE(Has(report.text, "\nold_"));
  CHECK(Find(report, "query_replica").reason == Reason::kOk);
  CHECK_FALSE(Has(report.text, "\nreplica_x"));
  CHECK(report.Value("primary_x") == 1.0);
  CHECK(report.Value("shows_max_connections"));
  CHECK(report.Value("last_x") == 5.0);
  CHECK_FALSE(Has(report.text, "off_x"));
}

void CheckConfiguration(LiveServer& server, const std::string& dsn) {
  const auto host = HostWith(dsn, kOwn);
  for (int poll = 0; poll < 3; ++poll) {
    CAPTURE(poll);
    const PollReport report = host->Poll();
    REQUIRE_MESSAGE(report.ok(), report.error);
    for (const std::string& problem : report.problems) FAIL_CHECK(problem);
    CheckWell(report);
    CheckAlone(report);
  }
  CHECK(PollOnly(*host, {"query_off"}).Value("off_x") == 5.0);
  CHECK(server.Ask("SELECT count(*) FROM shop.orders") == "3");

  // What was prepared no longer fits: one poll fails, the next has a session of its own.
  server.Run("ALTER TABLE shop.orders ALTER shop TYPE varchar(20)");
  PollOnly(*host, {"query_orders"});
  CHECK(Find(PollOnly(*host, {"query_orders"}), "query_orders").reason == Reason::kOk);

  // A server that was restarted costs a poll of these alone nothing.
  server.Stop();
  CHECK(host->Poll({.due = {"query_last"}}).reason == Reason::kRefused);
  server.Start();
  CHECK(PollOnly(*host, {"query_last"}).Value("last_x") == 5.0);
  server.Stop();
  server.Start();
  CHECK(PollOnly(*host, {"query_last"}).Value("last_x") == 5.0);
}

void CheckFile(const std::string& dsn) {
  const TempFile file(R"(shop_orders:
  query: "SELECT shop, at AS seen, count(*) AS open, 'up' AS state, 'x' AS odd, '1h30m' AS took, 7 AS more, sum(total) AS total FROM orders GROUP BY 1, 2 ORDER BY 1, 2"
  master: true
  cache_seconds: 30
  metrics:
    - shop: {usage: "LABEL", description: "Shop"}
    - seen: {usage: "LABEL"}
    - open:
        usage: "GAUGE"
        description: "Orders that wait"
    - state: {usage: MAPPEDMETRIC, metric_mapping: {up: 1, down: 0}}
    - odd: {usage: COUNTER}
    - took: {usage: DURATION}
    - total: {usage: COUNTER}
    - gone: {usage: GAUGE}
shop_old:
  query: "SELECT nothing"
  runonserver: "<12.0.0"
shop_bad:
  query: "SELECT nothing"
)");
  const auto host = HostWith(dsn, {}, {{"queries_file", file.path}});
  REQUIRE(host->added_collectors().size() == 3);
  CHECK(host->added_collectors()[0].name == "query_shop_orders");
  CHECK(host->added_collectors()[0].every == 30s);
  const PollReport report =
      PollOnly(*host, {"query_shop_orders", "query_shop_old", "query_shop_bad"});
  CHECK(report.Value("shop_orders_open{shop=\"süd\",seen=\"1767319445\"}") == 1.0);
  CHECK(report.Value("shop_orders_open{shop=\"süd\",seen=\"\"}") == 1.0);
  CHECK(report.Value("shop_orders_state{shop=\"süd\",seen=\"\"}") == 1.0);
  CHECK(report.Value("shop_orders_took_milliseconds{shop=\"süd\",seen=\"\"}") == 5400000.0);
  CHECK(report.Value("shop_orders_more{shop=\"süd\",seen=\"\"}") == 7.0);
  CHECK(Has(report.text,
            "# HELP shop_orders_more Unknown metric from shop_orders\n"
            "# TYPE shop_orders_more untyped\n"));
  CHECK(Has(report.text, "# HELP shop_orders_open Orders that wait\n"));
  CHECK_FALSE(report.Value("shop_orders_total{shop=\"süd\",seen=\"\"}"));
  CHECK_FALSE(Has(report.text, "\nshop_orders_odd"));
  CHECK(Message(report, "query_shop_bad") ==
        file.path + ":19: 42703: column \"nothing\" does not exist");
  CHECK(Find(report, "query_shop_old").reason == Reason::kOk);
  const auto told = [](const PollReport& r, std::string_view part) {
    return std::count_if(r.logs.begin(), r.logs.end(),
                         [&](const auto& line) { return Has(line.text, part); });
  };
  CHECK(told(report, "query shop_orders: the result has no column `gone`; it is left out") == 1);
  CHECK(told(report, "shop_old is not for this version") == 1);
  CHECK(PollOnly(*host, {"query_shop_orders", "query_shop_old"}).logs.empty());
}

// As postgres_exporter 0.11 showed the same file.
void CheckOldFile(const LiveServer& server, const std::string& dsn) {
  const TempFile file("old:\n  query: SELECT 1 AS x, NULL::int AS y\n");
  const auto host = HostWith(dsn, {}, {{"queries_file", file.path}, {"compat", "0.11"}});
  const std::string label =
      "{server=\"" + server.directory() + ":" + std::to_string(server.port()) + "\"}";
  const PollReport report = PollOnly(*host, {"query_old"});
  CHECK(report.Value("old_x" + label) == 1.0);
  CHECK(std::isnan(report.Value("old_y" + label).value_or(0)));
}

// What the server says before anything runs, by name and place.
void CheckStatements(const std::string& dsn) {
  const TempFile file("in_file:\n  query: SELECT nothing\nfine:\n  query: SELECT 1 AS x\n");
  const auto host = HostWith(dsn,
                             {{{"name", "good"}, {"sql", "SELECT 1 AS x FROM pg_sleep(3600)"}},
                              {{"name", "typo"}, {"sql", "SELECT 1 AS x FROM ordres"}},
                              {{"name", "lacks"}, {"sql", "TABLE orders"}, {"labels", "[\"y\"]"}},
                              {{"name", "shown"}, {"sql", "SHOW max_connections"}},
                              {{"name", "nameless"}, {"sql", "SELECT 1"}, {"enabled", "false"}},
                              {{"name", "old"}, {"sql", "SELECT old"}, {"server_version", "<12"}},
                              {{"name", "replica"}, {"sql", "SELECT no"}, {"run_on", "replica"}}},
                             {{"queries_file", file.path}});
  const std::vector<std::string> said = host->Check();
  std::string text;
  for (const std::string& line : said) text += line + "\n";
  CHECK(text ==
        "option `query[1].sql`: typo: 42P01: relation \"ordres\" does not exist\n"
        "option `query[2].sql`: lacks: the result has no column `y`\n"
        "option `query[4].sql`: nameless: column 1 has no name that a metric can have; write AS "
        "name behind it\n"
        "option `query[6].sql`: replica: 42703: column \"no\" does not exist\n"
        "option `queries_file`: " +
            file.path + ":1: in_file: 42703: column \"nothing\" does not exist\n");
  const PollReport report = PollOnly(*host, {"query_shown"});
  CHECK(report.Value("shown_max_connections"));
}

}  // namespace

TEST_CASE("live: queries of the configuration and of a file are collectors that fail alone") {
  const auto server = LiveServer::Make();
  if (!server) return;
  MakeOrders(*server);
  const std::string dsn = server->Dsn("dbname=postgres user=monitor");
  CheckConfiguration(*server, dsn);
  CheckFile(dsn);
  CheckStatements(dsn);
  CheckOldFile(*server, dsn);
}
