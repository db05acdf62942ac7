// Queries of extensions. The rules are in queries.hpp.
#pragma once

#include "queries.hpp"

namespace pillion::postgres {

// First the totals of all statements, with labels that are NULL; then one row per statement and
// who runs it where: those $3 that took most time. $4: characters of each statement's text, 0 for
// none; only for these the server reads its file of texts. `exec` and `blk` are parts of columns'
// names that changed with the extension, `more` are columns that came.
#define PILLION_PG_STATEMENTS(exec, blk, more)                                                    \
  "SELECT s.*, CASE WHEN query IS NOT NULL AND"                                                   \
  " row_number() OVER (PARTITION BY queryid ORDER BY seconds_total DESC) = 1 THEN 1 END AS "      \
  "query_id"                                                                                      \
  " FROM (SELECT pg_get_userbyid(userid) AS \"user\", pg_get_userbyid(userid) AS rolname,"        \
  " (SELECT datname FROM pg_database d WHERE d.oid = dbid) AS datname, queryid::text AS queryid," \
  " CASE WHEN $4::int > 0 AND queryid IS NOT NULL THEN left(max(query), $4::int) END AS query,"   \
  " sum(calls)::float8 AS calls_total, sum(rows)::float8 AS rows_total,"                          \
  " sum(shared_blks_hit)::float8 AS shared_blocks_hit_total,"                                     \
  " sum(shared_blks_read)::float8 AS shared_blocks_read_total,"                                   \
  " sum(shared_blks_dirtied)::float8 AS shared_blocks_dirtied_total,"                             \
  " sum(shared_blks_written)::float8 AS shared_blocks_written_total,"                             \
  " sum(local_blks_hit)::float8 AS local_blocks_hit_total,"                                       \
  " sum(local_blks_read)::float8 AS local_blocks_read_total,"                                     \
  " sum(local_blks_dirtied)::float8 AS local_blocks_dirtied_total,"                               \
  " sum(local_blks_written)::float8 AS local_blocks_written_total,"                               \
  " sum(temp_blks_read)::float8 AS temp_blocks_read_total,"                                       \
  " sum(temp_blks_written)::float8 AS temp_blocks_written_total,"                                 \
  " coalesce(sum(total_" exec                                                                     \
  "time), 0) / 1000 AS seconds_total,"                                                            \
  " min(min_" exec                                                                                \
  "time) / 1000 AS min_seconds,"                                                                  \
  " max(max_" exec                                                                                \
  "time) / 1000 AS max_seconds,"                                                                  \
  " sum(total_" exec                                                                              \
  "time) / greatest(sum(calls), 1)::float8 / 1000 AS mean_seconds,"                               \
  " max(stddev_" exec                                                                             \
  "time) / 1000 AS stddev_seconds,"                                                               \
  " sum(" blk                                                                                     \
  "read_time) / 1000 AS block_read_seconds_total,"                                                \
  " sum(" blk "write_time) / 1000 AS block_write_seconds_total" more                              \
  " FROM {schema}.pg_stat_statements($4::int > 0)"                                                \
  " WHERE queryid IS NOT NULL AND dbid IN (SELECT oid FROM pg_database"                           \
  " WHERE (cardinality($1::text[]) = 0 OR datname LIKE ANY ($1)) AND datname NOT LIKE ALL "       \
  "($2::text[]))"                                                                                 \
  " GROUP BY GROUPING SETS ((userid, dbid, queryid), ())"                                         \
  " ORDER BY queryid IS NOT NULL, seconds_total DESC, queryid LIMIT $3::int + 1) s ORDER BY "     \
  "seconds_total DESC"

#define PILLION_PG_STATEMENTS_13                                                           \
  ","                                                                                      \
  " sum(plans)::float8 AS plans_total, sum(total_plan_time) / 1000 AS plan_seconds_total," \
  " sum(wal_bytes)::float8 AS wal_bytes_total"

inline constexpr Query kExtensionQueries[] = {
    {kStatStatements, kOldestMajor, kAnyLater, 5, PILLION_PG_STATEMENTS("", "blk_", "")},
    {kStatStatements, kOldestMajor, kAnyLater, 5,
     PILLION_PG_STATEMENTS("exec_", "blk_", PILLION_PG_STATEMENTS_13), 108},
    {kStatStatements, kOldestMajor, kAnyLater, 5,
     PILLION_PG_STATEMENTS("exec_", "shared_blk_", PILLION_PG_STATEMENTS_13), 111},

    {kBuffercacheSummary, 16, kAnyLater, 0,
     R"(SELECT buffers_used, buffers_unused, buffers_dirty, buffers_pinned, usagecount_avg
  FROM {schema}.pg_buffercache_summary())",
     104},
};

}  // namespace pillion::postgres
