// Queries about what the peer exporter does not show: I/O, WAL, progress, what is left, what waits.
// The rules are in queries.hpp.
#pragma once

#include "queries.hpp"

namespace pillion::postgres {

#define PILLION_PG_STAT_IO(object, read_bytes, write_bytes, extend_bytes)                   \
  "SELECT backend_type, " object " AS object, context, reads AS reads_total, " read_bytes   \
  " AS read_bytes_total,"                                                                   \
  " read_time / 1000 AS read_seconds_total, writes AS writes_total, " write_bytes           \
  " AS write_bytes_total, write_time / 1000 AS write_seconds_total,"                        \
  " writebacks AS writebacks_total, writeback_time / 1000 AS writeback_seconds_total,"      \
  " extends AS extends_total, " extend_bytes                                                \
  " AS extend_bytes_total, extend_time / 1000 AS extend_seconds_total, hits AS hits_total," \
  " evictions AS evictions_total, reuses AS reuses_total, fsyncs AS fsyncs_total,"          \
  " fsync_time / 1000 AS fsync_seconds_total FROM pg_stat_io"

// The progress of commands; each command fills the columns that begin with its name.
#define PILLION_PG_PROGRESS(more)                                                                 \
  "SELECT p.pid, d.datname, coalesce(CASE WHEN c.oid IS NOT NULL THEN"                            \
  " c.relnamespace::regnamespace || '.' || c.relname END, nullif(p.relid, 0)::text) AS relname,"  \
  " p.command, p.phase, 1 AS phase, p.blocks_done, p.blocks, p.tuples_done, p.tuples"             \
  " FROM (SELECT pid, datid, relid, lower(command) AS command, phase, blocks_done,"               \
  " blocks_total AS blocks, tuples_done, tuples_total AS tuples"                                  \
  " FROM pg_stat_progress_create_index"                                                           \
  " UNION ALL SELECT pid, datid, relid, lower(command), phase, heap_blks_scanned,"                \
  " heap_blks_total, heap_tuples_written, heap_tuples_scanned FROM pg_stat_progress_cluster" more \
  ") p LEFT JOIN pg_database d ON d.oid = p.datid"                                                \
  " LEFT JOIN pg_class c ON c.oid = p.relid AND d.datname = current_database()"
#define PILLION_PG_PROGRESS_13                                                    \
  " UNION ALL SELECT pid, datid, relid, 'analyze', phase, sample_blks_scanned,"   \
  " sample_blks_total, NULL, NULL FROM pg_stat_progress_analyze"                  \
  " UNION ALL SELECT pid, NULL, 0, 'base backup', phase, backup_streamed / 8192," \
  " backup_total / 8192, NULL, NULL FROM pg_stat_progress_basebackup"
#define PILLION_PG_PROGRESS_14                                                         \
  " UNION ALL SELECT pid, datid, relid, lower(command), type, bytes_processed / 8192," \
  " nullif(bytes_total, 0) / 8192, tuples_processed, NULL FROM pg_stat_progress_copy"

// `since`: when a session began to wait for a lock. The locks of at most 50 waiting sessions are
// looked at for who blocks them, for that stops all locking for a moment.
#define PILLION_PG_CONNECTIONS(reserved, since)                                              \
  "SELECT slots AS connections_max, used AS connections_used, kept AS connections_reserved," \
  " greatest(slots - kept - used, 0) AS connections_left, blocked AS blocked_sessions,"      \
  " (SELECT count(DISTINCT b) FROM (SELECT pid FROM pg_stat_activity"                        \
  " WHERE wait_event_type = 'Lock' LIMIT 50) w, unnest(pg_blocking_pids(w.pid)) b)"          \
  " AS blocking_sessions" since                                                              \
  " FROM (SELECT current_setting('max_connections')::int AS slots, " reserved                \
  " AS kept, count(*) FILTER (WHERE backend_type = 'client backend') AS used,"               \
  " count(*) FILTER (WHERE wait_event_type = 'Lock') AS blocked FROM pg_stat_activity) s"
#define PILLION_PG_RESERVED "current_setting('superuser_reserved_connections')::int"
#define PILLION_PG_WAITING                                                                \
  ", (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(waitstart)), 0)::float8" \
  " FROM pg_locks WHERE NOT granted) AS blocked_sessions_longest_wait_seconds"

inline constexpr Query kStateQueries[] = {
    {kStatIo, 16, 17, 3,
     PILLION_PG_STAT_IO("object", "reads * op_bytes", "writes * op_bytes", "extends * op_bytes")},
    {kStatIo, 18, kAnyLater, 3,
     PILLION_PG_STAT_IO("object", "read_bytes::float8", "write_bytes::float8",
                        "extend_bytes::float8")},

    {kStatWal, 14, 17, 0,
     R"(SELECT wal_records AS records_total, wal_fpi AS full_page_images_total,
    wal_bytes::float8 AS bytes_total, wal_buffers_full AS buffers_full_total,
    wal_write AS writes_total, wal_sync AS syncs_total,
    wal_write_time / 1000 AS write_seconds_total, wal_sync_time / 1000 AS sync_seconds_total
  FROM pg_stat_wal)"},
    // What was moved to pg_stat_io; there `init` is the making of new files.
    {kStatWal, 18, kAnyLater, 0,
     R"(SELECT wal_records AS records_total, wal_fpi AS full_page_images_total,
    wal_bytes::float8 AS bytes_total, wal_buffers_full AS buffers_full_total, io.*
  FROM pg_stat_wal, (SELECT sum(writes)::float8 AS writes_total, sum(fsyncs)::float8 AS syncs_total,
      sum(write_time) / 1000 AS write_seconds_total, sum(fsync_time) / 1000 AS sync_seconds_total
    FROM pg_stat_io WHERE object = 'wal' AND context = 'normal') io)"},

    {kConnections, kOldestMajor, 13, 0, PILLION_PG_CONNECTIONS(PILLION_PG_RESERVED, "")},
    {kConnections, 14, 15, 0, PILLION_PG_CONNECTIONS(PILLION_PG_RESERVED, PILLION_PG_WAITING)},
    {kConnections, 16, kAnyLater, 0,
     PILLION_PG_CONNECTIONS(PILLION_PG_RESERVED " + current_setting('reserved_connections')::int",
                            PILLION_PG_WAITING)},

    // The next transaction's number, as seen by a snapshot: asking for the present one would use
    // one up.
    {kTransactions, kOldestMajor, 12, 0,
     R"(SELECT txid_snapshot_xmax(txid_current_snapshot()) AS txid_current,
    (SELECT count(*) FROM pg_prepared_xacts) AS prepared_transactions,
    (SELECT min(prepared) FROM pg_prepared_xacts)
      AS prepared_transactions_oldest_timestamp_seconds)"},
    {kTransactions, 13, kAnyLater, 0,
     R"(SELECT pg_snapshot_xmax(pg_current_snapshot())::text::int8 AS txid_current,
    (SELECT count(*) FROM pg_prepared_xacts) AS prepared_transactions,
    (SELECT min(prepared) FROM pg_prepared_xacts)
      AS prepared_transactions_oldest_timestamp_seconds)"},

    {kStatSsl, kOldestMajor, kAnyLater, 3,
     R"(SELECT CASE WHEN s.ssl THEN 'true' ELSE 'false' END AS ssl, s.version, s.cipher,
    count(*) AS sessions
  FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
  WHERE a.client_addr IS NOT NULL GROUP BY 1, 2, 3)"},

    // 12 knows no max(pg_lsn).
    {kStatSubscription, kOldestMajor, 14, 1,
     R"(SELECT s.subname, count(s.pid) AS workers, max(s.received_lsn - '0/0')::float8 AS received_lsn_bytes,
    max(s.latest_end_lsn - '0/0')::float8 AS latest_end_lsn_bytes,
    max(s.last_msg_send_time) AS last_message_send_timestamp_seconds,
    max(s.last_msg_receipt_time) AS last_message_receipt_timestamp_seconds,
    max(s.latest_end_time) AS latest_end_timestamp_seconds
  FROM pg_stat_subscription s GROUP BY 1)"},
    {kStatSubscription, 15, kAnyLater, 1,
     R"(SELECT s.subname, count(s.pid) AS workers, max(s.received_lsn) AS received_lsn_bytes,
    max(s.latest_end_lsn) AS latest_end_lsn_bytes,
    max(s.last_msg_send_time) AS last_message_send_timestamp_seconds,
    max(s.last_msg_receipt_time) AS last_message_receipt_timestamp_seconds,
    max(s.latest_end_time) AS latest_end_timestamp_seconds,
    max(e.apply_error_count) AS apply_errors_total, max(e.sync_error_count) AS sync_errors_total
  FROM pg_stat_subscription s LEFT JOIN pg_stat_subscription_stats e USING (subid) GROUP BY 1)"},

    {kStatProgress, kOldestMajor, 12, 5, PILLION_PG_PROGRESS("")},
    {kStatProgress, 13, 13, 5, PILLION_PG_PROGRESS(PILLION_PG_PROGRESS_13)},
    {kStatProgress, 14, kAnyLater, 5,
     PILLION_PG_PROGRESS(PILLION_PG_PROGRESS_13 PILLION_PG_PROGRESS_14)},

    {kTempFiles, kOldestMajor, kAnyLater, 1,
     R"(SELECT t.spcname, count(f.name) AS files, coalesce(sum(f.size), 0)::float8 AS files_size_bytes
  FROM pg_tablespace t LEFT JOIN LATERAL pg_ls_tmpdir(t.oid) f ON true
  WHERE t.spcname <> 'pg_global' GROUP BY 1)"},

    {kExtensions, kOldestMajor, kAnyLater, 3,
     R"(SELECT current_database() AS datname, extname, extversion AS version, 1 AS info
  FROM pg_extension)"},
};

}  // namespace pillion::postgres
