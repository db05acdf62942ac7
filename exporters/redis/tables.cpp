#include "tables.hpp"

#include "info_fields.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>

namespace pillion::redis {
namespace {

constexpr Option kOptions[] = {
    {.name = "address",
     .default_value = "127.0.0.1:6379",
     .help = "Where the server listens: host:port, [v6]:port, unix:/path, /path or "
             "redis://[user@]host[:port][/db]. TLS (rediss://) is not supported yet.",
     .flags = PILLION_OPT_ADDRESS},
    {.name = "username", .help = "ACL user; without it the password is the default user's."},
    {.name = "password",
     .help = "Password; read again when it changes.",
     .flags = PILLION_OPT_SECRET},
    {.name = "client_name",
     .default_value = "pillion",
     .help = "Name of the connection in CLIENT LIST. Empty: none is set."},
    {.name = "config_command",
     .default_value = "CONFIG",
     .help = "What the server calls its CONFIG command. `-`: don't use it."},
    {.name = "include_config",
     .type = OptionType::kBool,
     .default_value = "false",
     .help = "Export every setting as redis_config_key_value and redis_config_value. Passwords "
             "are left out."},
    {.name = "include_system_metrics",
     .type = OptionType::kBool,
     .default_value = "false",
     .help = "Export redis_total_system_memory_bytes, the memory of the machine."},
    {.name = "include_sentinel_peers",
     .type = OptionType::kBool,
     .default_value = "false",
     .help = "On a sentinel, export redis_sentinel_peer_info for each other sentinel."},
    {.name = "empty_databases",
     .type = OptionType::kBool,
     .default_value = "true",
     .help = "Export zeros for databases without keys, at most 1024 of them."},
    {.name = "reply_bytes_max",
     .type = OptionType::kSize,
     .default_value = "16MiB",
     .help = "Most bytes that the server may answer in one round trip.",
     .minimum = 64.0 * 1024,
     .maximum = 1024.0 * 1024 * 1024},
};

constexpr Collector kCollectors[] = {
    {.name = "info", .help = "Plain fields of INFO: clients, memory, persistence, stats, CPU."},
    {.name = "keyspace", .help = "Keys of each database (INFO keyspace)."},
    {.name = "commandstats", .help = "Calls and time of each command (INFO commandstats)."},
    {.name = "latencystats", .help = "Latency percentiles of each command; 7.0 or later."},
    {.name = "errorstats", .help = "Error replies by prefix (INFO errorstats); 6.2 or later."},
    {.name = "replication", .help = "The master's link on a replica, the replicas on a master."},
    {.name = "config", .help = "Limits from CONFIG GET."},
    {.name = "slowlog", .help = "Length and last entry of the slow log."},
    {.name = "commandlog", .help = "Lengths and limits of the command log; Valkey 8.1 or later."},
    {.name = "latency", .help = "Spikes that the latency monitor saw (LATENCY LATEST)."},
    {.name = "latency_histogram",
     .help = "Latency histogram of each command (LATENCY HISTOGRAM); 7.0 or later."},
    {.name = "cluster", .help = "CLUSTER INFO, when the server is a node of a cluster."},
    {.name = "sentinel", .help = "Masters that a sentinel watches."},
    {.name = "exporter", .help = "What dashboards expect of an exporter about itself."},
};
static_assert(std::size(kCollectors) == kCollectorCount);

struct Row {
  MetricId id;
  Metric metric;
};

constexpr MetricType kGauge = MetricType::kGauge;
constexpr std::string_view kMaster = "master_name,master_address";

// clang-format off
constexpr Row kRows[] = {
    {kStartTime, {"redis_start_time_seconds", kGauge, "Unix time at which the server started (now less INFO uptime_in_seconds).", "", kInfo}},
    {kConfiguredHz, {"redis_configured_hz", kGauge, "Background cycles per second, as configured (INFO configured_hz).", "", kInfo, "", "5.0"}},
    {kHz, {"redis_hz", kGauge, "Background cycles per second at present (INFO hz).", "", kInfo}},
    {kIoThreadActiveTime, {"redis_active_time_io_thread_seconds_total", kCounter, "Time that an I/O thread was busy (INFO used_active_time_io_thread_N); Valkey 9.1.", "thread", kInfo}},
    {kInstanceInfo, {"redis_instance_info", kGauge, "Always 1; the labels say what the server is (INFO server, memory, replication). Valkey adds valkey_version and valkey_release_stage.",
      "role,redis_version,redis_build_id,redis_mode,os,maxmemory_policy,tcp_port,run_id,process_id,master_replid", kInfo, "", "", PILLION_METRIC_OPEN_LABELS}},

    {kDbKeys, {"redis_db_keys", kGauge, "Keys of a database (INFO dbN, keys).", "db", kKeyspace}},
    {kDbKeysExpiring, {"redis_db_keys_expiring", kGauge, "Keys of a database that expire some time (INFO dbN, expires).", "db", kKeyspace}},
    {kDbKeysCached, {"redis_db_keys_cached", kGauge, "Keys of a database that KeyDB holds in memory (INFO dbN, cached_keys).", "db", kKeyspace}},
    {kDbAvgTtl, {"redis_db_avg_ttl_seconds", kGauge, "Mean time to live of the keys that expire, a rough estimate (INFO dbN, avg_ttl).", "db", kKeyspace}},

    {kCommandsTotal, {"redis_commands_total", kCounter, "Calls of a command (INFO cmdstat_*, calls).", "cmd", kCommandstats}},
    {kCommandsDuration, {"redis_commands_duration_seconds_total", kCounter, "Time spent in a command (INFO cmdstat_*, usec).", "cmd", kCommandstats}},
    {kCommandsRejected, {"redis_commands_rejected_calls_total", kCounter, "Calls that were refused before they ran (INFO cmdstat_*, rejected_calls).", "cmd", kCommandstats, "", "6.2"}},
    {kCommandsFailed, {"redis_commands_failed_calls_total", kCounter, "Calls that failed while they ran (INFO cmdstat_*, failed_calls).", "cmd", kCommandstats, "", "6.2"}},
    {kLatencyPercentiles, {"redis_latency_percentiles_usec", MetricType::kSummary, "Latency of a command in microseconds (INFO latency_percentiles_usec_*). The quantile is in percent: 50, 99, 99.9.", "cmd", kLatencystats, "", "7.0"}},
    {kErrorsTotal, {"redis_errors_total", kCounter, "Error replies by their first word (INFO errorstat_*, count).", "err", kErrorstats, "", "6.2"}},

    {kSlaveOffset, {"redis_connected_slave_offset_bytes", kGauge, "Replication offset that a replica has acknowledged (INFO slaveN, offset).", "slave_ip,slave_port,slave_state", kReplication}},
    {kSlaveLag, {"redis_connected_slave_lag_seconds", kGauge, "Time since a replica's last acknowledgement (INFO slaveN, lag).", "slave_ip,slave_port,slave_state", kReplication, "", "3.0"}},
    {kMasterLinkUp, {"redis_master_link_up", kGauge, "On a replica: 1 if the link to the master is up (INFO master_link_status).", "master_host,master_port", kReplication}},
    {kMasterLastIo, {"redis_master_last_io_seconds_ago", kGauge, "On a replica: seconds since the master was heard; -1: the link is down (INFO master_last_io_seconds_ago).", "master_host,master_port", kReplication}},
    {kMasterSync, {"redis_master_sync_in_progress", kGauge, "On a replica: 1 while it synchronizes with the master (INFO master_sync_in_progress).", "master_host,master_port", kReplication}},
    {kSlaveReplOffset, {"redis_slave_repl_offset", kGauge, "On a replica: replication offset that it has applied (INFO slave_repl_offset).", "master_host,master_port", kReplication}},
    {kSlaveInfo, {"redis_slave_info", kGauge, "Always 1, on a replica; the labels say whose (INFO replication).", "master_host,master_port,read_only", kReplication}},

    {kConfigMaxmemory, {"redis_config_maxmemory", kGauge, "Limit on the allocated bytes; 0: none (CONFIG GET maxmemory).", "", kConfig}},
    {kConfigMaxclients, {"redis_config_maxclients", kGauge, "Most clients that may be connected at once (CONFIG GET maxclients).", "", kConfig}},
    {kConfigIoThreads, {"redis_config_io_threads", kGauge, "I/O threads, the main one included (CONFIG GET io-threads).", "", kConfig, "", "6.0"}},
    {kConfigReplBacklogSize, {"redis_config_repl_backlog_size", kGauge, "Size of the replication backlog (CONFIG GET repl-backlog-size).", "", kConfig}},
    {kConfigOutputLimit, {"redis_config_client_output_buffer_limit_bytes", kGauge, "Limit on the reply buffer of a class of clients; 0: none (CONFIG GET client-output-buffer-limit).", "class,limit", kConfig}},
    {kConfigOutputOvercome, {"redis_config_client_output_buffer_limit_overcome_seconds", kGauge, "How long a class of clients may be above its soft limit (CONFIG GET client-output-buffer-limit).", "class,limit", kConfig}},
    {kConfigKeyValue, {"redis_config_key_value", kGauge, "Always 1; the labels are a setting and its value (CONFIG GET). Only with include_config.", "key,value", kConfig}},
    {kConfigValue, {"redis_config_value", kGauge, "Value of a setting that is a number (CONFIG GET). Only with include_config.", "key", kConfig}},

    {kSlowlogLength, {"redis_slowlog_length", kGauge, "Entries of the slow log (SLOWLOG LEN).", "", kSlowlog}},
    {kSlowlogLastId, {"redis_slowlog_last_id", kGauge, "Number of the last entry of the slow log (SLOWLOG GET 1).", "", kSlowlog}},
    {kSlowlogLastDuration, {"redis_last_slow_execution_duration_seconds", kGauge, "Time that the last entry of the slow log took (SLOWLOG GET 1).", "", kSlowlog}},
    {kCommandlogSlowLength, {"redis_commandlog_slow_length", kGauge, "Entries of the log of slow commands (COMMANDLOG LEN slow).", "", kCommandlog}},
    {kCommandlogRequestLength, {"redis_commandlog_large_request_length", kGauge, "Entries of the log of large requests (COMMANDLOG LEN large-request).", "", kCommandlog}},
    {kCommandlogReplyLength, {"redis_commandlog_large_reply_length", kGauge, "Entries of the log of large replies (COMMANDLOG LEN large-reply).", "", kCommandlog}},
    {kCommandlogSlowerThan, {"redis_commandlog_execution_slower_than", kGauge, "Microseconds from which a command is logged (CONFIG GET commandlog-execution-slower-than).", "", kCommandlog}},
    {kCommandlogSlowMaxLen, {"redis_commandlog_slow_execution_max_len", kGauge, "Most entries of the log of slow commands (CONFIG GET commandlog-slow-execution-max-len).", "", kCommandlog}},
    {kCommandlogRequestLarger, {"redis_commandlog_request_larger_than", kGauge, "Bytes from which a request is logged (CONFIG GET commandlog-request-larger-than).", "", kCommandlog}},
    {kCommandlogRequestMaxLen, {"redis_commandlog_large_request_max_len", kGauge, "Most entries of the log of large requests (CONFIG GET commandlog-large-request-max-len).", "", kCommandlog}},
    {kCommandlogReplyLarger, {"redis_commandlog_reply_larger_than", kGauge, "Bytes from which a reply is logged (CONFIG GET commandlog-reply-larger-than).", "", kCommandlog}},
    {kCommandlogReplyMaxLen, {"redis_commandlog_large_reply_max_len", kGauge, "Most entries of the log of large replies (CONFIG GET commandlog-large-reply-max-len).", "", kCommandlog}},

    {kLatencySpikeLast, {"redis_latency_spike_last", kGauge, "Unix time of the last spike of an event (LATENCY LATEST).", "event_name", kLatency}},
    {kLatencySpikeDuration, {"redis_latency_spike_duration_seconds", kGauge, "How long the last spike of an event took (LATENCY LATEST).", "event_name", kLatency}},
    {kCommandsLatencies, {"redis_commands_latencies_usec", MetricType::kHistogram, "Latency of a command in microseconds (LATENCY HISTOGRAM; the sum is INFO cmdstat_*, usec). Bounds are powers of two that occur.", "cmd", kLatencyHistogram, "", "7.0"}},

    {kClusterAny, {"redis_cluster_*", kGauge, "A field of CLUSTER INFO or INFO that starts with cluster_, as the server names it.", "", kCluster, "", "", PILLION_METRIC_PATTERN}},

    {kSentinelMasters, {"redis_sentinel_masters", kGauge, "Masters that the sentinel watches (INFO sentinel_masters).", "", kSentinel}},
    {kSentinelTilt, {"redis_sentinel_tilt", kGauge, "1 while the sentinel distrusts its clock and only watches (INFO sentinel_tilt).", "", kSentinel}},
    {kSentinelRunningScripts, {"redis_sentinel_running_scripts", kGauge, "Scripts that the sentinel runs (INFO sentinel_running_scripts).", "", kSentinel}},
    {kSentinelScriptsQueue, {"redis_sentinel_scripts_queue_length", kGauge, "Scripts that wait to be run (INFO sentinel_scripts_queue_length).", "", kSentinel}},
    {kSentinelSimulateFailure, {"redis_sentinel_simulate_failure_flags", kGauge, "Failures that the sentinel simulates, as flags (INFO sentinel_simulate_failure_flags).", "", kSentinel}},
    {kSentinelStatus, {"redis_sentinel_master_status", kGauge, "1 if the master is well (INFO masterN, status).", "master_name,master_address,master_status", kSentinel}},
    {kSentinelSlaves, {"redis_sentinel_master_slaves", kGauge, "Replicas of the master (INFO masterN, slaves).", kMaster, kSentinel}},
    {kSentinelSentinels, {"redis_sentinel_master_sentinels", kGauge, "Sentinels that watch the master (INFO masterN, sentinels).", kMaster, kSentinel}},
    {kSentinelOkSlaves, {"redis_sentinel_master_ok_slaves", kGauge, "Replicas of the master that are not down (SENTINEL SLAVES).", kMaster, kSentinel}},
    {kSentinelOkSentinels, {"redis_sentinel_master_ok_sentinels", kGauge, "Sentinels of the master that are not down, this one included (SENTINEL SENTINELS).", kMaster, kSentinel}},
    {kSentinelCkquorum, {"redis_sentinel_master_ckquorum_status", kGauge, "1 if enough sentinels could agree on a failover (SENTINEL CKQUORUM).", "master_name,message", kSentinel}},
    {kSentinelSetCkquorum, {"redis_sentinel_master_setting_ckquorum", kGauge, "Sentinels that must agree that the master is down (SENTINEL MASTERS, quorum).", kMaster, kSentinel}},
    {kSentinelSetFailoverTimeout, {"redis_sentinel_master_setting_failover_timeout", kGauge, "Milliseconds that a failover may take (SENTINEL MASTERS, failover-timeout).", kMaster, kSentinel}},
    {kSentinelSetParallelSyncs, {"redis_sentinel_master_setting_parallel_syncs", kGauge, "Replicas that may synchronize at once after a failover (SENTINEL MASTERS, parallel-syncs).", kMaster, kSentinel}},
    {kSentinelSetDownAfter, {"redis_sentinel_master_setting_down_after_milliseconds", kGauge, "Milliseconds of silence after which the master counts as down (SENTINEL MASTERS, down-after-milliseconds).", kMaster, kSentinel}},
    {kSentinelConfigEpoch, {"redis_sentinel_master_config_epoch", kGauge, "Configuration epoch of the master (SENTINEL MASTERS, config-epoch).", kMaster, kSentinel}},
    {kSentinelLastOkPing, {"redis_sentinel_master_last_ok_ping_reply_seconds", kGauge, "Seconds since the master's last good answer (SENTINEL MASTERS, last-ok-ping-reply).", kMaster, kSentinel}},
    {kSentinelPeerInfo, {"redis_sentinel_peer_info", kGauge, "Always 1; the labels describe another sentinel (SENTINEL SENTINELS). Only with include_sentinel_peers.", "master_name,master_address,name,ip,port,runid,flags", kSentinel}},

    {kScrapes, {"redis_exporter_scrapes_total", kCounter, "Polls of the server, failed ones included.", "", kExporter}},
    {kScrapeDuration, {"redis_exporter_scrape_duration_seconds", MetricType::kSummary, "Time that polls of the server took.", "", kExporter}},
    {kLastScrapeDuration, {"redis_exporter_last_scrape_duration_seconds", kGauge, "Time that this poll took.", "", kExporter}},
    {kLastScrapeConnectTime, {"redis_exporter_last_scrape_connect_time_seconds", kGauge, "Time that connecting took in this poll; 0: the connection was still there.", "", kExporter}},
    {kLastScrapeError, {"redis_exporter_last_scrape_error", kGauge, "Always 0: a poll that fails shows nothing but redis_up 0.", "err", kExporter}},
    {kKeyGroupsDuration, {"redis_last_key_groups_scrape_duration_milliseconds", kGauge, "Milliseconds that the last scan for key groups took; 0: there is none.", "", kExporter}},
};
// clang-format on
static_assert(std::size(kRows) == kMetricCount);
static_assert(
    [] {
      for (size_t i = 0; i < std::size(kRows); ++i) {
        if (kRows[i].id != i) return false;
      }
      return true;
    }(),
    "kRows must be in the order of MetricId");

// -- HELP and names of the INFO fields, put together at compile time --

constexpr std::string_view SourceOf(const InfoFieldDesc& desc) {
  const bool of_info = desc.collector == kInfo || desc.field == "cluster_enabled" ||
                       desc.field == "cluster_connections";
  return of_info ? " (INFO " : " (CLUSTER INFO ";
}

constexpr std::string_view kPrefix = "redis_";
constexpr std::string_view kEnd = ").";

constexpr size_t kTextBytes = [] {
  size_t bytes = 0;
  for (const InfoFieldDesc& desc : kInfoFields) {
    bytes += kPrefix.size() + desc.metric.size() + desc.text.size() + SourceOf(desc).size() +
             desc.field.size() + kEnd.size();
  }
  return bytes;
}();

constexpr std::array<char, kTextBytes> kText = [] {
  std::array<char, kTextBytes> text{};
  size_t at = 0;
  for (const InfoFieldDesc& desc : kInfoFields) {
    for (const std::string_view part :
         {kPrefix, desc.metric, desc.text, SourceOf(desc), desc.field, kEnd}) {
      for (const char c : part) text[at++] = c;
    }
  }
  return text;
}();

// The base unit that a name ends in, before _total; empty if it has none.
constexpr std::string_view UnitOf(std::string_view name) {
  if (name.ends_with("_total")) name.remove_suffix(6);
  for (const std::string_view unit : {std::string_view("bytes"), std::string_view("seconds")}) {
    if (name.ends_with(unit)) return unit;
  }
  return {};
}

constexpr auto kMetrics = [] {
  std::array<Metric, kInfoFieldCount + std::size(kRows)> metrics{};
  size_t at = 0;
  size_t next = 0;
  for (const InfoFieldDesc& desc : kInfoFields) {
    const size_t name_size = kPrefix.size() + desc.metric.size();
    const size_t help_size =
        desc.text.size() + SourceOf(desc).size() + desc.field.size() + kEnd.size();
    Metric& metric = metrics[next++];
    metric.name = {kText.data() + at, name_size};
    metric.help = {kText.data() + at + name_size, help_size};
    metric.type = desc.type;
    metric.since = desc.since;
    metric.collector = desc.collector;
    at += name_size + help_size;
  }
  for (const Row& row : kRows) metrics[next++] = row.metric;
  for (Metric& metric : metrics) metric.unit = UnitOf(metric.name);
  return metrics;
}();

// -- look-up of a field --

constexpr auto kByField = [] {
  std::array<uint16_t, kInfoFieldCount> order{};
  std::iota(order.begin(), order.end(), uint16_t{0});
  std::sort(order.begin(), order.end(),
            [](uint16_t a, uint16_t b) { return kInfoFields[a].field < kInfoFields[b].field; });
  return order;
}();
static_assert(std::adjacent_find(kByField.begin(), kByField.end(),
                                 [](uint16_t a, uint16_t b) {
                                   return kInfoFields[a].field == kInfoFields[b].field;
                                 }) == kByField.end(),
              "a field stands twice in kInfoFields");

}  // namespace

size_t FindInfoField(std::string_view field) {
  const auto found =
      std::lower_bound(kByField.begin(), kByField.end(), field,
                       [](uint16_t i, std::string_view f) { return kInfoFields[i].field < f; });
  if (found == kByField.end() || kInfoFields[*found].field != field) return kInfoFieldCount;
  return *found;
}

uint32_t FamilyOf(MetricId id) { return static_cast<uint32_t>(kInfoFieldCount) + id; }

std::span<const Option> OptionTable() { return kOptions; }
std::span<const Collector> CollectorTable() { return kCollectors; }
std::span<const Metric> MetricTable() { return kMetrics; }

}  // namespace pillion::redis
