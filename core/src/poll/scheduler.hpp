// Scheduler: the thread that keeps the time: scrape deadlines, poll timeouts, slow-lane timers.
//
// It never does work of its own, so it must never be late; Beat() is what the watchdog looks at.
#pragma once

#include "plugin/clock.hpp"
#include "poll/timer_queue.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace pillion {

class Scheduler final : public Timers {
 public:
  // It sleeps no longer than that, as it measures: a suspended machine does not count.
  static constexpr std::chrono::seconds kSleepMax{10};

  explicit Scheduler(const Clock* clock, MonoTime sleep_max = kSleepMax);
  ~Scheduler() override;  // Stop()s

  TimerId At(MonoTime when, std::function<void()> what) override;
  void Cancel(TimerId id) override;

  // When the thread was last seen between two callbacks or, while it sleeps, when it will wake:
  // never long ago if all is well. By the steady clock, which stands still with the machine: the
  // thread's sleep does, too.
  MonoTime Beat() const { return MonoTime(beat_.load(std::memory_order_relaxed)); }
  static MonoTime BeatClock() { return std::chrono::steady_clock::now().time_since_epoch(); }

  // Ends the thread after the callback that runs; callbacks not yet due are dropped.
  void Stop();

 private:
  void Run();

  void SetBeat(MonoTime beat) { beat_.store(beat.count(), std::memory_order_relaxed); }

  const Clock* clock_;
  const MonoTime sleep_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  TimerQueue queue_;       // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  // When the thread looks again by itself; the past: it is awake, or told to be. Guarded by mutex_.
  MonoTime sleeps_until_{MonoTime::min()};
  std::atomic<int64_t> beat_{0};
  std::thread thread_;
};

}  // namespace pillion
