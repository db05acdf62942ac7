// What is asked of the server, by its version. Data and a pure selection; nothing here connects.
//
// The rules of a query
//   - Its first `labels` columns are label values, named like the labels. All others are values,
//     named like the family without the collector's prefix. A NULL costs that one sample; a
//     family without a column gets none.
//   - Results come in binary, so values need no cast: integers, booleans, float4/8, timestamps
//     (which become Unix seconds), pg_lsn and xid are read as they are. `numeric` and `interval`
//     are not: cast them.
//   - A histogram's family x takes four columns: x, float8[] of bounds, x_bucket, float8[] of
//     cumulative counts, x_sum and x_count.
//   - What belongs to an extension is written {schema}.name.
//   - It takes no lock that another session could notice, writes nothing, and works in recovery.
#pragma once

#include <string>

#include "collectors.hpp"

namespace pillion::postgres {

inline constexpr int kOldestMajor = 12;
inline constexpr int kAnyLater = 0x7fffffff;

struct Query {
  CollectorId collector;
  int first_major;  // versions as in "15"
  int last_major;
  int labels;
  const char* sql;
  int first_extension = 0;  // the oldest version of its extension; "1.10" is 110
};

// The query of a collector for a server of this major version; of several that fit, the one for
// the newest extension. Null: that version has nothing to ask, or is older than kOldestMajor.
const Query* SelectQuery(CollectorId collector, int major, int extension = kAnyLater);

// What a fresh session is told: read-only, with time limits and a pinned search_path. Parameters:
// $1 statement_timeout and $2 lock_timeout, both in milliseconds, $3 the number of the backend
// that greeted us. One row, or none and nothing set if another backend answers: then a pooler
// stands between, and the settings would pass to other clients of it.
std::string SessionSql(int major);

// The same for one transaction, for use behind a pooler. Without $3.
std::string TransactionSql();

// One row: may this role read other users' statistics? (bool)
extern const char* const kPrivilegeSql;

}  // namespace pillion::postgres
