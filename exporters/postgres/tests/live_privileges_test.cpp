// Roles, passwords and what is missing to them.
#include <doctest/doctest.h>

#include <set>

#include "postgres/tests/live_server.hpp"

using namespace pillion;
using namespace pillion::postgres;
using pillion::testing::PollReport;

namespace {

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// On one server, in any order: each leaves it to the others as if it had not been there, or under
// names of its own.

void CheckPlainRole(LiveServer& server) {
  server.Run("CREATE ROLE plain LOGIN");
  const auto host = HostFor(server.Dsn("dbname=postgres user=plain"));
  const std::set<std::string> expected = {
      "stat_replication",     "stat_activity", "wal",      "long_running_transactions",
      "stat_progress_vacuum", "connections",   "stat_ssl", "stat_subscription",
      "stat_progress",        "temp_files"};
  for (int i = 0; i < 2; ++i) {
    const PollReport report = host->Poll();
    REQUIRE(report.ok());
    std::set<std::string> failed;
    for (const auto& collector : report.collectors) {
      if (collector.reason == Reason::kOk) continue;
      failed.insert(collector.name);
      CHECK(collector.reason == Reason::kPermission);
      CHECK(Has(collector.message, "GRANT pg_monitor TO \"plain\""));
    }
    CHECK(failed == expected);
    CHECK_FALSE(Has(report.text, "pg_stat_activity_count"));
    CHECK(report.Value("pg_database_size_bytes{datname=\"postgres\"}"));
  }
  server.Run("GRANT pg_monitor TO \"plain\"");
  CheckAllWell(host->Poll());
}

void CheckClosedDatabase(LiveServer& server) {
  server.Run("CREATE ROLE visitor LOGIN");
  server.Run("CREATE DATABASE closed");
  server.Run("REVOKE CONNECT ON DATABASE closed FROM public");
  const auto host = HostFor(server.Dsn("dbname=postgres user=visitor"));
  const PollReport report = host->Poll({.due = {"database"}});
  CheckAllWell(report);
  CHECK_FALSE(report.Value("pg_database_size_bytes{datname=\"closed\"}"));
  CHECK(report.Value("pg_database_connection_limit{datname=\"closed\"}") == -1.0);
  CHECK(report.Value("pg_database_size_bytes{datname=\"postgres\"}"));
  REQUIRE(report.logs.size() == 1);
  CHECK(Has(report.logs[0].text, "GRANT pg_monitor TO \"visitor\""));
  CHECK(host->Poll({.due = {"database"}}).logs.empty());
}

void CheckWrongPassword(LiveServer& server) {
  server.Run("DROP ROLE IF EXISTS with_password");
  server.Run("CREATE ROLE with_password LOGIN PASSWORD 'right' IN ROLE pg_monitor");
  const auto host =
      HostFor(server.TcpDsn("dbname=postgres user=with_password"), {}, {{"password", "wrong"}});
  const PollReport refused = host->Poll();
  CHECK(refused.reason == Reason::kAuth);
  CHECK(Has(refused.error, "with_password"));
  CHECK_FALSE(Has(refused.error, "wrong"));
  host->SetSecret("password", "right");
  CheckAllWell(host->Poll());
  // A password that changes while the session lives is of no matter to it.
  server.Run("ALTER ROLE with_password PASSWORD 'new'");
  CheckAllWell(host->Poll());
  server.Run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = "
      "'with_password'");
  CHECK(host->Poll().reason == Reason::kAuth);
  host->SetSecret("password", "new");
  CheckAllWell(host->Poll());
}

void CheckChangedPassword(LiveServer& server) {
  server.Run("DROP ROLE IF EXISTS with_password");
  server.Run("CREATE ROLE with_password LOGIN PASSWORD 'old' IN ROLE pg_monitor");
  const auto host =
      HostFor(server.TcpDsn("dbname=postgres user=with_password"), {}, {{"password", "old"}});
  const auto backends = [&] {
    return server.Ask(
        "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE usename = 'with_password'");
  };
  CheckAllWell(host->Poll());
  const std::string first = backends();
  host->SetSecret("password", "wrong");
  for (int i = 0; i < 3; ++i) CheckAllWell(host->Poll());
  CHECK(host->secrets_tried() == std::vector{Reason::kAuth});
  CHECK(backends() == first);
  server.Run("ALTER ROLE with_password PASSWORD 'new'");
  host->SetSecret("password", "new");
  for (int i = 0; i < 3; ++i) CheckAllWell(host->Poll());
  CHECK(host->secrets_tried() == std::vector{Reason::kAuth, Reason::kOk});
  const std::string second = backends();
  CHECK(second != first);
  CHECK_FALSE(Has(second, " "));
}

void CheckOneSession(LiveServer& server) {
  server.Run("DROP ROLE IF EXISTS with_password");
  server.Run(
      "CREATE ROLE with_password LOGIN CONNECTION LIMIT 1 PASSWORD 'old' IN ROLE pg_monitor");
  const auto host =
      HostFor(server.TcpDsn("dbname=postgres user=with_password"), {}, {{"password", "old"}});
  CheckAllWell(host->Poll());
  server.Run("ALTER ROLE with_password PASSWORD 'new'");
  host->SetSecret("password", "new");
  for (int i = 0; i < 3; ++i) CheckAllWell(host->Poll());
  CHECK(host->secrets_tried() == std::vector{Reason::kLimit});
}

void CheckMissing(LiveServer& server) {
  const PollReport role = HostFor(server.Dsn("dbname=postgres user=nobody_here"))->Poll();
  CHECK(role.reason == Reason::kAuth);
  CHECK(Has(role.error, "nobody_here"));
  const PollReport database = HostFor(server.Dsn("dbname=nowhere user=postgres"))->Poll();
  CHECK(database.reason == Reason::kRefused);
  CHECK(Has(database.error, "nowhere"));
}

void CheckMayNotEnter(LiveServer& server) {
  server.Run("CREATE ROLE stranger LOGIN");
  server.Run("CREATE DATABASE private");
  server.Run("REVOKE CONNECT ON DATABASE private FROM public");
  CHECK(HostFor(server.Dsn("dbname=private user=stranger"))->Poll().reason == Reason::kPermission);
}

}  // namespace

TEST_CASE("live: roles and passwords") {
  static const auto server = LiveServer::Make();
  if (!server) return;
  SUBCASE("a role without pg_monitor loses collectors that say what mends them") {
    CheckPlainRole(*server);
  }
  SUBCASE("a database that is closed to the role costs its size only") {
    CheckClosedDatabase(*server);
  }
  SUBCASE("a wrong password is a matter of credentials until it is right") {
    CheckWrongPassword(*server);
  }
  SUBCASE("a changed password is taken without a failed poll and a wrong one changes nothing") {
    CheckChangedPassword(*server);
  }
  SUBCASE("a role of one session keeps the old one when its password changes") {
    CheckOneSession(*server);
  }
  SUBCASE("roles and databases that do not exist are told apart") { CheckMissing(*server); }
  SUBCASE("a database that the role may not enter is a matter of permission") {
    CheckMayNotEnter(*server);
  }
}
