#include "aliases.hpp"

namespace pillion::postgres {
namespace {

// Up to 0.11 the exporter came with a file of custom queries, whose names live on in dashboards.
constexpr uint32_t kUpTo011 = kProfile09 | kProfile011;
constexpr uint32_t kUpTo019 = kProfile015 | kProfile019;
constexpr auto kCounter = MetricType::kCounter;
constexpr auto kGauge = MetricType::kGauge;
constexpr auto kUnknown = MetricType::kUnknown;

constexpr std::string_view kDatabaseLabels = "datid,datname";
constexpr std::string_view kTableLabels = "datname,schemaname,relname";
constexpr std::string_view kStatementLabels = "rolname,datname,queryid";
constexpr std::string_view kSlotLabels = "slot_name,slot_type";

#define PILLION_PG_BGWRITER(name)                                                       \
  {                                                                                     \
    kUpTo011, "pg_stat_bgwriter_" name "_total", "pg_stat_bgwriter_" name, kCounter, {} \
  }
#define PILLION_PG_STATIO(now, then) \
  { kUpTo011, "pg_statio_user_tables_" now, "pg_statio_user_tables_" then, kCounter, kTableLabels }
#define PILLION_PG_STATEMENTS(now, then, type) \
  { kUpTo011, "pg_stat_statements_" now, "pg_stat_statements_" then, type, kStatementLabels }
#define PILLION_PG_SLOT(name, profiles) \
  { profiles, "pg_replication_slots_" name, "pg_replication_slot_" name, kGauge, kSlotLabels }
// 0.11 showed the columns of pg_stat_database as they are, in milliseconds and NaN for NULL.
#define PILLION_PG_DATABASE(now, then, scale)                                                      \
  {                                                                                                \
    kUpTo011, "pg_stat_database_" now, "pg_stat_database_" then, kUnknown, kDatabaseLabels, scale, \
        true                                                                                       \
  }

constexpr Alias kAliases[] = {
    PILLION_PG_BGWRITER("checkpoints_timed"),
    PILLION_PG_BGWRITER("checkpoints_req"),
    PILLION_PG_BGWRITER("checkpoint_write_time"),
    PILLION_PG_BGWRITER("checkpoint_sync_time"),
    PILLION_PG_BGWRITER("buffers_checkpoint"),
    PILLION_PG_BGWRITER("buffers_clean"),
    PILLION_PG_BGWRITER("maxwritten_clean"),
    PILLION_PG_BGWRITER("buffers_backend"),
    PILLION_PG_BGWRITER("buffers_backend_fsync"),
    PILLION_PG_BGWRITER("buffers_alloc"),

    {kUpTo011, "pg_replication_lag_seconds", "pg_replication_lag", kGauge, {}},
    {kUpTo011, "pg_database_size_bytes", "pg_database_size", kGauge, "datname"},

    PILLION_PG_DATABASE("active_time_seconds_total", "active_time", 1000),
    PILLION_PG_DATABASE("idle_in_transaction_time_seconds_total", "idle_in_transaction_time", 1000),
    PILLION_PG_DATABASE("session_time_seconds_total", "session_time", 1000),
    PILLION_PG_DATABASE("sessions_total", "sessions", 1),
    PILLION_PG_DATABASE("sessions_abandoned_total", "sessions_abandoned", 1),
    PILLION_PG_DATABASE("sessions_fatal_total", "sessions_fatal", 1),
    PILLION_PG_DATABASE("sessions_killed_total", "sessions_killed", 1),
    PILLION_PG_DATABASE("parallel_workers_to_launch_total", "parallel_workers_to_launch", 1),
    PILLION_PG_DATABASE("parallel_workers_launched_total", "parallel_workers_launched", 1),
    PILLION_PG_DATABASE("checksum_failures_total", "checksum_failures", 1),
    PILLION_PG_DATABASE("checksum_last_failure_timestamp_seconds", "checksum_last_failure", 1),
    {kUpTo011, "pg_stat_database_stats_reset", "pg_stat_database_stats_reset", kCounter,
     kDatabaseLabels, 1, true},
    {kUpTo011,
     "pg_stat_archiver_last_archive_age",
     "pg_stat_archiver_last_archive_age",
     kGauge,
     {},
     1,
     true},

    PILLION_PG_STATIO("heap_blocks_read", "heap_blks_read"),
    PILLION_PG_STATIO("heap_blocks_hit", "heap_blks_hit"),
    PILLION_PG_STATIO("idx_blocks_read", "idx_blks_read"),
    PILLION_PG_STATIO("idx_blocks_hit", "idx_blks_hit"),
    PILLION_PG_STATIO("toast_blocks_read", "toast_blks_read"),
    PILLION_PG_STATIO("toast_blocks_hit", "toast_blks_hit"),
    PILLION_PG_STATIO("tidx_blocks_read", "tidx_blks_read"),
    PILLION_PG_STATIO("tidx_blocks_hit", "tidx_blks_hit"),

    PILLION_PG_STATEMENTS("calls_total", "calls", kCounter),
    PILLION_PG_STATEMENTS("seconds_total", "total_time_seconds", kCounter),
    PILLION_PG_STATEMENTS("min_seconds", "min_time_seconds", kGauge),
    PILLION_PG_STATEMENTS("max_seconds", "max_time_seconds", kGauge),
    PILLION_PG_STATEMENTS("mean_seconds", "mean_time_seconds", kGauge),
    PILLION_PG_STATEMENTS("stddev_seconds", "stddev_time_seconds", kGauge),
    PILLION_PG_STATEMENTS("rows_total", "rows", kCounter),
    PILLION_PG_STATEMENTS("shared_blocks_hit_total", "shared_blks_hit", kCounter),
    PILLION_PG_STATEMENTS("shared_blocks_read_total", "shared_blks_read", kCounter),
    PILLION_PG_STATEMENTS("shared_blocks_dirtied_total", "shared_blks_dirtied", kCounter),
    PILLION_PG_STATEMENTS("shared_blocks_written_total", "shared_blks_written", kCounter),
    PILLION_PG_STATEMENTS("local_blocks_hit_total", "local_blks_hit", kCounter),
    PILLION_PG_STATEMENTS("local_blocks_read_total", "local_blks_read", kCounter),
    PILLION_PG_STATEMENTS("local_blocks_dirtied_total", "local_blks_dirtied", kCounter),
    PILLION_PG_STATEMENTS("local_blocks_written_total", "local_blks_written", kCounter),
    PILLION_PG_STATEMENTS("temp_blocks_read_total", "temp_blks_read", kCounter),
    PILLION_PG_STATEMENTS("temp_blocks_written_total", "temp_blks_written", kCounter),
    PILLION_PG_STATEMENTS("block_read_seconds_total", "blk_read_time_seconds", kCounter),
    PILLION_PG_STATEMENTS("block_write_seconds_total", "blk_write_time_seconds", kCounter),

    PILLION_PG_SLOT("slot_current_wal_lsn", kUpTo019),
    PILLION_PG_SLOT("slot_confirmed_flush_lsn", kUpTo019),
    PILLION_PG_SLOT("slot_is_active", kUpTo019),
    PILLION_PG_SLOT("safe_wal_size_bytes", kUpTo019),
    {kUpTo019, "pg_replication_slots_wal_status", "pg_replication_slot_wal_status", kGauge,
     "slot_name,slot_type,wal_status"},
};

}  // namespace

std::span<const Alias> Aliases() { return kAliases; }

Compat::Compat(const std::vector<std::string_view>& names) {
  const auto known = detail::SplitNames(kProfileNames);
  for (const std::string_view name : names) {
    for (size_t i = 0; i < known.size(); ++i) {
      if (ToView(known[i]) == name) profiles_ |= 1u << i;
    }
  }
  server_label_ = (profiles_ & kUpTo011) != 0;
}

std::vector<const Alias*> Compat::Of(std::string_view family) const {
  std::vector<const Alias*> active;
  if (profiles_ == 0) return active;
  for (const Alias& alias : kAliases) {
    if ((alias.profiles & profiles_) != 0 && alias.source == family) active.push_back(&alias);
  }
  return active;
}

}  // namespace pillion::postgres
