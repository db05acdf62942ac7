// Queries about databases and their sessions. The rules are in queries.hpp.
#pragma once

#include "queries.hpp"

namespace pillion::postgres {

#define PILLION_PG_STAT_DATABASE(more)                                                         \
  "SELECT datid, datname, numbackends, xact_commit, xact_rollback, blks_read, blks_hit,"       \
  " tup_returned, tup_fetched, tup_inserted, tup_updated, tup_deleted, conflicts, temp_files," \
  " temp_bytes, deadlocks, blk_read_time, blk_write_time, stats_reset,"                        \
  " checksum_failures AS checksum_failures_total,"                                             \
  " checksum_last_failure AS checksum_last_failure_timestamp_seconds" more                     \
  " FROM pg_stat_database"
#define PILLION_PG_STAT_DATABASE_14                                              \
  ", active_time / 1000 AS active_time_seconds_total,"                           \
  " session_time / 1000 AS session_time_seconds_total,"                          \
  " idle_in_transaction_time / 1000 AS idle_in_transaction_time_seconds_total,"  \
  " sessions AS sessions_total, sessions_abandoned AS sessions_abandoned_total," \
  " sessions_fatal AS sessions_fatal_total, sessions_killed AS sessions_killed_total"
#define PILLION_PG_STAT_DATABASE_18                                   \
  ", parallel_workers_to_launch AS parallel_workers_to_launch_total," \
  " parallel_workers_launched AS parallel_workers_launched_total"

inline constexpr Query kDatabaseQueries[] = {
    {kStatDatabase, kOldestMajor, 13, 2, PILLION_PG_STAT_DATABASE("")},
    {kStatDatabase, 14, 17, 2, PILLION_PG_STAT_DATABASE(PILLION_PG_STAT_DATABASE_14)},
    {kStatDatabase, 18, kAnyLater, 2,
     PILLION_PG_STAT_DATABASE(PILLION_PG_STAT_DATABASE_14 PILLION_PG_STAT_DATABASE_18)},

    {kStatDatabaseConflicts, kOldestMajor, 15, 2,
     R"(SELECT datid, datname, confl_tablespace, confl_lock, confl_snapshot, confl_bufferpin,
    confl_deadlock
  FROM pg_stat_database_conflicts)"},
    {kStatDatabaseConflicts, 16, kAnyLater, 2,
     R"(SELECT datid, datname, confl_tablespace, confl_lock, confl_snapshot, confl_bufferpin,
    confl_deadlock, confl_active_logicalslot
  FROM pg_stat_database_conflicts)"},

    {kDatabaseWraparound, kOldestMajor, kAnyLater, 1,
     R"(SELECT datname, age(datfrozenxid) AS age_datfrozenxid_seconds,
    mxid_age(datminmxid) AS age_datminmxid_seconds
  FROM pg_database WHERE datallowconn)"},

    {kRoles, kOldestMajor, kAnyLater, 1,
     "SELECT rolname, rolconnlimit AS connection_limit FROM pg_roles"},

    {kLocks, kOldestMajor, kAnyLater, 2,
     R"(SELECT d.datname, m.mode, coalesce(l.held, 0) AS count
  FROM pg_database d
  CROSS JOIN (VALUES ('accesssharelock'), ('rowsharelock'), ('rowexclusivelock'),
      ('shareupdateexclusivelock'), ('sharelock'), ('sharerowexclusivelock'), ('exclusivelock'),
      ('accessexclusivelock'), ('sireadlock')) m(mode)
  LEFT JOIN (SELECT database, lower(mode) AS mode, count(*) AS held FROM pg_locks GROUP BY 1, 2) l
    ON l.database = d.oid AND l.mode = m.mode)"},

    {kStatActivity, kOldestMajor, kAnyLater, 7,
     R"(SELECT d.datname, s.state, a.usename, a.application_name, a.backend_type,
    a.wait_event_type, a.wait_event, coalesce(a.sessions, 0) AS count,
    coalesce(a.oldest, 0) AS max_tx_duration
  FROM pg_database d
  CROSS JOIN (VALUES ('active'), ('idle'), ('idle in transaction'),
      ('idle in transaction (aborted)'), ('fastpath function call'), ('disabled')) s(state)
  LEFT JOIN (
    SELECT datid, state, usename, application_name, backend_type, wait_event_type, wait_event,
        count(*) AS sessions,
        extract(epoch FROM max(clock_timestamp() - xact_start))::float8 AS oldest
      FROM pg_stat_activity WHERE datid <> 0 GROUP BY 1, 2, 3, 4, 5, 6, 7) a
    ON a.datid = d.oid AND a.state = s.state)"},

    {kLongRunningTransactions, kOldestMajor, kAnyLater, 0,
     R"(SELECT count(*) AS long_running_transactions,
    coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)::float8
      AS long_running_transactions_oldest_timestamp_seconds
  FROM pg_stat_activity
  WHERE state IS DISTINCT FROM 'idle' AND backend_type IS DISTINCT FROM 'autovacuum worker'
    AND xact_start IS NOT NULL AND pid <> pg_backend_pid())"},

    {kStatActivityAutovacuum, kOldestMajor, kAnyLater, 1,
     R"(SELECT split_part(split_part(query, '.', 2), ' ', 1) AS relname,
    min(xact_start) AS timestamp_seconds
  FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND xact_start IS NOT NULL
  GROUP BY 1)"},

#define PILLION_PG_PROGRESS_VACUUM(max_dead, num_dead, more)                                   \
  "SELECT v.datname, coalesce(CASE c.relnamespace WHEN 'public'::regnamespace THEN c.relname " \
  "ELSE c.relnamespace::regnamespace || '.' || c.relname END, v.relid::text) AS relname, "     \
  "p.phase, p.phase = v.phase AS phase, "                                                      \
  "CASE WHEN p.phase = v.phase THEN v.heap_blks_total END AS heap_blks, "                      \
  "CASE WHEN p.phase = v.phase THEN v.heap_blks_scanned END AS heap_blks_scanned, "            \
  "CASE WHEN p.phase = v.phase THEN v.heap_blks_vacuumed END AS heap_blks_vacuumed, "          \
  "CASE WHEN p.phase = v.phase THEN v.index_vacuum_count END AS index_vacuums, "               \
  "CASE WHEN p.phase = v.phase THEN v." max_dead                                               \
  " END AS max_dead_tuples, "                                                                  \
  "CASE WHEN p.phase = v.phase THEN v." num_dead " END AS num_dead_tuples " more               \
  "FROM pg_stat_progress_vacuum v CROSS JOIN (VALUES ('initializing'), ('scanning heap'), "    \
  "('vacuuming indexes'), ('vacuuming heap'), ('cleaning up indexes'), ('truncating heap'), "  \
  "('performing final cleanup')) p(phase) "                                                    \
  "LEFT JOIN pg_class c ON c.oid = v.relid AND v.datname = current_database()"
    {kStatProgressVacuum, kOldestMajor, 16, 3,
     PILLION_PG_PROGRESS_VACUUM("max_dead_tuples", "num_dead_tuples", "")},
    // Under the old names bytes, both, as the peer has it: what share is taken stays right.
    {kStatProgressVacuum, 17, kAnyLater, 3,
     PILLION_PG_PROGRESS_VACUUM(
         "max_dead_tuple_bytes", "dead_tuple_bytes",
         ", CASE WHEN p.phase = v.phase THEN v.num_dead_item_ids END AS num_dead_item_ids,"
         " CASE WHEN p.phase = v.phase THEN v.indexes_total END AS indexes,"
         " CASE WHEN p.phase = v.phase THEN v.indexes_processed END AS indexes_processed ")},

    {kProcessIdle, kOldestMajor, kAnyLater, 2,
     R"(SELECT state, application_name, bounds AS seconds,
    ARRAY(SELECT (count(*) FILTER (WHERE a <= b))::float8 FROM unnest(bounds) b, unnest(ages) a
      GROUP BY b ORDER BY b) AS seconds_bucket,
    (SELECT sum(a) FROM unnest(ages) a) AS seconds_sum, cardinality(ages) AS seconds_count
  FROM (SELECT state, application_name, '{1,2,5,15,30,60,90,120,300}'::float8[] AS bounds,
      array_agg(extract(epoch FROM greatest(clock_timestamp() - state_change, '0'))::float8) AS ages
    FROM pg_stat_activity WHERE state LIKE 'idle%' GROUP BY 1, 2) s)"},

    // A database that vanishes meanwhile has the size NULL, as has one that we may not look at.
    {kDatabase, kOldestMajor, kAnyLater, 1,
     R"(SELECT datname, datconnlimit AS connection_limit,
    CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
      THEN pg_database_size(oid) END AS size_bytes
  FROM pg_database
  WHERE (cardinality($1::text[]) = 0 OR datname LIKE ANY ($1)) AND datname NOT LIKE ALL ($2::text[]))"},
};

}  // namespace pillion::postgres
