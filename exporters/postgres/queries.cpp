#include "queries.hpp"

#include <span>

#include "queries_database.hpp"
#include "queries_extension.hpp"
#include "queries_server.hpp"
#include "queries_state.hpp"
#include "queries_table.hpp"

namespace pillion::postgres {
namespace {

constexpr std::span<const Query> kQueries[] = {kServerQueries, kDatabaseQueries, kTableQueries,
                                               kExtensionQueries, kStateQueries};

std::string Settings(std::string_view read_only, std::string_view is_local) {
  std::string sql;
  const auto set = [&](std::string_view name, std::string_view value) {
    sql.append(sql.empty() ? "SELECT" : ",").append(" pg_catalog.set_config('").append(name);
    sql.append("', ").append(value).append(", ").append(is_local).append(")");
  };
  set(read_only, "'on'");
  set("statement_timeout", "$1");
  set("lock_timeout", "$2");
  set("search_path", "'pg_catalog, pg_temp'");
  set("max_parallel_workers_per_gather", "'0'");
  set("jit", "'off'");
  return sql;
}

}  // namespace

const Query* SelectQuery(CollectorId collector, int major, int extension) {
  const Query* selected = nullptr;
  for (const auto queries : kQueries) {
    for (const Query& query : queries) {
      if (query.collector != collector || query.first_extension > extension) continue;
      if (query.first_major > major || major > query.last_major) continue;
      if (selected == nullptr || selected->first_extension < query.first_extension) {
        selected = &query;
      }
    }
  }
  return selected;
}

std::string SessionSql(int major) {
  std::string sql = Settings("default_transaction_read_only", "false");
  // Our connection is idle between polls by design.
  if (major >= 14) sql += ", pg_catalog.set_config('idle_session_timeout', '0', false)";
  return sql + " WHERE pg_catalog.pg_backend_pid() = $3::pg_catalog.int4";
}

std::string TransactionSql() { return Settings("transaction_read_only", "true"); }

const char* const kPrivilegeSql = "SELECT pg_has_role('pg_read_all_stats', 'USAGE')";

}  // namespace pillion::postgres
