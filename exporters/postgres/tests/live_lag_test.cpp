// How far a streaming replica and a logical subscription lag, against what the servers say.
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "postgres/tests/live_server.hpp"

using namespace pillion;
using namespace pillion::postgres;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

double Number(const LiveServer& server, const std::string& sql) {
  return std::strtod(server.Ask("SELECT (" + sql + ")::float8").c_str(), nullptr);
}

PollReport PollOf(TestHost& host, const std::vector<std::string>& due) {
  PollReport report = host.Poll({.due = due});
  CheckAllWell(report);
  return report;
}

// The value of the family's series that has this in its labels.
std::optional<double> ValueWith(const PollReport& report, const std::string& family,
                                std::string_view part) {
  const std::string text = report.FamilyText(family);
  for (size_t at = text.find("\n" + family + "{"); at != text.npos;
       at = text.find("\n" + family + "{", at)) {
    const size_t end = text.find('\n', ++at);
    const std::string line = text.substr(at, end - at);
    if (line.find(part) != line.npos) {
      return std::strtod(line.substr(line.rfind(' ') + 1).c_str(), nullptr);
    }
  }
  return {};
}

// A value that only grows lies between what is asked before and after. More than once, for the
// servers may still be telling each other where they are.
void AwaitBetween(const LiveServer& server, const std::string& sql,
                  const std::function<std::optional<double>()>& poll) {
  Await("the value is the server's", [&] {
    const double before = Number(server, sql);
    const auto value = poll();
    const double after = Number(server, sql);
    return value && before <= *value && *value <= after;
  });
}

const std::string kStandby = "application_name=\"standby\"";
const std::string kCopy = "application_name=\"copy\"";

std::string Behind(const std::string& position, const std::string& application) {
  return "SELECT pg_current_wal_lsn() - " + position +
         " FROM pg_stat_replication WHERE application_name = '" + application + "'";
}

void CheckReplica(const LiveServer& primary, const LiveServer& standby) {
  const auto on_primary = HostFor(primary.Dsn());
  const auto on_standby = HostFor(standby.Dsn());
  const auto sent = [&](const std::string& family) {
    return ValueWith(PollOf(*on_primary, {"stat_replication"}), "pg_stat_replication_" + family,
                     kStandby);
  };
  const auto received = [&](const std::string& family) {
    return PollOf(*on_standby, {"replication"}).Value("pg_replication_" + family);
  };
  // Until it has replayed a transaction, its own lag is unknown.
  primary.Run("INSERT INTO orders VALUES (0)", "source");
  Await("the replica streams",
        [&] { return sent("pg_wal_lsn_diff") == 0.0 && received("lag_seconds").has_value(); });
  standby.Run("SELECT pg_wal_replay_pause()");
  const std::string paused = standby.Major() >= 14 ? "pg_get_wal_replay_pause_state() = 'paused'"
                                                   : "pg_is_wal_replay_paused()";
  Await("its replay is paused", [&] { return standby.Ask("SELECT " + paused) == "t"; });
  primary.Run("INSERT INTO orders SELECT generate_series(1, 1000)", "source");
  // All of it is there, nothing is replayed.
  Await("the replica has it", [&] { return sent("flush_lag_bytes") == 0.0; });
  CHECK(Number(primary, Behind("replay_lsn", "standby")) > 0);
  AwaitBetween(primary, Behind("replay_lsn", "standby"), [&] { return sent("pg_wal_lsn_diff"); });
  CHECK(received("is_replica") == 1.0);
  CHECK(received("receiver_active") == 1.0);
  AwaitBetween(standby, "SELECT extract(epoch FROM now() - pg_last_xact_replay_timestamp())",
               [&] { return received("lag_seconds"); });

  standby.Run("SELECT pg_wal_replay_resume()");
  Await("it has replayed all", [&] { return sent("pg_wal_lsn_diff") == 0.0; });
  Await("it says so itself", [&] { return received("lag_seconds") == 0.0; });
  // How long that took is told with the next reports; an idle replica tells nothing.
  Await("its lags are told", [&] {
    primary.Run("INSERT INTO orders VALUES (0)", "source");
    const PollReport report = PollOf(*on_primary, {"stat_replication"});
    for (const char* lag : {"write", "flush", "replay"}) {
      const auto value =
          ValueWith(report, std::string("pg_stat_replication_") + lag + "_lag_seconds", kStandby);
      if (!value) return false;
      CHECK(*value >= 0);
    }
    return true;
  });
}

void CheckSubscription(const LiveServer& server) {
  const auto host = HostFor(server.Dsn());
  const auto behind = [&] {
    return ValueWith(PollOf(*host, {"stat_replication"}), "pg_stat_replication_pg_wal_lsn_diff",
                     kCopy);
  };
  const auto copied = [&](const std::string& family) {
    return PollOf(*host, {"stat_subscription"})
        .Value("pg_stat_subscription_" + family + "{subname=\"copy\"}");
  };
  Await("it runs", [&] { return copied("workers") == 1.0 && behind().has_value(); });
  const auto session = server.Connect("copies");
  {
    pqxx::work holds(*session);
    holds.exec("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
    server.Run("INSERT INTO orders SELECT generate_series(1, 1000)", "source");
    const double inserted = Number(server, "SELECT pg_current_wal_lsn() - '0/0'");
    const std::string waiting =
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'";
    Await("it waits for the table", [&] { return server.Ask(waiting) == "1"; });
    AwaitBetween(server, Behind("replay_lsn", "copy"), behind);
    CHECK(behind().value_or(0) > 0);
    CHECK(copied("latest_end_lsn_bytes").value_or(0) < inserted);
    CHECK(copied("last_message_send_timestamp_seconds").value_or(1) > 0);
  }
  Await("it has applied all", [&] { return behind() == 0.0; });
  AwaitBetween(server, "SELECT received_lsn - '0/0' FROM pg_stat_subscription",
               [&] { return copied("received_lsn_bytes"); });
  CHECK(copied("workers") == 1.0);
  const auto active = ValueWith(PollOf(*host, {"replication_slots"}), "pg_replication_slots_active",
                                "slot_name=\"copy\"");
  CHECK(active == 1.0);
}

}  // namespace

TEST_CASE("live: lags of a replica and of a subscription are those that the servers tell") {
  const auto primary = LiveServer::Make({.settings = {"wal_level = logical"}});
  if (!primary) return;
  primary->Run("CREATE DATABASE source");
  primary->Run("CREATE DATABASE copies");
  primary->Run("CREATE TABLE orders (id int)", "source");
  primary->Run("CREATE TABLE orders (id int)", "copies");
  primary->Run("CREATE PUBLICATION copy FOR TABLE orders", "source");
  // The slot comes first: making it waits for all transactions of the server, the subscription's
  // too.
  primary->Run("SELECT pg_create_logical_replication_slot('copy', 'pgoutput')", "source");
  primary->Run("CREATE SUBSCRIPTION copy CONNECTION '" +
                   primary->Dsn("dbname=source user=postgres") +
                   "' PUBLICATION copy WITH (create_slot = false, copy_data = false)",
               "copies");
  const auto standby = LiveServer::Make({.primary = primary.get()});
  CheckReplica(*primary, *standby);
  CheckSubscription(*primary);
}
