// The collectors of the postgres exporter: their names, their order and what each one needs.
//
// The order is the order in the pipeline: what is cheap and cannot hang comes first, what touches
// files or many rows last.
#pragma once

#include <pillion/tables.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace pillion::postgres {

enum CollectorId : uint32_t {
  kStatic,
  kPostmaster,
  kStatBgwriter,
  kStatCheckpointer,
  kStatArchiver,
  kReplication,
  kReplicationSlots,
  kStatReplication,
  kStatWalReceiver,
  kStatDatabase,
  kStatDatabaseConflicts,
  kDatabaseWraparound,
  kRoles,
  kLocks,
  kStatActivity,
  kLongRunningTransactions,
  kStatActivityAutovacuum,
  kStatProgressVacuum,
  kProcessIdle,
  kConnections,
  kTransactions,
  kStatSsl,
  kStatIo,
  kStatWal,
  kStatSubscription,
  kStatProgress,
  kExtensions,
  kTempFiles,
  kWal,
  kSettings,
  kStatUserTables,
  kStatioUserTables,
  kStatioUserIndexes,
  kStatUserIndexes,
  kInvalidIndexes,
  kTableWraparound,
  kSequences,
  kBloat,
  kDatabase,
  kBuffercacheSummary,
  kStatStatements,
  kExporter,
  kCollectorCount,
};

inline constexpr uint64_t kMinute = 60'000'000'000;  // ns

inline constexpr Collector kCollectorRows[] = {
    {.name = "static", .help = "Version of the server."},
    {.name = "postmaster", .help = "When the server was started."},
    {.name = "stat_bgwriter", .help = "Background writer; until 16 also checkpoints."},
    {.name = "stat_checkpointer", .help = "Checkpoints; from 17 on, nothing before."},
    {.name = "stat_archiver", .help = "Archiving of WAL files."},
    {.name = "replication", .help = "Whether the server is a replica and how far it lags."},
    {.name = "replication_slots", .help = "Replication slots and the WAL they hold back."},
    {.name = "stat_replication", .help = "Replicas that stream from this server."},
    {.name = "stat_wal_receiver",
     .help = "The stream that this replica receives.",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "stat_database", .help = "Activity of each database."},
    {.name = "stat_database_conflicts", .help = "Queries cancelled by recovery on a replica."},
    {.name = "database_wraparound", .help = "Age of the oldest transaction of each database."},
    {.name = "roles", .help = "Connection limits of roles."},
    {.name = "locks", .help = "Locks by database and mode."},
    {.name = "stat_activity", .help = "Sessions by database, state, user and wait event."},
    {.name = "long_running_transactions", .help = "Open transactions and the oldest one's age."},
    {.name = "stat_activity_autovacuum",
     .help = "When running autovacuum workers began.",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "stat_progress_vacuum", .help = "Progress of running VACUUMs."},
    {.name = "process_idle",
     .help = "How long idle sessions have been idle, by state and application.",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "connections", .help = "Connection slots left, and sessions that wait for locks."},
    {.name = "transactions", .help = "The number of the next transaction; prepared ones."},
    {.name = "stat_ssl", .help = "Sessions over the network by encryption."},
    {.name = "stat_io", .help = "Reads, writes and fsyncs by kind; from 16 on."},
    {.name = "stat_wal", .help = "WAL generated and written; from 14 on."},
    {.name = "stat_subscription", .help = "Logical subscriptions of this server."},
    {.name = "stat_progress",
     .help = "Progress of CREATE INDEX, CLUSTER, ANALYZE, COPY and base backups."},
    {.name = "extensions", .help = "Versions of the extensions of the database."},
    {.name = "temp_files", .help = "Temporary files that queries have at the moment."},
    {.name = "wal", .help = "Files in pg_wal."},
    {.name = "settings", .help = "Server parameters that are numbers or switches."},
    {.name = "stat_user_tables", .help = "Activity and size of each table of the database."},
    {.name = "statio_user_tables", .help = "Block reads of each table of the database."},
    {.name = "statio_user_indexes",
     .help = "Block reads of each index of the database.",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "stat_user_indexes",
     .help = "Activity and size of each index of the database; one stat() for each.",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "invalid_indexes",
     .help = "Indexes of the database that are not valid; reads all of pg_index.",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "table_wraparound",
     .help = "Age of the oldest transaction of each table of the database.",
     .flags = PILLION_COLLECTOR_OFF,
     .default_every = 5 * kMinute},
    {.name = "sequences",
     .help = "How much of each sequence of the database is used up; opens each of them.",
     .flags = PILLION_COLLECTOR_OFF,
     .default_every = 5 * kMinute},
    {.name = "bloat",
     .help = "Estimated waste in the large tables of the database; reads their statistics.",
     .flags = PILLION_COLLECTOR_OFF,
     .default_every = 60 * kMinute},
    {.name = "database", .help = "Size and connection limit of each database."},
    {.name = "buffercache_summary",
     .help = "What the buffer cache holds; needs the extension pg_buffercache 1.4, from 16 on.",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "stat_statements",
     .help = "The statements that took most time, and the sum of the others; needs the extension "
             "pg_stat_statements. The server sorts all statements that it knows.",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "exporter", .help = "The exporter's own polls; asks the server for nothing."},
};
static_assert(std::size(kCollectorRows) == kCollectorCount);

enum CollectorNeeds : uint32_t {
  kNeedsNothing = 0,
  // Without pg_read_all_stats the view answers, but leaves out other users' rows or columns.
  kNeedsReadAllStats = 1u << 0,
  // The result grows with the number of databases, sessions, roles or tables: it is read row by
  // row, so that it never stands in memory whole, unless it was small the last time.
  kRowByRow = 1u << 1,
  // The query has two parameters: the included and the excluded databases, both text[].
  kTakesDatabases = 1u << 2,
  // It has two more: how many rows are wanted, and how much of a statement's text; both integers.
  kTakesTop = 1u << 3,
  // A NULL is what the role may not see: it is told, with what grants it.
  kNullIsHidden = 1u << 4,
  // It reads what is in the session's database alone: with `databases` it is asked in each of them.
  kPerDatabase = 1u << 5,
};

// What a result's rows are.
enum class RowsShape : uint8_t {
  kFamilies,  // columns feed families, by their names (columns.hpp)
  kSettings,  // one row of arrays (rows.hpp)
  kTop,       // as kFamilies, the largest rows only (top_reader.hpp)
};

struct CollectorTraits {
  std::string_view prefix;  // of its families: a value column is named by what follows
  uint32_t needs = kNeedsNothing;
  RowsShape shape = RowsShape::kFamilies;
  std::string_view extension = {};        // that it reads
  std::string_view grant = "pg_monitor";  // the predefined role that gives what it needs
};

inline constexpr CollectorTraits kTraits[] = {
    {"pg_"},
    {"pg_postmaster_"},
    {"pg_stat_bgwriter_"},
    {"pg_stat_checkpointer_"},
    {"pg_stat_archiver_"},
    {"pg_replication_"},
    {"pg_replication_slots_"},
    {"pg_stat_replication_", kNeedsReadAllStats},
    {"pg_stat_wal_receiver_", kNeedsReadAllStats},
    {"pg_stat_database_", kRowByRow},
    {"pg_stat_database_conflicts_", kRowByRow},
    {"pg_database_wraparound_", kRowByRow},
    {"pg_roles_", kRowByRow},
    {"pg_locks_", kRowByRow},
    {"pg_stat_activity_", kNeedsReadAllStats | kRowByRow},
    {"pg_", kNeedsReadAllStats},
    {"pg_stat_activity_autovacuum_", kNeedsReadAllStats},
    {"pg_stat_progress_vacuum_", kNeedsReadAllStats},
    {"pg_process_idle_", kNeedsReadAllStats | kRowByRow},
    {"pg_", kNeedsReadAllStats},
    {"pg_"},
    {"pg_stat_ssl_", kNeedsReadAllStats},
    {"pg_stat_io_"},
    {"pg_stat_wal_"},
    {"pg_stat_subscription_", kNeedsReadAllStats},
    {"pg_stat_progress_", kNeedsReadAllStats},
    {"pg_extension_", kPerDatabase},
    {"pg_temp_"},
    {"pg_wal_"},
    {"pg_settings_", kNeedsNothing, RowsShape::kSettings},
    {"pg_stat_user_tables_", kPerDatabase | kRowByRow},
    {"pg_statio_user_tables_", kPerDatabase | kRowByRow},
    {"pg_statio_user_indexes_", kPerDatabase | kRowByRow},
    {"pg_stat_user_indexes_", kPerDatabase | kRowByRow},
    {"pg_index_", kPerDatabase | kRowByRow},
    {"pg_table_wraparound_", kPerDatabase | kRowByRow},
    {"pg_sequence_",
     kPerDatabase | kRowByRow | kNullIsHidden,
     RowsShape::kFamilies,
     {},
     "pg_read_all_data"},
    {"pg_bloat_",
     kPerDatabase | kRowByRow | kNullIsHidden,
     RowsShape::kFamilies,
     {},
     "pg_read_all_data"},
    {"pg_database_", kTakesDatabases | kRowByRow | kNullIsHidden},
    {"pg_buffercache_summary_", kNeedsNothing, RowsShape::kFamilies, "pg_buffercache"},
    {"pg_stat_statements_", kNeedsReadAllStats | kTakesDatabases | kTakesTop, RowsShape::kTop,
     "pg_stat_statements"},
    {"pg_exporter_"},
};
static_assert(std::size(kTraits) == kCollectorCount);

// What is read but by kTop's reader may be told to be as it was (rows.hpp).
inline constexpr auto kCollectors = [] {
  auto collectors = std::to_array(kCollectorRows);
  for (size_t i = 0; i < collectors.size(); ++i) {
    if (kTraits[i].shape != RowsShape::kTop) collectors[i].flags |= PILLION_COLLECTOR_REMEMBERED;
  }
  return collectors;
}();

}  // namespace pillion::postgres
