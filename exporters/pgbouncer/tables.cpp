#include "tables.hpp"

#include <array>
#include <string>
#include <vector>

namespace pillion::pgbouncer {
namespace {

constexpr MetricType kGauge = MetricType::kGauge;
constexpr MetricType kCounter = MetricType::kCounter;
constexpr double kMicroseconds = 1e-6;

constexpr Option kOptions[] = {
    {.name = "dsn",
     .default_value = "host=127.0.0.1 port=6432",
     .help = "Where PgBouncer is: `host=/var/run/postgresql port=6432` or a `postgresql://` URI. "
             "The database is its console, `pgbouncer`, unless another is named.",
     .flags = PILLION_OPT_ADDRESS},
    {.name = "user", .help = "One of stats_users or admin_users; goes before a user in the dsn."},
    {.name = "password",
     .help = "Its password, read again when it changes; goes before one in the dsn.",
     .flags = PILLION_OPT_SECRET},
    {.name = "old_names",
     .type = OptionType::kBool,
     .default_value = "false",
     .help = "Show the statistics as pgbouncer_stats_*, too, as they were called until the peer's "
             "0.10."},
    {.name = "client_groups_max",
     .type = OptionType::kInt,
     .default_value = "1000",
     .help = "Most series of pgbouncer_client_connections; the smaller groups beyond are one, "
             "with `overflow` for every label.",
     .minimum = 1,
     .maximum = 100'000},
};

constexpr Collector kCollectors[] = {
    {.name = "version", .help = "SHOW VERSION."},
    {.name = "databases", .help = "What each database may use and uses (SHOW DATABASES)."},
    {.name = "pools", .help = "Clients and servers of each pool (SHOW POOLS)."},
    {.name = "stats", .help = "Work of each database since the start (SHOW STATS_TOTALS)."},
    {.name = "lists", .help = "Counts of what there is (SHOW LISTS)."},
    {.name = "config", .help = "Limits (SHOW CONFIG)."},
    {.name = "clients",
     .help = "Clients by database, user, application and state (SHOW CLIENTS). One row per client "
             "comes over the wire."},
    {.name = "users",
     .help = "What each user may use and uses (SHOW USERS); numbers from 1.23 on. One row per user "
             "that PgBouncer knows comes over the wire.",
     .flags = PILLION_COLLECTOR_OFF},
};

constexpr Column kDatabaseColumns[] = {
    {"pool_size", "", "pool_size", kGauge, 1,
     "Most server connections of a pool of this database."},
    {"min_pool_size", "", "min_pool_size", kGauge, 1,
     "Server connections that a pool of this database keeps."},
    {"reserve_pool_size", "reserve_pool", "reserve_pool", kGauge, 1,
     "Further server connections that a pool may open when clients wait."},
    {"max_connections", "", "max_connections", kGauge, 1,
     "Most server connections to this database; 0: no limit."},
    {"current_connections", "", "current_connections", kGauge, 1,
     "Server connections to this database now."},
    {"max_client_connections", "", "max_client_connections", kGauge, 1,
     "Most clients of this database, 0: no limit; 1.24 or later."},
    {"current_client_connections", "", "current_client_connections", kGauge, 1,
     "Clients of this database now; 1.24 or later."},
    {"paused", "", "paused", kGauge, 1, "1 while the database is paused."},
    {"disabled", "", "disabled", kGauge, 1, "1 while the database takes no clients."},
};

constexpr Column kPoolColumns[] = {
    {"cl_active", "", "client_active_connections", kGauge, 1,
     "Clients that have a server or wait for nothing."},
    {"cl_active_cancel_req", "", "client_active_cancel_connections", kGauge, 1,
     "Clients whose cancel request is at the server."},
    {"cl_waiting", "", "client_waiting_connections", kGauge, 1, "Clients that wait for a server."},
    {"cl_waiting_cancel_req", "", "client_waiting_cancel_connections", kGauge, 1,
     "Clients whose cancel request waits to be sent."},
    {"sv_active", "", "server_active_connections", kGauge, 1, "Servers that have a client."},
    {"sv_active_cancel", "", "server_active_cancel_connections", kGauge, 1,
     "Servers that pass on a cancel request."},
    {"sv_being_canceled", "", "server_being_canceled_connections", kGauge, 1,
     "Servers that wait for the end of cancel requests before they are idle."},
    {"sv_idle", "", "server_idle_connections", kGauge, 1, "Servers that are free for a client."},
    {"sv_used", "", "server_used_connections", kGauge, 1,
     "Servers that were idle for long and must be checked before use."},
    {"sv_tested", "", "server_testing_connections", kGauge, 1,
     "Servers that are being reset or checked."},
    {"sv_login", "", "server_login_connections", kGauge, 1, "Servers that are logging in."},
    {"maxwait", "", "client_maxwait_seconds", kGauge, 1,
     "How long the first client of the queue has waited."},
};

constexpr Column kStatColumns[] = {
    {"query_count", "total_query_count", "queries_pooled_total", kCounter, 1, "Queries."},
    {"query_time", "total_query_time", "queries_duration_seconds_total", kCounter, kMicroseconds,
     "Time that servers were busy with queries."},
    {"bytes_received", "total_received", "received_bytes_total", kCounter, 1,
     "Bytes that clients and servers sent to PgBouncer."},
    {"requests", "total_requests", "queries_total", kCounter, 1,
     "Requests, in versions that count these only."},
    {"bytes_sent", "total_sent", "sent_bytes_total", kCounter, 1,
     "Bytes that PgBouncer sent to clients and servers."},
    {"wait_time", "total_wait_time", "client_wait_seconds_total", kCounter, kMicroseconds,
     "Time that clients waited for a server."},
    {"xact_count", "total_xact_count", "sql_transactions_pooled_total", kCounter, 1,
     "Transactions."},
    {"xact_time", "total_xact_time", "server_in_transaction_seconds_total", kCounter, kMicroseconds,
     "Time that servers were in a transaction, idle or not."},
    {"client_parse_count", "total_client_parse_count", "client_parses_total", kCounter, 1,
     "Prepared statements that clients made; 1.24 or later."},
    {"server_parse_count", "total_server_parse_count", "server_parses_total", kCounter, 1,
     "Prepared statements that were made on servers; 1.24 or later."},
    {"bind_count", "total_bind_count", "binds_total", kCounter, 1,
     "Prepared statements that were bound; 1.24 or later."},
    {"server_assignment_count", "total_server_assignment_count", "server_assignments_total",
     kCounter, 1, "Times that a client was given a server; 1.23 or later."},
};

constexpr Column kListColumns[] = {
    {"databases", "", "databases", kGauge, 1, "Databases."},
    {"users", "", "users", kGauge, 1, "Users."},
    {"pools", "", "pools", kGauge, 1, "Pools."},
    {"free_clients", "", "free_clients", kGauge, 1, "Free places for clients."},
    {"used_clients", "", "used_clients", kGauge, 1, "Clients."},
    {"login_clients", "", "login_clients", kGauge, 1, "Clients that are logging in."},
    {"free_servers", "", "free_servers", kGauge, 1, "Free places for servers."},
    {"used_servers", "", "used_servers", kGauge, 1, "Servers."},
    {"dns_names", "", "cached_dns_names", kGauge, 1, "Names in the DNS cache."},
    {"dns_zones", "", "cached_dns_zones", kGauge, 1, "Zones in the DNS cache."},
    {"dns_queries", "", "in_flight_dns_queries", kGauge, 1, "DNS queries under way."},
};

constexpr Column kConfigColumns[] = {
    {"max_client_conn", "", "max_client_connections", kGauge, 1, "Most clients."},
    {"max_user_connections", "", "max_user_connections", kGauge, 1,
     "Most server connections of a user; 0: no limit."},
    {"max_db_connections", "", "max_database_connections", kGauge, 1,
     "Most server connections of a database; 0: no limit."},
    {"default_pool_size", "", "default_pool_size", kGauge, 1,
     "Most server connections of a pool that has no size of its own."},
    {"reserve_pool_size", "", "reserve_pool_size", kGauge, 1,
     "Further ones that a pool may open when clients wait."},
};

constexpr Column kUserColumns[] = {
    {"pool_size", "", "pool_size", kGauge, 1,
     "Most server connections of a pool of this user, if set; 1.24 or later."},
    {"reserve_pool_size", "", "reserve_pool", kGauge, 1,
     "Further ones that a pool may open when clients wait, if set; in versions that tell it."},
    {"max_user_connections", "", "max_connections", kGauge, 1,
     "Most server connections of this user, 0: no limit; 1.23 or later."},
    {"current_connections", "", "current_connections", kGauge, 1,
     "Server connections of this user now; 1.23 or later."},
    {"max_user_client_connections", "", "max_client_connections", kGauge, 1,
     "Most clients of this user, 0: no limit; 1.24 or later."},
    {"current_client_connections", "", "current_client_connections", kGauge, 1,
     "Clients of this user now; 1.24 or later."},
};

constexpr std::string_view kOldStats = "pgbouncer_stats_";

// Names are put together once and live as long as the process, as tables must.
struct Built {
  std::vector<std::string> names;
  std::vector<Metric> metrics;
  std::array<Show, kCollectorCount> shows{};
  uint32_t old_stats = 0;

  Built() {
    names.reserve(100);  // the metrics point into it
    metrics.push_back({"pgbouncer_version_info", kGauge, "Always 1; the label is the version.",
                       "version", kVersion});
    metrics.push_back({"pgbouncer_client_connections", kGauge,
                       "Clients (SHOW CLIENTS). Without an application name before 1.18.",
                       "database,user,application_name,state", kClients});
    shows[kDatabases] = {"SHOW DATABASES", kDatabaseColumns,
                         Add("pgbouncer_databases_", kDatabaseColumns,
                             "name,host,port,database,force_user,pool_mode", kDatabases)};
    shows[kPools] = {"SHOW POOLS", kPoolColumns,
                     Add("pgbouncer_pools_", kPoolColumns, "database,user", kPools)};
    shows[kStats] = {"SHOW STATS_TOTALS", kStatColumns,
                     Add("pgbouncer_stats_totals_", kStatColumns, "database", kStats)};
    old_stats = Add(kOldStats, kStatColumns, "database", kStats);
    shows[kLists] = {"SHOW LISTS", kListColumns, Add("pgbouncer_", kListColumns, "", kLists)};
    shows[kConfig] = {"SHOW CONFIG", kConfigColumns,
                      Add("pgbouncer_config_", kConfigColumns, "", kConfig)};
    shows[kUsers] = {"SHOW USERS", kUserColumns,
                     Add("pgbouncer_users_", kUserColumns, "name", kUsers)};
  }

  uint32_t Add(std::string_view prefix, std::span<const Column> columns, std::string_view labels,
               CollectorId collector) {
    const auto first = static_cast<uint32_t>(metrics.size());
    for (const Column& column : columns) {
      names.push_back(std::string(prefix).append(column.suffix));
      metrics.push_back({names.back(), column.type, column.help, labels, collector});
    }
    return first;
  }
};

const Built& Tables() {
  static const Built built;
  return built;
}

}  // namespace

std::span<const Option> OptionTable() { return kOptions; }
std::span<const Collector> CollectorTable() { return kCollectors; }
std::span<const Metric> MetricTable() { return Tables().metrics; }
const Show& ShowOf(CollectorId collector) { return Tables().shows[collector]; }
uint32_t FirstOldStats() { return Tables().old_stats; }
uint32_t VersionFamily() { return 0; }
uint32_t ClientsFamily() { return 1; }

}  // namespace pillion::pgbouncer
