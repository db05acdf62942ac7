// RunCollectors: one run of the due collectors in one session.
#pragma once

#include <pillion/options.hpp>
#include <pillion/poll.hpp>
#include <pillion/result.hpp>

#include <array>
#include <cstdint>
#include <vector>

#include "collecting.hpp"
#include "common/pq/connection.hpp"
#include "session.hpp"

namespace pillion::postgres {

// Whether a collector with this need is due.
bool IsAnyDue(const PollContext& ctx, uint32_t need);

struct SessionRun {
  const PollContext& ctx;
  Connection& connection;  // open
  Session& session;        // of the connection
  Collecting& collecting;
  MonoTime until;
  uint32_t only = kNeedsNothing;  // collectors without these needs are left out
  bool lists_databases = false;
};

// Statements that have been quick and well share transactions, which saves both sides most of the
// switching to and fro. When one of them fails after all, those behind it are skipped by the server
// and sent again, each alone: the failure stays in its collector, and costs this poll a round trip.
// In a session's first run all are alone; it finds out whether a pooler stands between.
// `unasked`: collectors that were not asked when it failed.
Result<void> RunCollectors(const SessionRun& run, std::vector<uint32_t>& unasked);

// Tells once what a role may not see.
class HiddenNotes {
 public:
  void Forget() { told_ = {}; }
  void Tell(const Collecting& collecting, const Options& options);

 private:
  std::array<bool, kCollectorCount> told_{};
};

}  // namespace pillion::postgres
