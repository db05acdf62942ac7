// CustomQuery: what an operator wants to be asked, from the configuration or a queries file.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "versions.hpp"

namespace pillion::postgres {

inline constexpr size_t kCustomQueriesMax = 200;  // of one instance
inline constexpr size_t kCustomSqlBytesMax = 64 * 1024;
inline constexpr size_t kCustomLabelsMax = 30;        // of a query; two are ours
inline constexpr size_t kCustomColumnsMax = 200;      // that a query names
inline constexpr int64_t kCustomRowsMax = 1'000'000;  // that `max_rows` may allow

enum class ColumnKind {
  kLabel,
  kCounter,
  kGauge,
  kUntyped,
  kHistogram,  // with NAME_bucket, NAME_sum and NAME_count beside it
  kMapped,     // a text, to the number that `mapping` has for it
  kDuration,   // a text such as 1h30m, shown in milliseconds
  kDiscard,
};

struct CustomColumn {
  std::string name;
  ColumnKind kind = ColumnKind::kGauge;
  std::string help = {};
  std::vector<std::pair<std::string, double>> mapping = {};
  Versions versions = {};  // of the server, other ones don't have the column
};

struct CustomQuery {
  enum class RunOn { kAny, kPrimary, kReplica };
  // What a column is that is not named.
  enum class Others { kDiscard, kGauge, kUntyped };
  // Which databases it runs in: that of the connection, all that the instance reads, or those that
  // `databases` names. But for the first the label `datname` says which.
  enum class Where { kConnection, kAll, kNamed };

  std::string name;    // of the collector: query_NAME
  std::string place;   // in messages: "queries.yaml:12", or empty
  std::string prefix;  // of the families: PREFIX_COLUMN
  std::string sql;
  std::vector<CustomColumn> columns = {};
  Others others = Others::kDiscard;
  Versions versions = {};
  RunOn run_on = RunOn::kAny;
  Where where = Where::kConnection;
  std::vector<std::string> databases = {};  // patterns
  std::chrono::nanoseconds every{0};        // 0: with each scrape
  std::chrono::nanoseconds timeout{0};      // 0: as for other statements
  int64_t rows_max = 10'000;
  bool enabled = true;
  // As postgres_exporter: a value that is no number costs its sample and not the query, a column
  // that is not in the result is left out, a time in a label is Unix seconds.
  bool lenient = false;
  // As its versions 0.9 and 0.11: the label `server`, and NULL is NaN.
  bool as_old = false;
};

// What is wrong with the text of a query, as far as it can be seen without a server; or nothing.
std::string WrongSql(const std::string& sql);
// Whether it can be the name of a query or the prefix of families: [a-zA-Z_][a-zA-Z0-9_]*, at most
// 64 bytes.
bool IsQueryName(const std::string& name);
// Why the column cannot be a label beside those that the query has; or nothing.
std::string WrongLabel(const CustomQuery& query, const std::string& name);

}  // namespace pillion::postgres
