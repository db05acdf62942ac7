// Bounds of reading many databases.
#pragma once

#include <chrono>
#include <cstddef>

namespace pillion::postgres {

inline constexpr size_t kDatabasesMax = 5'000;       // that are read; the oldest ones
inline constexpr int kDatabaseConnectionsMax = 100;  // that are kept
// So many databases in a row that cannot be reached end it for this poll: it is the server then.
inline constexpr int kUnreachableMax = 3;
// The pause after one could not be reached, doubled each time up to the longer one.
inline constexpr std::chrono::nanoseconds kDatabasePause = std::chrono::seconds(10);
inline constexpr std::chrono::nanoseconds kDatabasePauseMax = std::chrono::minutes(5);
inline constexpr size_t kDatabasesNamedMax = 10;  // in one line of the log

}  // namespace pillion::postgres
