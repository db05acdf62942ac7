// SlowSchedule: when the collectors with `every` are due.
//
// Pure. Threads: one at a time.
#pragma once

#include "config/config.hpp"
#include "poll/state.hpp"

#include <pillion/poll.hpp>  // MonoTime

#include <functional>
#include <optional>
#include <vector>

namespace pillion {

class SlowSchedule {
 public:
  static constexpr double kJitter = 0.05;  // of `every`, to either side
  static constexpr std::chrono::seconds kFirstWithin{2};
  static constexpr std::chrono::seconds kRetry{15};  // after a failure, if `every` is longer
  // When the target is back: not all of a fleet at one instant.
  static constexpr std::chrono::seconds kBackWithin{2};

  // `random`: in [0, 1).
  SlowSchedule(const std::vector<CollectorConfig>& collectors, std::function<double()> random);

  void Start(MonoTime now);
  // From its next turn on the collector comes no more often than this; 0: as its `every` says.
  void Stretch(size_t collector, MonoTime interval) { stretched_[collector] = interval; }
  std::optional<MonoTime> Next() const;
  // Which collectors are due now; their next turn is set. Empty: none.
  std::vector<bool> TakeDue(MonoTime now);
  // After a poll of `ran`: a failure is not kept for its whole `every`; unless it took too long,
  // which is what its `every` is there to spare the target.
  void RetryFailed(const std::vector<bool>& ran, const std::vector<CollectorState>& states,
                   MonoTime now);
  // What failed with the target need not wait for its turn once the target is back.
  void TargetIsBack(const std::vector<CollectorState>& states, MonoTime now);

 private:
  void Retry(size_t collector, MonoTime at);

  std::vector<MonoTime> every_;  // of each collector; 0: not of this lane
  std::vector<MonoTime> stretched_;
  std::vector<MonoTime> next_due_;  // far away: not of this lane, or not started
  std::function<double()> random_;
};

}  // namespace pillion
