// All databases of a real server.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "postgres/databases/bounds.hpp"
#include "postgres/tests/live_server.hpp"

using namespace pillion;
using namespace pillion::postgres;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

const std::string kOdd = "we\"ird süd";
const std::vector<std::string> kDue = {"stat_user_tables", "statio_user_tables", "extensions",
                                       "database",         "databases",          "query_orders"};

size_t Count(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// As in a label.
std::string Escaped(const std::string& name) {
  std::string escaped;
  for (const char c : name) escaped.append(c == '"' ? "\\" : "").push_back(c);
  return escaped;
}

std::optional<double> Inserted(const PollReport& report, const std::string& database) {
  return report.Value("pg_stat_user_tables_n_tup_ins{datname=\"" + Escaped(database) +
                      "\",schemaname=\"public\",relname=\"orders\"}");
}

std::optional<double> Success(const PollReport& report, const std::string& database,
                              const std::string& collector = "stat_user_tables") {
  return report.Value("pg_scrape_database_success{datname=\"" + Escaped(database) +
                      "\",collector=\"" + collector + "\"}");
}

std::optional<double> State(const PollReport& report, const std::string& state) {
  return report.Value("pg_scrape_databases{state=\"" + state + "\"}");
}

// The clock stands still: nothing here depends on how fast the machine is.
std::unique_ptr<TestHost> HostOfAll(const LiveServer& server,
                                    std::map<std::string, std::string> options = {}) {
  options["dsn"] = server.Dsn("dbname=postgres user=monitor");
  options["databases"] = "[\"*\"]";
  testing::RecordTexts records = {
      {"query",
       {{{"name", "orders"}, {"sql", "SELECT count(*) AS n FROM orders"}, {"databases", "[\"*\"]"}},
        {{"name", "latency"},
         {"sql",
          "SELECT ARRAY[0.5, 1] AS seconds, ARRAY[1, 3] AS seconds_bucket, 7.5 AS seconds_sum,"
          " 4 AS seconds_count, current_database() AS datname, 'x' AS part"},
         {"labels", "[\"part\", \"datname\"]"},
         {"values", "{ seconds = \"histogram\" }"},
         {"databases", "[\"s*\"]"}}}}};
  auto host = std::make_unique<TestHost>(
      POSTGRES_ENTRY(),
      testing::TestHostConfig{
          .options = std::move(options), .records = std::move(records), .fake_clock = true});
  const auto created = host->Create();
  REQUIRE_MESSAGE(created.ok(), created.error().message);
  return host;
}

PollReport PollAll(TestHost& host, const std::vector<std::string>& due = kDue) {
  PollReport report = host.Poll({.due = due});
  CheckAllWell(report);
  return report;
}

void MakeDatabase(const LiveServer& server, const std::string& quoted, const std::string& name,
                  int rows) {
  server.Run("CREATE DATABASE " + quoted);
  pqxx::connection session(
      server.Dsn("user=postgres application_name=fixture dbname='" + name + "'"));
  pqxx::nontransaction work(session);
  work.exec("CREATE TABLE orders (id int PRIMARY KEY)");
  work.exec("INSERT INTO orders SELECT generate_series(1, " + std::to_string(rows) + ")");
  work.exec("GRANT SELECT ON orders TO monitor");
  if (server.Major() >= 15) {  // the statistics are there at once
    work.exec("SELECT pg_stat_force_next_flush()");
    return;
  }
  work.exec("SELECT pg_sleep(0.6)");  // else they are told every 500 ms, at the end of a statement
  const std::string inserted = "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'orders'";
  for (int i = 0; i < 10'000 && work.exec1(inserted)[0].as<int>() != rows; ++i) {
  }
}

// Three databases, one beyond the role's rights: values, and what the server saw.
void CheckValues(const LiveServer& server) {
  const auto host = HostOfAll(server);
  PollReport report = PollAll(*host);
  CHECK(Inserted(report, "postgres") == 1.0);
  CHECK(Inserted(report, "shop") == 2.0);
  CHECK(Inserted(report, kOdd) == 3.0);
  CHECK(report.Value("orders_n{datname=\"" + Escaped(kOdd) + "\"}") == 3.0);
  CHECK(report.Value("orders_n{datname=\"postgres\"}") == 1.0);
  CHECK(Success(report, kOdd, "query_orders") == 1.0);
  CHECK_FALSE(Success(report, "barred"));
  CHECK(State(report, "read") == 3.0);
  CHECK(State(report, "barred") == 1.0);
  CHECK(report.Value("pg_database_connection_limit{datname=\"shop\"}") == -1.0);
  REQUIRE(report.logs.size() == 1);
  CHECK(report.logs[0].text.find("left out: barred;") != std::string::npos);

  const std::string before = server.Log();
  for (int i = 0; i < 5; ++i) CHECK(PollAll(*host).logs.empty());
  const std::string log = server.Log().substr(before.size());
  // Two databases are visited; the session, three collectors, two for the query and two before it.
  CHECK(Count(log, "connection authorized") == 5 * 2);
  // In our own database: the list, four collectors, and three for the query.
  const size_t executed = Count(log, "pillion: LOG:  execute ");
  CHECK(executed == 5 * (2 * (1 + 3 + 1 + 3) + 1 + 4 + 3));
  CHECK(Count(log, "pillion: ERROR") == 0);
  CHECK(Count(log, "pillion: FATAL") == 0);
}

void CheckComingAndGoing(const LiveServer& server) {
  const auto host = HostOfAll(server);
  PollAll(*host);
  MakeDatabase(server, "fresh", "fresh", 4);
  PollReport report = PollAll(*host);
  CHECK(Inserted(report, "fresh") == 4.0);
  // Nothing keeps it from being dropped.
  server.Run("DROP DATABASE fresh");
  report = PollAll(*host);
  CHECK_FALSE(Success(report, "fresh"));
  CHECK(State(report, "read") == 3.0);

  // A query that knows its database keeps its own label, and histograms come as they are.
  report = PollAll(*host, {"query_latency"});
  const std::string labels = "{part=\"x\",datname=\"shop\"";
  CHECK(report.Value("latency_seconds_bucket" + labels + ",le=\"1\"}") == 3.0);
  CHECK(report.Value("latency_seconds_sum" + labels + "}") == 7.5);
  CHECK(Count(report.text, "\nlatency_seconds_sum{") == 1);

  server.Run("ALTER DATABASE shop ALLOW_CONNECTIONS false");
  report = PollAll(*host);
  CHECK_FALSE(Inserted(report, "shop"));
  CHECK(State(report, "barred") == 2.0);
  server.Run("ALTER DATABASE shop ALLOW_CONNECTIONS true");
  CHECK(Inserted(PollAll(*host), "shop") == 2.0);
}

// One that takes no more connections, and one whose catalogue is locked.
void CheckSick(const LiveServer& server) {
  const auto host = HostOfAll(server, {{"lock_timeout", "20ms"}});
  PollAll(*host);
  server.Run("ALTER DATABASE shop CONNECTION LIMIT 0");
  PollReport report = PollAll(*host);
  CHECK(Success(report, "shop") == 0.0);
  CHECK(Success(report, kOdd) == 1.0);
  CHECK_FALSE(Inserted(report, "shop"));
  CHECK(State(report, "failing") == 1.0);
  REQUIRE(report.logs.size() == 1);
  CHECK(report.logs[0].text.find("database shop, collector ") == 0);
  server.Run("ALTER DATABASE shop CONNECTION LIMIT -1");
  CHECK(Success(PollAll(*host), "shop") == 0.0);  // left in peace
  host->Advance(kDatabasePause);
  CHECK(Inserted(PollAll(*host), "shop") == 2.0);

  const auto session = server.Connect("shop");
  pqxx::work holds(*session);
  holds.exec("LOCK TABLE pg_extension IN ACCESS EXCLUSIVE MODE");
  report = PollAll(*host);
  CHECK(Success(report, "shop", "extensions") == 0.0);
  CHECK(Success(report, "shop") == 1.0);
  CHECK(Inserted(report, "shop") == 2.0);
  CHECK(Success(report, kOdd, "extensions") == 1.0);
}

// The own database is always well, whatever becomes of others while they are visited.
void CheckDropsDuringPolls(const LiveServer& server) {
  const auto host = HostOfAll(server);
  std::atomic<bool> over = false;
  std::thread churn([&] {
    const auto session = server.Connect();
    pqxx::nontransaction work(*session);
    while (!over) {
      work.exec("CREATE DATABASE passing");
      server.DropDatabase("passing");
    }
  });
  for (int i = 0; i < 20; ++i) {
    const PollReport report = host->Poll({.due = kDue});
    CHECK_MESSAGE(report.ok(), report.error);
    for (const std::string& problem : report.problems) FAIL_CHECK(problem);
    CHECK(Success(report, "postgres") == 1.0);
    CHECK(Success(report, kOdd) == 1.0);
    host->Advance(kDatabasePauseMax);
  }
  over = true;
  churn.join();
  CHECK_FALSE(Success(PollAll(*host), "passing"));
}

void CheckKept(LiveServer& server) {
  const auto host = HostOfAll(server, {{"database_connections", "10"}});
  PollAll(*host);
  PollAll(*host);
  const std::string before = server.Log();
  for (int i = 0; i < 5; ++i) CHECK(Inserted(PollAll(*host), kOdd) == 3.0);
  const std::string log = server.Log().substr(before.size());
  CHECK(Count(log, "connection authorized") == 0);
  // A restart costs nothing: all sessions are made anew.
  server.Stop();
  server.Start();
  CHECK(Success(PollAll(*host), kOdd) == 1.0);
}

}  // namespace

TEST_CASE("live: all databases of a server are read one after the other") {
  const auto server = LiveServer::Make({.settings = {"log_statement = all"}});
  if (!server) return;
  server->Run("CREATE ROLE monitor LOGIN");
  server->Run("GRANT pg_monitor TO monitor");
  server->Run("CREATE TABLE orders (id int)");
  server->Run("INSERT INTO orders VALUES (1)");
  server->Run("GRANT SELECT ON orders TO monitor");
  MakeDatabase(*server, "shop", "shop", 2);
  MakeDatabase(*server, "\"we\"\"ird süd\"", kOdd, 3);
  server->Run("CREATE DATABASE barred");
  server->Run("REVOKE CONNECT ON DATABASE barred FROM PUBLIC");
  CheckValues(*server);
  CheckComingAndGoing(*server);
  CheckSick(*server);
  CheckDropsDuringPolls(*server);
  CheckKept(*server);
}
