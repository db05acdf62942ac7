// Many databases of a server in a script: which are read, in what order, and what is shown of them.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "postgres/databases/bounds.hpp"
#include "postgres/databases/patterns.hpp"
#include "postgres/tests/fake_databases.hpp"

using namespace pillion;
using namespace pillion::postgres;
using namespace std::chrono_literals;
using pillion::testing::PollReport;

namespace {

using Names = std::vector<std::string>;

const std::string kScans = "pg_stat_user_tables_seq_scan";

std::optional<double> ScansOf(const PollReport& report, const std::string& database) {
  return report.Value(kScans + "{datname=\"" + database +
                      "\",schemaname=\"public\",relname=\"t\"}");
}

std::optional<double> Success(const PollReport& report, const std::string& database,
                              const std::string& collector = "stat_user_tables") {
  return report.Value("pg_scrape_database_success{datname=\"" + database + "\",collector=\"" +
                      collector + "\"}");
}

std::optional<double> State(const PollReport& report, const std::string& state) {
  return report.Value("pg_scrape_databases{state=\"" + state + "\"}");
}

PollReport PollOf(FakeDatabases& server, const Names& due = {"stat_user_tables", "databases"}) {
  PollReport report = server.host().Poll({.due = due});
  CheckClean(report);
  return report;
}

int Told(const PollReport& report, std::string_view part) {
  return static_cast<int>(
      std::count_if(report.logs.begin(), report.logs.end(),
                    [&](const testing::LogLine& line) { return Has(line.text, part); }));
}

}  // namespace

TEST_CASE("a pattern of databases fits whole names") {
  CHECK(FitsPattern("orders", "orders"));
  CHECK_FALSE(FitsPattern("orders", "orders2"));
  CHECK_FALSE(FitsPattern("orders2", "orders"));
  CHECK(FitsPattern("*", ""));
  CHECK(FitsPattern("*", "any"));
  CHECK(FitsPattern("a*b*c", "a-b-b-c"));
  CHECK_FALSE(FitsPattern("a*b*c", "a-b-b-d"));
  CHECK(FitsPattern("*_old", "a_old_old"));
  CHECK(FitsPattern("?", "ü"));
  CHECK_FALSE(FitsPattern("?", "üü"));
  CHECK_FALSE(FitsPattern("?", ""));
  CHECK(FitsPattern("*?x", "üx"));
  CHECK_FALSE(FitsPattern("", "x"));
  CHECK(FitsPattern("a.b[c]", "a.b[c]"));
  CHECK(FitsPattern(std::string(20, '*') + "b", std::string(60, 'b')));
  CHECK_FALSE(FitsPattern("*a*a*a*a*a*a*a*a*b", std::string(63, 'a')));
  CHECK(FitsList({"a*", "b"}, "ab"));
  CHECK_FALSE(FitsList({"a*", "!*b"}, "ab"));
  CHECK_FALSE(FitsList({"!*b", "a*"}, "ab"));
  CHECK(FitsList({"!b"}, "a"));
  CHECK_FALSE(FitsList({"!b"}, "b"));
  CHECK_FALSE(FitsList({}, "a"));
  CHECK(LikePatterns({"a_b%", "x*?\\"}) == Names{"a\\_b\\%", "x%_\\\\"});
}

TEST_CASE("without databases nothing is asked that was not before") {
  FakeDatabases server({"a", "b"}, {});
  const PollReport report = PollOf(server, {"stat_user_tables"});
  CHECK(ScansOf(report, "own") == 1.0);
  CHECK_FALSE(Has(report.text, "pg_scrape_database"));
  CHECK(server.TakeConnected() == Names{"own"});
  CHECK(server.lists() == 0);
  CHECK(server.host().added_collectors().empty());
}

TEST_CASE("each database that is chosen is read by one connection after the other") {
  FakeDatabases server({"a", "b", "c", "no"},
                       {.options = {{"databases", "[\"*\"]"}, {"exclude_databases", "[\"n?\"]"}}});
  const Names due = {"stat_user_tables", "statio_user_indexes", "postmaster", "databases"};
  for (int poll = 0; poll < 3; ++poll) {
    CAPTURE(poll);
    const PollReport report = PollOf(server, due);
    for (const char* name : {"own", "a", "b", "c"}) {
      CHECK(ScansOf(report, name));
      CHECK(Success(report, name) == 1.0);
      CHECK(Success(report, name, "statio_user_indexes") == 1.0);
      // The peer's label set cannot tell databases apart.
      CHECK(report.Value("pg_statio_user_indexes_idx_blks_read_total{schemaname=\"public\","
                         "relname=\"t\",indexrelname=\"i\",datname=\"" +
                         std::string(name) + "\"}") == 1.0);
    }
    CHECK_FALSE(Has(report.text, "\"no\""));
    CHECK(State(report, "read") == 4.0);
    CHECK(State(report, "waiting") == 0.0);
    Names expected = {"a", "b", "c"};
    if (poll == 0) expected.insert(expected.begin(), "own");
    CHECK(server.TakeConnected() == expected);
    CHECK(server.instance_wide() == poll + 1);
    CHECK(server.lists() == poll + 1);
  }
  CHECK(server.together_max() == 2);
}

TEST_CASE("what does not fit into the time of a poll is the next one's and shown as it was") {
  FakeDatabases server({"a", "b", "c", "d", "e"}, {.options = {{"databases", "[\"*\"]"}}});
  server.SetCost(400ms);
  PollReport report = PollOf(server);
  CHECK(server.TakeConnected() == Names{"own", "a", "b", "c"});
  CHECK(State(report, "read") == 4.0);
  CHECK(State(report, "waiting") == 2.0);
  CHECK_FALSE(Success(report, "d"));
  const auto first = ScansOf(report, "c");

  report = PollOf(server);
  CHECK(server.TakeConnected() == Names{"d", "e", "a"});
  CHECK(State(report, "waiting") == 0.0);
  CHECK(ScansOf(report, "c") == first);
  const auto time = [&](const std::string& name) {
    return report
        .Value("pg_scrape_database_timestamp_seconds{datname=\"" + name +
               "\",collector=\"stat_user_tables\"}")
        .value_or(0);
  };
  CHECK(time("c") < time("d"));
  CHECK(time("d") < time("e"));

  // A new one is next, one that is gone is gone.
  server.SetNames({"a", "b", "d", "e", "new"});
  report = PollOf(server);
  CHECK(server.TakeConnected() == Names{"new", "b", "d"});
  CHECK_FALSE(ScansOf(report, "c"));
  CHECK(ScansOf(report, "new"));

  // What nobody has asked for in an hour is not shown as if it were news.
  server.host().Advance(2h);
  report = PollOf(server);
  CHECK(server.TakeConnected() == Names{"e", "a", "new"});
  CHECK(ScansOf(report, "e"));
  CHECK_FALSE(ScansOf(report, "b"));
}

TEST_CASE("a database that cannot be reached costs itself and is left in peace for a while") {
  FakeDatabases server({"a", "b", "c"}, {.options = {{"databases", "[\"*\"]"}}});
  PollOf(server);
  server.TakeConnected();
  server.Refuse("b", "53300");
  PollReport report = PollOf(server);
  CHECK(server.TakeConnected() == Names{"a", "b", "c"});
  CHECK(Success(report, "a") == 1.0);
  CHECK(Success(report, "b") == 0.0);
  CHECK_FALSE(ScansOf(report, "b"));
  CHECK(State(report, "failing") == 1.0);
  CHECK(report.CollectorNamed("stat_user_tables")->reason == Reason::kOk);
  CHECK(Told(report, "database b, collector stat_user_tables: ") == 1);

  report = PollOf(server);
  CHECK(server.TakeConnected() == Names{"a", "c"});
  CHECK(Success(report, "b") == 0.0);
  CHECK(report.logs.empty());
  server.host().Advance(kDatabasePause);
  PollOf(server);
  CHECK(server.TakeConnected() == Names{"a", "b", "c"});
  server.host().Advance(kDatabasePause);
  PollOf(server);
  CHECK(server.TakeConnected() == Names{"a", "c"});
  server.Refuse("b", "");
  server.host().Advance(kDatabasePause);
  report = PollOf(server);
  CHECK(Success(report, "b") == 1.0);
  CHECK(Told(report, "database b is read again") == 1);

  // One that is dropped between the list and the connection is nobody's trouble.
  server.TakeConnected();
  server.Refuse("c", "3D000");
  PollOf(server);
  server.SetNames({"a", "b"});
  report = PollOf(server);
  CHECK_FALSE(Success(report, "c"));
  CHECK(State(report, "failing") == 0.0);
}

TEST_CASE("a database that says nothing takes the time of one poll and little of later ones") {
  FakeDatabases server({"a", "b", "c"}, {.options = {{"databases", "[\"*\"]"}}});
  server.Mute("a", 2s);
  PollReport report = PollOf(server);
  CHECK(server.TakeConnected() == Names{"own", "a"});
  CHECK(Success(report, "a") == 0.0);
  CHECK(State(report, "waiting") == 2.0);
  report = PollOf(server);
  CHECK(server.TakeConnected() == Names{"b", "c"});
  CHECK(State(report, "read") == 3.0);
  server.Mute("a", 300ms);  // of the second that a poll has
  server.host().Advance(kDatabasePause);
  report = PollOf(server);
  CHECK(server.TakeConnected() == Names{"a", "b", "c"});
  CHECK(Success(report, "a") == 0.0);
  server.Mute("a", 0s);
  server.host().Advance(2 * kDatabasePause);
  report = PollOf(server);
  CHECK(Success(report, "a") == 1.0);
}

TEST_CASE("an interrupted poll is nothing that a database has done") {
  size_t visited = 0;
  // Wherever it is interrupted; where the own database was not read the poll has failed.
  for (int wait = 1; wait <= 12; ++wait) {
    CAPTURE(wait);
    FakeDatabases server({"a", "b"}, {.options = {{"databases", "[\"*\"]"}}});
    PollOf(server);
    server.TakeConnected();
    PollReport report =
        server.host().Poll({.due = {"stat_user_tables", "databases"}, .interrupt_at_wait = wait});
    if (report.ok()) {
      ++visited;
      CHECK(State(report, "failing") == 0.0);
      CHECK(Success(report, "a") == 1.0);
      CHECK(Success(report, "b") == 1.0);
    }
    report = PollOf(server);
    CHECK(Success(report, "b") == 1.0);
    CHECK(State(report, "failing") == 0.0);
  }
  CHECK(visited > 5);
}

TEST_CASE("a statement that fails costs its database and all of them fail the collector") {
  FakeDatabases server({"a", "b"}, {.options = {{"databases", "[\"?\"]"}}});
  server.Break("a", "55P03");
  PollReport report = PollOf(server);
  CHECK(report.CollectorNamed("stat_user_tables")->reason == Reason::kOk);
  CHECK(Success(report, "a") == 0.0);
  CHECK(Success(report, "b") == 1.0);
  CHECK(State(report, "failing") == 1.0);
  server.Break("own", "42501");
  report = PollOf(server);
  CHECK(Success(report, "own") == 0.0);
  CHECK(State(report, "failing") == 2.0);
  CHECK(Told(report, "database own, collector stat_user_tables: 42501") == 1);
  server.Break("b", "55P03");
  report = PollOf(server);
  const auto* collector = report.CollectorNamed("stat_user_tables");
  CHECK(collector->reason == Reason::kTimeout);
  CHECK(Has(collector->message, "database \"a\": 55P03"));
  CHECK_FALSE(Has(report.text, kScans));
}

TEST_CASE("what is known of a database comes and goes any number of times") {
  const std::string name = "orders_of_the_whole_world_and_of_others";  // texts of some length
  FakeDatabases server({name}, {.options = {{"databases", "[\"*\"]"}}});
  for (int i = 0; i < 30; ++i) {  // each poll connects anew, and the script has an end
    CAPTURE(i);
    server.Break(name, "");
    const PollReport good = PollOf(server);
    REQUIRE(Success(good, name) == 1.0);
    REQUIRE(ScansOf(good, name));
    server.Break(name, "42501");
    REQUIRE(Success(PollOf(server), name) == 0.0);
  }
}

TEST_CASE("where connections fail one after the other no more are tried") {
  Names names;
  for (int i = 0; i < 20; ++i) names.push_back("d" + std::to_string(10 + i));
  FakeDatabases server(names, {.options = {{"databases", "[\"d*\"]"}}});
  for (const std::string& name : names) server.Refuse(name, "53300");
  PollOf(server);
  CHECK(server.TakeConnected() == Names{"own", "d10", "d11", "d12"});
  PollOf(server);
  CHECK(server.TakeConnected() == Names{"d13", "d14", "d15"});
}

TEST_CASE("a password that the server refuses is tried in one database and told to the host") {
  FakeDatabases server({"a", "b"}, {.options = {{"databases", "[\"*\"]"}}});
  PollOf(server);
  server.TakeConnected();
  server.Refuse("a", "28P01");
  server.Refuse("b", "28P01");
  const PollReport report = PollOf(server);
  CHECK(server.TakeConnected() == Names{"a"});
  CHECK(server.host().secrets_tried() == std::vector<Reason>{Reason::kAuth});
  CHECK(Success(report, "a") == 0.0);
  CHECK(Success(report, "own") == 1.0);
  // pg_hba.conf may bar one database.
  FakeDatabases other({"a", "b"}, {.options = {{"databases", "[\"*\"]"}}});
  other.Refuse("a", "28000");
  CHECK(Success(PollOf(other), "b") == 1.0);
  CHECK(other.host().secrets_tried().empty());
}

TEST_CASE("connections that are kept serve the next poll and end with their database") {
  FakeDatabases server({"a", "b", "c"},
                       {.options = {{"databases", "[\"*\"]"}, {"database_connections", "2"}}});
  PollOf(server);
  CHECK(server.TakeConnected() == Names{"own", "a", "b", "c"});
  PollOf(server);
  CHECK(server.TakeConnected() == Names{"c"});
  server.SetNames({"b", "c"});
  PollOf(server);
  CHECK(server.TakeConnected() == Names{"c"});
  const PollReport report = PollOf(server);
  CHECK(server.TakeConnected() == Names{});
  CHECK(ScansOf(report, "c"));
}

TEST_CASE("databases that are barred are counted and named once") {
  FakeDatabases server({"a", "b"}, {.options = {{"databases", "[\"*\"]"}}});
  server.SetBarred({"b"});
  PollReport report = PollOf(server);
  CHECK(server.TakeConnected() == Names{"own", "a"});
  CHECK(State(report, "barred") == 1.0);
  CHECK(Told(report, "left out: b; to mend it: GRANT CONNECT") == 1);
  report = PollOf(server);
  CHECK(report.logs.empty());
  server.SetBarred({});
  report = PollOf(server);
  CHECK(State(report, "barred") == 0.0);
  CHECK(ScansOf(report, "b"));
}

TEST_CASE("a query of the operator runs in the databases that it names") {
  const testing::RecordTexts records = {
      {"query",
       {{{"name", "mine"}, {"sql", "SELECT x FROM mine"}, {"databases", "[\"a*\", \"own\"]"}},
        {{"name", "one"}, {"sql", "SELECT x FROM mine"}}}}};
  FakeDatabases server({"a1", "b", "a23"}, {.options = {}, .records = records});
  const PollReport report =
      PollOf(server, {"query_mine", "query_one", "stat_user_tables", "databases"});
  CHECK(server.TakeConnected() == Names{"own", "a1", "a23"});
  CHECK(report.Value("mine_x{datname=\"a1\"}") == 2.0);
  CHECK(report.Value("mine_x{datname=\"a23\"}") == 3.0);
  CHECK(report.Value("mine_x{datname=\"own\"}") == 3.0);
  CHECK(report.Value("one_x") == 3.0);
  CHECK(Success(report, "a23", "query_mine") == 1.0);
  // The collectors of the table are for the own database alone.
  CHECK(ScansOf(report, "own"));
  CHECK_FALSE(ScansOf(report, "a1"));
  CHECK_FALSE(Success(report, "a1"));
  CHECK(State(report, "read") == 3.0);
}
