#include "postgres/queries.hpp"

#include <doctest/doctest.h>

#include <string_view>

#include "postgres/metrics.hpp"

using namespace pillion;
using namespace pillion::postgres;

namespace {

std::string_view Sql(CollectorId collector, int major) {
  const Query* query = SelectQuery(collector, major);
  return query == nullptr ? std::string_view{} : query->sql;
}

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("every collector has a query for every version from 12 to 18 but for what came later") {
  for (int major = 12; major <= 18; ++major) {
    for (uint32_t id = 0; id < kCollectorCount; ++id) {
      CAPTURE(major);
      CAPTURE(kCollectors[id].name);
      const Query* query = SelectQuery(static_cast<CollectorId>(id), major);
      if ((id == kStatCheckpointer && major < 17) || (id == kBuffercacheSummary && major < 16) ||
          (id == kStatIo && major < 16) || (id == kStatWal && major < 14) || id == kExporter) {
        CHECK(query == nullptr);
        continue;
      }
      REQUIRE(query != nullptr);
      CHECK(query->collector == id);
      CHECK(query->first_major <= major);
      CHECK(query->last_major >= major);
    }
  }
}

TEST_CASE("versions before 12 have no query") {
  for (uint32_t id = 0; id < kCollectorCount; ++id) {
    CHECK(SelectQuery(static_cast<CollectorId>(id), 11) == nullptr);
    CHECK(SelectQuery(static_cast<CollectorId>(id), 0) == nullptr);
  }
}

TEST_CASE("columns are asked for in the versions that have them") {
  CHECK_FALSE(Has(Sql(kReplicationSlots, 12), "safe_wal_size"));
  CHECK(Has(Sql(kReplicationSlots, 13), "safe_wal_size"));
  CHECK(Has(Sql(kStatWalReceiver, 12), "received_lsn"));
  CHECK_FALSE(Has(Sql(kStatWalReceiver, 13), "received_lsn"));
  CHECK(Has(Sql(kStatWalReceiver, 13), "flushed_lsn"));
  CHECK_FALSE(Has(Sql(kStatDatabase, 13), "active_time"));
  CHECK(Has(Sql(kStatDatabase, 14), "active_time"));
  CHECK_FALSE(Has(Sql(kStatDatabaseConflicts, 15), "confl_active_logicalslot"));
  CHECK(Has(Sql(kStatDatabaseConflicts, 16), "confl_active_logicalslot"));
  CHECK(Has(Sql(kStatBgwriter, 16), "checkpoints_timed"));
  CHECK_FALSE(Has(Sql(kStatBgwriter, 17), "checkpoints_timed"));
  CHECK(Has(Sql(kStatCheckpointer, 17), "num_timed"));
  CHECK(Has(Sql(kStatProgressVacuum, 16), "max_dead_tuples END"));
  CHECK(Has(Sql(kStatProgressVacuum, 17), "max_dead_tuple_bytes END"));
}

TEST_CASE("every family of a collector has a column in a query of some version") {
  for (const Metric& metric : Metrics()) {
    if (metric.collector == kSettings || metric.collector == kExporter) continue;
    const auto collector = static_cast<CollectorId>(metric.collector);
    const std::string_view column = metric.name.substr(kTraits[collector].prefix.size());
    bool found = false;
    for (int major = 12; major <= 18; ++major) found |= Has(Sql(collector, major), column);
    CAPTURE(metric.name);
    CHECK(found);
  }
}

TEST_CASE("families begin with the prefix of their collector") {
  for (const Metric& metric : Metrics()) {
    CAPTURE(metric.name);
    CHECK(metric.name.starts_with(kTraits[metric.collector].prefix));
  }
}

TEST_CASE("no query writes or locks or calls what fails in recovery") {
  for (int major = 12; major <= 18; ++major) {
    for (uint32_t id = 0; id < kCollectorCount; ++id) {
      const std::string_view sql = Sql(static_cast<CollectorId>(id), major);
      CAPTURE(sql);
      if (sql.empty()) continue;
      CHECK(sql.starts_with("SELECT"));
      for (const char* word : {"INSERT", "UPDATE ", "DELETE", "FOR SHARE", "pg_switch", "reset("}) {
        CHECK_FALSE(Has(sql, word));
      }
      if (Has(sql, "pg_current_wal_lsn")) CHECK(Has(sql, "CASE WHEN pg_is_in_recovery()"));
    }
  }
}

TEST_CASE("a session is made read-only and bounded and only if the right backend answers") {
  const std::string sql = SessionSql(12);
  for (const char* part : {"'default_transaction_read_only', 'on', false", "statement_timeout', $1",
                           "lock_timeout', $2", "'pg_catalog, pg_temp'", "pg_backend_pid() = $3"}) {
    CAPTURE(part);
    CHECK(Has(sql, part));
  }
  CHECK_FALSE(Has(SessionSql(13), "idle_session_timeout"));
  CHECK(Has(SessionSql(14), "idle_session_timeout"));
}

TEST_CASE("behind a pooler nothing outlives the transaction") {
  CHECK_FALSE(Has(TransactionSql(), "false"));
  CHECK(Has(TransactionSql(), "'transaction_read_only', 'on', true"));
  CHECK_FALSE(Has(TransactionSql(), "$3"));
}
