// Custom queries out of a queries.yaml of postgres_exporter.
//
//   pg_orders:
//     query: "SELECT shop, count(*) AS open FROM orders GROUP BY shop"
//     cache_seconds: 30
//     runonserver: ">=12"
//     master: true
//     metrics:
//       - shop: {usage: LABEL}
//       - open: {usage: GAUGE, description: "Orders that wait."}
#pragma once

#include <pillion/result.hpp>

#include <string>
#include <vector>

#include "query.hpp"

namespace pillion::postgres {

inline constexpr size_t kQueriesFileBytesMax = 1024 * 1024;

struct QueriesFile {
  std::vector<CustomQuery> queries;
  std::vector<std::string> errors;    // "queries.yaml:3:7: pg_orders: what is wrong", at most 20
  std::vector<std::string> warnings;  // the same way
};

// `path` is only named.
QueriesFile ParseQueriesFile(const std::string& text, const std::string& path);

// The whole of a regular file, at most kQueriesFileBytesMax.
Result<std::string> ReadQueriesFile(const std::string& path);

}  // namespace pillion::postgres
