// What a real server is shown as.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "postgres/queries.hpp"
#include "postgres/tests/live_server.hpp"

using namespace pillion;
using namespace pillion::postgres;
using pillion::testing::PollReport;

namespace {

// Polled once per statement of the pipeline: 27 collectors and the question for privileges.
// stat_wal from 14 on, stat_io from 16 on, stat_checkpointer from 17 on.
constexpr int kStatementsPerPoll = 28;

struct Shown {
  std::string type;
  std::set<std::string> labels;
};

// Families of a canonical text: their types and the names of their labels.
std::map<std::string, Shown> Families(const std::string& text) {
  std::map<std::string, Shown> families;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash;
    std::string kind;
    std::string name;
    if (line.starts_with("# TYPE")) {
      words >> hash >> kind >> name;
      words >> families[name].type;
    }
    if (line.starts_with("#")) continue;
    const size_t brace = line.find_first_of("{ ");
    Shown& family = families[line.substr(0, brace)];
    for (size_t at = brace; line[brace] == '{' && line[at] != '}';) {
      const size_t equals = line.find("=\"", at + 1);
      family.labels.insert(line.substr(at + 1, equals - at - 1));
      at = equals + 2;
      while (line[at] != '"') at += line[at] == '\\' ? 2 : 1;
      ++at;
    }
  }
  return families;
}

std::map<std::string, Shown> PeerFamilies() {
  std::map<std::string, Shown> peer;
  std::ifstream in(POSTGRES_TESTDATA "/peer_metrics.tsv");
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    std::string name;
    std::string type;
    std::string labels;
    std::getline(cells, name, '\t');
    std::getline(cells, type, '\t');
    std::getline(cells, labels, '\t');
    std::string collector;
    std::getline(cells, collector, '\t');
    if (!name.starts_with("pg_") || collector == "retired") continue;
    Shown& family = peer[name];
    family.type = type;
    std::istringstream names(labels);
    for (std::string label; std::getline(names, label, ',');) family.labels.insert(label);
    family.labels.erase("server");  // with compat only
  }
  return peer;
}

size_t Count(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) {
    ++count;
  }
  return count;
}

// On one server, in any order: each leaves it to the others as if it had not been there, or under
// names of its own.

void CheckFamilies(LiveServer& server) {
  server.Run("CREATE TABLE orders (id int PRIMARY KEY)");
  server.Run("SELECT pg_create_physical_replication_slot('standby', true)");
  const auto host = HostFor(server.Dsn());
  CheckAllWell(host->Poll());
  const PollReport report = host->Poll();
  CheckAllWell(report);
  const auto shown = Families(report.text);
  const auto peer = PeerFamilies();
  for (const auto& entry : shown) {
    const std::string& name = entry.first;
    const Shown& family = entry.second;
    CAPTURE(name);
    if (name.starts_with("pg_settings_")) {
      CHECK(family.type == "gauge");
      continue;
    }
    if (peer.count(name) == 0) continue;  // of our own
    CHECK(family.type == peer.at(name).type);
    CHECK(family.labels == peer.at(name).labels);
  }
  // What this server has nothing to show for.
  std::set<std::string> missing;
  for (const auto& [name, family] : peer) {
    if (shown.count(name) == 0) missing.insert(name);
  }
  const int major = server.Major();
  for (const char* prefix :
       {"pg_stat_progress_vacuum_", "pg_stat_replication_", "pg_stat_wal_receiver_",
        "pg_stat_statements_", "pg_buffercache_", "pg_statio_user_indexes_", "pg_scrape_",
        "pg_process_idle_", "pg_up", "pg_exporter_", "pg_xlog", "pg_replication_slots_pg_xlog",
        "pg_settings_<", "pg_stat_activity_autovacuum", "pg_stat_archiver_last_archive_age",
        "pg_stat_database_stats_reset", "pg_replication_slots_safe_wal_size",
        "pg_replication_slots_slot_confirmed"}) {
    std::erase_if(missing, [&](const std::string& name) { return name.starts_with(prefix); });
  }
  if (major < 17) {
    std::erase_if(missing, [](const auto& n) { return n.starts_with("pg_stat_checkpointer_"); });
  }
  if (major >= 17) {
    std::erase_if(missing, [](const auto& n) {
      return n.starts_with("pg_stat_bgwriter_checkpoint") ||
             n.starts_with("pg_stat_bgwriter_buffers_backend") ||
             n == "pg_stat_bgwriter_buffers_checkpoint_total";
    });
  }
  if (major < 16) missing.erase("pg_stat_database_conflicts_confl_active_logicalslot");
  if (major < 13) missing.erase("pg_replication_slots_wal_status");
  if (major < 14) missing.erase("pg_stat_database_active_time_seconds_total");
  for (const std::string& name : missing) FAIL_CHECK("missing: " << name);
  server.Run("SELECT pg_drop_replication_slot('standby')");
}

void CheckUnchangedSettings(LiveServer& server) {
  const auto session = server.Connect();
  pqxx::work work(*session);
  work.exec(std::string("PREPARE q(text) AS ") + SelectQuery(kSettings, server.Major())->sql);
  const auto plan_with = [&](const std::string& state) {
    std::string plan;
    for (const auto& row : work.exec("EXPLAIN ANALYZE EXECUTE q(" + work.quote(state) + ")")) {
      plan.append(row[0].c_str()).append("\n");
    }
    return plan;
  };
  const std::string state = work.exec("EXECUTE q('')")[0]["state"].c_str();
  CHECK(plan_with("").find("Function Scan on pg_show_all_settings") != std::string::npos);
  CHECK(plan_with("").find("never executed") == std::string::npos);
  CHECK(plan_with(state).find("never executed") != std::string::npos);
}

void CheckSearchPath(LiveServer& server) {
  // A view in the way of the catalogue's would be found if search_path were not pinned.
  server.Run("CREATE DATABASE own");
  server.Run("CREATE VIEW public.pg_roles AS SELECT 'trap'::name AS rolname, 1 AS rolconnlimit",
             "own");
  server.Run("ALTER DATABASE own SET search_path = public, pg_catalog");
  const PollReport report = HostFor(server.Dsn("dbname=own user=postgres"))->Poll();
  CheckAllWell(report);
  CHECK(report.text.find("trap") == std::string::npos);
}

void CheckLocks(LiveServer& server) {
  server.Run("CREATE TABLE locked_orders (id int)");
  const auto session = server.Connect();
  pqxx::work open(*session);
  open.exec("LOCK TABLE locked_orders IN SHARE MODE");
  const auto host = HostFor(server.Dsn());
  const PollReport report = host->Poll();
  CheckAllWell(report);
  CHECK(report.Value("pg_locks_count{datname=\"postgres\",mode=\"sharelock\"}") == 1.0);
  CHECK(report.Value("pg_locks_count{datname=\"template0\",mode=\"exclusivelock\"}") == 0.0);
  const auto databases = std::stoul(server.Ask("SELECT count(*) FROM pg_database"));
  CHECK(Count(report.FamilyText("pg_locks_count"), "\npg_locks_count{") == databases * 9);
  CHECK(report.Value("pg_stat_activity_count{datname=\"postgres\",state=\"idle in transaction\","
                     "usename=\"postgres\",application_name=\"fixture\",backend_type=\"client "
                     "backend\",wait_event_type=\"Client\",wait_event=\"ClientRead\"}") == 1.0);
  CHECK(report.Value("pg_stat_activity_count{datname=\"template1\",state=\"active\",usename=\"\","
                     "application_name=\"\",backend_type=\"\",wait_event_type=\"\",wait_event="
                     "\"\"}") == 0.0);
  CHECK(report.Value("pg_long_running_transactions") == 1.0);
}

void CheckLockedTable(LiveServer& server) {
  server.Run("CREATE TABLE open (id int PRIMARY KEY)");
  server.Run("CREATE TABLE shut (id int PRIMARY KEY)");
  server.Run("CREATE TABLE index_shut (id int PRIMARY KEY)");
  const auto session = server.Connect();
  pqxx::work work(*session);
  work.exec("LOCK TABLE shut IN ACCESS EXCLUSIVE MODE");
  work.exec("ALTER INDEX index_shut_pkey SET TABLESPACE pg_default");
  work.exec("ALTER INDEX index_shut_pkey RENAME TO other");
  const auto host = HostFor(server.Dsn());
  host->Poll();
  const PollReport report = host->Poll();
  CheckAllWell(report);
  const auto value = [&](const std::string& family, const std::string& table) {
    return report.Value("pg_stat_user_tables_" + family +
                        "{datname=\"postgres\",schemaname=\"public\",relname=\"" + table + "\"}");
  };
  CHECK(value("seq_scan", "shut"));
  CHECK_FALSE(value("table_size_bytes", "shut"));
  CHECK(value("table_size_bytes", "open") == 0.0);
  CHECK(value("index_size_bytes", "open") == 8192.0);
  CHECK(value("last_autovacuum", "open") == 0.0);
}

void CheckDatabases(LiveServer& server) {
  server.Run("CREATE DATABASE shop CONNECTION LIMIT 5");
  const auto host = HostFor(server.Dsn());
  const auto without = HostFor(server.Dsn(), {{"exclude_databases", "shop,template0"}});
  const PollReport first = host->Poll();
  CheckAllWell(first);
  CHECK(*first.Value("pg_database_size_bytes{datname=\"shop\"}") > 1e6);
  CHECK(first.Value("pg_database_connection_limit{datname=\"shop\"}") == 5.0);
  const PollReport excluded = without->Poll();
  CheckAllWell(excluded);
  CHECK(excluded.text.find("\"shop\"") == std::string::npos);
  CHECK(excluded.Value("pg_database_size_bytes{datname=\"postgres\"}"));
  server.Run("DROP DATABASE shop");
  const PollReport second = host->Poll();
  CheckAllWell(second);
  CHECK(second.text.find("\"shop\"") == std::string::npos);
}

void CheckDeclinedEncryption(LiveServer& server) {
  const auto preferred = HostFor(server.TcpDsn("dbname=postgres user=postgres sslmode=prefer"));
  CheckAllWell(preferred->Poll());
  const auto required = HostFor(server.TcpDsn("dbname=postgres user=postgres sslmode=require"));
  CHECK(required->Poll().reason == Reason::kProtocol);
}

void CheckVacuum(LiveServer& server) {
  server.Run("CREATE TABLE vacuumed AS SELECT g AS id FROM generate_series(1, 20000) g");
  const auto session = server.Connect();
  pqxx::nontransaction work(*session);
  work.exec("SET vacuum_cost_delay = 100");
  work.exec("SET vacuum_cost_limit = 1");
  pqxx::pipeline running(work);
  running.retain(0);
  running.insert("VACUUM vacuumed");
  const auto host = HostFor(server.Dsn());
  const std::string labels = "{datname=\"postgres\",relname=\"vacuumed\"";
  PollReport report;
  const auto blocks = [&] {  // not known before it scans
    return report.Value("pg_stat_progress_vacuum_heap_blks" + labels + "}").value_or(0);
  };
  Await("VACUUM has read a block", [&] {
    report = host->Poll({.due = {"stat_progress_vacuum"}});
    CheckAllWell(report);
    return blocks() > 0;
  });
  CHECK(Count(report.text, "\npg_stat_progress_vacuum_phase" + labels) == 7);
  CHECK(report.Value("pg_stat_progress_vacuum_phase" + labels + ",phase=\"truncating heap\"}") ==
        0.0);
  session->cancel_query();
}

}  // namespace

TEST_CASE("live: what a server is shown as") {
  static const auto server = LiveServer::Make();
  if (!server) return;
  SUBCASE("families have the names and types and labels of the peer") { CheckFamilies(*server); }
  SUBCASE("settings that are unchanged are not read") { CheckUnchangedSettings(*server); }
  SUBCASE("the session cannot write and is bounded in time") { CheckSearchPath(*server); }
  SUBCASE("locks and sessions are counted and zero elsewhere") { CheckLocks(*server); }
  SUBCASE("a table that is locked exclusively costs its sizes and nothing else") {
    CheckLockedTable(*server);
  }
  SUBCASE("databases come and go between polls") { CheckDatabases(*server); }
  SUBCASE("encryption that the server declines is gone without if it is only preferred") {
    CheckDeclinedEncryption(*server);
  }
  SUBCASE("a running VACUUM shows its table and phase") { CheckVacuum(*server); }
}

TEST_CASE("live: settings are the server's and not those of our session") {
  const auto server = LiveServer::Make({.settings = {"work_mem = 3MB", "lock_timeout = 7s"}});
  if (!server) return;
  const auto host = HostFor(server->Dsn());
  host->Poll({.due = {"settings"}});
  const PollReport report = host->Poll({.due = {"settings"}});
  CheckAllWell(report);
  CHECK(report.Value("pg_settings_work_mem_bytes") == 3145728.0);
  CHECK(report.Value("pg_settings_lock_timeout_seconds") == 7.0);
  CHECK(report.Value("pg_settings_statement_timeout_seconds") == 0.0);
  CHECK(report.Value("pg_settings_default_transaction_read_only") == 0.0);
  CHECK(report.Value("pg_settings_transaction_read_only") == 0.0);
  CHECK(report.Value("pg_settings_jit") == 1.0);
  CHECK(report.Value("pg_settings_max_parallel_workers_per_gather") == 2.0);
  if (!server->Ask("SHOW server_version").starts_with("15.")) return;
  const auto shown = Families(report.text);
  std::ifstream names(POSTGRES_TESTDATA "/peer_settings_15.txt");
  for (std::string name; std::getline(names, name);) {
    CAPTURE(name);
    CHECK(shown.count(name) == 1);
  }
}

TEST_CASE("live: settings are read again when the server has loaded its files") {
  const auto server = LiveServer::Make({.settings = {"work_mem = 3MB"}});
  if (!server) return;
  const auto host = HostFor(server->Dsn());
  const auto poll = [&] {
    PollReport report = host->Poll({.due = {"settings"}});
    CheckAllWell(report);
    return report;
  };
  for (int i = 0; i < 3; ++i) CHECK(poll().Value("pg_settings_work_mem_bytes") == 3145728.0);
  server->Run("ALTER SYSTEM SET work_mem = '5MB'");
  CHECK(poll().Value("pg_settings_work_mem_bytes") == 3145728.0);
  server->Run("SELECT pg_reload_conf()");
  Await("the new value", [&] { return poll().Value("pg_settings_work_mem_bytes") == 5242880.0; });
  const PollReport report = poll();
  CHECK(report.Value("pg_settings_work_mem_bytes") == 5242880.0);
  CHECK(*report.Value("pg_settings_max_connections") > 0);
}

TEST_CASE("live: one connection and one statement per collector for each poll") {
  const auto server = LiveServer::Make({.settings = {"log_statement = all"}});
  if (!server) return;
  const auto host = HostFor(server->Dsn());
  for (int i = 0; i < 3; ++i) CheckAllWell(host->Poll());
  const std::string before = server->Log();
  for (int i = 0; i < 5; ++i) CheckAllWell(host->Poll());
  const std::string log = server->Log().substr(before.size());
  const int major = server->Major();
  const int statements = kStatementsPerPoll + (major >= 14) + (major >= 16) + (major >= 17);
  CHECK(Count(log, "pillion: LOG:  execute ") == 5 * statements);
  CHECK(Count(log, "pillion: LOG:  statement: ") == 0);
  CHECK(Count(server->Log(), "pillion: ERROR") == 0);
  CHECK(Count(server->Log(), "pillion: FATAL") == 0);
  CHECK(Count(server->Log(), "connection authorized") ==
        1 + Count(server->Log(), "application_name=fixture"));
}

TEST_CASE("live: many tables are read row by row and all shown") {
  const auto server = LiveServer::Make({.settings = {"max_locks_per_transaction = 1000"}});
  if (!server) return;
  server->Run(
      "DO $$ BEGIN FOR i IN 1..1500 LOOP EXECUTE format('CREATE TABLE t%s ()', i); "
      "END LOOP; END $$");
  const auto host = HostFor(server->Dsn());
  for (int i = 0; i < 2; ++i) {
    const PollReport report = host->Poll({.due = {"stat_user_tables", "statio_user_tables"}});
    CheckAllWell(report);
    CHECK(Count(report.text, "\npg_stat_user_tables_table_size_bytes{") == 1500);
    CHECK(Count(report.text, "\npg_statio_user_tables_tidx_blocks_hit{") == 1500);
  }
}

TEST_CASE("live: an encrypted session is read like a plain one") {
  const auto server = LiveServer::Make({.tls = true});
  if (!server) return;
  server->Run(
      "DO $$ BEGIN FOR i IN 1..400 LOOP EXECUTE format('CREATE TABLE many_%s()', i); "
      "END LOOP; END $$");
  const auto host = HostFor(server->TcpDsn("dbname=postgres user=postgres sslmode=require"));
  for (int poll = 0; poll < 3; ++poll) {
    const PollReport report = host->Poll();
    CheckAllWell(report);
    CHECK(report.Value("pg_stat_user_tables_seq_scan{datname=\"postgres\",schemaname=\"public\","
                       "relname=\"many_400\"}") == 0.0);
  }
  CHECK(server->Ask("SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
                    "WHERE application_name = 'pillion'") == "t");
}

TEST_CASE("live: a replica and its primary see each other") {
  const auto primary = LiveServer::Make();
  if (!primary) return;
  const auto standby = LiveServer::Make({.primary = primary.get()});
  const auto on_primary = HostFor(primary->Dsn());
  const auto on_standby = HostFor(standby->Dsn());
  PollReport sending;
  // It catches up before it streams, and its lag is unknown until it first reports.
  const auto streams = [&] {
    return sending.FamilyText("pg_stat_replication_pg_wal_lsn_diff").find("state=\"streaming\"") !=
           std::string::npos;
  };
  Await("the replica streams", [&] {
    sending = on_primary->Poll({.due = {"replication", "stat_replication"}});
    return streams();
  });
  CheckAllWell(sending);
  CHECK(sending.Value("pg_replication_is_replica") == 0.0);
  CheckAllWell(on_standby->Poll());
  const PollReport receiving =
      on_standby->Poll({.due = {"replication", "settings", "stat_wal_receiver"}});
  CheckAllWell(receiving);
  CHECK(receiving.Value("pg_replication_is_replica") == 1.0);
  CHECK(receiving.Value("pg_settings_transaction_read_only") == 1.0);
  CHECK(receiving.text.find("pg_stat_wal_receiver_flushed_lsn{") != std::string::npos);
  // Nothing to replay and nothing received: without a stream that says nothing about the lag.
  primary->Run("CREATE TABLE replayed ()");
  Await("all is replayed",
        [&] { return standby->Ask("SELECT to_regclass('replayed') IS NOT NULL") == "t"; });
  primary->Stop();
  PollReport alone;
  Await("the receiver is gone", [&] {
    alone = on_standby->Poll({.due = {"replication", "stat_wal_receiver"}});
    return alone.text.find("pg_stat_wal_receiver_flushed_lsn{") == std::string::npos;
  });
  // One collector of that poll may still have met it.
  alone = on_standby->Poll({.due = {"replication", "stat_wal_receiver"}});
  CheckAllWell(alone);
  const auto lag = alone.Value("pg_replication_lag_seconds");
  CHECK(lag == alone.Value("pg_replication_last_replay_seconds"));
  REQUIRE(lag);
  CHECK(*lag > 0);
}
