#include "tables.hpp"

#include "common/tls_options.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace pillion::memcached {
namespace {

constexpr Option kOptions[] = {
    {.name = "address",
     .default_value = "127.0.0.1:11211",
     .help = "Where the server listens: host:port, [v6]:port, unix:/path or /path.",
     .flags = PILLION_OPT_ADDRESS},
    {.name = "username", .help = "To log in with, where the server has an auth file (-Y)."},
    {.name = "password",
     .help = "Its password; read again when it changes.",
     .flags = PILLION_OPT_SECRET},
    {.name = "tls", .type = OptionType::kBool, .default_value = "false", .help = "Speak TLS (-Z)."},
    tls::kCaFileOption,
    tls::kCertFileOption,
    tls::kKeyFileOption,
    tls::kServerNameOption,
    tls::kSkipVerifyOption,
    {.name = "include_unknown_stats",
     .type = OptionType::kBool,
     .default_value = "false",
     .help = "Export fields that have no family of their own as memcached_COMMAND_FIELD, at most "
             "1000 of them."},
};

constexpr Collector kCollectors[] = {
    {.name = "stats", .help = "Counters and memory of the server (stats)."},
    {.name = "settings", .help = "What the server was started with (stats settings)."},
    {.name = "slabs", .help = "Memory of each slab class (stats slabs)."},
    {.name = "items", .help = "Items and evictions of each slab class (stats items)."},
};

struct Row {
  Metric metric;
  std::string_view field = {};
};

constexpr Row One(CollectorId collector, MetricType type, std::string_view field,
                  std::string_view name, std::string_view help) {
  const bool by_slab = collector == kItems || (collector == kSlabs && field != "total_malloced");
  return {{.name = name,
           .type = type,
           .help = help,
           .labels = by_slab ? "slab" : "",
           .collector = collector},
          field};
}

constexpr auto kCounter = MetricType::kCounter;
constexpr auto kGauge = MetricType::kGauge;

constexpr Row kRows[] = {
    // In the order of FamilyId.
    {{.name = "memcached_version",
      .help = "Always 1; the label is the version (version).",
      .labels = "version",
      .collector = kStats}},
    {{.name = "memcached_commands_total",
      .type = kCounter,
      .help = "Commands and how they ended (get_hits, get_misses, ... cas_badval, cmd_flush). The "
              "sets are cmd_set without those of cas.",
      .labels = "command,status",
      .collector = kStats}},
    {{.name = "memcached_slab_commands_total",
      .type = kCounter,
      .help = "Commands on items of a class (get_hits, ... cas_badval, cmd_set without cas).",
      .labels = "slab,command,status",
      .collector = kSlabs}},
    {{.name = "memcached_slab_lru_hits_total",
      .type = kCounter,
      .help = "Gets that found their item in this list of a class (hits_to_*).",
      .labels = "slab,lru",
      .collector = kItems}},
    {{.name = "memcached_slab_mem_requested_bytes",
      .type = kCounter,
      .help = "Bytes that the class's items asked for (mem_requested). It rises and falls; a "
              "counter as at the peer.",
      .labels = "slab",
      .collector = kItems}},
    {{.name = "memcached_stats_fields_unknown",
      .help = "Fields that have no family of their own, by the command that shows them.",
      .labels = "command",
      .collector = kStats}},
    {{.name = "memcached_*",
      .type = MetricType::kUnknown,
      .help = "A field that has no family of its own: memcached_COMMAND_FIELD, with the label slab "
              "where there is one. Only with include_unknown_stats.",
      .collector = kStats,
      .flags = PILLION_METRIC_PATTERN}},

    One(kStats, kCounter, "uptime", "memcached_uptime_seconds",
        "Seconds since the server started (uptime)."),
    One(kStats, kGauge, "time", "memcached_time_seconds", "The server's clock, Unix time (time)."),
    One(kStats, kCounter, "rusage_user", "memcached_process_user_cpu_seconds_total",
        "CPU time in user mode (rusage_user)."),
    One(kStats, kCounter, "rusage_system", "memcached_process_system_cpu_seconds_total",
        "CPU time in the kernel (rusage_system)."),
    One(kStats, kCounter, "bytes_read", "memcached_read_bytes_total",
        "Bytes that clients sent (bytes_read)."),
    One(kStats, kCounter, "bytes_written", "memcached_written_bytes_total",
        "Bytes that were sent to clients (bytes_written)."),
    One(kStats, kGauge, "curr_connections", "memcached_current_connections",
        "Connections that are open (curr_connections)."),
    One(kStats, kCounter, "total_connections", "memcached_connections_total",
        "Connections since the start (total_connections)."),
    One(kStats, kCounter, "rejected_connections", "memcached_connections_rejected_total",
        "Connections that were refused at max_connections, with maxconns_fast "
        "(rejected_connections)."),
    One(kStats, kCounter, "conn_yields", "memcached_connections_yielded_total",
        "Times that a busy connection had to let others go first (conn_yields, -R)."),
    One(kStats, kCounter, "listen_disabled_num", "memcached_connections_listener_disabled_total",
        "Times that the server stopped accepting, at max_connections (listen_disabled_num)."),
    One(kStats, kGauge, "accepting_conns", "memcached_accepting_connections",
        "1 while the server accepts connections (accepting_conns)."),
    One(kStats, kGauge, "bytes", "memcached_current_bytes", "Bytes that items take now (bytes)."),
    One(kStats, kGauge, "limit_maxbytes", "memcached_limit_bytes",
        "Most bytes that items may take (limit_maxbytes, -m)."),
    One(kStats, kGauge, "curr_items", "memcached_current_items", "Items now (curr_items)."),
    One(kStats, kCounter, "total_items", "memcached_items_total",
        "Items that were stored since the start (total_items)."),
    One(kStats, kCounter, "evictions", "memcached_items_evicted_total",
        "Valid items that were thrown out for new ones (evictions)."),
    One(kStats, kCounter, "reclaimed", "memcached_items_reclaimed_total",
        "Times that an expired item's memory took a new one (reclaimed)."),
    One(kStats, kCounter, "store_too_large", "memcached_item_too_large_total",
        "Items that were larger than item_size_max (store_too_large)."),
    One(kStats, kCounter, "store_no_memory", "memcached_item_no_memory_total",
        "Items for which there was no memory (store_no_memory)."),
    One(kStats, kCounter, "direct_reclaims", "memcached_direct_reclaims_total",
        "Times that a worker had to make room itself (direct_reclaims)."),
    One(kStats, kCounter, "lru_crawler_starts", "memcached_lru_crawler_starts_total",
        "Runs of the LRU crawler (lru_crawler_starts)."),
    One(kStats, kCounter, "crawler_reclaimed", "memcached_lru_crawler_reclaimed_total",
        "Items that the LRU crawler freed (crawler_reclaimed)."),
    One(kStats, kCounter, "crawler_items_checked", "memcached_lru_crawler_items_checked_total",
        "Items that the LRU crawler looked at (crawler_items_checked)."),
    One(kStats, kCounter, "moves_to_cold", "memcached_lru_crawler_moves_to_cold_total",
        "Items that went from the hot or warm list to the cold one (moves_to_cold)."),
    One(kStats, kCounter, "moves_to_warm", "memcached_lru_crawler_moves_to_warm_total",
        "Items that went from the cold list to the warm one (moves_to_warm)."),
    One(kStats, kCounter, "moves_within_lru", "memcached_lru_crawler_moves_within_lru_total",
        "Items that were moved up in the hot or warm list (moves_within_lru)."),
    One(kStats, kCounter, "extstore_compact_lost", "memcached_extstore_compact_lost_total",
        "Items lost when pages on flash were compacted (extstore_compact_lost)."),
    One(kStats, kCounter, "extstore_compact_rescues", "memcached_extstore_compact_rescued_total",
        "Items that compaction moved to another page (extstore_compact_rescues)."),
    One(kStats, kCounter, "extstore_compact_skipped", "memcached_extstore_compact_skipped_total",
        "Items that compaction found dead (extstore_compact_skipped)."),
    One(kStats, kCounter, "extstore_page_allocs", "memcached_extstore_pages_allocated_total",
        "Pages on flash that were taken into use (extstore_page_allocs)."),
    One(kStats, kCounter, "extstore_page_evictions", "memcached_extstore_pages_evicted_total",
        "Pages on flash that were thrown out (extstore_page_evictions)."),
    One(kStats, kCounter, "extstore_page_reclaims", "memcached_extstore_pages_reclaimed_total",
        "Empty pages on flash that were freed (extstore_page_reclaims)."),
    One(kStats, kGauge, "extstore_pages_free", "memcached_extstore_pages_free",
        "Pages on flash that are free (extstore_pages_free)."),
    One(kStats, kGauge, "extstore_pages_used", "memcached_extstore_pages_used",
        "Pages on flash that hold items (extstore_pages_used)."),
    One(kStats, kCounter, "extstore_objects_evicted", "memcached_extstore_objects_evicted_total",
        "Items on flash that were thrown out (extstore_objects_evicted)."),
    One(kStats, kCounter, "extstore_objects_read", "memcached_extstore_objects_read_total",
        "Items that were read from flash (extstore_objects_read)."),
    One(kStats, kCounter, "extstore_objects_written", "memcached_extstore_objects_written_total",
        "Items that were written to flash (extstore_objects_written)."),
    One(kStats, kGauge, "extstore_objects_used", "memcached_extstore_objects_used",
        "Items on flash (extstore_objects_used)."),
    One(kStats, kCounter, "extstore_bytes_evicted", "memcached_extstore_bytes_evicted_total",
        "Bytes on flash that were thrown out (extstore_bytes_evicted)."),
    One(kStats, kCounter, "extstore_bytes_written", "memcached_extstore_bytes_written_total",
        "Bytes that were written to flash (extstore_bytes_written)."),
    One(kStats, kCounter, "extstore_bytes_read", "memcached_extstore_bytes_read_total",
        "Bytes that were read from flash (extstore_bytes_read)."),
    One(kStats, kCounter, "extstore_bytes_used", "memcached_extstore_bytes_used",
        "Bytes on flash (extstore_bytes_used). It rises and falls; a counter as at the peer."),
    One(kStats, kGauge, "extstore_bytes_fragmented", "memcached_extstore_bytes_fragmented",
        "Bytes of used pages that hold nothing (extstore_bytes_fragmented)."),
    One(kStats, kGauge, "extstore_limit_maxbytes", "memcached_extstore_bytes_limit",
        "Bytes that there are on flash (extstore_limit_maxbytes)."),
    One(kStats, kGauge, "extstore_io_queue", "memcached_extstore_io_queue_depth",
        "Reads and writes that wait for flash (extstore_io_queue)."),
    One(kStats, kCounter, "proxy_conn_requests", "memcached_proxy_conn_requests_total",
        "Requests that the proxy took (proxy_conn_requests)."),
    One(kStats, kCounter, "proxy_conn_errors", "memcached_proxy_conn_errors_total",
        "Requests of the proxy that failed (proxy_conn_errors)."),
    One(kStats, kCounter, "proxy_conn_oom", "memcached_proxy_conn_oom_total",
        "Times that the proxy had no memory for a connection (proxy_conn_oom)."),
    One(kStats, kGauge, "proxy_req_active", "memcached_proxy_req_active",
        "Requests that the proxy works on now (proxy_req_active)."),
    One(kStats, kCounter, "proxy_config_reloads", "memcached_proxy_config_reloads_total",
        "Times that the proxy read its configuration anew (proxy_config_reloads)."),
    One(kStats, kCounter, "proxy_config_reload_fails", "memcached_proxy_config_reload_fails_total",
        "Times that it could not (proxy_config_reload_fails)."),
    One(kStats, kCounter, "proxy_config_cron_runs", "memcached_proxy_config_cron_runs_total",
        "Runs of the configuration's cron functions (proxy_config_cron_runs)."),
    One(kStats, kCounter, "proxy_config_cron_fails", "memcached_proxy_config_cron_fails_total",
        "Those that failed (proxy_config_cron_fails)."),
    One(kStats, kGauge, "proxy_backend_total", "memcached_proxy_backend_total",
        "Servers behind the proxy (proxy_backend_total)."),
    One(kStats, kCounter, "proxy_backend_marked_bad", "memcached_proxy_backend_marked_bad_total",
        "Times that one was marked as bad (proxy_backend_marked_bad)."),
    One(kStats, kGauge, "proxy_backend_failed", "memcached_proxy_backend_failed",
        "Those that are failed now (proxy_backend_failed)."),
    One(kStats, kCounter, "proxy_request_failed_depth",
        "memcached_proxy_request_failed_depth_total",
        "Requests that were refused because a server's queue was full "
        "(proxy_request_failed_depth)."),
    One(kStats, kCounter, "round_robin_fallback", "memcached_round_robin_fallback_total",
        "Connections that went to a worker in turn, not by their NAPI id (round_robin_fallback)."),
    One(kStats, kCounter, "unexpected_napi_ids", "memcached_unexpected_napi_ids_total",
        "Connections with a NAPI id that no worker has (unexpected_napi_ids)."),

    One(kSettings, kGauge, "maxconns", "memcached_max_connections",
        "Most connections at once (maxconns, -c)."),
    One(kSettings, kGauge, "lru_crawler", "memcached_lru_crawler_enabled",
        "1 if the LRU crawler runs (lru_crawler)."),
    One(kSettings, kGauge, "lru_crawler_sleep", "memcached_lru_crawler_sleep",
        "Microseconds that the LRU crawler sleeps between items (lru_crawler_sleep)."),
    One(kSettings, kGauge, "lru_crawler_tocrawl", "memcached_lru_crawler_to_crawl",
        "Most items of a class that a run looks at; 0: all (lru_crawler_tocrawl)."),
    One(kSettings, kGauge, "lru_maintainer_thread", "memcached_lru_crawler_maintainer_thread",
        "1 if a thread of its own keeps the lists of the LRU (lru_maintainer_thread)."),
    One(kSettings, kGauge, "hot_lru_pct", "memcached_lru_crawler_hot_percent",
        "Percent of a class that the hot list may take (hot_lru_pct)."),
    One(kSettings, kGauge, "warm_lru_pct", "memcached_lru_crawler_warm_percent",
        "Percent of a class that the warm list may take (warm_lru_pct)."),
    One(kSettings, kGauge, "hot_max_factor", "memcached_lru_crawler_hot_max_factor",
        "Greatest age in the hot list, in ages of the cold one (hot_max_factor)."),
    One(kSettings, kGauge, "warm_max_factor", "memcached_lru_crawler_warm_max_factor",
        "Greatest age in the warm list, in ages of the cold one (warm_max_factor)."),

    One(kSlabs, kGauge, "total_malloced", "memcached_malloced_bytes",
        "Bytes of all pages of slabs (total_malloced)."),
    One(kSlabs, kGauge, "chunk_size", "memcached_slab_chunk_size_bytes",
        "Bytes of a chunk of this class (chunk_size)."),
    One(kSlabs, kGauge, "chunks_per_page", "memcached_slab_chunks_per_page",
        "Chunks of a page of this class (chunks_per_page)."),
    One(kSlabs, kGauge, "total_pages", "memcached_slab_current_pages",
        "Pages that the class has (total_pages)."),
    One(kSlabs, kGauge, "total_chunks", "memcached_slab_current_chunks",
        "Chunks that the class has (total_chunks)."),
    One(kSlabs, kGauge, "used_chunks", "memcached_slab_chunks_used",
        "Chunks that hold an item (used_chunks)."),
    One(kSlabs, kGauge, "free_chunks", "memcached_slab_chunks_free",
        "Chunks that are free (free_chunks)."),
    One(kSlabs, kGauge, "free_chunks_end", "memcached_slab_chunks_free_end",
        "Chunks at the end of the newest page that were never used (free_chunks_end)."),

    One(kItems, kGauge, "number", "memcached_slab_current_items", "Items of the class (number)."),
    One(kItems, kGauge, "number_hot", "memcached_slab_hot_items",
        "Items in the hot list (number_hot)."),
    One(kItems, kGauge, "number_warm", "memcached_slab_warm_items",
        "Items in the warm list (number_warm)."),
    One(kItems, kGauge, "number_cold", "memcached_slab_cold_items",
        "Items in the cold list (number_cold)."),
    One(kItems, kGauge, "number_temp", "memcached_slab_temporary_items",
        "Items in the temporary list (number_temp)."),
    One(kItems, kGauge, "age", "memcached_slab_items_age_seconds",
        "Age of the class's oldest item (age)."),
    One(kItems, kGauge, "age_hot", "memcached_slab_hot_age_seconds",
        "Age of the oldest item in the hot list (age_hot)."),
    One(kItems, kGauge, "age_warm", "memcached_slab_warm_age_seconds",
        "Age of the oldest item in the warm list (age_warm)."),
    One(kItems, kCounter, "evicted", "memcached_slab_items_evicted_total",
        "Items that were thrown out before their time (evicted)."),
    One(kItems, kCounter, "evicted_nonzero", "memcached_slab_items_evicted_nonzero_total",
        "Those that had a time (evicted_nonzero)."),
    One(kItems, kCounter, "evicted_time", "memcached_slab_items_evicted_time_seconds",
        "How long the item that was last thrown out had not been asked for (evicted_time). It "
        "rises and falls; a counter as at the peer."),
    One(kItems, kCounter, "evicted_unfetched", "memcached_slab_items_evicted_unfetched_total",
        "Items that were thrown out and never read (evicted_unfetched)."),
    One(kItems, kCounter, "expired_unfetched", "memcached_slab_items_expired_unfetched_total",
        "Items whose time ended and that were never read (expired_unfetched)."),
    One(kItems, kCounter, "outofmemory", "memcached_slab_items_outofmemory_total",
        "Items that found no memory in the class (outofmemory)."),
    One(kItems, kCounter, "reclaimed", "memcached_slab_items_reclaimed_total",
        "Times that an expired item's memory took a new one (reclaimed)."),
    One(kItems, kCounter, "tailrepairs", "memcached_slab_items_tailrepairs_total",
        "Items that were stuck and set free (tailrepairs)."),
    One(kItems, kCounter, "crawler_reclaimed", "memcached_slab_items_crawler_reclaimed_total",
        "Items that the LRU crawler freed (crawler_reclaimed)."),
    One(kItems, kCounter, "moves_to_cold", "memcached_slab_items_moves_to_cold",
        "Items that went from the hot or warm list to the cold one (moves_to_cold)."),
    One(kItems, kCounter, "moves_to_warm", "memcached_slab_items_moves_to_warm",
        "Items that went from the cold list to the warm one (moves_to_warm)."),
    One(kItems, kCounter, "moves_within_lru", "memcached_slab_items_moves_within_lru",
        "Items that were moved up in the hot or warm list (moves_within_lru)."),
};

constexpr Place kSeveral[] = {
    {kStats, "get_hits", kCommands, "get", "hit"},
    {kStats, "get_misses", kCommands, "get", "miss"},
    {kStats, "delete_hits", kCommands, "delete", "hit"},
    {kStats, "delete_misses", kCommands, "delete", "miss"},
    {kStats, "incr_hits", kCommands, "incr", "hit"},
    {kStats, "incr_misses", kCommands, "incr", "miss"},
    {kStats, "decr_hits", kCommands, "decr", "hit"},
    {kStats, "decr_misses", kCommands, "decr", "miss"},
    {kStats, "cas_hits", kCommands, "cas", "hit"},
    {kStats, "cas_misses", kCommands, "cas", "miss"},
    {kStats, "cas_badval", kCommands, "cas", "badval"},
    {kStats, "touch_hits", kCommands, "touch", "hit"},
    {kStats, "touch_misses", kCommands, "touch", "miss"},
    {kStats, "cmd_flush", kCommands, "flush", "hit"},
    {kStats, "cmd_set", kCommands, "set", "hit"},
    {kSlabs, "get_hits", kSlabCommands, "get", "hit"},
    {kSlabs, "delete_hits", kSlabCommands, "delete", "hit"},
    {kSlabs, "incr_hits", kSlabCommands, "incr", "hit"},
    {kSlabs, "decr_hits", kSlabCommands, "decr", "hit"},
    {kSlabs, "cas_hits", kSlabCommands, "cas", "hit"},
    {kSlabs, "cas_badval", kSlabCommands, "cas", "badval"},
    {kSlabs, "touch_hits", kSlabCommands, "touch", "hit"},
    {kSlabs, "cmd_set", kSlabCommands, "set", "hit"},
    {kSlabs, "mem_requested", kMemRequested},  // before 1.5.17
    {kItems, "mem_requested", kMemRequested},
    {kItems, "hits_to_hot", kLruHits, "hot"},
    {kItems, "hits_to_warm", kLruHits, "warm"},
    {kItems, "hits_to_cold", kLruHits, "cold"},
    {kItems, "hits_to_temp", kLruHits, "temporary"},
};

constexpr size_t kRowCount = std::size(kRows);
constexpr size_t kFamilyIds = kAny + 1;

constexpr auto kMetrics = [] {
  std::array<Metric, kRowCount> metrics;
  for (size_t i = 0; i < kRowCount; ++i) metrics[i] = kRows[i].metric;
  return metrics;
}();

constexpr bool Before(const Place& a, const Place& b) {
  return a.collector != b.collector ? a.collector < b.collector : a.field < b.field;
}

constexpr auto kPlaces = [] {
  std::array<Place, std::size(kSeveral) + kRowCount - kFamilyIds> places;
  auto next = std::copy(std::begin(kSeveral), std::end(kSeveral), places.begin());
  for (size_t i = kFamilyIds; i < kRowCount; ++i) {
    *next++ = {static_cast<CollectorId>(kRows[i].metric.collector), kRows[i].field,
               static_cast<uint32_t>(i)};
  }
  std::sort(places.begin(), places.end(), Before);
  return places;
}();

}  // namespace

std::span<const Option> OptionTable() { return kOptions; }
std::span<const Collector> CollectorTable() { return kCollectors; }
std::span<const Metric> MetricTable() { return kMetrics; }

const Place* FindPlace(CollectorId collector, std::string_view field) {
  const Place wanted{collector, field, 0};
  const auto* found = std::lower_bound(kPlaces.begin(), kPlaces.end(), wanted, Before);
  return found != kPlaces.end() && !Before(wanted, *found) ? found : nullptr;
}

}  // namespace pillion::memcached
