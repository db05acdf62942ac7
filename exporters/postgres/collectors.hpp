// The collectors of the postgres exporter: their names, their order and what each one needs.
//
// The order is the order in the pipeline: what is cheap and cannot hang comes first, what touches
// files or many rows last.
#pragma once

#include <pillion/tables.hpp>

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
  kWal,
  kSettings,
  kStatUserTables,
  kStatioUserTables,
  kStatioUserIndexes,
  kDatabase,
  kCollectorCount,
};

inline constexpr Collector kCollectors[] = {
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
    {.name = "wal", .help = "Files in pg_wal."},
    {.name = "settings", .help = "Server parameters that are numbers or switches."},
    {.name = "stat_user_tables", .help = "Activity and size of each table of the database."},
    {.name = "statio_user_tables", .help = "Block reads of each table of the database."},
    {.name = "statio_user_indexes",
     .help = "Block reads of each index of the database.",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "database", .help = "Size and connection limit of each database."},
};
static_assert(std::size(kCollectors) == kCollectorCount);

enum CollectorNeeds : uint32_t {
  kNeedsNothing = 0,
  // Without pg_read_all_stats the view answers, but leaves out other users' rows or columns.
  kNeedsReadAllStats = 1u << 0,
  // The result grows with the number of databases, sessions, roles or tables: it is read row by
  // row, so that it never stands in memory whole, unless it was small the last time.
  kRowByRow = 1u << 1,
  // The query has two parameters: the included and the excluded databases, both text[].
  kTakesDatabases = 1u << 2,
};

struct CollectorTraits {
  std::string_view prefix;  // of its families: a value column is named by what follows
  uint32_t needs = kNeedsNothing;
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
    {"pg_wal_"},
    {"pg_settings_"},
    {"pg_stat_user_tables_", kRowByRow},
    {"pg_statio_user_tables_", kRowByRow},
    {"pg_statio_user_indexes_", kRowByRow},
    {"pg_database_", kTakesDatabases | kRowByRow},
};
static_assert(std::size(kTraits) == kCollectorCount);

}  // namespace pillion::postgres
