// Polls against a server in a script: what is sent, and what becomes of the answers.
#include <doctest/doctest.h>
#include <pillion/testing/scripted_server.hpp>
#include <pillion/testing/test_host.hpp>

#include <algorithm>
#include <string>

#include "postgres/collectors.hpp"
#include "postgres/tests/scene.hpp"

using namespace pillion;
using namespace pillion::postgres;
using pillion::testing::PollReport;
using pillion::testing::ScriptedServer;
using pillion::testing::TestHost;

namespace {

const std::string kFalse(1, '\0');

}  // namespace

TEST_CASE("what the peer says of its own polls is said without asking the server") {
  Scene scene([](std::string_view sql) -> FakeAnswer { return Usual(sql); });
  for (const double polls : {1.0, 2.0}) {
    const PollReport report = scene.host.Poll({.due = {"exporter"}});
    CheckClean(report);
    CHECK(report.Value("pg_exporter_scrapes_total") == polls);
    CHECK(report.Value("pg_exporter_last_scrape_error") == 0.0);
    REQUIRE(report.Value("pg_exporter_last_scrape_duration_seconds"));
    CHECK(*report.Value("pg_exporter_last_scrape_duration_seconds") > 0);
  }
}

TEST_CASE("columns find their families by name whatever their order") {
  Scene scene([](std::string_view sql) -> FakeAnswer {
    if (!Has(sql, "pg_stat_bgwriter")) return Usual(sql);
    return {{{"buffers_clean_total", 20}, {"not_known_here", 20}, {"buffers_alloc_total", 20}},
            {{Int64(7), Int64(8), Int64(9)}}};
  });
  const PollReport report = scene.host.Poll({.due = {"stat_bgwriter"}});
  CheckClean(report);
  CHECK(report.Value("pg_stat_bgwriter_buffers_clean_total") == 7.0);
  CHECK(report.Value("pg_stat_bgwriter_buffers_alloc_total") == 9.0);
  CHECK_FALSE(Has(report.text, "not_known_here"));
  CHECK_FALSE(Has(report.text, "checkpoints"));
}

TEST_CASE("a NULL costs that sample and no other") {
  Scene scene([](std::string_view sql) -> FakeAnswer {
    if (!Has(sql, "pg_stat_database")) return Usual(sql);
    return {
        {{"datid", 26}, {"datname", 19}, {"numbackends", 23}, {"stats_reset", 1184}},
        {{Int32(5), "shop", Int32(3), std::nullopt}, {Int32(0), std::nullopt, Int32(0), Int64(0)}}};
  });
  const PollReport report = scene.host.Poll({.due = {"stat_database"}});
  CheckClean(report);
  CHECK(report.Value("pg_stat_database_numbackends{datid=\"5\",datname=\"shop\"}") == 3.0);
  CHECK(report.Value("pg_stat_database_numbackends{datid=\"0\",datname=\"\"}") == 0.0);
  CHECK(report.Value("pg_stat_database_stats_reset{datid=\"0\",datname=\"\"}") == 946684800.0);
  CHECK_FALSE(report.Value("pg_stat_database_stats_reset{datid=\"5\",datname=\"shop\"}"));
}

TEST_CASE("an error stays in its collector and names what mends it") {
  Scene scene([](std::string_view sql) -> FakeAnswer {
    if (Has(sql, "pg_ls_waldir")) return {.sqlstate = "42501"};
    if (Has(sql, "pg_stat_archiver")) return {.sqlstate = "42703"};
    if (Has(sql, "rolconnlimit")) {
      return {{{"rolname", 19}, {"connection_limit", 23}}, {{"app", Int32(-1)}}};
    }
    return Usual(sql);
  });
  const PollReport report = scene.host.Poll({.due = {"stat_archiver", "wal", "roles"}});
  CheckClean(report);
  REQUIRE(report.CollectorNamed("wal") != nullptr);
  CHECK(report.CollectorNamed("wal")->reason == Reason::kPermission);
  CHECK(Has(report.CollectorNamed("wal")->message, "GRANT pg_monitor TO \"monitor\""));
  CHECK(report.CollectorNamed("stat_archiver")->reason == Reason::kVersion);
  CHECK(report.Value("pg_roles_connection_limit{rolname=\"app\"}") == -1.0);
}

TEST_CASE("without pg_read_all_stats the views that would lie are not shown") {
  Scene scene([](std::string_view sql) -> FakeAnswer {
    if (sql.starts_with("SELECT pg_has_role")) return {{{"has", 16}}, {{kFalse}}};
    if (Has(sql, "long_running")) return {{{"long_running_transactions", 20}}, {{Int64(0)}}};
    if (Has(sql, "pg_postmaster")) return {{{"start_time_seconds", 1184}}, {{Int64(0)}}};
    return Usual(sql);
  });
  const PollReport report = scene.host.Poll({.due = {"long_running_transactions", "postmaster"}});
  CheckClean(report);
  CHECK(report.CollectorNamed("long_running_transactions")->reason == Reason::kPermission);
  CHECK(Has(report.CollectorNamed("long_running_transactions")->message, "GRANT pg_monitor"));
  CHECK_FALSE(Has(report.text, "pg_long_running"));
  CHECK(report.Value("pg_postmaster_start_time_seconds") == 946684800.0);
}

TEST_CASE("all statements are sent before the first answer is awaited") {
  std::atomic<int> seen = 0;
  ScriptedServer server([&](ScriptedServer::Connection& c) {
    ReadStartup(c);
    c.Send(Greeting());
    for (int i = 0; i < 500; ++i) {
      const std::string header = c.Read(5);
      if (header.size() < 5) return;
      c.Read(ReadInt32(std::string_view(header).substr(1)) - 4);
      if (header[0] == 'S' && ++seen == 22) break;
    }
    c.Mark("all");
    c.Silence();
  });
  TestHost host(POSTGRES_ENTRY(), {.options = At(server)});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.timeout = std::chrono::milliseconds(500)});
  CHECK(report.reason == Reason::kTimeout);
  CHECK(server.WaitForMark("all"));
  CHECK(seen == 22);  // 21 collectors of which one has nothing to ask in 15; session and privilege
}

TEST_CASE("statements are prepared from the second poll on and parsed once") {
  Scene scene(&Usual);
  const auto named = [&] {
    const auto parsed = scene.fake.parsed();
    return std::count_if(parsed.begin(), parsed.end(),
                         [](const std::string& s) { return s.starts_with("pillion_"); });
  };
  CheckClean(scene.host.Poll({.due = {"roles", "wal"}}));
  CHECK(named() == 0);
  const size_t first = scene.fake.parsed().size();
  CHECK(first == 3);  // the session and two collectors
  CheckClean(scene.host.Poll({.due = {"roles", "wal"}}));
  CHECK(named() == 2);
  CheckClean(scene.host.Poll({.due = {"roles", "wal"}}));
  CHECK(scene.fake.parsed().size() == first + 2);
  CHECK(scene.fake.executed() == 7);
  CHECK(scene.server.connections() == 1);
  CHECK(scene.host.SecretReads("password") == 1);
}

TEST_CASE("a password that changed is tried in a second session that is then read as a new one") {
  Scene scene(&Usual);
  CheckClean(scene.host.Poll({.due = {"roles"}}));
  CheckClean(scene.host.Poll({.due = {"roles"}}));
  const size_t before = scene.fake.parsed().size();
  scene.host.SetSecret("password", "another");
  CheckClean(scene.host.Poll({.due = {"roles"}}));
  CHECK(scene.server.connections() == 2);
  CHECK(scene.fake.parsed().size() == before);  // all was read by the old one
  CheckClean(scene.host.Poll({.due = {"roles"}}));
  CHECK(scene.server.connections() == 2);
  const auto parsed = scene.fake.parsed();
  REQUIRE(parsed.size() == before + 2);
  CHECK(Has(parsed[before], "set_config"));
  CHECK(scene.host.secrets_tried() == std::vector{Reason::kOk});
}

TEST_CASE("a second session that hangs costs a second at most and the first goes on") {
  std::atomic<int> connections = 0;
  FakePostgres fake(&Usual);
  ScriptedServer server([&](ScriptedServer::Connection& c) {
    if (++connections > 1) return c.Silence();
    fake(c);
  });
  TestHost host(POSTGRES_ENTRY(), {.options = At(server), .secrets = {{"password", "first"}}});
  REQUIRE(host.Create().ok());
  CheckClean(host.Poll({.due = {"roles"}}));
  host.SetSecret("password", "second");
  const auto begin = std::chrono::steady_clock::now();
  CheckClean(host.Poll({.due = {"roles"}, .timeout = std::chrono::seconds(60)}));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  CHECK(host.secrets_tried() == std::vector{Reason::kTimeout});
  CheckClean(host.Poll({.due = {"roles"}}));
  CHECK(connections == 2);
}

TEST_CASE("a result that is larger than any buffer may be is read row by row") {
  Scene scene([](std::string_view sql) -> FakeAnswer {
    if (!Has(sql, "pg_stat_user_tables")) return Usual(sql);
    FakeAnswer answer = {
        {{"datname", 19}, {"schemaname", 19}, {"relname", 19}, {"seq_scan", 20}, {"filler", 25}},
        {}};
    for (int i = 0; i < 5000; ++i) {
      answer.rows.push_back(
          {"db", "public", "t" + std::to_string(i), Int64(i), std::string(4000, 'x')});
    }
    return answer;
  });
  // At first sight, then being prepared, then prepared.
  for (int poll = 0; poll < 3; ++poll) {
    const PollReport report = scene.host.Poll({.due = {"stat_user_tables"}});
    CheckClean(report);
    CHECK(report.CollectorNamed("stat_user_tables")->reason == Reason::kOk);
    CHECK(report.Value("pg_stat_user_tables_seq_scan{datname=\"db\",schemaname=\"public\","
                       "relname=\"t4999\"}") == 4999.0);
  }
  CHECK(scene.server.connections() == 1);
}

TEST_CASE("a result that was small and is huge now is bounded and then read row by row") {
  std::atomic<int> polls = 0;
  Scene scene([&](std::string_view sql) -> FakeAnswer {
    if (!Has(sql, "pg_stat_user_tables")) return Usual(sql);
    FakeAnswer answer = {
        {{"datname", 19}, {"schemaname", 19}, {"relname", 19}, {"seq_scan", 20}, {"filler", 25}},
        {}};
    const int rows = ++polls <= 2 ? 3 : 5000;
    for (int i = 0; i < rows; ++i) {
      answer.rows.push_back(
          {"db", "public", "t" + std::to_string(i), Int64(i), std::string(4000, 'x')});
    }
    return answer;
  });
  const auto poll = [&] { return scene.host.Poll({.due = {"stat_user_tables"}}); };
  CheckClean(poll());
  const PollReport small = poll();
  CheckClean(small);
  CHECK(small.Value("pg_stat_user_tables_seq_scan{datname=\"db\",schemaname=\"public\","
                    "relname=\"t2\"}") == 2.0);
  CHECK(poll().reason == Reason::kLimit);
  const PollReport huge = poll();
  CheckClean(huge);
  CHECK(huge.Value("pg_stat_user_tables_seq_scan{datname=\"db\",schemaname=\"public\","
                   "relname=\"t4999\"}") == 4999.0);
  CHECK(scene.server.connections() == 2);
}

TEST_CASE("columns are looked at again in a new session") {
  std::atomic<int> polls = 0;
  Scene scene([&](std::string_view sql) -> FakeAnswer {
    if (!Has(sql, "rolconnlimit")) return Usual(sql);
    if (++polls == 2) return {.sqlstate = "57P01", .severity = "FATAL"};
    if (polls == 1) {
      return {{{"rolname", 19}, {"connection_limit", 23}}, {{"app", Int32(7)}}};
    }
    return {{{"rolname", 19}, {"connection_limit", 20}}, {{"app", Int64(8)}}};
  });
  CHECK(scene.host.Poll({.due = {"roles"}}).Value("pg_roles_connection_limit{rolname=\"app\"}") ==
        7.0);
  CHECK(scene.host.Poll({.due = {"roles"}}).Value("pg_roles_connection_limit{rolname=\"app\"}") ==
        8.0);
}

TEST_CASE("a session that lost its prepared statements is replaced") {
  std::atomic<int> polls = 0;
  Scene scene([&](std::string_view sql) -> FakeAnswer {
    if (Has(sql, "rolconnlimit") && ++polls == 3) return {.sqlstate = "26000"};
    return Usual(sql);
  });
  CheckClean(scene.host.Poll({.due = {"roles"}}));
  CheckClean(scene.host.Poll({.due = {"roles"}}));
  const PollReport lost = scene.host.Poll({.due = {"roles"}});
  CheckClean(lost);
  CHECK_FALSE(lost.CollectorNamed("roles")->reason == Reason::kOk);
  const PollReport after = scene.host.Poll({.due = {"roles"}});
  CheckClean(after);
  CHECK(after.CollectorNamed("roles")->reason == Reason::kOk);
  CHECK(scene.server.connections() == 2);
}

TEST_CASE("behind a pooler nothing is prepared and settings go along with each statement") {
  Scene scene([](std::string_view sql) -> FakeAnswer {
    if (Has(sql, "pg_backend_pid")) return {{{"set", 25}}, {}};  // another backend answers
    return Usual(sql);
  });
  CheckClean(scene.host.Poll({.due = {"roles"}}));
  const size_t first = scene.fake.parsed().size();
  CheckClean(scene.host.Poll({.due = {"roles"}}));
  const auto parsed = scene.fake.parsed();
  REQUIRE(parsed.size() == first + 2);
  CHECK(Has(parsed[first], ": SELECT pg_catalog.set_config('transaction_read_only'"));
  CHECK(parsed[first + 1].starts_with(": SELECT rolname"));
  CHECK_FALSE(Has(parsed[first], "false"));
}

TEST_CASE("a server older than 12 is refused by name") {
  Scene scene(&Usual, "11.22");
  const PollReport report = scene.host.Poll();
  CHECK(report.reason == Reason::kVersion);
  CHECK(Has(report.error, "11.22"));
  CHECK(scene.fake.parsed().empty());
}

TEST_CASE("checkpoints come from their own view from 17 on and cost nothing before") {
  const auto answer = [](std::string_view sql) -> FakeAnswer {
    if (!Has(sql, "pg_stat_checkpointer")) return Usual(sql);
    return {{{"num_timed_total", 20}, {"write_time_total", 701}},
            {{Int64(12), std::string("\x3f\xe0\0\0\0\0\0\0", 8)}}};
  };
  Scene newer(answer, "17.0");
  const PollReport with = newer.host.Poll({.due = {"stat_checkpointer"}});
  CheckClean(with);
  CHECK(with.Value("pg_stat_checkpointer_num_timed_total") == 12.0);
  CHECK(with.Value("pg_stat_checkpointer_write_time_total") == 0.5);
  Scene older(answer, "16.9");
  const PollReport without = older.host.Poll({.due = {"stat_checkpointer"}});
  CheckClean(without);
  CHECK(without.CollectorNamed("stat_checkpointer")->reason == Reason::kOk);
  CHECK(without.text.empty());
}

TEST_CASE("databases are included and excluded by name in every collector") {
  const auto answer = [](std::string_view sql) -> FakeAnswer {
    if (!Has(sql, "pg_stat_database")) return Usual(sql);
    return {{{"datid", 26}, {"datname", 19}, {"numbackends", 23}},
            {{Int32(0), std::nullopt, Int32(0)},
             {Int32(1), "a", Int32(1)},
             {Int32(2), "b", Int32(2)},
             {Int32(3), "c", Int32(3)}}};
  };
  Scene scene(answer, "15.4", {{"include_databases", "a,b"}, {"exclude_databases", "b,x"}});
  const PollReport report = scene.host.Poll({.due = {"stat_database"}});
  CheckClean(report);
  CHECK(report.Value("pg_stat_database_numbackends{datid=\"1\",datname=\"a\"}") == 1.0);
  CHECK(report.Value("pg_stat_database_numbackends{datid=\"0\",datname=\"\"}") == 0.0);
  CHECK_FALSE(Has(report.text, "\"b\""));
  CHECK_FALSE(Has(report.text, "\"c\""));
}

namespace {

const std::vector<FakeColumn> kSettingsColumns = {
    {"names", 1009}, {"units", 1009}, {"settings", 1009}, {"state", 25}};

}  // namespace

TEST_CASE("settings are declared as they come") {
  Scene scene([](std::string_view sql) -> FakeAnswer {
    if (!Has(sql, "FROM pg_settings")) return Usual(sql);
    return {kSettingsColumns,
            {{TextArrayOf({"work_mem", "odd", "none"}), TextArrayOf({"kB", "furlong", ""}),
              TextArrayOf({"4096", "1", std::nullopt}), "state"}}};
  });
  const PollReport report = scene.host.Poll({.due = {"settings"}});
  CheckClean(report);
  CHECK(report.text ==
        "# HELP pg_settings_work_mem_bytes Server parameter work_mem (pg_settings.setting).\n"
        "# TYPE pg_settings_work_mem_bytes gauge\n"
        "pg_settings_work_mem_bytes 4194304\n");
}

TEST_CASE("settings that are unchanged are shown as they were") {
  int asked = 0;
  std::string state = "first";
  Scene scene([&](std::string_view sql) -> FakeAnswer {
    if (!Has(sql, "FROM pg_settings")) return Usual(sql);
    if (++asked == 2)
      return {kSettingsColumns, {{std::nullopt, std::nullopt, std::nullopt, state}}};
    return {kSettingsColumns,
            {{TextArrayOf({"work_mem"}), TextArrayOf({"kB"}), TextArrayOf({std::to_string(asked)}),
              state}}};
  });
  for (const double kilobytes : {1.0, 1.0, 3.0}) {
    const PollReport report = scene.host.Poll({.due = {"settings"}});
    CheckClean(report);
    CHECK(report.CollectorNamed("settings")->reason == Reason::kOk);
    CHECK(report.Value("pg_settings_work_mem_bytes") == kilobytes * 1024);
  }
  CHECK(asked == 3);
}

TEST_CASE("settings that are called unchanged by mistake cost their collector") {
  for (const bool first : {true, false}) {
    bool known = !first;
    Scene scene([&](std::string_view sql) -> FakeAnswer {
      if (!Has(sql, "FROM pg_settings")) return Usual(sql);
      if (std::exchange(known, false)) {
        return {kSettingsColumns, {{TextArrayOf({}), TextArrayOf({}), TextArrayOf({}), "first"}}};
      }
      return {kSettingsColumns, {{std::nullopt, std::nullopt, std::nullopt, "other"}}};
    });
    if (!first) CHECK(scene.host.Poll({.due = {"settings"}}).ok());
    const PollReport report = scene.host.Poll({.due = {"settings"}});
    CheckClean(report);
    CHECK(report.CollectorNamed("settings")->reason == Reason::kProtocol);
  }
}

TEST_CASE("settings in an unknown form cost their collector") {
  const std::string two = TextArrayOf({"a", "b"});
  const std::string one = TextArrayOf({"1"});
  for (const FakeRow& row :
       {FakeRow{two, two, one, "s"}, FakeRow{one, two, two, "s"}, FakeRow{two, two, two},
        FakeRow{"x", "x", "x", "s"}, FakeRow{two + "x", two, two, "s"},
        FakeRow{two.substr(0, two.size() - 1), two, two, "s"}}) {
    Scene scene([&](std::string_view sql) -> FakeAnswer {
      if (!Has(sql, "FROM pg_settings")) return Usual(sql);
      FakeAnswer answer = {kSettingsColumns, {row}};
      answer.columns.resize(row.size());
      return answer;
    });
    const PollReport report = scene.host.Poll({.due = {"settings", "roles"}});
    CheckClean(report);
    CHECK(report.CollectorNamed("settings")->reason == Reason::kProtocol);
    CHECK(report.CollectorNamed("roles")->reason == Reason::kOk);
    CHECK(report.text.empty());
  }
}

TEST_CASE("a session that ended since the last poll is replaced within the poll") {
  std::atomic<int> connection = 0;
  FakePostgres fake(&Usual);
  ScriptedServer server([&](ScriptedServer::Connection& c) {
    if (++connection > 1) return fake(c);
    ReadStartup(c);
    c.Send(Greeting());
    // One poll: the session's settings and one collector.
    const std::string answer = Message('1', "") + Message('2', "");
    for (int syncs = 0; syncs < 2;) {
      const std::string header = c.Read(5);
      if (header.size() < 5) return;
      c.Read(ReadInt32(std::string_view(header).substr(1)) - 4);
      if (header[0] != 'S') continue;
      ++syncs;
      const FakeAnswer rows = {{{"rolname", 19}}, {{"x"}}};
      c.Send(answer + Description(rows) + DataRow(rows.rows[0]) +
             Message('C', Terminated("SELECT 1")) + kReady);
    }
    c.WaitUntilTold();
    c.Send(ErrorMessage("FATAL", "57P01", "terminating connection due to administrator command"));
    c.Close();
    c.Mark("closed");
  });
  TestHost host(POSTGRES_ENTRY(), {.options = At(server)});
  REQUIRE(host.Create().ok());
  CheckClean(host.Poll({.due = {"roles"}}));
  server.Tell();
  REQUIRE(server.WaitForMark("closed"));
  CheckClean(host.Poll({.due = {"roles"}}));
  CHECK(server.connections() == 2);
}

TEST_CASE("what came in time is shown and what is late has failed") {
  ScriptedServer server([&](ScriptedServer::Connection& c) {
    ReadStartup(c);
    c.Send(Greeting());
    ReadFirstStatement(c);
    const std::string head = Message('1', "") + Message('2', "");
    const FakeAnswer session = {{{"set", 25}}, {{"on"}}};
    const FakeAnswer started = {{{"start_time_seconds", 1184}}, {{Int64(0)}}};
    for (const FakeAnswer& answer : {session, started}) {
      c.Send(head + Description(answer) + DataRow(answer.rows[0]) +
             Message('C', Terminated("SELECT 1")) + kReady);
    }
    c.Silence();
  });
  TestHost host(POSTGRES_ENTRY(), {.options = At(server)});
  REQUIRE(host.Create().ok());
  const PollReport report =
      host.Poll({.due = {"postmaster", "roles", "wal"}, .timeout = std::chrono::milliseconds(400)});
  CheckClean(report);
  CHECK(report.past_deadline.count() == 0);
  CHECK(report.Value("pg_postmaster_start_time_seconds") == 946684800.0);
  CHECK(report.CollectorNamed("roles")->reason == Reason::kTimeout);
  CHECK(report.CollectorNamed("wal")->reason == Reason::kTimeout);
}

TEST_CASE("an interrupted poll returns and the next one succeeds") {
  Scene scene(&Usual);
  const PollReport cut = scene.host.Poll({.due = {"roles"}, .interrupt_at_wait = 2});
  CHECK(cut.reason == Reason::kTimeout);
  CheckClean(scene.host.Poll({.due = {"roles"}}));
  CHECK(scene.server.connections() == 2);
}

TEST_CASE("names are resolved by the host and all their addresses are tried") {
  FakePostgres fake(&Usual);
  ScriptedServer server([&](ScriptedServer::Connection& c) { fake(c); });
  const std::string dsn = "host=nowhere.test,db.test port=" + std::to_string(server.port());
  TestHost host(POSTGRES_ENTRY(),
                {.options = {{"dsn", dsn}}, .names = {{"db.test", {"127.0.0.2", "127.0.0.1"}}}});
  REQUIRE(host.Create().ok());
  CheckClean(host.Poll({.due = {"roles"}}));
  TestHost lost(POSTGRES_ENTRY(), {.options = {{"dsn", "host=nowhere.test"}}});
  REQUIRE(lost.Create().ok());
  CHECK(lost.Poll().reason == Reason::kDns);
}

TEST_CASE("options that are no connection string are refused when the exporter is made") {
  TestHost host(POSTGRES_ENTRY(), {.options = {{"dsn", "hots=localhost"}}});
  const auto created = host.Create();
  REQUIRE_FALSE(created.ok());
  CHECK(Has(created.error().message, "hots"));
}

TEST_CASE("a password in the dsn is warned about without being repeated") {
  TestHost host(POSTGRES_ENTRY(), {.options = {{"dsn", "host=/nowhere password=hunter2"}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.logs().size() == 1);
  CHECK_FALSE(Has(host.logs()[0].text, "hunter2"));
}
