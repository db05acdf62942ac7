// A real server that stops, dies, is restarted, is full or is locked.
#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <future>
#include <string>

#include "postgres/tests/live_server.hpp"

using namespace pillion;
using namespace pillion::postgres;
using namespace std::chrono_literals;
using pillion::testing::PollReport;

namespace {

// The backend of our session.
pid_t OurBackend(const LiveServer& server) {
  return std::atoi(
      server.Ask("SELECT pid FROM pg_stat_activity WHERE application_name = 'pillion'").c_str());
}

// Polls until it succeeds; the server may need a moment to be itself again.
void CheckRecovers(testing::TestHost& host) {
  const auto hang = std::chrono::steady_clock::now() + 60s;
  PollReport report = host.Poll();
  for (; !report.ok() && std::chrono::steady_clock::now() < hang; report = host.Poll()) {
    CHECK(report.reason == Reason::kRefused);
  }
  CheckAllWell(report);
}

}  // namespace

TEST_CASE("live: a stopped backend costs the time that was given and is left behind") {
  const auto server = LiveServer::Make();
  if (!server) return;
  const auto host = HostFor(server->Dsn());
  CheckAllWell(host->Poll());
  const pid_t backend = OurBackend(*server);
  REQUIRE(kill(backend, SIGSTOP) == 0);
  const PollReport stopped = host->Poll({.timeout = 300ms});
  CHECK(stopped.reason == Reason::kTimeout);
  CHECK_FALSE(stopped.hung());
  const PollReport after = host->Poll();
  kill(backend, SIGCONT);
  CheckAllWell(after);
}

TEST_CASE("live: a stopped server costs the time that was given") {
  const auto server = LiveServer::Make();
  if (!server) return;
  const auto host = HostFor(server->TcpDsn());
  server->Signal(SIGSTOP);
  const PollReport stopped = host->Poll({.timeout = 300ms});
  server->Signal(SIGCONT);
  CHECK(stopped.reason == Reason::kTimeout);
  CHECK_FALSE(stopped.hung());
  CheckAllWell(host->Poll());
}

TEST_CASE("live: a backend that is terminated is replaced within the poll") {
  const auto server = LiveServer::Make();
  if (!server) return;
  const auto host = HostFor(server->Dsn());
  CheckAllWell(host->Poll());
  const pid_t backend = OurBackend(*server);
  server->EndSession(backend);
  CheckAllWell(host->Poll());
  CHECK(OurBackend(*server) != backend);
}

TEST_CASE("live: a backend that is killed takes the server down and the poll comes back") {
  const auto server = LiveServer::Make();
  if (!server) return;
  const auto host = HostFor(server->Dsn());
  CheckAllWell(host->Poll());
  REQUIRE(kill(OurBackend(*server), SIGKILL) == 0);
  CheckRecovers(*host);
}

TEST_CASE("live: a server that is stopped refuses and is read again once it is back") {
  const auto server = LiveServer::Make();
  if (!server) return;
  const auto over_socket = HostFor(server->Dsn());
  const auto over_tcp = HostFor(server->TcpDsn());
  CheckAllWell(over_socket->Poll());
  CheckAllWell(over_tcp->Poll());
  server->Stop();
  CHECK(over_socket->Poll().reason == Reason::kRefused);
  CHECK(over_tcp->Poll().reason == Reason::kRefused);
  server->Start();
  CheckAllWell(over_socket->Poll());
  CheckAllWell(over_tcp->Poll());
}

TEST_CASE("live: a restart between two polls goes unnoticed") {
  const auto server = LiveServer::Make();
  if (!server) return;
  const auto host = HostFor(server->Dsn());
  CheckAllWell(host->Poll());
  server->Stop();
  server->Start();
  CheckAllWell(host->Poll());
}

TEST_CASE("live: a server that is full is a limit until there is room") {
  const auto server =
      LiveServer::Make({.settings = {"max_connections = 4", "superuser_reserved_connections = 1",
                                     "max_wal_senders = 0"}});
  if (!server) return;
  server->Run("CREATE ROLE monitor LOGIN IN ROLE pg_monitor");
  std::vector<std::unique_ptr<pqxx::connection>> others;
  for (int i = 0; i < 3; ++i) others.push_back(server->Connect());
  const auto host = HostFor(server->Dsn("dbname=postgres user=monitor"));
  const PollReport full = host->Poll();
  CHECK(full.reason == Reason::kLimit);
  others.clear();
  const auto hang = std::chrono::steady_clock::now() + 60s;
  while (
      server->Ask("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'") !=
      "1") {
    REQUIRE(std::chrono::steady_clock::now() < hang);
  }
  CheckAllWell(host->Poll());
}

TEST_CASE("live: a locked catalogue costs the collectors that need it") {
  const auto server = LiveServer::Make();
  if (!server) return;
  const auto host = HostFor(server->Dsn(), {{"lock_timeout", "20ms"}});
  CheckAllWell(host->Poll());
  CheckAllWell(host->Poll());
  const auto session = server->Connect();
  PollReport report;
  {
    pqxx::work work(*session);
    work.exec(
        "LOCK TABLE pg_stat_database, pg_replication_slots, pg_roles IN ACCESS EXCLUSIVE MODE");
    report = host->Poll();
  }
  REQUIRE(report.ok());
  CHECK(report.CollectorNamed("stat_database")->reason == Reason::kTimeout);
  CHECK(report.CollectorNamed("roles")->reason == Reason::kTimeout);
  CHECK(report.CollectorNamed("settings")->reason == Reason::kOk);
  CHECK(report.Value("pg_postmaster_start_time_seconds"));
  CheckAllWell(host->Poll());
}

TEST_CASE("live: a statement that somebody cancels costs its collector alone") {
  const auto server = LiveServer::Make();
  if (!server) return;
  const auto host = HostFor(server->Dsn(), {{"lock_timeout", "5m"}, {"statement_timeout", "5m"}});
  const testing::PollRequest request{.due = {"static", "extensions", "locks"}, .timeout = 10min};
  for (int i = 0; i < 3; ++i) CheckAllWell(host->Poll(request));
  const pid_t backend = OurBackend(*server);
  const auto session = server->Connect();
  pqxx::work work(*session);
  work.exec("LOCK TABLE pg_extension IN ACCESS EXCLUSIVE MODE");
  auto polling = std::async(std::launch::async, [&] { return host->Poll(request); });
  // Whoever looks for the lock must not need it.
  const std::string waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = ";
  const auto hang = std::chrono::steady_clock::now() + 60s;
  while (server->Ask(waits + std::to_string(backend)) != "1") {
    REQUIRE(std::chrono::steady_clock::now() < hang);
  }
  server->Run("SELECT pg_cancel_backend(" + std::to_string(backend) + ")");
  const PollReport report = polling.get();
  work.commit();
  REQUIRE(report.ok());
  CHECK(report.CollectorNamed("extensions")->reason == Reason::kTimeout);
  CHECK(report.CollectorNamed("static")->reason == Reason::kOk);
  CHECK(report.CollectorNamed("locks")->reason == Reason::kOk);
  CheckAllWell(host->Poll(request));
  CHECK(OurBackend(*server) == backend);
}

TEST_CASE("live: a collector with a time-out of its own is cancelled by the server at that") {
  const auto server = LiveServer::Make();
  if (!server) return;
  const auto host = HostFor(server->Dsn(), {{"lock_timeout", "5m"}, {"statement_timeout", "5m"}});
  const testing::PollRequest request{.due = {"static", "roles", "locks"},
                                     .timeout = 10min,
                                     .collector_timeouts = {{"roles", 50ms}}};
  // The first poll prepares nothing, the second prepares, the third uses what is prepared.
  for (int i = 0; i < 3; ++i) CheckAllWell(host->Poll(request));
  const auto session = server->Connect();
  PollReport report;
  {
    pqxx::work work(*session);
    work.exec("LOCK TABLE pg_roles IN ACCESS EXCLUSIVE MODE");
    report = host->Poll(request);
  }
  REQUIRE(report.ok());
  CHECK(report.CollectorNamed("roles")->reason == Reason::kTimeout);
  CHECK(report.CollectorNamed("roles")->message.find("57014") != std::string::npos);
  CHECK(report.CollectorNamed("static")->reason == Reason::kOk);
  CHECK(report.CollectorNamed("locks")->reason == Reason::kOk);
  CheckAllWell(host->Poll(request));
}

TEST_CASE("live: the database that we are in is dropped and made again") {
  const auto server = LiveServer::Make();
  if (!server) return;
  server->Run("CREATE DATABASE shop");
  const auto host = HostFor(server->Dsn("dbname=shop user=postgres"));
  CheckAllWell(host->Poll());
  server->DropDatabase("shop");
  CHECK(host->Poll().reason == Reason::kRefused);
  server->Run("CREATE DATABASE shop");
  CheckAllWell(host->Poll());
}
