#include "pgbouncer/console.hpp"
#include "pgbouncer/tests/fake_console.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <map>

extern "C" const pillion_plugin* PGBOUNCER_ENTRY();

namespace pillion::pgbouncer {
namespace {

using testing::PollReport;
using testing::TestHost;

// A console and a host with the exporter before it.
struct Scene {
  explicit Scene(Says says, std::map<std::string, std::string> options = {})
      : server(PlayConsole(std::move(says))), host(PGBOUNCER_ENTRY(), {.options = With(options)}) {
    const auto created = host.Create();
    REQUIRE_MESSAGE(created.ok(), created.error().message);
  }

  std::map<std::string, std::string> With(std::map<std::string, std::string> options) const {
    options.emplace("dsn", "host=127.0.0.1 user=monitor port=" + std::to_string(server.port()));
    return options;
  }

  ScriptedServer server;
  TestHost host;
};

Says Version118() {
  return [](const std::string& command) { return Rows(Recorded("pgbouncer_1.18", command)); };
}

bool Has(const PollReport& report, const std::string& line) {
  return ("\n" + report.text).find("\n" + line + "\n") != std::string::npos;
}

PollReport PollOf(Scene& scene, testing::PollRequest request = {}) {
  PollReport report = scene.host.Poll(std::move(request));
  for (const std::string& problem : report.problems) FAIL_CHECK(problem);
  return report;
}

TEST_CASE("what PgBouncer 1.18 said is shown with the names of the peer") {
  Scene scene(Version118());
  const PollReport report = PollOf(scene);
  REQUIRE_MESSAGE(report.ok(), report.error);
  for (const testing::CollectorReport& collector : report.collectors) {
    CAPTURE(collector.name);
    CHECK(collector.reason == Reason::kOk);
  }
  CHECK(report.collectors.size() == 7);
  for (const char* line : {
           R"(pgbouncer_version_info{version="PgBouncer 1.18.0"} 1)",
           R"(pgbouncer_databases_pool_size{name="orders",host="/run/postgresql",port="6543",)"
           R"(database="postgres",force_user="super",pool_mode=""} 3)",
           R"(pgbouncer_databases_reserve_pool{name="orders",host="/run/postgresql",port="6543",)"
           R"(database="postgres",force_user="super",pool_mode=""} 0)",
           R"(pgbouncer_pools_client_active_connections{database="pgbouncer",user="pgbouncer"} 1)",
           R"(pgbouncer_stats_totals_queries_pooled_total{database="orders"} 1)",
           "# TYPE pgbouncer_stats_totals_sent_bytes_total counter",
           R"(pgbouncer_stats_totals_sent_bytes_total{database="orders"} 154)",
           R"(pgbouncer_stats_totals_client_wait_seconds_total{database="orders"} 0.015325)",
           "pgbouncer_databases 2",
           "pgbouncer_users 4",
           "pgbouncer_cached_dns_names 0",
           "pgbouncer_in_flight_dns_queries 0",
           "# TYPE pgbouncer_config_max_client_connections gauge",
           "pgbouncer_config_max_client_connections 100",
           "pgbouncer_config_max_user_connections 0",
           R"(pgbouncer_client_connections{database="pgbouncer",user="monitor",)"
           R"(application_name="psql",state="active"} 1)",
       }) {
    CAPTURE(line);
    CHECK(Has(report, line));
  }
  CHECK(report.text.find("pgbouncer_stats_q") == std::string::npos);
  CHECK(report.facts.at("server_version") == "1.18.0/bouncer");
  CHECK(PollOf(scene).ok());
  CHECK(scene.server.connections() == 1);
  // Nothing is said to the console that it refuses.
  CHECK(scene.server.received().find("extra_float_digits") == std::string::npos);
}

TEST_CASE("statistics are shown under their older names when asked") {
  Scene scene(Version118(), {{"old_names", "true"}});
  const PollReport report = PollOf(scene, {.due = {"stats"}});
  CHECK(Has(report, R"(pgbouncer_stats_sent_bytes_total{database="orders"} 154)"));
  CHECK(Has(report, R"(pgbouncer_stats_totals_sent_bytes_total{database="orders"} 154)"));
}

TEST_CASE("columns that a version has more or fewer of change nothing else") {
  Scene scene([](const std::string& command) {
    if (command == "SHOW STATS_TOTALS") {
      return Rows(
          "database|server_assignment_count|requests|query_count|client_parse_count\n"
          "a|5|7||9223372036854775807\nb|x|1e400|nan|2\n");
    }
    return Rows("new|database|maxwait|user|maxwait_us\n1|a|2|u|500000\n|b|||3\n");
  });
  const PollReport report = PollOf(scene, {.due = {"stats", "pools"}});
  REQUIRE(report.ok());
  CHECK(Has(report, R"(pgbouncer_stats_totals_server_assignments_total{database="a"} 5)"));
  CHECK(Has(report, R"(pgbouncer_stats_totals_queries_total{database="a"} 7)"));
  CHECK(Has(report, R"(pgbouncer_stats_totals_client_parses_total{database="b"} 2)"));
  CHECK(report.text.find("queries_pooled") == std::string::npos);
  CHECK(report.text.find("NaN") == std::string::npos);
  CHECK(Has(report, R"(pgbouncer_pools_client_maxwait_seconds{database="a",user="u"} 2.5)"));
}

TEST_CASE("users have numbers where the version tells any") {
  Scene old(Version118());
  const PollReport without = PollOf(old, {.due = {"users"}});
  CHECK(without.CollectorNamed("users")->reason == Reason::kOk);
  CHECK(without.text == "");
  Scene scene([](const std::string& command) {
    CHECK(command == "SHOW USERS");
    return Rows(
        "name|pool_size|reserve_pool_size|pool_mode|max_user_connections|current_connections|"
        "max_user_client_connections|current_client_connections\n"
        "app|5||transaction|10|3|100|42\nmonitor||||0|0|0|1\n");
  });
  const PollReport report = PollOf(scene, {.due = {"users"}});
  REQUIRE(report.ok());
  for (const char* line : {R"(pgbouncer_users_pool_size{name="app"} 5)",
                           R"(pgbouncer_users_max_connections{name="app"} 10)",
                           R"(pgbouncer_users_current_connections{name="app"} 3)",
                           R"(pgbouncer_users_max_client_connections{name="app"} 100)",
                           R"(pgbouncer_users_current_client_connections{name="app"} 42)",
                           R"(pgbouncer_users_current_client_connections{name="monitor"} 1)"}) {
    CAPTURE(line);
    CHECK(Has(report, line));
  }
  CHECK(report.text.find("pool_size{name=\"monitor\"") == std::string::npos);
  CHECK(report.text.find("reserve_pool") == std::string::npos);
}

TEST_CASE("clients beyond the most groups are one series") {
  Scene scene(
      [](const std::string&) {
        return Rows(
            "type|user|database|state|application_name\nC|u|d|active|x\nC|u|d|active|x\n"
            "C|u|d|idle|x\nC|v|d|idle|x\nC|w|d|idle|x\n");
      },
      {{"client_groups_max", "2"}});
  const PollReport report = PollOf(scene, {.due = {"clients"}});
  CHECK(Has(report, R"(pgbouncer_client_connections{database="d",user="u",application_name="x",)"
                    R"(state="active"} 2)"));
  CHECK(Has(report, R"(pgbouncer_client_connections{database="overflow",user="overflow",)"
                    R"(application_name="overflow",state="overflow"} 3)"));
}

TEST_CASE("a command that the console refuses costs its collector only") {
  Scene scene([](const std::string& command) {
    if (command == "SHOW LISTS") return ErrorMessage("ERROR", "invalid command") + kReady;
    if (command == "SHOW CONFIG") return ErrorMessage("ERROR", "access denied") + kReady;
    if (command == "SHOW POOLS") return Rows("no|such|column\n1|2|3\n");
    return Rows(Recorded("pgbouncer_1.18", command));
  });
  const PollReport report = PollOf(scene);
  REQUIRE(report.ok());
  CHECK(report.CollectorNamed("lists")->reason == Reason::kVersion);
  CHECK(report.CollectorNamed("config")->reason == Reason::kPermission);
  CHECK(report.CollectorNamed("pools")->reason == Reason::kProtocol);
  CHECK(report.CollectorNamed("clients")->reason == Reason::kOk);
  CHECK(scene.server.connections() == 1);
}

TEST_CASE("a session that was lost since the last poll is opened again") {
  std::atomic<int> commands = 0;
  Scene scene([&](const std::string& command) {
    return ++commands == 2 ? std::string() : Rows(Recorded("pgbouncer_1.18", command));
  });
  CHECK(PollOf(scene, {.due = {"pools"}}).ok());
  CHECK(PollOf(scene, {.due = {"pools"}}).ok());
  CHECK(scene.server.connections() == 2);
}

TEST_CASE("a console that hangs up in the middle fails the poll") {
  Scene scene([](const std::string& command) {
    return command == "SHOW POOLS" ? std::string() : Rows(Recorded("pgbouncer_1.18", command));
  });
  const PollReport report = scene.host.Poll();
  CHECK(report.reason == Reason::kRefused);
}

TEST_CASE("a console that falls silent costs what it did not say") {
  Scene scene([](const std::string& command) {
    if (command == "SHOW POOLS") return Message('N', std::string("S\0M\0\0", 5));
    return Rows(Recorded("pgbouncer_1.18", command));
  });
  const PollReport report = scene.host.Poll({.timeout = std::chrono::milliseconds(300)});
  REQUIRE(report.ok());
  CHECK(report.CollectorNamed("version")->reason == Reason::kOk);
  CHECK(report.CollectorNamed("pools")->reason == Reason::kTimeout);
  CHECK(report.CollectorNamed("clients")->reason == Reason::kTimeout);
}

TEST_CASE("an answer that is none fails the poll") {
  for (const std::string& messages : {Message('T', Int16(3)) + kReady, Message('!', "x"),
                                      Message('D', Int16(1) + Int32(1) + "x") + kReady,
                                      Message('C', Terminated("SET")) + kReady}) {
    Scene scene([&](const std::string&) { return messages; });
    const PollReport report = scene.host.Poll({.timeout = std::chrono::seconds(1)});
    CHECK(report.reason == Reason::kProtocol);
  }
}

TEST_CASE("a user that may not use the console is told what mends it") {
  ScriptedServer server([](ScriptedServer::Connection& c) {
    c.Read(BodySize(c.Read(4)));
    c.Send(ErrorMessage("FATAL", "not allowed"));
  });
  TestHost host(PGBOUNCER_ENTRY(),
                {.options = {{"dsn", "host=127.0.0.1 port=" + std::to_string(server.port())},
                             {"user", "app"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.reason == Reason::kPermission);
  CHECK(report.error.find("stats_users") != std::string::npos);
}

TEST_CASE("the database is the console unless the dsn names one") {
  const auto database = [](std::string_view dsn) {
    const auto target = Console::ParseTarget(dsn, "u");
    REQUIRE(target);
    std::string named;
    for (const auto& [key, value] : target->parameters) {
      if (key == "dbname") named += value;
    }
    return named;
  };
  CHECK(database("host=/run port=6432") == "pgbouncer");
  CHECK(database("postgresql://h:6432") == "pgbouncer");
  CHECK(database("postgresql://h:6432/other") == "other");
  CHECK(!Console::ParseTarget("nonsense", "u"));
}

TEST_CASE("only whole decimal numbers are numbers") {
  CHECK(ToNumber("12") == 12);
  CHECK(ToNumber("-1.5") == -1.5);
  for (const char* text : {"", " 1", "1 ", "1s", "nan", "inf", "0x1", "1e999"}) {
    CAPTURE(text);
    CHECK(!ToNumber(text));
  }
}

}  // namespace
}  // namespace pillion::pgbouncer
