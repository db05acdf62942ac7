// InstancePoller: decides when an instance is polled, and what it shows.
//
// A scrape Acquires a snapshot. It gets the present one if that is at most `freshness` old;
// otherwise it starts a poll of the scrape lane, or joins the one in flight (never two), and
// waits until the poll ends or the scrape's own deadline passes. Collectors with `every` run in
// the slow lane on their own timer; a scrape never waits for them.
//
// Rules of what is shown: a failed collector's samples vanish; when the instance is down, late or
// stuck only the host's families are shown, with up 0; slow fragments vanish when they are older
// than stale_after.
//
// Threads: any. No callback is called under the lock. Ownership: by shared_ptr; timers and polls
// hold weak references, so a poller may go while they are under way.
#pragma once

#include "config/config.hpp"
#include "poll/lane.hpp"
#include "poll/state.hpp"
#include "poll/state_log.hpp"
#include "poll/status_fragment.hpp"
#include "poll/timer_queue.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace pillion {

// Told about what happens, for the sidecar's own metrics. Threads: any; must return soon.
class PollObserver {
 public:
  virtual ~PollObserver() = default;
  virtual void PollEnded(const InstanceConfig& instance, const PollOutcome& outcome) = 0;
  virtual void PollLate(const InstanceConfig& instance) = 0;
};

class InstancePoller : public std::enable_shared_from_this<InstancePoller> {
 public:
  // How long after a poll's deadline the host interrupts it: a plugin that waits in the host has
  // returned by then.
  static constexpr std::chrono::milliseconds kInterruptGrace{100};
  static constexpr double kSlowJitter = 0.05;  // of `every`, to either side
  static constexpr std::chrono::seconds kFirstSlowPollWithin{2};
  static constexpr std::chrono::seconds kSlowRetry{15};  // after a failure, if `every` is longer

  struct Parts {
    ExporterTypePtr type;
    std::shared_ptr<const InstanceConfig> config;
    std::unique_ptr<PollRunner> scrape_lane;  // null: no collector is polled at the scrape
    std::unique_ptr<PollRunner> slow_lane;    // null: none has `every`
    Timers* timers;
    const Clock* clock;
    PollObserver* observer;
    std::function<double()> random;  // in [0, 1)
  };
  static std::shared_ptr<InstancePoller> Create(Parts parts);
  ~InstancePoller();

  const InstanceConfig& config() const { return *parts_.config; }
  const ExporterType& type() const { return *parts_.type; }

  // Starts the slow lane's timer.
  void Start();
  // Calls `ready` once: with a fresh snapshot, or at `deadline` with one that says `up 0`.
  void Acquire(MonoTime deadline, std::function<void(SnapshotPtr)> ready);
  InstanceState State() const;
  // Answers the scrapes that wait, as at their deadlines. For a stop that cannot wait so long.
  void AnswerWaiting();
  // Answers who waits, interrupts what runs. False: a lane did not return within `grace`.
  bool Stop(MonoTime grace);

 private:
  struct Waiter {
    uint64_t id;
    TimerId timer;
    std::function<void(SnapshotPtr)> ready;
  };
  struct Flight {  // one lane's poll
    bool running = false;
    bool late = false;  // a scrape was answered without it
    uint64_t number = 0;
    std::vector<bool> due;
    TimerId interrupt_timer = 0;
    TimerId stuck_timer = 0;
  };

  explicit InstancePoller(Parts parts);

  void StartPoll(PollRunner& lane, Flight& flight, std::vector<bool> due);
  void PollEnded(bool slow, uint64_t number, PollOutcome outcome);
  void TakeIn(const Flight& flight, const PollOutcome& outcome);
  void Overdue(bool slow, uint64_t number, bool stuck);
  void WaiterExpired(uint64_t id);
  void SlowDue();
  void ArmSlowTimer();
  void RetryFailed(const std::vector<bool>& candidates, MonoTime at, bool timeouts_too);
  SnapshotPtr BuildSnapshot(MonoTime now);
  SnapshotPtr Present(MonoTime now);
  std::vector<Waiter> TakeWaiters();

  const Parts parts_;
  mutable std::mutex mutex_;  // all below is guarded by it
  InstanceState state_;
  StateLog log_;
  StatusFragment status_fragment_;
  Flight scrape_, slow_;
  bool stopping_ = false;
  MonoTime last_ended_{0};  // of the scrape lane's last poll; 0: never
  std::vector<Waiter> waiters_;
  uint64_t last_waiter_ = 0;
  std::vector<bool> slow_enabled_;  // collectors of the slow lane
  std::vector<MonoTime> next_due_;  // of each slow collector
  TimerId slow_timer_ = 0;
  SnapshotPtr snapshot_;
  MonoTime snapshot_good_until_{0};
};

}  // namespace pillion
