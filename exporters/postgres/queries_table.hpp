// Queries about tables and indexes of the database. The rules are in queries.hpp.
#pragma once

#include "queries.hpp"

namespace pillion::postgres {

// As for tables below: not where a lock would keep us waiting.
#define PILLION_PG_INDEX_SIZE                                                      \
  "CASE WHEN NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'relation'"     \
  " AND l.mode = 'AccessExclusiveLock' AND l.relation IN (s.relid, s.indexrelid))" \
  " THEN pg_relation_size(s.indexrelid) END AS size_bytes"

inline constexpr Query kTableQueries[] = {
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

    {kStatUserIndexes, kOldestMajor, 15, 4,
     R"(SELECT current_database() AS datname, schemaname, relname, indexrelname,
    idx_scan AS idx_scans_total, idx_tup_read AS idx_tup_read_total,
    idx_tup_fetch AS idx_tup_fetch_total, )" PILLION_PG_INDEX_SIZE R"(
  FROM pg_stat_user_indexes s)"},
    {kStatUserIndexes, 16, kAnyLater, 4,
     R"(SELECT current_database() AS datname, schemaname, relname, indexrelname,
    idx_scan AS idx_scans_total, idx_tup_read AS idx_tup_read_total,
    idx_tup_fetch AS idx_tup_fetch_total, last_idx_scan AS last_idx_scan_timestamp_seconds,
    )" PILLION_PG_INDEX_SIZE R"(
  FROM pg_stat_user_indexes s)"},

    {kInvalidIndexes, kOldestMajor, kAnyLater, 4,
     R"(SELECT current_database() AS datname, n.nspname AS schemaname, t.relname,
    c.relname AS indexrelname, 1 AS invalid
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT i.indisvalid)"},

    // With its TOAST table: each has an age of its own, the older one counts.
    {kTableWraparound, kOldestMajor, kAnyLater, 3,
     R"(SELECT current_database() AS datname, n.nspname AS schemaname, c.relname,
    greatest(age(c.relfrozenxid), age(t.relfrozenxid)) AS age_relfrozenxid_transactions,
    greatest(mxid_age(c.relminmxid), mxid_age(t.relminmxid)) AS age_relminmxid_multixacts
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
  WHERE c.relkind IN ('r', 'm') AND n.nspname <> 'information_schema')"},

    // last_value is NULL before the first use, and for a sequence that the role may not read.
    {kSequences, kOldestMajor, kAnyLater, 3,
     R"(SELECT current_database() AS datname, schemaname, sequencename,
    CASE WHEN has_sequence_privilege(format('%I.%I', schemaname, sequencename), 'SELECT,USAGE')
      THEN CASE WHEN increment_by > 0
        THEN (coalesce(last_value, min_value) - min_value)::float8
        ELSE (max_value - coalesce(last_value, max_value))::float8 END
      / greatest(max_value::float8 - min_value::float8, 1) END AS used_ratio
  FROM pg_sequences WHERE NOT cycle)"},

    // What a table's rows should take up, from the statistics of its columns, against what it
    // does; the 1,000 largest of a megabyte and more.
    {kBloat, kOldestMajor, kAnyLater, 3,
     R"(SELECT current_database() AS datname, schemaname, relname,
    CASE WHEN readable THEN size END AS table_size_bytes,
    CASE WHEN readable THEN greatest(size - wanted, 0) END AS table_wasted_bytes
  FROM (SELECT n.nspname AS schemaname, c.relname,
      has_table_privilege(c.oid, 'SELECT') AS readable,
      c.relpages::float8 * block AS size,
      ceil(c.reltuples * (28 + w.bytes) / ((block - 24) * coalesce((SELECT split_part(o, '=', 2)
        FROM unnest(c.reloptions) o WHERE o LIKE 'fillfactor=%')::float8 / 100, 1))) * block
        AS wanted
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      CROSS JOIN (SELECT current_setting('block_size')::float8 AS block) b
      LEFT JOIN LATERAL (SELECT coalesce(sum((1 - s.null_frac) * s.avg_width), 0) AS bytes
        FROM pg_stats s WHERE s.schemaname = n.nspname AND s.tablename = c.relname
          AND NOT s.inherited) w ON true
    WHERE c.relkind IN ('r', 'm') AND c.relpages >= 128 AND c.reltuples >= 0
      AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    ORDER BY c.relpages DESC LIMIT 1000) s)"},
};

}  // namespace pillion::postgres
