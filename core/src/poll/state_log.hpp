// StateLog: turns polls into log lines, one for each change of state and none for repetition.
//
// Threads: one at a time (the poller's lock).
#pragma once

#include "config/config.hpp"
#include "poll/state.hpp"

#include <string>
#include <vector>

namespace pillion {

class StateLog {
 public:
  StateLog(ExporterTypePtr type, std::shared_ptr<const InstanceConfig> config);

  // To be called after `state` took the outcome in. `due`: the collectors of this poll.
  // `decides_up`: it says whether the instance is up; a slow lane beside a scrape lane does not.
  void PollEnded(const InstanceState& state, const PollOutcome& outcome,
                 const std::vector<bool>& due, bool decides_up);
  void Late();  // no news about an instance that is down
  void Stuck();

 private:
  void LogCollector(size_t index, const CollectorState& state);
  void LogDrops(const Drops& drops, std::vector<std::string>& said);

  const ExporterTypePtr type_;
  const std::shared_ptr<const InstanceConfig> config_;
  std::string said_;  // the condition and reason that were logged last
  std::vector<std::string> said_of_collector_;
  // Two lanes drop different things in turn: each remembers its own.
  std::vector<std::string> said_of_drops_, said_of_slow_drops_;
};

}  // namespace pillion
