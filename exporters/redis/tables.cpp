#include "tables.hpp"

#include "info_text.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace pillion::redis {
namespace {

constexpr uint64_t kMinute = 60'000'000'000;  // ns

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
    {.name = "clients",
     .help = "Connected clients in groups or one by one (CLIENT LIST). Costs the server about "
             "1 ms per 1000 clients.",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "keys",
     .help = "Size, memory and value of check_keys, and counts of keys; see scan_time.",
     .flags = PILLION_COLLECTOR_OFF,
     .default_every = kMinute},
    {.name = "streams",
     .help = "Streams of check_streams with their groups and consumers; see scan_time.",
     .flags = PILLION_COLLECTOR_OFF,
     .default_every = kMinute},
    {.name = "key_groups",
     .help = "Keys of all databases and their memory, by check_key_groups; see scan_time. Asks "
             "for the memory of every key.",
     .flags = PILLION_COLLECTOR_OFF,
     .default_every = kMinute},
    {.name = "big_keys",
     .help = "The big_keys_max keys that take most memory; see scan_time. Asks for the memory of "
             "every key.",
     .flags = PILLION_COLLECTOR_OFF,
     .default_every = kMinute},
    {.name = "modules",
     .help = "Modules and what they tell of themselves (INFO MODULES).",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "search_indexes",
     .help = "Search indexes (FT._LIST, and FT.INFO for each).",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "rdb_file",
     .help = "Size of the dump's file, if it is on this machine.",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "tile38",
     .help = "What a Tile38 server tells of itself (SERVER EXT).",
     .flags = PILLION_COLLECTOR_OFF},
    {.name = "scripts",
     .help = "Lua scripts of `script`, run on the server (EVAL).",
     .flags = PILLION_COLLECTOR_OFF,
     .default_every = kMinute / 4},
    {.name = "exporter", .help = "What dashboards expect of an exporter about itself."},
    {.name = "nodes",
     .help = "State and slots of the cluster's nodes (CLUSTER NODES); with topology = cluster."},
};
static_assert(std::size(kCollectors) == kCollectorCount);

struct Row {
  MetricId id;
  Metric metric;
};

constexpr MetricType kGauge = MetricType::kGauge;
constexpr std::string_view kMaster = "master_name,master_address";
constexpr std::string_view kGroupBy = "name,user,host";  // the default of client_groups_by
constexpr std::string_view kClient = "id,name";

// clang-format off
constexpr Row kRows[] = {
    {kStartTime, {"redis_start_time_seconds", kGauge, "Unix time at which the server started (now less INFO uptime_in_seconds).", "", kInfo}},
    {kConfiguredHz, {"redis_configured_hz", kGauge, "Background cycles per second, as configured (INFO configured_hz).", "", kInfo, "", "5.0"}},
    {kHz, {"redis_hz", kGauge, "Background cycles per second at present (INFO hz).", "", kInfo}},
    {kIoThreadActiveTime, {"redis_active_time_io_thread_seconds_total", kCounter, "Time that an I/O thread was busy (INFO used_active_time_io_thread_N); Valkey 9.1.", "thread", kInfo}},
    {kInstanceInfo, {"redis_instance_info", kGauge, "Always 1; the labels say what the server is (INFO server, memory, replication). Valkey adds valkey_version and valkey_release_stage.",
      "role,redis_version,redis_build_id,redis_mode,os,maxmemory_policy,tcp_port,run_id,process_id,master_replid", kInfo, "", "", PILLION_METRIC_OPEN_LABELS}},
    {kInfoAny, {"redis_info_*", kGauge, "A field of INFO that has no family of its own: redis_info_SECTION_FIELD. Only with include_unknown_info.", "", kInfo, "", "", PILLION_METRIC_PATTERN}},
    {kInfoUnknown, {"redis_info_fields_unknown", kGauge, "Numbers in INFO that have no family of their own.", "", kInfo}},

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
    {kSentinelConfigKeyValue, {"redis_sentinel_config_key_value", kGauge, "Always 1; the labels are a setting of a sentinel and its value (SENTINEL CONFIG GET). Only with include_config.", "key,value", kConfig, "", "6.2"}},
    {kSentinelConfigValue, {"redis_sentinel_config_value", kGauge, "Value of a setting of a sentinel that is a number (SENTINEL CONFIG GET). Only with include_config.", "key", kConfig, "", "6.2"}},

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

    {kClientGroups, {"redis_client_groups", kGauge, "Groups of clients, before those beyond client_groups_max are summed (CLIENT LIST).", "", kClients}},
    {kClientGroupConnections, {"redis_client_group_connections", kGauge, "Clients of a group (CLIENT LIST). The labels are those of client_groups_by.", kGroupBy, kClients, "", "", PILLION_METRIC_OPEN_LABELS}},
    {kClientGroupBlocked, {"redis_client_group_blocked_connections", kGauge, "Clients of a group that wait in a blocking command (CLIENT LIST, flags).", kGroupBy, kClients, "", "", PILLION_METRIC_OPEN_LABELS}},
    {kClientGroupIdleMax, {"redis_client_group_idle_max_seconds", kGauge, "Longest time since a client of the group was heard (CLIENT LIST, idle).", kGroupBy, kClients, "", "", PILLION_METRIC_OPEN_LABELS}},
    {kClientGroupMemory, {"redis_client_group_memory_bytes", kGauge, "Memory of a group's clients with all their buffers; 6.2 or later (CLIENT LIST, tot-mem).", kGroupBy, kClients, "", "6.2", PILLION_METRIC_OPEN_LABELS}},
    {kClientGroupQueryBuffer, {"redis_client_group_query_buffer_bytes", kGauge, "Bytes in the query buffers of a group's clients (CLIENT LIST, qbuf).", kGroupBy, kClients, "", "", PILLION_METRIC_OPEN_LABELS}},
    {kClientGroupOutputBuffer, {"redis_client_group_output_buffer_bytes", kGauge, "Memory of replies that a group's clients have not read yet (CLIENT LIST, omem).", kGroupBy, kClients, "", "", PILLION_METRIC_OPEN_LABELS}},
    {kClientGroupOutputBufferMax, {"redis_client_group_output_buffer_max_bytes", kGauge, "The same of the group's client with the most (CLIENT LIST, omem).", kGroupBy, kClients, "", "", PILLION_METRIC_OPEN_LABELS}},
    {kClientGroupSubscriptions, {"redis_client_group_subscriptions", kGauge, "Channels and patterns that a group's clients listen to (CLIENT LIST, sub, psub, ssub).", kGroupBy, kClients, "", "", PILLION_METRIC_OPEN_LABELS}},
    {kClientInfo, {"redis_connected_client_info", kGauge, "Always 1; the labels describe a client (CLIENT LIST). With client_port also its port, from 6.0 on its user, from 7.0 on its resp.", "id,name,flags,db,host", kClients, "", "", PILLION_METRIC_OPEN_LABELS}},
    {kClientOutputMemory, {"redis_connected_client_output_buffer_memory_usage_bytes", kGauge, "Memory of replies that a client has not read yet (CLIENT LIST, omem).", kClient, kClients}},
    {kClientTotalMemory, {"redis_connected_client_total_memory_consumed_bytes", kGauge, "Memory of a client with all its buffers (CLIENT LIST, tot-mem).", kClient, kClients, "", "6.2"}},
    {kClientCreated, {"redis_connected_client_created_at_timestamp", kGauge, "Unix time at which a client connected (now less CLIENT LIST, age).", kClient, kClients}},
    {kClientIdleSince, {"redis_connected_client_idle_since_timestamp", kGauge, "Unix time of a client's last command (now less CLIENT LIST, idle).", kClient, kClients}},
    {kClientSubscriptions, {"redis_connected_client_channel_subscriptions_count", kGauge, "Channels that a client listens to (CLIENT LIST, sub).", kClient, kClients}},
    {kClientPatterns, {"redis_connected_client_pattern_matching_subscriptions_count", kGauge, "Patterns of channels that a client listens to (CLIENT LIST, psub).", kClient, kClients}},
    {kClientQueryBuffer, {"redis_connected_client_query_buffer_length_bytes", kGauge, "Bytes in a client's query buffer (CLIENT LIST, qbuf).", kClient, kClients}},
    {kClientQueryFree, {"redis_connected_client_query_buffer_free_space_bytes", kGauge, "Free bytes of a client's query buffer (CLIENT LIST, qbuf-free).", kClient, kClients}},
    {kClientOutputBuffer, {"redis_connected_client_output_buffer_length_bytes", kGauge, "Bytes in a client's fixed reply buffer (CLIENT LIST, obl).", kClient, kClients}},
    {kClientOutputList, {"redis_connected_client_output_list_length", kGauge, "Replies that wait in a client's list, when the fixed buffer is full (CLIENT LIST, oll).", kClient, kClients}},
    {kClientShardChannels, {"redis_connected_client_shard_channel_subscriptions_count", kGauge, "Shard channels that a client listens to (CLIENT LIST, ssub).", kClient, kClients, "", "7.0"}},
    {kClientWatchedKeys, {"redis_connected_client_shard_channel_watched_keys", kGauge, "Keys that a client watches; the name is what it is (CLIENT LIST, watch).", kClient, kClients, "", "7.4"}},
    {kClientsLeftOut, {"redis_connected_clients_left_out", kGauge, "Clients beyond clients_max, which have no series of their own (CLIENT LIST).", "", kClients}},
    {kClientDetails, {"redis_connected_clients_details", kGauge, "Always 1; a client as redis_exporter 1.45 described it, with compat only (CLIENT LIST). The labels change with each command of a client.", "name,created_at,idle_since,flags,db,omem,cmd,host", kClients, "", "", PILLION_METRIC_OPEN_LABELS}},

    {kKeySize, {"redis_key_size", kGauge, "Size of a key: length of a string, items of all others, estimate of a HyperLogLog (STRLEN, LLEN, SCARD, ZCARD, HLEN, XLEN, PFCOUNT).", "db,key", kKeys}},
    {kKeyMemory, {"redis_key_memory_usage_bytes", kGauge, "Memory of a key (MEMORY USAGE).", "db,key", kKeys, "", "4.0"}},
    {kKeyValue, {"redis_key_value", kGauge, "Value of a string that is a number (GETRANGE).", "db,key", kKeys}},
    {kKeyValueAsString, {"redis_key_value_as_string", kGauge, "Always 1; the label is the value of a string that is no number, at most 4096 bytes of it (GETRANGE).", "db,key,val", kKeys}},
    {kKeysCount, {"redis_keys_count", kGauge, "Keys that a pattern of count_keys finds (SCAN).", "db,key", kKeys}},
    {kKeysLeftOut, {"redis_keys_left_out", kGauge, "Keys beyond keys_max, which are not shown (SCAN).", "", kKeys}},
    {kKeysScanTime, {"redis_keys_scan_timestamp_seconds", kGauge, "Unix time at which what is shown of keys was complete (SCAN).", "", kKeys}},
    {kKeysScanDuration, {"redis_keys_scan_duration_seconds", kGauge, "Time of polls that it took to read the keys (SCAN).", "", kKeys}},

    {kStreamLength, {"redis_stream_length", kGauge, "Entries of a stream (XINFO STREAM, length).", "db,stream", kStreams}},
    {kStreamRadixKeys, {"redis_stream_radix_tree_keys", kGauge, "Keys of the radix tree that holds a stream (XINFO STREAM, radix-tree-keys).", "db,stream", kStreams}},
    {kStreamRadixNodes, {"redis_stream_radix_tree_nodes", kGauge, "Nodes of the radix tree that holds a stream (XINFO STREAM, radix-tree-nodes).", "db,stream", kStreams}},
    {kStreamLastGenerated, {"redis_stream_last_generated_id", kGauge, "Milliseconds of the last ID that was made for a stream (XINFO STREAM, last-generated-id).", "db,stream", kStreams}},
    {kStreamGroups, {"redis_stream_groups", kGauge, "Consumer groups of a stream (XINFO STREAM, groups).", "db,stream", kStreams}},
    {kStreamMaxDeleted, {"redis_stream_max_deleted_entry_id", kGauge, "Milliseconds of the largest ID that was deleted (XINFO STREAM, max-deleted-entry-id).", "db,stream", kStreams, "", "7.0"}},
    {kStreamFirstEntry, {"redis_stream_first_entry_id", kGauge, "Milliseconds of the ID of the first entry; 0: there is none (XINFO STREAM, first-entry).", "db,stream", kStreams}},
    {kStreamLastEntry, {"redis_stream_last_entry_id", kGauge, "Milliseconds of the ID of the last entry; 0: there is none (XINFO STREAM, last-entry).", "db,stream", kStreams}},
    {kStreamEntriesAdded, {"redis_stream_entries_added_total", kCounter, "Entries that were ever added to a stream (XINFO STREAM, entries-added).", "db,stream", kStreams, "", "7.0"}},
    {kStreamGroupConsumers, {"redis_stream_group_consumers", kGauge, "Consumers of a group (XINFO GROUPS, consumers).", "db,stream,group", kStreams}},
    {kStreamGroupPending, {"redis_stream_group_messages_pending", kGauge, "Entries that a group delivered and that were not acknowledged yet (XINFO GROUPS, pending).", "db,stream,group", kStreams}},
    {kStreamGroupLastDelivered, {"redis_stream_group_last_delivered_id", kGauge, "Milliseconds of the ID that a group delivered last (XINFO GROUPS, last-delivered-id).", "db,stream,group", kStreams}},
    {kStreamGroupEntriesRead, {"redis_stream_group_entries_read", kGauge, "Entries that a group has read, as a counter of the stream (XINFO GROUPS, entries-read).", "db,stream,group", kStreams, "", "7.0"}},
    {kStreamGroupLag, {"redis_stream_group_lag", kGauge, "Entries that wait to be delivered to a group (XINFO GROUPS, lag).", "db,stream,group", kStreams, "", "7.0"}},
    {kStreamConsumerPending, {"redis_stream_group_consumer_messages_pending", kGauge, "Entries that a consumer got and has not acknowledged yet (XINFO CONSUMERS, pending).", "db,stream,group,consumer", kStreams}},
    {kStreamConsumerIdle, {"redis_stream_group_consumer_idle_seconds", kGauge, "Time since a consumer last tried something (XINFO CONSUMERS, idle).", "db,stream,group,consumer", kStreams}},
    {kStreamsLeftOut, {"redis_streams_left_out", kGauge, "Streams beyond streams_max, and groups and consumers beyond ten times that, which are not shown (XINFO).", "", kStreams}},
    {kStreamsScanTime, {"redis_streams_scan_timestamp_seconds", kGauge, "Unix time at which what is shown of streams was complete (XINFO).", "", kStreams}},
    {kStreamsScanDuration, {"redis_streams_scan_duration_seconds", kGauge, "Time of polls that it took to read the streams (XINFO).", "", kStreams}},

    {kKeyGroupCount, {"redis_key_group_count", kGauge, "Keys of a group (SCAN).", "db,key_group", kKeyGroups}},
    {kKeyGroupMemory, {"redis_key_group_memory_usage_bytes", kGauge, "Memory of the keys of a group (MEMORY USAGE).", "db,key_group", kKeyGroups, "", "4.0"}},
    {kKeyGroupsDistinct, {"redis_number_of_distinct_key_groups", kGauge, "Groups of a database, before those beyond max_distinct_key_groups are summed (SCAN).", "db", kKeyGroups}},
    {kKeyGroupsScanTime, {"redis_key_groups_scan_timestamp_seconds", kGauge, "Unix time at which what is shown of key groups was complete (SCAN).", "", kKeyGroups}},
    {kKeyGroupsScanKeys, {"redis_key_groups_scan_keys", kGauge, "Keys that the scan for key groups saw, some perhaps twice (SCAN).", "", kKeyGroups}},

    {kBigKeyMemory, {"redis_big_key_memory_usage_bytes", kGauge, "Memory of a key that is among the largest (MEMORY USAGE).", "db,key,type", kBigKeys, "", "4.0"}},
    {kBigKeysScanTime, {"redis_big_keys_scan_timestamp_seconds", kGauge, "Unix time at which what is shown of big keys was complete (SCAN).", "", kBigKeys}},
    {kBigKeysScanDuration, {"redis_big_keys_scan_duration_seconds", kGauge, "Time of polls that it took to look for big keys (SCAN).", "", kBigKeys}},
    {kBigKeysScanKeys, {"redis_big_keys_scan_keys", kGauge, "Keys that the scan for big keys saw, some perhaps twice (SCAN).", "", kBigKeys}},

    {kModuleInfo, {"redis_module_info", kGauge, "Always 1; the labels describe a module (INFO MODULES).", "name,ver,api,filters,usedby,using", kModules}},

    {kSearchNumDocs, {"redis_search_index_num_docs", kGauge, "Documents of an index (FT.INFO, num_docs).", "index_name", kSearchIndexes}},
    {kSearchMaxDocId, {"redis_search_index_max_doc_id", kGauge, "Highest internal number of a document (FT.INFO, max_doc_id).", "index_name", kSearchIndexes}},
    {kSearchNumTerms, {"redis_search_index_num_terms", kGauge, "Distinct terms of an index (FT.INFO, num_terms).", "index_name", kSearchIndexes}},
    {kSearchNumRecords, {"redis_search_index_num_records", kGauge, "Records of an index (FT.INFO, num_records).", "index_name", kSearchIndexes}},
    {kSearchInvertedSize, {"redis_search_index_inverted_size_bytes", kGauge, "Memory of the inverted index (FT.INFO, inverted_sz_mb).", "index_name", kSearchIndexes}},
    {kSearchBlocks, {"redis_search_index_total_inverted_index_blocks", kGauge, "Blocks of the inverted index (FT.INFO, total_inverted_index_blocks).", "index_name", kSearchIndexes}},
    {kSearchVectorSize, {"redis_search_index_vector_index_size_bytes", kGauge, "Memory of vectors (FT.INFO, vector_index_sz_mb).", "index_name", kSearchIndexes}},
    {kSearchOffsetSize, {"redis_search_index_offset_vectors_size_bytes", kGauge, "Memory of term positions (FT.INFO, offset_vectors_sz_mb).", "index_name", kSearchIndexes}},
    {kSearchDocTableSize, {"redis_search_index_doc_table_size_bytes", kGauge, "Memory of the table of documents (FT.INFO, doc_table_size_mb).", "index_name", kSearchIndexes}},
    {kSearchSortableSize, {"redis_search_index_sortable_values_size_bytes", kGauge, "Memory of sortable values (FT.INFO, sortable_values_size_mb).", "index_name", kSearchIndexes}},
    {kSearchKeyTableSize, {"redis_search_index_key_table_size_bytes", kGauge, "Memory of the table of keys (FT.INFO, key_table_size_mb).", "index_name", kSearchIndexes}},
    {kSearchTagSize, {"redis_search_index_tag_overhead_size_bytes", kGauge, "Memory that tag fields take beside their values (FT.INFO, tag_overhead_sz_mb).", "index_name", kSearchIndexes}},
    {kSearchTextSize, {"redis_search_index_text_overhead_size_bytes", kGauge, "Memory that text fields take beside their values (FT.INFO, text_overhead_sz_mb).", "index_name", kSearchIndexes}},
    {kSearchTotalSize, {"redis_search_index_total_index_memory_size_bytes", kGauge, "Memory of an index altogether (FT.INFO, total_index_memory_sz_mb).", "index_name", kSearchIndexes}},
    {kSearchGeoSize, {"redis_search_index_geoshapes_size_bytes", kGauge, "Memory of geographic shapes (FT.INFO, geoshapes_sz_mb).", "index_name", kSearchIndexes}},
    {kSearchRecordsPerDoc, {"redis_search_index_avg_per_doc_records", kGauge, "Records per document on average (FT.INFO, records_per_doc_avg).", "index_name", kSearchIndexes}},
    {kSearchBytesPerRecord, {"redis_search_index_avg_per_record_bytes", kGauge, "Bytes per record on average (FT.INFO, bytes_per_record_avg).", "index_name", kSearchIndexes}},
    {kSearchOffsetsPerTerm, {"redis_search_index_avg_per_term_offsets", kGauge, "Positions per term on average (FT.INFO, offsets_per_term_avg).", "index_name", kSearchIndexes}},
    {kSearchBitsPerRecord, {"redis_search_index_avg_per_record_offset_bits", kGauge, "Bits of positions per record on average (FT.INFO, offset_bits_per_record_avg).", "index_name", kSearchIndexes}},
    {kSearchIndexing, {"redis_search_index_indexing", kGauge, "1 while an index is being built (FT.INFO, indexing).", "index_name", kSearchIndexes}},
    {kSearchPercentIndexed, {"redis_search_index_percent_indexed", kGauge, "Share of the documents that are indexed, 1 for all (FT.INFO, percent_indexed).", "index_name", kSearchIndexes}},
    {kSearchFailures, {"redis_search_index_hash_indexing_failures", kGauge, "Documents that could not be indexed (FT.INFO, hash_indexing_failures).", "index_name", kSearchIndexes}},
    {kSearchUses, {"redis_search_index_number_of_uses_total", kCounter, "Times that an index was used (FT.INFO, number_of_uses).", "index_name", kSearchIndexes}},
    {kSearchCleaning, {"redis_search_index_cleaning", kGauge, "1 while an index is cleaned up (FT.INFO, cleaning).", "index_name", kSearchIndexes}},

    {kRdbFileSize, {"redis_rdb_current_size_bytes", kGauge, "Size of the dump on this machine; 0: there is none (CONFIG GET dir, dbfilename).", "", kRdbFile}},

    {kScriptResult, {"redis_script_result", kGauge, "1: the script gave samples, 2: it gave none, 0: it failed (EVAL).", "filename", kScripts}},
    {kScriptValues, {"redis_script_values", kGauge, "What a script returned under a key (EVAL).", "key,filename", kScripts}},

    {kNodeUp, {"redis_node_up", kGauge, "Whether a node of the cluster could be read in the last poll (CLUSTER NODES).", "node", kNodes}},
    {kNodeSecretAccepted, {"redis_node_secret_accepted", kGauge, "Whether a node took the password when it was tried last (AUTH).", "node", kNodes}},
    {kNodeInfo, {"redis_node_info", kGauge, "Always 1; the labels say what a node is in the cluster, and the id of its master (CLUSTER NODES).", "node,node_id,role,master_id", kNodes}},
    {kNodeSlots, {"redis_node_slots", kGauge, "Slots that a node serves (CLUSTER NODES).", "node", kNodes}},
    {kNodeMigrating, {"redis_node_slots_migrating", kGauge, "Slots that a node hands over, by its own account (CLUSTER NODES).", "node", kNodes}},
    {kNodeImporting, {"redis_node_slots_importing", kGauge, "Slots that a node takes over, by its own account (CLUSTER NODES).", "node", kNodes}},
    {kNodeLinkUp, {"redis_node_link_up", kGauge, "Whether the node that was asked is connected to this one (CLUSTER NODES link-state).", "node", kNodes}},
    {kNodeState, {"redis_node_state", kGauge, "1 if a node is in this state in the eyes of the node that was asked (CLUSTER NODES flags): pfail, fail, handshake, noaddr.", "node,state", kNodes}},
    {kNodesLeftOut, {"redis_nodes_left_out", kGauge, "Nodes that are not read because of nodes_max (CLUSTER NODES).", "", kNodes}},
    {kTargetInfo, {"redis_target_info", kGauge, "Always 1, unless topology is single; the labels say which server is read now.", "topology,master_name,address", kExporter}},
    {kTargetChanges, {"redis_target_changes_total", kCounter, "How often another server took the place of the one that was read before, unless topology is single.", "", kExporter}},
    {kScrapes, {"redis_exporter_scrapes_total", kCounter, "Polls of the server, failed ones included.", "", kExporter}},
    {kScrapeDuration, {"redis_exporter_scrape_duration_seconds", MetricType::kSummary, "Time that polls of the server took.", "", kExporter}},
    {kLastScrapeDuration, {"redis_exporter_last_scrape_duration_seconds", kGauge, "Time that this poll took.", "", kExporter}},
    {kLastScrapeConnectTime, {"redis_exporter_last_scrape_connect_time_seconds", kGauge, "Time that connecting took in this poll; 0: the connection was still there.", "", kExporter}},
    {kLastScrapeError, {"redis_exporter_last_scrape_error", kGauge, "Always 0: a poll that fails shows nothing but redis_up 0.", "err", kExporter}},
    {kCommandsDenied, {"redis_exporter_commands_denied", kGauge, "Servers that deny a command (reason permission) or do not know it (version); it is tried again after a minute. Nothing while none does.", "command,reason", kExporter}},
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

}  // namespace

uint32_t FamilyOf(MetricId id) { return static_cast<uint32_t>(kInfoFieldCount) + id; }

std::span<const Collector> CollectorTable() { return kCollectors; }
std::span<const Metric> MetricTable() { return kMetrics; }

}  // namespace pillion::redis
