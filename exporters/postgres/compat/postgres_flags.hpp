// Every flag that postgres_exporter has had since 0.8, and what becomes of it here. One is ours.
#pragma once

#include "common/compat/flags.hpp"

namespace pillion::postgres {

inline constexpr compat::Flag PeerCollector(std::string_view flag, std::string_view preset,
                                            std::string_view target) {
  return {flag, compat::Kind::kBool, preset, "", compat::Effect::kCollector, target};
}

using enum compat::Kind;
using enum compat::Effect;

// A later line wins over an earlier one with the same target.
inline constexpr compat::Flag kPeerFlags[] = {
    {"web.listen-address", kList, ":9187", "PG_EXPORTER_WEB_LISTEN_ADDRESS", kOwn},
    {"web.telemetry-path", kText, "/metrics", "PG_EXPORTER_WEB_TELEMETRY_PATH", kOwn},
    {"web.config.file", kText, "", "", kWebConfig},
    {"web.systemd-socket", kBool, "false", "", kNothing,
     "sockets of systemd are not taken over, web.listen-address is bound"},
    {"log.level", kText, "info", "", kOwn},
    {"log.format", kText, "logfmt", "", kOwn},
    {"version", kBool, "false", "", kOwn},
    {"dumpmaps", kBool, "false", "", kOwn},

    {"config.file", kText, "postgres_exporter.yml", "", kOwn},
    // Ours: the peer lets any target be asked for.
    {"probe.targets", kList, "", "PILLION_PROBE_TARGETS", kOwn},
    {"collection-timeout", kDuration, "1m", "PG_EXPORTER_COLLECTION_TIMEOUT", kOwn},
    {"metric-prefix", kText, "pg", "PG_EXPORTER_METRIC_PREFIX", kOwn},
    {"constantLabels", kText, "", "PG_EXPORTER_CONSTANT_LABELS", kOwn},
    {"extend.query-path", kText, "", "PG_EXPORTER_EXTEND_QUERY_PATH", kOption, "queries_file"},
    {"auto-discover-databases", kBool, "false", "PG_EXPORTER_AUTO_DISCOVER_DATABASES", kOwn},
    {"include-databases", kText, "", "PG_EXPORTER_INCLUDE_DATABASES", kOwn},
    {"exclude-databases", kText, "", "PG_EXPORTER_EXCLUDE_DATABASES", kOwn},
    {"disable-default-metrics", kBool, "false", "PG_EXPORTER_DISABLE_DEFAULT_METRICS", kOwn},
    {"disable-settings-metrics", kBool, "false", "PG_EXPORTER_DISABLE_SETTINGS_METRICS",
     kNotCollector, "settings"},

    // Nothing is wrapped here, whatever it says.
    {"wrap-large-counters", kBool, "true", "", kOwn},

    // Names that later versions gave up.
    PeerCollector("collector.bgwriter", "true", "stat_bgwriter"),
    PeerCollector("collector.replication_slot", "true", "replication_slots"),

    PeerCollector("collector.aurora_global_db_instance_status", "false",
                  "aurora_global_db_instance_status"),
    PeerCollector("collector.aurora_global_db_status", "false", "aurora_global_db_status"),
    PeerCollector("collector.aurora_replica_status", "false", "aurora_replica_status"),
    PeerCollector("collector.aurora_stat_bgwriter", "false", "aurora_stat_bgwriter"),
    PeerCollector("collector.aurora_stat_database", "false", "aurora_stat_database"),
    PeerCollector("collector.aurora_stat_dml_activity", "false", "aurora_stat_dml_activity"),
    PeerCollector("collector.aurora_stat_get_db_commit_latency", "false",
                  "aurora_stat_get_db_commit_latency"),
    PeerCollector("collector.aurora_stat_logical_wal_cache", "false",
                  "aurora_stat_logical_wal_cache"),
    PeerCollector("collector.aurora_stat_optimized_reads_cache", "false",
                  "aurora_stat_optimized_reads_cache"),
    PeerCollector("collector.buffercache_summary", "false", "buffercache_summary"),
    PeerCollector("collector.database", "true", "database"),
    PeerCollector("collector.database_wraparound", "false", "database_wraparound"),
    PeerCollector("collector.locks", "true", "locks"),
    PeerCollector("collector.long_running_transactions", "false", "long_running_transactions"),
    PeerCollector("collector.postmaster", "false", "postmaster"),
    PeerCollector("collector.process_idle", "false", "process_idle"),
    PeerCollector("collector.replication", "true", "replication"),
    PeerCollector("collector.replication_slots", "true", "replication_slots"),
    PeerCollector("collector.roles", "true", "roles"),
    PeerCollector("collector.settings", "true", "settings"),
    PeerCollector("collector.stat_activity", "true", "stat_activity"),
    PeerCollector("collector.stat_activity_autovacuum", "false", "stat_activity_autovacuum"),
    PeerCollector("collector.stat_archiver", "true", "stat_archiver"),
    PeerCollector("collector.stat_bgwriter", "true", "stat_bgwriter"),
    PeerCollector("collector.stat_checkpointer", "false", "stat_checkpointer"),
    PeerCollector("collector.stat_database", "true", "stat_database"),
    PeerCollector("collector.stat_progress_vacuum", "true", "stat_progress_vacuum"),
    PeerCollector("collector.stat_replication", "true", "stat_replication"),
    PeerCollector("collector.stat_statements", "false", "stat_statements"),
    PeerCollector("collector.stat_user_tables", "true", "stat_user_tables"),
    PeerCollector("collector.stat_wal_receiver", "false", "stat_wal_receiver"),
    PeerCollector("collector.statio_user_indexes", "false", "statio_user_indexes"),
    PeerCollector("collector.statio_user_tables", "true", "statio_user_tables"),
    PeerCollector("collector.wal", "true", "wal"),
    PeerCollector("collector.xlog_location", "false", "xlog_location"),

    {"collector.long_running_transactions.threshold", kDuration, "1m", "", kNothing,
     "open transactions of every age are counted"},
    {"collector.stat_statements.include_query", kBool, "false", "", kOwn},
    {"collector.stat_statements.query_length", kWhole, "120", "", kOwn, "", 4096},
    {"collector.stat_statements.limit", kWhole, "100", "", kOption, "statements_shown", 1000},
    {"collector.stat_statements.exclude_databases", kText, "", "", kOptionList,
     "statements_exclude_databases"},
    {"collector.stat_statements.exclude_users", kText, "", "", kOptionList,
     "statements_exclude_users"},
};

}  // namespace pillion::postgres
