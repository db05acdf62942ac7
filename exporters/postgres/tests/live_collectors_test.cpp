// Collectors that are off by default, on a real server that has something to show for each.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "postgres/collectors.hpp"
#include "postgres/tests/live_furniture.hpp"
#include "postgres/tests/live_server.hpp"

using namespace pillion;
using namespace pillion::postgres;
using pillion::testing::PollReport;

namespace {

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// All collectors of the exporter but for extensions that this server lacks.
std::vector<std::string> All(int major) {
  std::vector<std::string> names;
  for (const Collector& collector : kCollectors) {
    if (collector.name == "buffercache_summary" && major < 16) continue;
    names.emplace_back(collector.name);
  }
  return names;
}

// On one server, in any order: each leaves it to the others as if it had not been there, or under
// names of its own.

std::unique_ptr<LiveServer> Furnished() {
  auto server = MakeFurnishable();
  if (server) Furnish(*server);
  return server;
}

void CheckStatements(LiveServer& server) {
  server.Run("CREATE DATABASE bare");
  const PollReport without = HostFor(server.Dsn("dbname=bare user=postgres"))
                                 ->Poll({.due = {"stat_statements", "process_idle"}});
  REQUIRE(without.ok());
  CHECK(Has(without.CollectorNamed("stat_statements")->message, "CREATE EXTENSION"));
  const auto host = HostFor(server.Dsn(), {{"statements_shown", "3"}});
  const auto idle = server.Connect();
  for (int i = 0; i < 5; ++i) server.Run("SELECT count(*) FROM generate_series(1, 20000)");
  const auto with_text = HostFor(server.Dsn(), {{"statement_text", "12"}, {"compat", "0.11,0.15"}});
  for (const auto* each : {&host, &with_text}) {
    for (int i = 0; i < 2; ++i) {
      const PollReport report = (*each)->Poll({.due = {"stat_statements", "process_idle"}});
      CheckAllWell(report);
      CHECK(Has(report.text,
                "pg_stat_statements_calls_total{user=\"postgres\",datname=\"postgres\","
                "queryid=\""));
      CHECK(Has(report.text,
                "pg_stat_statements_calls_total{user=\"other\",datname=\"other\","
                "queryid=\"other\""));
      CHECK(Has(report.text,
                "pg_process_idle_seconds_bucket{state=\"idle\",application_name="
                "\"fixture\""));
      CHECK(Has(report.text, "query=\"SELECT count\"") == (each == &with_text));
      CHECK(Has(report.text, "pg_stat_statements_mean_time_seconds{rolname=\"postgres\"") ==
            (each == &with_text));
    }
  }
}

void CheckOwnFamilies(LiveServer& server) {
  const int major = server.Major();
  const auto holder = server.Connect();
  pqxx::work holds(*holder);
  holds.exec("LOCK TABLE parts IN ACCESS EXCLUSIVE MODE");
  const auto waiter = server.Connect();
  pqxx::nontransaction waits(*waiter);
  pqxx::pipeline waiting(waits);
  waiting.retain(0);
  waiting.insert("SELECT count(*) FROM parts");
  const auto host = HostFor(server.Dsn());
  PollReport report;
  Await("the waiter is shown", [&] {
    report = host->Poll({.due = All(major)});
    return report.Value("pg_blocked_sessions") == 1.0;
  });
  CheckAllWell(report);
  CHECK(report.Value("pg_blocked_sessions") == 1.0);
  CHECK(report.Value("pg_blocking_sessions") == 1.0);
  CHECK(*report.Value("pg_blocked_sessions_longest_wait_seconds") >= 0);
  CHECK(report.Value("pg_connections_max") == 20.0);
  CHECK(report.Value("pg_connections_reserved") == 3.0);
  CHECK(*report.Value("pg_connections_used") + *report.Value("pg_connections_left") == 17.0);
  CHECK(report.Value("pg_prepared_transactions") == 1.0);
  CHECK(*report.Value("pg_prepared_transactions_oldest_timestamp_seconds") > 1.5e9);
  CHECK(*report.Value("pg_txid_current") > 400);
  CHECK(report.Value("pg_sequence_used_ratio{datname=\"postgres\",schemaname=\"public\","
                     "sequencename=\"half\"}") == 0.5);
  CHECK(report.Value("pg_index_invalid{datname=\"postgres\",schemaname=\"public\",relname="
                     "\"orders\",indexrelname=\"broken\"}") == 1.0);
  const std::string orders = "{datname=\"postgres\",schemaname=\"public\",relname=\"orders\"}";
  const double size = *report.Value("pg_bloat_table_size_bytes" + orders);
  CHECK(*report.Value("pg_bloat_table_wasted_bytes" + orders) > 0.8 * size);
  CHECK(*report.Value("pg_table_wraparound_age_relfrozenxid_transactions" + orders) > 0);
  CHECK(report.Value("pg_temp_files{spcname=\"pg_default\"}") == 0.0);
  CHECK(report.Value("pg_stat_subscription_workers{subname=\"copy\"}") == 0.0);
  CHECK(Has(report.text, "pg_extension_info{datname=\"postgres\",extname=\"plpgsql\""));
  CHECK(Has(report.text, "relname=\"Ta\\\"b\\nle \u00fc\""));
  if (major >= 14) CHECK(*report.Value("pg_stat_wal_records_total") > 0);
  if (major >= 16) CHECK(Has(report.text, "pg_stat_io_hits_total{backend_type=\"client backend\""));
  if (major >= 16) CHECK(*report.Value("pg_buffercache_summary_buffers_used") > 0);
  waiter->cancel_query();
}

void CheckIndexBuild(LiveServer& server) {
  server.Run("CREATE TABLE built AS SELECT g AS id FROM generate_series(1, 20000) g");
  const auto holder = server.Connect();
  pqxx::work holds(*holder);
  holds.exec("INSERT INTO built VALUES (0)");
  const auto builder = server.Connect();
  pqxx::nontransaction builds(*builder);
  pqxx::pipeline building(builds);
  building.retain(0);
  building.insert("CREATE INDEX CONCURRENTLY by_id ON built (id)");  // waits for the holder
  const auto host = HostFor(server.Dsn());
  PollReport report;
  Await("the build is shown", [&] {
    report = host->Poll({.due = {"stat_progress"}});
    CheckAllWell(report);
    return !report.text.empty();
  });
  CHECK(Has(report.text, "relname=\"public.built\",command=\"create index concurrently\",phase="));
  CHECK(Has(report.text, "pg_stat_progress_blocks_done{pid="));
  builder->cancel_query();
}

}  // namespace

TEST_CASE("live: collectors that are off by default") {
  static const auto server = Furnished();
  if (!server) return;
  SUBCASE("statements and idle sessions and retired names") { CheckStatements(*server); }
  SUBCASE("what the peer does not show has values") { CheckOwnFamilies(*server); }
  SUBCASE("an index build shows its progress") { CheckIndexBuild(*server); }
}
