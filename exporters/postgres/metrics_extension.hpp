// Families of extensions. Names and types are those of the peer exporter where it has them.
#pragma once

#include <pillion/tables.hpp>

#include "collectors.hpp"

namespace pillion::postgres {

inline constexpr std::string_view kStatementLabels = "user,datname,queryid";

constexpr Metric StatementCounter(std::string_view name, std::string_view help,
                                  std::string_view since = {}) {
  return {.name = name,
          .type = MetricType::kCounter,
          .help = help,
          .labels = kStatementLabels,
          .collector = kStatStatements,
          .since = since};
}

constexpr Metric Buffercache(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .collector = kBuffercacheSummary, .since = "16"};
}

inline constexpr Metric kExtensionMetrics[] = {
    StatementCounter("pg_stat_statements_calls_total", "Executions (pg_stat_statements.calls)."),
    StatementCounter("pg_stat_statements_seconds_total",
                     "Seconds spent executing (pg_stat_statements.total_exec_time)."),
    StatementCounter("pg_stat_statements_rows_total",
                     "Rows retrieved or affected (pg_stat_statements.rows)."),
    StatementCounter("pg_stat_statements_block_read_seconds_total",
                     "Seconds spent reading blocks, 0 without track_io_timing "
                     "(pg_stat_statements.blk_read_time; from 17 shared_blk_read_time)."),
    StatementCounter("pg_stat_statements_block_write_seconds_total",
                     "Seconds spent writing blocks, 0 without track_io_timing "
                     "(pg_stat_statements.blk_write_time; from 17 shared_blk_write_time)."),
    {.name = "pg_stat_statements_query_id",
     .type = MetricType::kCounter,
     .help = "Always 1; the label holds the beginning of the statement's text "
             "(pg_stat_statements.query), only with statement_text.",
     .labels = "queryid,query",
     .collector = kStatStatements},
    {.name = "pg_stat_statements_max_seconds",
     .help = "Seconds of the longest execution (pg_stat_statements.max_exec_time).",
     .labels = kStatementLabels,
     .collector = kStatStatements},
    StatementCounter("pg_stat_statements_shared_blocks_hit_total",
                     "Blocks found in the buffer cache (pg_stat_statements.shared_blks_hit)."),
    StatementCounter("pg_stat_statements_shared_blocks_read_total",
                     "Blocks read from outside the buffer cache "
                     "(pg_stat_statements.shared_blks_read)."),
    StatementCounter("pg_stat_statements_temp_blocks_read_total",
                     "Blocks of temporary files read (pg_stat_statements.temp_blks_read)."),
    StatementCounter("pg_stat_statements_temp_blocks_written_total",
                     "Blocks of temporary files written (pg_stat_statements.temp_blks_written)."),
    StatementCounter("pg_stat_statements_plans_total",
                     "Plans made, 0 without pg_stat_statements.track_planning "
                     "(pg_stat_statements.plans).",
                     "13"),
    StatementCounter("pg_stat_statements_plan_seconds_total",
                     "Seconds spent planning, 0 without pg_stat_statements.track_planning "
                     "(pg_stat_statements.total_plan_time).",
                     "13"),
    StatementCounter("pg_stat_statements_wal_bytes_total",
                     "Bytes of WAL generated (pg_stat_statements.wal_bytes).", "13"),

    Buffercache("pg_buffercache_summary_buffers_used",
                "Buffers that hold a block (pg_buffercache_summary())."),
    Buffercache("pg_buffercache_summary_buffers_unused",
                "Buffers that hold nothing (pg_buffercache_summary())."),
    Buffercache("pg_buffercache_summary_buffers_dirty",
                "Buffers that must be written (pg_buffercache_summary())."),
    Buffercache("pg_buffercache_summary_buffers_pinned",
                "Buffers in use at this moment (pg_buffercache_summary())."),
    Buffercache("pg_buffercache_summary_usagecount_avg",
                "Average usage count of the used buffers (pg_buffercache_summary())."),
};

}  // namespace pillion::postgres
