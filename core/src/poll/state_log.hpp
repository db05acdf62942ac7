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

  // To be called after `state` took the outcome in.
  void PollEnded(const InstanceState& state, const PollOutcome& outcome);
  void Late();  // no news about an instance that is down
  void Stuck();

 private:
  void LogCollector(size_t index, const CollectorState& state);
  void LogDrops(const Drops& drops);

  const ExporterTypePtr type_;
  const std::shared_ptr<const InstanceConfig> config_;
  std::string said_;  // the condition and reason that were logged last
  std::vector<std::string> said_of_collector_;
  std::vector<std::string> said_of_drops_;
};

}  // namespace pillion
