// Every flag and variable of redis_exporter 1.x, and what becomes of it here.
#pragma once

#include "common/compat/flags.hpp"

namespace pillion::redis {

using enum compat::Kind;
using enum compat::Effect;

// The names of the variables are as uneven as the peer's.
inline constexpr compat::Flag kPeerFlags[] = {
    {"web.listen-address", kText, ":9121", "REDIS_EXPORTER_WEB_LISTEN_ADDRESS", kOwn},
    {"web.telemetry-path", kText, "/metrics", "REDIS_EXPORTER_WEB_TELEMETRY_PATH", kOwn},
    {"log-level", kText, "INFO", "REDIS_EXPORTER_LOG_LEVEL", kOwn},
    {"log-format", kText, "txt", "REDIS_EXPORTER_LOG_FORMAT", kOwn},
    {"debug", kBool, "false", "REDIS_EXPORTER_DEBUG", kOwn},
    {"version", kBool, "false", "", kOwn},

    {"basic-auth-username", kText, "", "REDIS_EXPORTER_BASIC_AUTH_USERNAME", kOwn},
    {"basic-auth-password", kText, "", "REDIS_EXPORTER_BASIC_AUTH_PASSWORD", kOwn},
    {"basic-auth-hash-password", kText, "", "REDIS_EXPORTER_BASIC_AUTH_HASH_PASSWORD", kOwn},
    {"tls-server-key-file", kText, "", "REDIS_EXPORTER_TLS_SERVER_KEY_FILE", kOwn},
    {"tls-server-cert-file", kText, "", "REDIS_EXPORTER_TLS_SERVER_CERT_FILE", kOwn},
    {"tls-server-ca-cert-file", kText, "", "REDIS_EXPORTER_TLS_SERVER_CA_CERT_FILE", kOwn},
    {"tls-server-min-version", kText, "TLS1.2", "REDIS_EXPORTER_TLS_SERVER_MIN_VERSION", kOwn},
    {"disable-scrape-endpoint", kBool, "false", "REDIS_EXPORTER_DISABLE_SCRAPE_ENDPOINT", kOwn},

    {"redis.addr", kText, "redis://localhost:6379", "REDIS_ADDR", kOwn},
    {"redis.user", kText, "", "REDIS_USER", kOwn},
    {"redis.password", kText, "", "REDIS_PASSWORD", kOwn},
    {"redis.password-file", kText, "", "REDIS_PASSWORD_FILE", kOwn},
    {"connection-timeout", kDuration, "15s", "REDIS_EXPORTER_CONNECTION_TIMEOUT", kOwn},
    {"set-client-name", kBool, "true", "REDIS_EXPORTER_SET_CLIENT_NAME", kOwn},
    {"ping-on-connect", kBool, "false", "REDIS_EXPORTER_PING_ON_CONNECT", kNothing,
     "a session is proven by the answers to its first poll"},
    {"tls-client-key-file", kText, "", "REDIS_EXPORTER_TLS_CLIENT_KEY_FILE", kOwn},
    {"tls-client-cert-file", kText, "", "REDIS_EXPORTER_TLS_CLIENT_CERT_FILE", kOwn},
    {"tls-ca-cert-file", kText, "", "REDIS_EXPORTER_TLS_CA_CERT_FILE", kOwn},
    {"tls-server-name", kText, "", "REDIS_EXPORTER_TLS_SERVER_NAME", kOwn},
    {"skip-tls-verification", kBool, "false", "REDIS_EXPORTER_SKIP_TLS_VERIFICATION", kOwn},
    {"is-cluster", kBool, "false", "REDIS_EXPORTER_IS_CLUSTER", kNothing,
     "each node is asked for its own keys; topology = \"cluster\" of a configuration reads all"},
    {"cluster-discover-hostnames", kBool, "false", "REDIS_EXPORTER_CLUSTER_DISCOVER_HOSTNAMES",
     kNothing, "/discover-cluster-nodes is not served"},

    {"namespace", kText, "redis", "REDIS_EXPORTER_NAMESPACE", kOwn},
    {"redis-only-metrics", kBool, "false", "REDIS_EXPORTER_REDIS_ONLY_METRICS", kOwn},
    {"include-go-runtime-metrics", kBool, "false", "REDIS_EXPORTER_INCLUDE_GO_RUNTIME_METRICS",
     kNothing, "there is no Go runtime"},
    {"append-instance-role-label", kBool, "false", "REDIS_EXPORTER_APPEND_INSTANCE_ROLE_LABEL",
     kOption, "append_instance_role_label"},

    {"config-command", kText, "CONFIG", "REDIS_EXPORTER_CONFIG_COMMAND", kOption, "config_command"},
    {"include-config-metrics", kBool, "false", "REDIS_EXPORTER_INCL_CONFIG_METRICS", kOption,
     "include_config"},
    {"redact-config-metrics", kBool, "true", "REDIS_EXPORTER_REDACT_CONFIG_METRICS", kNothing,
     "passwords are never shown"},
    {"include-system-metrics", kBool, "false", "REDIS_EXPORTER_INCL_SYSTEM_METRICS", kOption,
     "include_system_metrics"},
    {"include-sentinel-peer-info", kBool, "false", "REDIS_EXPORTER_INCL_SENTINEL_PEER_INFO",
     kOption, "include_sentinel_peers"},
    {"include-metrics-for-empty-databases", kBool, "true",
     "REDIS_EXPORTER_INCL_METRICS_FOR_EMPTY_DATABASES", kOption, "empty_databases"},
    {"include-rdb-file-size-metric", kBool, "false", "REDIS_EXPORTER_INCL_RDB_FILE_SIZE_METRIC",
     kCollector, "rdb_file"},
    {"include-modules-metrics", kBool, "false", "REDIS_EXPORTER_INCL_MODULES_METRICS", kCollector,
     "modules"},
    {"include-search-indexes-metrics", kBool, "false", "REDIS_EXPORTER_INCL_SEARCH_INDEXES_METRICS",
     kCollector, "search_indexes"},
    {"check-search-indexes", kText, ".*", "REDIS_EXPORTER_CHECK_SEARCH_INDEXES", kOption,
     "check_search_indexes"},
    {"exclude-latency-histogram-metrics", kBool, "false",
     "REDIS_EXPORTER_EXCLUDE_LATENCY_HISTOGRAM_METRICS", kNotCollector,
     "latency_histogram,latency"},
    {"is-tile38", kBool, "false", "REDIS_EXPORTER_IS_TILE38", kCollector, "tile38"},
    {"export-client-list", kBool, "false", "REDIS_EXPORTER_EXPORT_CLIENT_LIST", kOwn},
    {"export-client-port", kBool, "false", "REDIS_EXPORTER_EXPORT_CLIENT_PORT", kOption,
     "client_port"},

    {"check-keys", kText, "", "REDIS_EXPORTER_CHECK_KEYS", kOptionList, "check_keys"},
    {"check-single-keys", kText, "", "REDIS_EXPORTER_CHECK_SINGLE_KEYS", kOptionList,
     "check_single_keys"},
    {"check-streams", kText, "", "REDIS_EXPORTER_CHECK_STREAMS", kOptionList, "check_streams"},
    {"check-single-streams", kText, "", "REDIS_EXPORTER_CHECK_SINGLE_STREAMS", kOptionList,
     "check_single_streams"},
    {"count-keys", kText, "", "REDIS_EXPORTER_COUNT_KEYS", kOptionList, "count_keys"},
    {"check-key-groups", kText, "", "REDIS_EXPORTER_CHECK_KEY_GROUPS", kOptionList,
     "check_key_groups"},
    {"check-keys-batch-size", kWhole, "1000", "REDIS_EXPORTER_CHECK_KEYS_BATCH_SIZE", kOption,
     "check_keys_batch_size", 10'000},
    {"max-distinct-key-groups", kWhole, "100", "REDIS_EXPORTER_MAX_DISTINCT_KEY_GROUPS", kOption,
     "max_distinct_key_groups", 10'000},
    {"streams-exclude-consumer-metrics", kBool, "false",
     "REDIS_EXPORTER_STREAMS_EXCLUDE_CONSUMER_METRICS", kOption,
     "streams_exclude_consumer_metrics"},
    {"disable-exporting-key-values", kBool, "false", "REDIS_EXPORTER_DISABLE_EXPORTING_KEY_VALUES",
     kOption, "disable_exporting_key_values"},
    {"skip-checkkeys-for-role-master", kBool, "false",
     "REDIS_EXPORTER_SKIP_CHECKKEYS_FOR_ROLE_MASTER", kOption, "skip_checkkeys_for_role_master"},

    {"script", kText, "", "REDIS_EXPORTER_SCRIPT", kOptionList, "script"},
    {"lua-script-read-only", kBool, "false", "REDIS_EXPORTER_LUA_SCRIPT_READ_ONLY", kOption,
     "lua_script_read_only"},
};

}  // namespace pillion::redis
