// Each statement of the exporter on a real server: that it is accepted, and answers in the columns
// that were recorded for this version. With PILLION_RECORD set the recording is written instead.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "postgres/extensions.hpp"
#include "postgres/tests/live_furniture.hpp"
#include "postgres/tests/recording.hpp"

using namespace pillion;
using namespace pillion::postgres;
using namespace std::chrono_literals;

namespace {

// A session that asks as the exporter does.
class Asker {
 public:
  explicit Asker(const LiveServer& server)
      : connection_(PQconnectdb(server.Dsn().c_str()), PQfinish) {
    Ask("SET search_path = pg_catalog, pg_temp");
  }

  FakeAnswer Ask(const std::string& sql, int parameters = 0) const {
    const char* const values[] = {"{}", "{}", "10", "40"};  // databases, statements and their text
    const std::unique_ptr<PGresult, void (*)(PGresult*)> rows(
        PQexecParams(connection_.get(), sql.c_str(), parameters, nullptr, values, nullptr, nullptr,
                     1),
        PQclear);
    const auto status = PQresultStatus(rows.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      throw std::runtime_error(sql + ": " + PQresultErrorMessage(rows.get()));
    }
    return AnswerOf(rows.get());
  }

 private:
  std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
};

// `replica` answers what only one can say much about; null: the primary does.
Recording Ask(const LiveServer& primary, const LiveServer* replica) {
  const Asker asker(primary);
  const Asker receiver(replica == nullptr ? primary : *replica);
  Recording recording;
  const std::string version = primary.Ask("SHOW server_version");
  recording.version = version.substr(0, version.find(' '));
  recording.statements[kExtensionsStatement] = {Digest(Extensions::kSql),
                                                asker.Ask(Extensions::kSql)};
  for (uint32_t id = 0; id < kCollectorCount; ++id) {
    const Query* query = recording.QueryOf(static_cast<CollectorId>(id));
    if (query == nullptr) continue;
    const CollectorTraits& traits = kTraits[id];
    const int parameters = (traits.needs & kTakesTop)               ? 4
                           : (traits.needs & kTakesDatabases)       ? 2
                           : (traits.shape == RowsShape::kSettings) ? 1
                                                                    : 0;
    const std::string sql = InSchema(query->sql, recording.ExtensionSchema(traits.extension));
    const Asker& whom = id == kStatWalReceiver || id == kReplication ? receiver : asker;
    recording.statements[std::string(kCollectors[id].name)] = {Digest(query->sql),
                                                               whom.Ask(sql, parameters)};
  }
  return recording;
}

// Columns with a value.
size_t Known(const FakeAnswer& answer) {
  size_t known = 0;
  for (size_t i = 0; i < answer.columns.size(); ++i) {
    for (const FakeRow& row : answer.rows) {
      if (!row[i]) continue;
      ++known;
      break;
    }
  }
  return known;
}

// Before there are prepared transactions: making a slot waits for them.
void Subscribe(const LiveServer& primary) {
  primary.Run("CREATE DATABASE source");
  primary.Run("CREATE DATABASE copies");
  for (const char* database : {"source", "copies"}) {
    primary.Run("CREATE TABLE orders (id int)", database);
  }
  primary.Run("CREATE PUBLICATION orders FOR TABLE orders", "source");
  primary.Run("SELECT pg_create_logical_replication_slot('orders', 'pgoutput')", "source");
  primary.Run("CREATE SUBSCRIPTION orders CONNECTION '" +
                  primary.Dsn("dbname=source user=postgres") +
                  "' PUBLICATION orders WITH (create_slot = false, copy_data = false)",
              "copies");
}

// A server at work: a replica, commands that take their time, sessions that wait.
struct Work {
  explicit Work(const LiveServer& server) : primary(server) {
    primary.Run("SELECT pg_stat_reset()");
    primary.Run("CREATE TABLE keyed (id int PRIMARY KEY)");
    primary.Run("SET enable_seqscan = off; SELECT FROM keyed WHERE id = 1");
    primary.Run("SELECT pg_create_physical_replication_slot('repmgr_slot_2')");
    standby = LiveServer::Make({.primary = &primary});
    standby->Run("ALTER SYSTEM SET primary_slot_name = 'repmgr_slot_2'");
    standby->Stop();
    standby->Start();
    primary.Run("CREATE TABLE indexed AS SELECT g AS id FROM generate_series(1, 20000) g");
    primary.Run(
        "CREATE TABLE tired WITH (autovacuum_vacuum_cost_delay = 100,"
        " autovacuum_vacuum_cost_limit = 1, autovacuum_vacuum_threshold = 1)"
        " AS SELECT g AS id FROM generate_series(1, 20000) g");
    primary.Run("DELETE FROM tired");
    Begin("BEGIN; LOCK TABLE parts IN ACCESS EXCLUSIVE MODE; INSERT INTO indexed VALUES (0)");
    Send("SELECT count(*) FROM parts");
    Send("CREATE INDEX CONCURRENTLY by_id ON indexed (id)");
    Begin("SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1");
    PQsendQuery(sessions.back().get(), "VACUUM orders");
    Open(primary.TcpDsn("dbname=postgres user=postgres sslmode=require"));
    Open(primary.TcpDsn("dbname=postgres user=postgres sslmode=disable"));
  }

  void Open(const std::string& dsn) {
    sessions.emplace_back(PQconnectdb(dsn.c_str()), PQfinish);
    REQUIRE(PQstatus(sessions.back().get()) == CONNECTION_OK);
  }
  void Begin(const char* sql) {
    Open(primary.Dsn());
    PQclear(PQexec(sessions.back().get(), sql));
  }
  void Send(const char* sql) {
    Open(primary.Dsn());
    PQsendQuery(sessions.back().get(), sql);
  }

  const LiveServer& primary;
  std::unique_ptr<LiveServer> standby;
  std::vector<std::unique_ptr<PGconn, void (*)(PGconn*)>> sessions;
};

// Asks again and again, for 30 s and until each statement has had rows, and keeps of each the
// answer that says most.
void Record(const LiveServer& primary) {
  const Work work(primary);
  const auto begin = std::chrono::steady_clock::now();
  Recording best = Ask(primary, work.standby.get());
  for (bool empty = true; empty || std::chrono::steady_clock::now() < begin + 30s;) {
    REQUIRE(std::chrono::steady_clock::now() < begin + 120s);
    primary.Run("INSERT INTO orders SELECT generate_series(1, 1000)", "source");
    std::this_thread::sleep_for(100ms);
    const Recording next = Ask(primary, work.standby.get());
    empty = false;
    for (auto& [name, statement] : best.statements) {
      const RecordedStatement& another = next.statements.at(name);
      if (Known(another.answer) > Known(statement.answer)) statement = another;
      empty = empty || statement.answer.rows.empty();
    }
  }
  WriteRecording(best);
}

}  // namespace

TEST_CASE("live: each statement is accepted and answers as it was recorded for this version") {
  const bool records = std::getenv("PILLION_RECORD") != nullptr;  // NOLINT(concurrency-mt-unsafe)
  std::vector<std::string> more;
  if (records) {
    more = {"autovacuum = on", "autovacuum_naptime = 1", "archive_mode = on",
            "archive_command = '/bin/true'"};
  }
  const auto server = MakeFurnishable(more, records);
  if (!server) return;
  const int major = server->Major();
  if (records && major >= 13) {
    server->Run("ALTER SYSTEM SET max_slot_wal_keep_size = '1GB'");
    server->Run("SELECT pg_reload_conf()");
  }
  if (records) Subscribe(*server);
  Furnish(*server);
  if (records) return Record(*server);
  const Recording answered = Ask(*server, nullptr);
  if (!HasRecording(major)) {
    MESSAGE("nothing is recorded of PostgreSQL " << major);
    return;
  }
  const Recording recorded = ReadRecording(major);
  CHECK(recorded.statements.size() == answered.statements.size());
  for (const auto& statement : answered.statements) {
    CAPTURE(statement.first);
    REQUIRE(recorded.statements.count(statement.first) == 1);
    const auto& columns = statement.second.answer.columns;
    const auto& expected = recorded.statements.at(statement.first).answer.columns;
    REQUIRE(columns.size() == expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      CHECK(columns[i].name == expected[i].name);
      CHECK(columns[i].type == expected[i].type);
    }
  }
}
