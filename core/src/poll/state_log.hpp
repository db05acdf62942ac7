// StateLog: turns polls into log lines: one for each change of state, a reminder of what lasts, and
// none for repetition. NewsGate holds the bounds.
//
// Threads: one at a time (the poller's lock).
#pragma once

#include "config/config.hpp"
#include "poll/news_gate.hpp"
#include "poll/state.hpp"

#include <string>
#include <vector>

namespace pillion {

class StateLog {
 public:
  StateLog(ExporterTypePtr type, std::shared_ptr<const InstanceConfig> config, const Clock* clock);

  // To be called after `state` took the outcome in. `due`: the collectors of this poll.
  // `decides_up`: it says whether the instance is up; a slow lane beside a scrape lane does not.
  void PollEnded(const InstanceState& state, const PollOutcome& outcome,
                 const std::vector<bool>& due, bool decides_up);
  void Late();  // no news about an instance that is down
  void Stuck();

 private:
  struct SaidDrop {
    std::string first;
    MonoTime not_before{0};
  };

  void Up();
  void Down(std::string_view reason, const std::string& message);
  void Remind(std::string_view reason);
  void LogCollector(size_t index, const CollectorState& state);
  void LogDrops(const Drops& drops, std::vector<SaidDrop>& said);

  const ExporterTypePtr type_;
  const std::shared_ptr<const InstanceConfig> config_;
  const Clock* const clock_;
  NewsGate instance_;
  std::vector<NewsGate> collectors_;
  // Two lanes drop different things in turn: each remembers its own.
  std::vector<SaidDrop> drops_, slow_drops_;
};

}  // namespace pillion
