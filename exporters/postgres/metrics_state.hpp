// Families about what the peer exporter does not show: I/O, WAL, progress, what is left, what
// waits.
#pragma once

#include <pillion/tables.hpp>

#include "collectors.hpp"

namespace pillion::postgres {

inline constexpr std::string_view kIoLabels = "backend_type,object,context";
inline constexpr std::string_view kProgressLabels = "pid,datname,relname,command";
inline constexpr std::string_view kIndexLabels = "datname,schemaname,relname,indexrelname";
inline constexpr std::string_view kRelationLabels = "datname,schemaname,relname";

constexpr Metric Io(std::string_view name, std::string_view help) {
  return {.name = name,
          .type = MetricType::kCounter,
          .help = help,
          .labels = kIoLabels,
          .collector = kStatIo,
          .since = "16"};
}

constexpr Metric Wal(std::string_view name, std::string_view help) {
  return {.name = name,
          .type = MetricType::kCounter,
          .help = help,
          .collector = kStatWal,
          .since = "14"};
}

constexpr Metric Gauge(CollectorId collector, std::string_view name, std::string_view labels,
                       std::string_view help, std::string_view since = {}) {
  return {.name = name, .help = help, .labels = labels, .collector = collector, .since = since};
}

constexpr Metric Counter(CollectorId collector, std::string_view name, std::string_view labels,
                         std::string_view help, std::string_view since = {}) {
  return {.name = name,
          .type = MetricType::kCounter,
          .help = help,
          .labels = labels,
          .collector = collector,
          .since = since};
}

inline constexpr Metric kStateMetrics[] = {
    Io("pg_stat_io_reads_total", "Reads (pg_stat_io.reads)."),
    Io("pg_stat_io_read_bytes_total", "Bytes read (pg_stat_io.read_bytes, before 18 reads)."),
    Io("pg_stat_io_read_seconds_total",
       "Seconds spent reading, 0 without track_io_timing (pg_stat_io.read_time)."),
    Io("pg_stat_io_writes_total", "Writes (pg_stat_io.writes)."),
    Io("pg_stat_io_write_bytes_total", "Bytes written (pg_stat_io.write_bytes, before 18 writes)."),
    Io("pg_stat_io_write_seconds_total",
       "Seconds spent writing, 0 without track_io_timing (pg_stat_io.write_time)."),
    Io("pg_stat_io_writebacks_total",
       "Blocks that the kernel was asked to write out (pg_stat_io.writebacks)."),
    Io("pg_stat_io_writeback_seconds_total",
       "Seconds spent asking the kernel to write out, 0 without track_io_timing "
       "(pg_stat_io.writeback_time)."),
    Io("pg_stat_io_extends_total", "Extensions of relations (pg_stat_io.extends)."),
    Io("pg_stat_io_extend_bytes_total",
       "Bytes by which relations were extended (pg_stat_io.extend_bytes, before 18 extends)."),
    Io("pg_stat_io_extend_seconds_total",
       "Seconds spent extending, 0 without track_io_timing (pg_stat_io.extend_time)."),
    Io("pg_stat_io_hits_total", "Blocks found in the buffer cache (pg_stat_io.hits)."),
    Io("pg_stat_io_evictions_total",
       "Blocks written out of a buffer to make it free (pg_stat_io.evictions)."),
    Io("pg_stat_io_reuses_total", "Buffers of a ring used again (pg_stat_io.reuses)."),
    Io("pg_stat_io_fsyncs_total", "fsync calls (pg_stat_io.fsyncs)."),
    Io("pg_stat_io_fsync_seconds_total",
       "Seconds spent in fsync, 0 without track_io_timing (pg_stat_io.fsync_time)."),

    Wal("pg_stat_wal_records_total", "WAL records written (pg_stat_wal.wal_records)."),
    Wal("pg_stat_wal_full_page_images_total", "Full page images (pg_stat_wal.wal_fpi)."),
    Wal("pg_stat_wal_bytes_total", "Bytes of WAL generated (pg_stat_wal.wal_bytes)."),
    Wal("pg_stat_wal_buffers_full_total",
        "Writes because the WAL buffers were full (pg_stat_wal.wal_buffers_full)."),
    Wal("pg_stat_wal_writes_total",
        "Writes of WAL buffers (pg_stat_wal.wal_write; from 18 on pg_stat_io.writes)."),
    Wal("pg_stat_wal_syncs_total",
        "Syncs of WAL files (pg_stat_wal.wal_sync; from 18 on pg_stat_io.fsyncs)."),
    Wal("pg_stat_wal_write_seconds_total",
        "Seconds spent writing WAL, 0 without track_wal_io_timing (pg_stat_wal.wal_write_time; "
        "from 18 on pg_stat_io.write_time)."),
    Wal("pg_stat_wal_sync_seconds_total",
        "Seconds spent syncing WAL, 0 without track_wal_io_timing (pg_stat_wal.wal_sync_time; "
        "from 18 on pg_stat_io.fsync_time)."),

    Gauge(kConnections, "pg_connections_max", {},
          "Connection slots (pg_settings.max_connections)."),
    Gauge(kConnections, "pg_connections_used", {}, "Sessions of clients (pg_stat_activity)."),
    Gauge(kConnections, "pg_connections_reserved", {},
          "Slots for superusers and, from 16, pg_use_reserved_connections (pg_settings)."),
    Gauge(kConnections, "pg_connections_left", {},
          "Slots that anybody may still take (pg_settings, pg_stat_activity)."),
    Gauge(kConnections, "pg_blocked_sessions", {},
          "Sessions that wait for a lock (pg_stat_activity.wait_event_type)."),
    Gauge(kConnections, "pg_blocking_sessions", {},
          "Sessions that others wait for; looks at 50 of these at most (pg_blocking_pids())."),
    Gauge(kConnections, "pg_blocked_sessions_longest_wait_seconds", {},
          "Seconds of the longest wait for a lock, 0 for none (pg_locks.waitstart).", "14"),

    Gauge(kTransactions, "pg_txid_current", {},
          "The number that the next transaction gets (pg_snapshot_xmax())."),
    Gauge(kTransactions, "pg_prepared_transactions", {},
          "Transactions prepared for two-phase commit (pg_prepared_xacts)."),
    Gauge(kTransactions, "pg_prepared_transactions_oldest_timestamp_seconds", {},
          "Unix time at which the oldest of these was prepared (pg_prepared_xacts.prepared)."),

    Gauge(kStatSsl, "pg_stat_ssl_sessions", "ssl,version,cipher",
          "Sessions over the network, by encryption (pg_stat_ssl)."),

    Gauge(kStatSubscription, "pg_stat_subscription_workers", "subname",
          "Workers that run for the subscription (pg_stat_subscription.pid)."),
    Gauge(kStatSubscription, "pg_stat_subscription_received_lsn_bytes", "subname",
          "Last WAL position received (pg_stat_subscription.received_lsn)."),
    Gauge(kStatSubscription, "pg_stat_subscription_latest_end_lsn_bytes", "subname",
          "Last WAL position reported to the publisher (pg_stat_subscription.latest_end_lsn)."),
    Gauge(kStatSubscription, "pg_stat_subscription_last_message_send_timestamp_seconds", "subname",
          "Unix time at which the publisher sent its last message "
          "(pg_stat_subscription.last_msg_send_time)."),
    Gauge(kStatSubscription, "pg_stat_subscription_last_message_receipt_timestamp_seconds",
          "subname",
          "Unix time at which that arrived (pg_stat_subscription.last_msg_receipt_time)."),
    Gauge(kStatSubscription, "pg_stat_subscription_latest_end_timestamp_seconds", "subname",
          "Unix time of the last report to the publisher (pg_stat_subscription.latest_end_time)."),
    Counter(kStatSubscription, "pg_stat_subscription_apply_errors_total", "subname",
            "Errors while applying changes (pg_stat_subscription_stats.apply_error_count).", "15"),
    Counter(kStatSubscription, "pg_stat_subscription_sync_errors_total", "subname",
            "Errors while copying tables (pg_stat_subscription_stats.sync_error_count).", "15"),

    Gauge(kStatProgress, "pg_stat_progress_phase", "pid,datname,relname,command,phase",
          "1 for the phase that the command is in (pg_stat_progress_*.phase; of COPY its type)."),
    Gauge(kStatProgress, "pg_stat_progress_blocks", kProgressLabels,
          "Blocks to go through (pg_stat_progress_*; of COPY and base backups 8 KiB each); absent "
          "if not known."),
    Gauge(kStatProgress, "pg_stat_progress_blocks_done", kProgressLabels,
          "Blocks done in this phase (pg_stat_progress_*; of COPY and base backups 8 KiB each)."),
    Gauge(kStatProgress, "pg_stat_progress_tuples", kProgressLabels,
          "Rows to go through in this phase (pg_stat_progress_create_index, _cluster)."),
    Gauge(kStatProgress, "pg_stat_progress_tuples_done", kProgressLabels,
          "Rows done in this phase (pg_stat_progress_create_index, _cluster, _copy)."),

    Gauge(kTempFiles, "pg_temp_files", "spcname", "Temporary files there now (pg_ls_tmpdir())."),
    Gauge(kTempFiles, "pg_temp_files_size_bytes", "spcname",
          "Bytes of temporary files there now (pg_ls_tmpdir())."),

    Gauge(kExtensions, "pg_extension_info", "datname,extname,version",
          "Always 1; the labels say which version of an extension the database has "
          "(pg_extension)."),

    Counter(kStatUserIndexes, "pg_stat_user_indexes_idx_scans_total", kIndexLabels,
            "Scans begun (pg_stat_user_indexes.idx_scan)."),
    Counter(kStatUserIndexes, "pg_stat_user_indexes_idx_tup_read_total", kIndexLabels,
            "Entries that scans gave (pg_stat_user_indexes.idx_tup_read)."),
    Counter(kStatUserIndexes, "pg_stat_user_indexes_idx_tup_fetch_total", kIndexLabels,
            "Live rows that plain scans fetched (pg_stat_user_indexes.idx_tup_fetch)."),
    Gauge(kStatUserIndexes, "pg_stat_user_indexes_last_idx_scan_timestamp_seconds", kIndexLabels,
          "Unix time of the last scan, absent for never (pg_stat_user_indexes.last_idx_scan).",
          "16"),
    Gauge(kStatUserIndexes, "pg_stat_user_indexes_size_bytes", kIndexLabels,
          "Bytes of the index (pg_relation_size()); absent while it is locked exclusively."),
    Gauge(kInvalidIndexes, "pg_index_invalid", kIndexLabels,
          "1 for each index that is not valid, such as one whose building failed "
          "(pg_index.indisvalid)."),
    Gauge(kTableWraparound, "pg_table_wraparound_age_relfrozenxid_transactions", kRelationLabels,
          "Transactions since the oldest unfrozen one of the table (age(pg_class.relfrozenxid))."),
    Gauge(kTableWraparound, "pg_table_wraparound_age_relminmxid_multixacts", kRelationLabels,
          "Multixacts since the oldest one of the table (mxid_age(pg_class.relminmxid))."),
    Gauge(kSequences, "pg_sequence_used_ratio", "datname,schemaname,sequencename",
          "Part of the sequence's range that is used up, 0 to 1 (pg_sequences.last_value)."),
    Gauge(kBloat, "pg_bloat_table_size_bytes", kRelationLabels,
          "Bytes of the table's pages when it was last analyzed (pg_class.relpages)."),
    Gauge(kBloat, "pg_bloat_table_wasted_bytes", kRelationLabels,
          "Bytes more than its rows should need, estimated from pg_stats: good for a trend."),
};

}  // namespace pillion::postgres
