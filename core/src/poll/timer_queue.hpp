// TimerQueue: what is to be called when. Pure; Scheduler drives it with a thread, tests by hand.
#pragma once

#include <pillion/poll.hpp>  // MonoTime

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pillion {

using TimerId = uint64_t;  // 0: none

// Where poll logic sets its timers. Threads: any. A callback runs on the scheduler's thread,
// without locks, and must return soon.
class Timers {
 public:
  virtual ~Timers() = default;
  virtual TimerId At(MonoTime when, std::function<void()> what) = 0;
  // After Cancel returns, the callback may still be running, but does not start any more.
  virtual void Cancel(TimerId id) = 0;
};

class TimerQueue {
 public:
  TimerId Add(MonoTime when, std::function<void()> what);
  void Cancel(TimerId id);
  std::optional<MonoTime> Next() const;
  // Removes and returns what is due at `now`, in the order of its times.
  std::vector<std::function<void()>> TakeDue(MonoTime now);
  size_t size() const { return by_time_.size(); }

 private:
  using Key = std::pair<MonoTime, TimerId>;
  std::map<Key, std::function<void()>> by_time_;
  std::unordered_map<TimerId, MonoTime> times_;
  TimerId last_id_ = 0;
};

}  // namespace pillion
