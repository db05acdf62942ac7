#include "queries.hpp"

#include <iterator>

namespace pillion::postgres {
namespace {

// The server's WAL position, whichever role it plays. CASE keeps pg_current_wal_lsn(), which
// fails in recovery, from being called there.
#define PILLION_PG_WAL_POSITION \
  "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END"

constexpr Query kQueries[] = {
    {kStatic, kOldestMajor, kAnyLater, 2,
     R"(SELECT version() AS version, concat_ws('.', n / 10000, n % 10000, 0) AS short_version,
    1 AS static
  FROM (SELECT current_setting('server_version_num')::int AS n) s)"},

    {kPostmaster, kOldestMajor, kAnyLater, 0,
     "SELECT pg_postmaster_start_time() AS start_time_seconds"},

    {kStatBgwriter, kOldestMajor, 16, 0,
     R"(SELECT checkpoints_timed AS checkpoints_timed_total, checkpoints_req AS checkpoints_req_total,
    checkpoint_write_time AS checkpoint_write_time_total,
    checkpoint_sync_time AS checkpoint_sync_time_total,
    buffers_checkpoint AS buffers_checkpoint_total, buffers_clean AS buffers_clean_total,
    maxwritten_clean AS maxwritten_clean_total, buffers_backend AS buffers_backend_total,
    buffers_backend_fsync AS buffers_backend_fsync_total, buffers_alloc AS buffers_alloc_total,
    stats_reset AS stats_reset_total
  FROM pg_stat_bgwriter)"},
    {kStatBgwriter, 17, kAnyLater, 0,
     R"(SELECT buffers_clean AS buffers_clean_total, maxwritten_clean AS maxwritten_clean_total,
    buffers_alloc AS buffers_alloc_total, stats_reset AS stats_reset_total
  FROM pg_stat_bgwriter)"},

    {kStatCheckpointer, 17, kAnyLater, 0,
     R"(SELECT num_timed AS num_timed_total, num_requested AS num_requested_total,
    restartpoints_timed AS restartpoints_timed_total, restartpoints_req AS restartpoints_req_total,
    restartpoints_done AS restartpoints_done_total, write_time AS write_time_total,
    sync_time AS sync_time_total, buffers_written AS buffers_written_total,
    stats_reset AS stats_reset_total
  FROM pg_stat_checkpointer)"},

    {kStatArchiver, kOldestMajor, kAnyLater, 0,
     R"(SELECT archived_count, failed_count,
    extract(epoch FROM now() - last_archived_time)::float8 AS last_archive_age
  FROM pg_stat_archiver)"},

    // All that was received being replayed says "no lag" only while something is received. The
    // clocks of two servers may make an age negative; NULL, nothing replayed yet, stays NULL.
    {kReplication, kOldestMajor, kAnyLater, 0,
     R"(SELECT replica AS is_replica, CASE WHEN replica THEN age ELSE 0 END AS last_replay_seconds,
    CASE WHEN NOT replica OR caught_up AND streams THEN 0 ELSE age END AS lag_seconds
  FROM (SELECT pg_is_in_recovery() AS replica,
      pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AS caught_up,
      EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL) AS streams,
      CASE WHEN now() < replayed THEN 0
        ELSE extract(epoch FROM now() - replayed)::float8 END AS age
    FROM pg_last_xact_replay_timestamp() AS replayed) s)"},

    {kReplicationSlots, kOldestMajor, 12, 3,
     "SELECT slot_name, database, slot_type, active, active AS slot_is_active,"
     " (here - restart_lsn)::float8 AS pg_wal_lsn_diff, here AS slot_current_wal_lsn,"
     " CASE WHEN active THEN coalesce(confirmed_flush_lsn, '0/0') END AS"
     " slot_confirmed_flush_lsn"
     " FROM pg_replication_slots, (SELECT " PILLION_PG_WAL_POSITION " AS here) s"},
    {kReplicationSlots, 13, kAnyLater, 4,
     "SELECT slot_name, database, slot_type, wal_status, active, active AS slot_is_active,"
     " (here - restart_lsn)::float8 AS pg_wal_lsn_diff, here AS slot_current_wal_lsn,"
     " CASE WHEN active THEN coalesce(confirmed_flush_lsn, '0/0') END AS"
     " slot_confirmed_flush_lsn, safe_wal_size AS safe_wal_size_bytes,"
     " CASE WHEN wal_status IS NOT NULL THEN 1 END AS wal_status"
     " FROM pg_replication_slots, (SELECT " PILLION_PG_WAL_POSITION " AS here) s"},

    {kStatReplication, kOldestMajor, kAnyLater, 5,
     "SELECT r.application_name, host(r.client_addr) AS client_addr, r.state, s.slot_name, r.pid,"
     " here AS pg_current_wal_lsn_bytes, (here - r.replay_lsn)::float8 AS pg_wal_lsn_diff"
     " FROM pg_stat_replication r LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid,"
     " (SELECT " PILLION_PG_WAL_POSITION " AS here) p"},

    {kStatWalReceiver, kOldestMajor, 12, 3,
     R"(SELECT sender_host AS upstream_host, slot_name, status,
    ((receive_start_lsn - '0/0') % 4503599627370496)::float8 AS receive_start_lsn,
    receive_start_tli, ((received_lsn - '0/0') % 4503599627370496)::float8 AS flushed_lsn, received_tli,
    last_msg_send_time, last_msg_receipt_time,
    ((latest_end_lsn - '0/0') % 4503599627370496)::float8 AS latest_end_lsn, latest_end_time,
    substring(slot_name FROM '^repmgr_slot_([0-9]{1,9})$')::int AS upstream_node
  FROM pg_stat_wal_receiver)"},
    {kStatWalReceiver, 13, kAnyLater, 3,
     R"(SELECT sender_host AS upstream_host, slot_name, status,
    ((receive_start_lsn - '0/0') % 4503599627370496)::float8 AS receive_start_lsn,
    receive_start_tli, ((flushed_lsn - '0/0') % 4503599627370496)::float8 AS flushed_lsn,
    received_tli, last_msg_send_time, last_msg_receipt_time,
    ((latest_end_lsn - '0/0') % 4503599627370496)::float8 AS latest_end_lsn, latest_end_time,
    substring(slot_name FROM '^repmgr_slot_([0-9]{1,9})$')::int AS upstream_node
  FROM pg_stat_wal_receiver)"},

    {kStatDatabase, kOldestMajor, 13, 2,
     R"(SELECT datid, datname, numbackends, xact_commit, xact_rollback, blks_read, blks_hit,
    tup_returned, tup_fetched, tup_inserted, tup_updated, tup_deleted, conflicts, temp_files,
    temp_bytes, deadlocks, blk_read_time, blk_write_time, stats_reset
  FROM pg_stat_database)"},
    {kStatDatabase, 14, kAnyLater, 2,
     R"(SELECT datid, datname, numbackends, xact_commit, xact_rollback, blks_read, blks_hit,
    tup_returned, tup_fetched, tup_inserted, tup_updated, tup_deleted, conflicts, temp_files,
    temp_bytes, deadlocks, blk_read_time, blk_write_time, stats_reset,
    active_time / 1000 AS active_time_seconds_total
  FROM pg_stat_database)"},

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

#define PILLION_PG_PROGRESS_VACUUM(max_dead, num_dead)                                         \
  "SELECT v.datname, coalesce(CASE c.relnamespace WHEN 'public'::regnamespace THEN c.relname " \
  "ELSE c.relnamespace::regnamespace || '.' || c.relname END, v.relid::text) AS relname, "     \
  "p.phase, p.phase = v.phase AS phase, "                                                      \
  "CASE WHEN p.phase = v.phase THEN v.heap_blks_total END AS heap_blks, "                      \
  "CASE WHEN p.phase = v.phase THEN v.heap_blks_scanned END AS heap_blks_scanned, "            \
  "CASE WHEN p.phase = v.phase THEN v.heap_blks_vacuumed END AS heap_blks_vacuumed, "          \
  "CASE WHEN p.phase = v.phase THEN v.index_vacuum_count END AS index_vacuums, "               \
  "CASE WHEN p.phase = v.phase THEN v." max_dead                                               \
  " END AS max_dead_tuples, "                                                                  \
  "CASE WHEN p.phase = v.phase THEN v." num_dead                                               \
  " END AS num_dead_tuples "                                                                   \
  "FROM pg_stat_progress_vacuum v CROSS JOIN (VALUES ('initializing'), ('scanning heap'), "    \
  "('vacuuming indexes'), ('vacuuming heap'), ('cleaning up indexes'), ('truncating heap'), "  \
  "('performing final cleanup')) p(phase) "                                                    \
  "LEFT JOIN pg_class c ON c.oid = v.relid AND v.datname = current_database()"
    {kStatProgressVacuum, kOldestMajor, 16, 3,
     PILLION_PG_PROGRESS_VACUUM("max_dead_tuples", "num_dead_tuples")},
    {kStatProgressVacuum, 17, kAnyLater, 3,
     PILLION_PG_PROGRESS_VACUUM("max_dead_tuple_bytes", "num_dead_item_ids")},

    {kWal, kOldestMajor, kAnyLater, 0,
     R"(SELECT count(*) AS segments, coalesce(sum(size), 0)::float8 AS size_bytes
  FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$')"},

    // What this session has set for itself is not what the server is configured with. One row of
    // arrays, which costs us and the server less than hundreds of rows.
    {kSettings, kOldestMajor, kAnyLater, 0,
     R"(SELECT array_agg(name) AS names, array_agg(coalesce(unit, '')) AS units, array_agg(
    CASE WHEN source = 'session' OR name = 'transaction_read_only' AND NOT pg_is_in_recovery()
      THEN reset_val ELSE setting END) AS settings
  FROM pg_settings WHERE vartype IN ('bool', 'integer', 'real'))"},

    // The sizes lock the table and its indexes for a moment: not where someone holds, or waits
    // for, a lock that would keep us waiting.
    {kStatUserTables, kOldestMajor, kAnyLater, 3,
     R"(SELECT current_database() AS datname, t.schemaname, t.relname, t.seq_scan, t.seq_tup_read,
    coalesce(t.idx_scan, 0) AS idx_scan, coalesce(t.idx_tup_fetch, 0) AS idx_tup_fetch,
    t.n_tup_ins, t.n_tup_upd, t.n_tup_del, t.n_tup_hot_upd, t.n_live_tup, t.n_dead_tup,
    t.n_mod_since_analyze, coalesce(t.last_vacuum, 'epoch') AS last_vacuum,
    coalesce(t.last_autovacuum, 'epoch') AS last_autovacuum,
    coalesce(t.last_analyze, 'epoch') AS last_analyze,
    coalesce(t.last_autoanalyze, 'epoch') AS last_autoanalyze,
    t.vacuum_count, t.autovacuum_count, t.analyze_count, t.autoanalyze_count,
    CASE WHEN b.relid IS NULL THEN pg_indexes_size(t.relid) END AS index_size_bytes,
    CASE WHEN b.relid IS NULL THEN pg_table_size(t.relid) END AS table_size_bytes
  FROM pg_stat_user_tables t
  LEFT JOIN (
    SELECT DISTINCT coalesce(i.indrelid, l.relation) AS relid
      FROM pg_locks l LEFT JOIN pg_index i ON i.indexrelid = l.relation
      WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) b
    ON b.relid = t.relid)"},

    {kStatioUserTables, kOldestMajor, kAnyLater, 3,
     R"(SELECT current_database() AS datname, schemaname, relname,
    coalesce(heap_blks_read, 0) AS heap_blocks_read, coalesce(heap_blks_hit, 0) AS heap_blocks_hit,
    coalesce(idx_blks_read, 0) AS idx_blocks_read, coalesce(idx_blks_hit, 0) AS idx_blocks_hit,
    coalesce(toast_blks_read, 0) AS toast_blocks_read,
    coalesce(toast_blks_hit, 0) AS toast_blocks_hit,
    coalesce(tidx_blks_read, 0) AS tidx_blocks_read, coalesce(tidx_blks_hit, 0) AS tidx_blocks_hit
  FROM pg_statio_user_tables)"},

    {kStatioUserIndexes, kOldestMajor, kAnyLater, 3,
     R"(SELECT schemaname, relname, indexrelname, idx_blks_read AS idx_blks_read_total,
    idx_blks_hit AS idx_blks_hit_total
  FROM pg_statio_user_indexes)"},

    // A database that vanishes meanwhile has the size NULL, as has one that we may not look at.
    {kDatabase, kOldestMajor, kAnyLater, 1,
     R"(SELECT datname, datconnlimit AS connection_limit,
    CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
      THEN pg_database_size(oid) END AS size_bytes
  FROM pg_database
  WHERE (cardinality($1::text[]) = 0 OR datname = ANY ($1)) AND datname <> ALL ($2::text[]))"},
};

std::string Settings(std::string_view read_only, std::string_view is_local) {
  std::string sql;
  const auto set = [&](std::string_view name, std::string_view value) {
    sql.append(sql.empty() ? "SELECT" : ",").append(" pg_catalog.set_config('").append(name);
    sql.append("', ").append(value).append(", ").append(is_local).append(")");
  };
  set(read_only, "'on'");
  set("statement_timeout", "$1");
  set("lock_timeout", "$2");
  set("search_path", "'pg_catalog, pg_temp'");
  set("max_parallel_workers_per_gather", "'0'");
  set("jit", "'off'");
  return sql;
}

}  // namespace

const Query* SelectQuery(CollectorId collector, int major) {
  for (const Query& query : kQueries) {
    if (query.collector != collector) continue;
    if (query.first_major <= major && major <= query.last_major) return &query;
  }
  return nullptr;
}

std::string SessionSql(int major) {
  std::string sql = Settings("default_transaction_read_only", "false");
  // Our connection is idle between polls by design.
  if (major >= 14) sql += ", pg_catalog.set_config('idle_session_timeout', '0', false)";
  return sql + " WHERE pg_catalog.pg_backend_pid() = $3::pg_catalog.int4";
}

std::string TransactionSql() { return Settings("transaction_read_only", "true"); }

const char* const kPrivilegeSql = "SELECT pg_has_role('pg_read_all_stats', 'USAGE')";

}  // namespace pillion::postgres
