// Queries about the server as a whole, replication and WAL. The rules are in queries.hpp.
#pragma once

#include "queries.hpp"

namespace pillion::postgres {

// The server's WAL position, whichever role it plays. CASE keeps pg_current_wal_lsn(), which
// fails in recovery, from being called there.
#define PILLION_PG_WAL_POSITION \
  "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END"

inline constexpr Query kServerQueries[] = {
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

    {kStatCheckpointer, 17, 17, 0,
     R"(SELECT num_timed AS num_timed_total, num_requested AS num_requested_total,
    restartpoints_timed AS restartpoints_timed_total, restartpoints_req AS restartpoints_req_total,
    restartpoints_done AS restartpoints_done_total, write_time AS write_time_total,
    sync_time AS sync_time_total, buffers_written AS buffers_written_total,
    stats_reset AS stats_reset_total
  FROM pg_stat_checkpointer)"},
    {kStatCheckpointer, 18, kAnyLater, 0,
     R"(SELECT num_timed AS num_timed_total, num_requested AS num_requested_total,
    num_done AS num_done_total, restartpoints_timed AS restartpoints_timed_total,
    restartpoints_req AS restartpoints_req_total, restartpoints_done AS restartpoints_done_total,
    write_time AS write_time_total, sync_time AS sync_time_total,
    buffers_written AS buffers_written_total, slru_written AS slru_written_total,
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
    CASE WHEN NOT replica OR caught_up AND streams THEN 0 ELSE age END AS lag_seconds,
    CASE WHEN replica THEN streams END AS receiver_active,
    CASE WHEN replica THEN (SELECT last_msg_receipt_time FROM pg_stat_wal_receiver) END
      AS receiver_last_message_timestamp_seconds
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
     " here AS pg_current_wal_lsn_bytes, (here - r.replay_lsn)::float8 AS pg_wal_lsn_diff,"
     " extract(epoch FROM r.write_lag)::float8 AS write_lag_seconds,"
     " extract(epoch FROM r.flush_lag)::float8 AS flush_lag_seconds,"
     " extract(epoch FROM r.replay_lag)::float8 AS replay_lag_seconds,"
     " (here - r.sent_lsn)::float8 AS sent_lag_bytes,"
     " (here - r.write_lsn)::float8 AS write_lag_bytes,"
     " (here - r.flush_lsn)::float8 AS flush_lag_bytes,"
     " r.reply_time AS last_reply_timestamp_seconds"
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

    {kWal, kOldestMajor, kAnyLater, 0,
     R"(SELECT count(*) AS segments, coalesce(sum(size), 0)::float8 AS size_bytes
  FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$')"},

    // What this session has set for itself is not what the server is configured with. One row of
    // arrays, which costs us and the server less than hundreds of rows. The view is by far the
    // dearest thing that is read with each scrape, so it is read only if something may have
    // changed: the files were loaded, the replica was promoted, the role may see more. What changes
    // in no way that we know of shows after five minutes. $1: the state that we know.
    {kSettings, kOldestMajor, kAnyLater, 0,
     R"(SELECT names, units, settings, state
  FROM (SELECT concat_ws(' ', pg_conf_load_time(), pg_is_in_recovery(),
      current_setting('is_superuser'), current_setting('data_checksums'),
      pg_has_role('pg_read_all_settings', 'USAGE'),
      floor(extract(epoch FROM now()) / 300)) AS state OFFSET 0) present,
  LATERAL (SELECT array_agg(name) AS names, array_agg(coalesce(unit, '')) AS units, array_agg(
      CASE WHEN source = 'session' OR name = 'transaction_read_only' AND NOT pg_is_in_recovery()
        THEN reset_val ELSE setting END) AS settings
    FROM pg_settings WHERE vartype IN ('bool', 'integer', 'real')
      AND present.state IS DISTINCT FROM $1::text) parameters)"},
};

}  // namespace pillion::postgres
