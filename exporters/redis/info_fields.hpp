// The fields of INFO and CLUSTER INFO that become a family without labels: the one list.
//
// To export a further field, add a line; registration, lookup, HELP and the README's table follow.
// Names and types are those of the exporters in use, whatever they look like: gauges that end in
// _total and counters that don't are kept.
//
// HELP is `text` and the field, "Keys that expired (INFO expired_keys).", joined at compile time.
#pragma once

#include "tables.hpp"

#include <pillion/tables.hpp>

#include <string_view>

namespace pillion::redis {

struct InfoFieldDesc {
  std::string_view field;
  std::string_view metric;  // without "redis_", which all have
  std::string_view text;
  std::string_view since = {};
  MetricType type = MetricType::kGauge;
  double divisor = 1;
  uint32_t collector = kInfo;
};

inline constexpr MetricType kCounter = MetricType::kCounter;

// clang-format off
inline constexpr InfoFieldDesc kInfoFields[] = {
    // Server
    {"uptime_in_seconds", "uptime_in_seconds", "Seconds since the server started"},
    {"process_id", "process_id", "Process number of the server, as it sees itself"},
    {"io_threads_active", "io_threads_active", "1 while I/O threads are at work", "6.0"},

    // Clients
    {"connected_clients", "connected_clients", "Client connections; replicas are not among them"},
    {"blocked_clients", "blocked_clients", "Clients that wait in a blocking command"},
    {"maxclients", "max_clients", "Most clients that may be connected at once", "6.2"},
    {"tracking_clients", "tracking_clients", "Clients that use server-assisted caching", "6.0"},
    {"clients_in_timeout_table", "clients_in_timeout_table", "Clients whose wait is limited in time", "6.0"},
    {"pubsub_clients", "pubsub_clients", "Clients in publish/subscribe mode", "7.4"},
    {"watching_clients", "watching_clients", "Clients that watch keys for a transaction", "7.4"},
    {"total_watched_keys", "total_watched_keys", "Keys that are watched for a transaction", "7.4"},
    {"total_blocking_keys", "total_blocking_keys", "Keys on which clients wait", "7.2"},
    {"total_blocking_keys_on_nokey", "total_blocking_keys_on_nokey", "Keys on which clients wait to be told when they go", "7.2"},
    {"client_longest_output_list", "client_longest_output_list", "Length of the longest list of pending replies of a client; up to 4.0"},
    {"client_biggest_input_buf", "client_biggest_input_buf", "Bytes of the largest query buffer of a client; up to 4.0"},
    {"client_recent_max_output_buffer", "client_recent_max_output_buffer_bytes", "Largest reply buffer of a client lately", "5.0"},
    {"client_recent_max_input_buffer", "client_recent_max_input_buffer_bytes", "Largest query buffer of a client lately", "5.0"},

    // Memory
    {"allocator_active", "allocator_active_bytes", "Bytes in pages that the allocator has in use, fragments included"},
    {"allocator_allocated", "allocator_allocated_bytes", "Bytes that the allocator has handed out"},
    {"allocator_resident", "allocator_resident_bytes", "Bytes that the allocator holds in memory"},
    {"allocator_frag_ratio", "allocator_frag_ratio", "Active over allocated bytes of the allocator"},
    {"allocator_frag_bytes", "allocator_frag_bytes", "Active less allocated bytes of the allocator"},
    {"allocator_muzzy", "allocator_muzzy_bytes", "Bytes that the allocator gave back and the system may still take", "7.4"},
    {"allocator_rss_ratio", "allocator_rss_ratio", "Resident over active bytes of the allocator"},
    {"allocator_rss_bytes", "allocator_rss_bytes", "Resident less active bytes of the allocator"},
    {"used_memory", "memory_used_bytes", "Bytes that the server has allocated"},
    {"used_memory_rss", "memory_used_rss_bytes", "Resident set of the server"},
    {"used_memory_peak", "memory_used_peak_bytes", "Most bytes that were allocated since the start"},
    {"used_memory_lua", "memory_used_lua_bytes", "Bytes of the Lua engine"},
    {"used_memory_vm_eval", "memory_used_vm_eval_bytes", "Bytes of the script engine for EVAL, outside the dataset's limit", "7.0"},
    {"used_memory_scripts_eval", "memory_used_scripts_eval_bytes", "Bytes of cached EVAL scripts", "7.0"},
    {"used_memory_overhead", "memory_used_overhead_bytes", "Bytes of buffers and bookkeeping"},
    {"used_memory_startup", "memory_used_startup_bytes", "Bytes that were allocated at the start"},
    {"used_memory_dataset", "memory_used_dataset_bytes", "Bytes of the data itself"},
    {"number_of_cached_scripts", "number_of_cached_scripts", "Cached EVAL scripts", "7.0"},
    {"number_of_functions", "number_of_functions", "Functions that are loaded", "7.0"},
    {"number_of_libraries", "number_of_libraries", "Libraries of functions that are loaded", "7.0"},
    {"used_memory_vm_functions", "memory_used_vm_functions_bytes", "Bytes of the script engine for functions, outside the dataset's limit", "7.0"},
    {"used_memory_scripts", "memory_used_scripts_bytes", "Bytes of cached scripts and functions", "7.0"},
    {"used_memory_functions", "memory_used_functions_bytes", "Bytes of functions", "7.0"},
    {"used_memory_vm_total", "memory_used_vm_total", "Bytes of all script engines", "7.0"},
    {"maxmemory", "memory_max_bytes", "Limit on the allocated bytes; 0: none"},
    {"maxmemory_reservation", "memory_max_reservation_bytes", "Bytes a managed server keeps for itself"},
    {"maxmemory_desired_reservation", "memory_max_reservation_desired_bytes", "Bytes a managed server would like to keep for itself"},
    {"maxfragmentationmemory_reservation", "memory_max_fragmentation_reservation_bytes", "Bytes a managed server keeps for fragmentation"},
    {"maxfragmentationmemory_desired_reservation", "memory_max_fragmentation_reservation_desired_bytes", "Bytes a managed server would like to keep for fragmentation"},
    {"mem_fragmentation_ratio", "mem_fragmentation_ratio", "Resident set over allocated bytes"},
    {"mem_fragmentation_bytes", "mem_fragmentation_bytes", "Resident set less allocated bytes"},
    {"mem_clients_slaves", "mem_clients_slaves", "Bytes of replicas' buffers"},
    {"mem_clients_normal", "mem_clients_normal", "Bytes of clients' buffers"},
    {"mem_cluster_links", "mem_cluster_links_bytes", "Bytes of links to other cluster nodes", "7.0"},
    {"mem_aof_buffer", "mem_aof_buffer_bytes", "Bytes of buffers for the append-only file"},
    {"mem_replication_backlog", "mem_replication_backlog_bytes", "Bytes of the replication backlog"},
    {"mem_not_counted_for_evict", "mem_not_counted_for_eviction_bytes", "Bytes that don't count towards the limit"},
    {"mem_total_replication_buffers", "mem_total_replication_buffers_bytes", "Bytes of all replication buffers", "7.0"},
    {"mem_overhead_db_hashtable_rehashing", "mem_overhead_db_hashtable_rehashing_bytes", "Bytes of the databases' tables that are being rehashed", "7.4"},
    {"lazyfree_pending_objects", "lazyfree_pending_objects", "Objects that wait to be freed in the background"},
    {"lazyfreed_objects", "lazyfreed_objects", "Objects freed in the background", "6.2"},
    {"active_defrag_running", "active_defrag_running", "Whether defragmentation runs: 0, or its share of CPU in percent"},

    // Persistence
    {"loading", "loading_dump_file", "1 while a dump is loaded"},
    {"async_loading", "async_loading", "1 while replication data is loaded and old data served", "7.0"},
    {"rdb_changes_since_last_save", "rdb_changes_since_last_save", "Changes since the last dump"},
    {"rdb_bgsave_in_progress", "rdb_bgsave_in_progress", "1 while a dump is written"},
    {"rdb_last_save_time", "rdb_last_save_timestamp_seconds", "Unix time of the last good dump"},
    {"rdb_last_bgsave_status", "rdb_last_bgsave_status", "1 if the last dump was good"},
    {"rdb_last_bgsave_time_sec", "rdb_last_bgsave_duration_sec", "Seconds that the last dump took; -1: none yet"},
    {"rdb_current_bgsave_time_sec", "rdb_current_bgsave_duration_sec", "Seconds that the dump in progress has taken; -1: none"},
    {"rdb_saves", "rdb_saves_total", "Dumps since the start", "6.2"},
    {"rdb_last_cow_size", "rdb_last_cow_size_bytes", "Bytes copied on write during the last dump", "4.0"},
    {"rdb_last_load_keys_expired", "rdb_last_load_expired_keys", "Keys that had expired when the dump was loaded", "7.0"},
    {"rdb_last_load_keys_loaded", "rdb_last_load_loaded_keys", "Keys that were loaded from the dump", "7.0"},
    {"aof_enabled", "aof_enabled", "1 if the append-only file is on"},
    {"aof_rewrite_in_progress", "aof_rewrite_in_progress", "1 while the append-only file is rewritten"},
    {"aof_rewrite_scheduled", "aof_rewrite_scheduled", "1 if a rewrite follows the dump in progress"},
    {"aof_last_rewrite_time_sec", "aof_last_rewrite_duration_sec", "Seconds that the last rewrite took; -1: none yet"},
    {"aof_current_rewrite_time_sec", "aof_current_rewrite_duration_sec", "Seconds that the rewrite in progress has taken; -1: none"},
    {"aof_last_cow_size", "aof_last_cow_size_bytes", "Bytes copied on write during the last rewrite", "4.0"},
    {"aof_current_size", "aof_current_size_bytes", "Size of the append-only file; only when it is on"},
    {"aof_base_size", "aof_base_size_bytes", "Size of the append-only file after its last rewrite or the start"},
    {"aof_pending_rewrite", "aof_pending_rewrite", "1 if a rewrite waits for the dump in progress"},
    {"aof_buffer_length", "aof_buffer_length", "Bytes that wait to be written to the append-only file"},
    {"aof_rewrite_buffer_length", "aof_rewrite_buffer_length", "Bytes that wait for the rewrite to take them; up to 6.2"},
    {"aof_pending_bio_fsync", "aof_pending_bio_fsync", "Flushes that wait in the background queue"},
    {"aof_delayed_fsync", "aof_delayed_fsync", "Writes that were held up by a flush"},
    {"aof_last_bgrewrite_status", "aof_last_bgrewrite_status", "1 if the last rewrite was good"},
    {"aof_last_write_status", "aof_last_write_status", "1 if the last write to the append-only file was good"},
    {"module_fork_in_progress", "module_fork_in_progress", "1 while a module has a forked process", "6.0"},
    {"module_fork_last_cow_size", "module_fork_last_cow_size", "Bytes copied on write during a module's last fork", "6.0"},

    // Stats
    {"total_connections_received", "connections_received_total", "Connections that were accepted", "", kCounter},
    {"total_commands_processed", "commands_processed_total", "Commands that were run", "", kCounter},
    {"rejected_connections", "rejected_connections_total", "Connections that were refused because of maxclients", "", kCounter},
    {"total_net_input_bytes", "net_input_bytes_total", "Bytes read from the network", "", kCounter},
    {"total_net_output_bytes", "net_output_bytes_total", "Bytes written to the network", "", kCounter},
    {"total_net_repl_input_bytes", "net_repl_input_bytes_total", "Bytes read for replication", "7.0", kCounter},
    {"total_net_repl_output_bytes", "net_repl_output_bytes_total", "Bytes written for replication", "7.0", kCounter},
    {"sync_full", "replica_resyncs_full", "Full synchronizations of replicas"},
    {"sync_partial_ok", "replica_partial_resync_accepted", "Partial synchronizations that were accepted"},
    {"sync_partial_err", "replica_partial_resync_denied", "Partial synchronizations that were denied"},
    {"expired_subkeys", "expired_subkeys_total", "Hash fields that expired", "7.4", kCounter},
    {"expired_keys", "expired_keys_total", "Keys that expired", "", kCounter},
    {"expired_stale_perc", "expired_stale_percentage", "Keys that have probably expired and are still there, in percent"},
    {"expired_time_cap_reached_count", "expired_time_cap_reached_total", "Times that the search for expired keys ran out of time", "", kCounter},
    {"expire_cycle_cpu_milliseconds", "expire_cycle_cpu_time_ms_total", "Milliseconds spent on the search for expired keys", "", kCounter},
    {"evicted_keys", "evicted_keys_total", "Keys that were removed to keep within maxmemory", "", kCounter},
    {"evicted_clients", "evicted_clients_total", "Clients that were closed to keep within maxmemory-clients", "7.0", kCounter},
    {"evicted_scripts", "evicted_scripts_total", "EVAL scripts that were dropped from the cache", "7.4", kCounter},
    {"total_eviction_exceeded_time", "eviction_exceeded_time_ms_total", "Milliseconds spent above maxmemory", "7.0", kCounter},
    {"current_eviction_exceeded_time", "current_eviction_exceeded_time_ms", "Milliseconds since the server went above maxmemory; 0: it is not", "7.0"},
    {"keyspace_hits", "keyspace_hits_total", "Look-ups that found a key", "", kCounter},
    {"keyspace_misses", "keyspace_misses_total", "Look-ups that found no key", "", kCounter},
    {"pubsub_channels", "pubsub_channels", "Channels with subscribers"},
    {"pubsub_patterns", "pubsub_patterns", "Patterns with subscribers"},
    {"pubsubshard_channels", "pubsubshard_channels", "Shard channels with subscribers", "7.0.3"},
    {"latest_fork_usec", "latest_fork_seconds", "Time that the last fork took", "", MetricType::kGauge, 1e6},
    {"migrate_cached_sockets", "migrate_cached_sockets_total", "Sockets that are open for MIGRATE"},
    {"slave_expires_tracked_keys", "slave_expires_tracked_keys", "Keys whose expiry a writable replica keeps track of"},
    {"active_defrag_hits", "defrag_hits", "Values that defragmentation moved"},
    {"active_defrag_misses", "defrag_misses", "Values that defragmentation looked at and left"},
    {"active_defrag_key_hits", "defrag_key_hits", "Keys that defragmentation moved"},
    {"active_defrag_key_misses", "defrag_key_misses", "Keys that defragmentation looked at and left"},
    {"tracking_total_keys", "tracking_total_keys", "Keys that are tracked for clients", "6.0"},
    {"tracking_total_items", "tracking_total_items", "Clients times keys that are tracked", "6.0"},
    {"tracking_total_prefixes", "tracking_total_prefixes", "Prefixes that are tracked in broadcast mode", "6.0"},
    {"unexpected_error_replies", "unexpected_error_replies", "Errors in replies from which nobody expects any", "6.2", kCounter},
    {"total_error_replies", "total_error_replies", "Error replies", "6.2", kCounter},
    {"dump_payload_sanitizations", "dump_payload_sanitizations", "Deep checks of restored payloads", "6.2", kCounter},
    {"total_reads_processed", "total_reads_processed", "Reads from clients", "6.0", kCounter},
    {"total_writes_processed", "total_writes_processed", "Writes to clients", "6.0", kCounter},
    {"io_threaded_reads_processed", "io_threaded_reads_processed", "Reads by I/O threads", "6.0", kCounter},
    {"io_threaded_writes_processed", "io_threaded_writes_processed", "Writes by I/O threads", "6.0", kCounter},
    {"client_query_buffer_limit_disconnections", "client_query_buffer_limit_disconnections_total", "Clients closed because of their query buffer", "7.4", kCounter},
    {"client_output_buffer_limit_disconnections", "client_output_buffer_limit_disconnections_total", "Clients closed because of their reply buffer", "7.4", kCounter},
    {"reply_buffer_shrinks", "reply_buffer_shrinks_total", "Reply buffers that were made smaller", "7.0", kCounter},
    {"reply_buffer_expands", "reply_buffer_expands_total", "Reply buffers that were made larger", "7.0", kCounter},
    {"eventloop_cycles", "eventloop_cycles_total", "Turns of the event loop", "7.2", kCounter},
    {"eventloop_duration_sum", "eventloop_duration_sum_usec_total", "Microseconds spent in the event loop", "7.2", kCounter},
    {"eventloop_duration_cmd_sum", "eventloop_duration_cmd_sum_usec_total", "Microseconds of the event loop spent on commands", "7.2", kCounter},
    {"instantaneous_eventloop_cycles_per_sec", "instantaneous_eventloop_cycles_per_sec", "Turns of the event loop per second, lately", "7.2"},
    {"instantaneous_eventloop_duration_usec", "instantaneous_eventloop_duration_usec", "Microseconds per turn of the event loop, lately", "7.2"},
    {"acl_access_denied_auth", "acl_access_denied_auth_total", "Log-ins that were denied", "7.2", kCounter},
    {"acl_access_denied_cmd", "acl_access_denied_cmd_total", "Commands that were denied", "7.2", kCounter},
    {"acl_access_denied_key", "acl_access_denied_key_total", "Accesses to keys that were denied", "7.2", kCounter},
    {"acl_access_denied_channel", "acl_access_denied_channel_total", "Accesses to channels that were denied", "7.2", kCounter},

    // Replication
    {"connected_slaves", "connected_slaves", "Replicas that are connected"},
    {"repl_backlog_size", "replication_backlog_bytes", "Size of the replication backlog"},
    {"repl_backlog_active", "repl_backlog_is_active", "1 if there is a replication backlog"},
    {"repl_backlog_first_byte_offset", "repl_backlog_first_byte_offset", "Replication offset at which the backlog begins"},
    {"repl_backlog_histlen", "repl_backlog_history_bytes", "Bytes of data in the replication backlog"},
    {"master_repl_offset", "master_repl_offset", "Replication offset of the server"},
    {"second_repl_offset", "second_repl_offset", "Offset up to which the former replication ID is accepted; -1: none"},
    {"slave_priority", "slave_priority", "Priority of the replica for a failover"},

    // CPU
    {"used_cpu_sys", "cpu_sys_seconds_total", "CPU time in the kernel", "", kCounter},
    {"used_cpu_user", "cpu_user_seconds_total", "CPU time in user space", "", kCounter},
    {"used_cpu_sys_children", "cpu_sys_children_seconds_total", "CPU time of background processes in the kernel", "", kCounter},
    {"used_cpu_user_children", "cpu_user_children_seconds_total", "CPU time of background processes in user space", "", kCounter},
    {"used_cpu_sys_main_thread", "cpu_sys_main_thread_seconds_total", "CPU time of the main thread in the kernel", "6.0", kCounter},
    {"used_cpu_user_main_thread", "cpu_user_main_thread_seconds_total", "CPU time of the main thread in user space", "6.0", kCounter},
    {"used_active_time_main_thread", "active_time_main_thread_seconds_total", "Time that the main thread was busy; Valkey 9.1", "", kCounter},

    // KeyDB
    {"server_threads", "server_threads_total", "Threads of a KeyDB server"},
    {"long_lock_waits", "long_lock_waits_total", "Waits of KeyDB for its lock that took long"},
    {"current_client_thread", "current_client_thread", "KeyDB's thread that served this connection"},
    {"cached_keys", "cached_keys_total", "Keys that KeyDB holds in memory", "", kCounter},
    {"storage_provider_read_hits", "storage_provider_read_hits", "Reads that KeyDB's storage answered", "", kCounter},
    {"storage_provider_read_misses", "storage_provider_read_misses", "Reads that KeyDB's storage had no answer for", "", kCounter},

    // Cluster, and CLUSTER INFO
    {"cluster_enabled", "cluster_enabled", "1 if the server is a node of a cluster", "", MetricType::kGauge, 1, kCluster},
    {"cluster_connections", "cluster_connections", "Sockets to other cluster nodes", "", MetricType::kGauge, 1, kCluster},
    {"cluster_state", "cluster_state", "1 if the cluster serves queries", "", MetricType::kGauge, 1, kCluster},
    {"cluster_slots_assigned", "cluster_slots_assigned", "Slots that belong to a node", "", MetricType::kGauge, 1, kCluster},
    {"cluster_slots_ok", "cluster_slots_ok", "Slots of nodes that are well", "", MetricType::kGauge, 1, kCluster},
    {"cluster_slots_pfail", "cluster_slots_pfail", "Slots of nodes that seem to be down", "", MetricType::kGauge, 1, kCluster},
    {"cluster_slots_fail", "cluster_slots_fail", "Slots of nodes that are down", "", MetricType::kGauge, 1, kCluster},
    {"cluster_known_nodes", "cluster_known_nodes", "Nodes that this one knows, itself included", "", MetricType::kGauge, 1, kCluster},
    {"cluster_size", "cluster_size", "Masters that serve slots", "", MetricType::kGauge, 1, kCluster},
    {"cluster_current_epoch", "cluster_current_epoch", "Epoch of the cluster", "", MetricType::kGauge, 1, kCluster},
    {"cluster_my_epoch", "cluster_my_epoch", "Configuration epoch of this node", "", MetricType::kGauge, 1, kCluster},
    {"cluster_stats_messages_sent", "cluster_messages_sent_total", "Messages sent over the cluster's bus", "", MetricType::kGauge, 1, kCluster},
    {"cluster_stats_messages_received", "cluster_messages_received_total", "Messages received over the cluster's bus", "", MetricType::kGauge, 1, kCluster},

    // Memory of the machine: only with include_system_metrics
    {"total_system_memory", "total_system_memory_bytes", "Memory of the machine that the server runs on"},
};
// clang-format on

inline constexpr size_t kInfoFieldCount = std::size(kInfoFields);
inline constexpr std::string_view kSystemMemoryField = "total_system_memory";

// The index of a field in kInfoFields, which is also its family; kInfoFieldCount: not exported.
size_t FindInfoField(std::string_view field);

}  // namespace pillion::redis
