// InstancePoller: decides when an instance is polled, and what it shows.
//
// A scrape Acquires a snapshot. It gets the present one if that is at most `freshness` old;
// otherwise it starts a poll of the scrape lane, or joins the one in flight (never two), and
// waits until the poll ends or the scrape's own deadline passes; not so long if the target keeps
// failing (poll/circuit.hpp). Collectors with `every` run in the slow lane on their own timer; a
// scrape never waits for them. Without a slow lane the scrape lane polls them too when they are
// due.
//
// Prefetch starts the poll of a scrape that is expected, so that it finds a fresh snapshot. What it
// read serves until that scrape should have come, also if the poll was done long before.
//
// Rules of what is shown: a failed collector's samples vanish; when the instance is down, late or
// stuck only the host's families are shown, with up 0; slow fragments vanish when they are older
// than stale_after. A lane that has not returned after twice its timeout is replaced
// (poll/lane_slot.hpp).
//
// Threads: any. No callback is called under the lock. Ownership: by shared_ptr; timers and polls
// hold weak references, so a poller may go while they are under way.
#pragma once

#include "config/config.hpp"
#include "poll/circuit.hpp"
#include "poll/cost_estimate.hpp"
#include "poll/lane_slot.hpp"
#include "poll/load_budget.hpp"
#include "poll/slow_schedule.hpp"
#include "poll/state.hpp"
#include "poll/state_log.hpp"
#include "poll/status_fragment.hpp"
#include "poll/timer_queue.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace pillion {

// Told about what happens, for the sidecar's own metrics; as it is, it does nothing with it.
// Threads: any; must return soon.
class PollObserver {
 public:
  virtual ~PollObserver() = default;
  virtual void PollEnded(const InstanceConfig&, const PollOutcome&) {}
  virtual void PollLate(const InstanceConfig&) {}
  // A poll ended that was started for a scrape to come.
  virtual void Prefetched(const InstanceConfig&) {}
  // No scrape took what such a poll had read before the next poll began.
  virtual void PrefetchUnused(const InstanceConfig&) {}
};

class InstancePoller : public std::enable_shared_from_this<InstancePoller> {
 public:
  // How long after a poll's deadline the host interrupts it: a plugin that waits in the host has
  // returned by then.
  static constexpr std::chrono::milliseconds kInterruptGrace{100};
  static constexpr size_t kQueuedMax = 16;  // prefetches that wait for a poll to end
  // How long after the expected arrival a prefetched snapshot still serves, at least.
  static constexpr std::chrono::milliseconds kArrivalLateMax{600};

  struct Parts {
    ExporterTypePtr type;
    std::shared_ptr<const InstanceConfig> config;
    std::unique_ptr<PollRunner> scrape_lane;  // null: no collector is polled at the scrape
    std::unique_ptr<PollRunner> slow_lane;    // null: none has `every`, or it is the scrape lane's
    // Makes another lane like these, for one that hangs. Null: there is none to be had.
    std::function<std::unique_ptr<PollRunner>(bool slow)> make_lane;
    Timers* timers;
    const Clock* clock;
    PollObserver* observer;
    std::function<double()> random;  // in [0, 1)
  };
  static std::shared_ptr<InstancePoller> Create(Parts parts);
  ~InstancePoller();

  const InstanceConfig& config() const { return *config_; }
  const ExporterType& type() const { return *type_; }

  // Starts the slow lane's timer.
  void Start();
  // Calls `ready` once: with a fresh snapshot, or at `deadline` with one that says `up 0`.
  void Acquire(MonoTime deadline, std::function<void(SnapshotPtr)> ready);
  // Whether polls are to start ahead of scrapes. Without, Prefetch does nothing.
  bool prefetches() const;
  // Calls `ready` once a snapshot is there that will be fresh enough at `expected`, or is the best
  // to be had; `polled`: a poll was started for it.
  void Prefetch(MonoTime expected, std::function<void(SnapshotPtr, bool polled)> ready);
  // What few polls for a scrape take longer than; 0 if none is known, or none is made ahead.
  MonoTime ExpectedPoll() const;
  InstanceState State() const;
  // Answers the scrapes that wait, as at their deadlines. For a stop that cannot wait so long.
  void AnswerWaiting();
  // Answers who waits, interrupts what runs. False: a lane did not return within `grace`.
  bool Stop(MonoTime grace);

 private:
  struct Waiter {
    uint64_t id;
    TimerId timer;  // of its deadline; 0: it has none, it is a prefetch
    std::function<void(SnapshotPtr)> ready;
  };
  struct Flight {  // one lane's poll
    LaneSlot lane;
    bool running = false;
    bool late = false;  // a scrape was answered without it
    uint64_t number = 0;
    MonoTime started{0};
    MonoTime serves_until{0};  // at least, because it was started for a scrape to come; 0: was not
    std::vector<bool> due;
    TimerId interrupt_timer = 0;
    TimerId stuck_timer = 0;
  };
  struct Queued {  // a prefetch that came during a poll
    MonoTime expected{0};
    std::function<void(SnapshotPtr, bool polled)> ready;
  };
  // What is to be called once the lock is let go.
  struct News {
    SnapshotPtr shown;
    std::vector<Waiter> waiters;
    std::vector<Queued> queued;
    bool prefetched = false, unused = false;
  };

  explicit InstancePoller(Parts parts);

  bool IsSlow(const Flight& flight) const { return &flight == &slow_; }
  bool DecidesUp(const Flight& flight) const { return !IsSlow(flight) || !scrape_.lane; }
  void StartScrapePoll(MonoTime serves_until);
  void StartPoll(Flight& flight, MonoTime serves_until);
  void PollEnded(bool slow, uint64_t number, PollOutcome outcome);
  News Conclude(Flight& flight, const PollOutcome& outcome, InstanceCondition if_failed);
  void Tell(const PollOutcome& outcome, News news);
  void TakeIn(const Flight& flight, const PollOutcome& outcome);
  void NoteLoad(const Flight& flight, const PollOutcome& outcome);
  void TakeInCollectors(const Flight& flight, const PollOutcome& outcome);
  void Overdue(bool slow, uint64_t number, bool stuck);
  void WaiterExpired(uint64_t id);
  void SlowDue();
  void ArmSlowTimer();
  void AddWaiter(MonoTime deadline, std::function<void(SnapshotPtr)> ready);
  SnapshotPtr BuildSnapshot(MonoTime now);
  SnapshotPtr Present(MonoTime now);
  std::vector<Waiter> TakeWaiters();

  const std::shared_ptr<const InstanceConfig> config_;
  const ExporterTypePtr type_;
  Timers* const timers_;
  const Clock* const clock_;
  PollObserver* const observer_;
  const bool has_scrape_lane_;
  mutable std::mutex mutex_;  // all below is guarded by it
  InstanceState state_;
  StateLog log_;
  StatusFragment status_fragment_;
  Flight scrape_, slow_;
  const std::vector<bool> quick_;  // collectors of the scrape lane
  LoadBudget load_;
  Circuit circuit_;
  CostEstimate cost_;
  SlowSchedule schedule_;
  bool stopping_ = false;
  // Until when the scrape lane's last result is fresh enough; before the first: the past.
  MonoTime fresh_until_{MonoTime::min()};
  bool unclaimed_ = false;  // it was prefetched, and no scrape has taken it
  std::vector<Waiter> waiters_;
  std::vector<Queued> queued_;
  uint64_t last_waiter_ = 0;
  TimerId slow_timer_ = 0;
  SnapshotPtr snapshot_;
  MonoTime snapshot_good_until_{0};
};

}  // namespace pillion
