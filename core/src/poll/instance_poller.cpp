#include "poll/instance_poller.hpp"

#include <algorithm>

namespace pillion {
namespace {

constexpr MonoTime kForever = MonoTime::max();

// How long a collector's result is shown; for ever if it is of the last poll at any rate.
MonoTime StaleAfter(const InstanceConfig& config, const CollectorState& collector) {
  const MonoTime interval = std::max<MonoTime>(collector.every, collector.stretched);
  if (interval.count() == 0) return kForever;
  return std::max(config.stale_after.count() > 0 ? config.stale_after : 3 * interval,
                  3 * collector.stretched);
}

std::vector<bool> QuickOf(const InstanceConfig& config) {
  std::vector<bool> quick;
  for (const CollectorConfig& c : config.collectors) {
    quick.push_back(c.enabled && c.every.count() == 0);
  }
  return quick;
}

std::vector<MonoTime> EveryOf(const InstanceConfig& config) {
  std::vector<MonoTime> every;
  for (const CollectorConfig& c : config.collectors) every.push_back(c.every);
  return every;
}

// A poll has as long as the longest of its collectors may take.
MonoTime TimeoutOf(const InstanceConfig& config, const std::vector<bool>& due) {
  MonoTime longest{0};
  for (size_t i = 0; i < due.size(); ++i) {
    if (!due[i]) continue;
    const MonoTime own = config.collectors[i].timeout;
    longest = std::max<MonoTime>(longest, own.count() > 0 ? own : config.timeout);
  }
  return longest.count() > 0 ? longest : MonoTime(config.timeout);
}

LaneSlot::Make MakerOf(const InstancePoller::Parts& parts, bool slow) {
  if (parts.make_lane == nullptr) return nullptr;
  return [make = parts.make_lane, slow] { return make(slow); };
}

}  // namespace

std::shared_ptr<InstancePoller> InstancePoller::Create(Parts parts) {
  return std::shared_ptr<InstancePoller>(new InstancePoller(std::move(parts)));
}

InstancePoller::InstancePoller(Parts parts)
    : config_(parts.config),
      type_(parts.type),
      timers_(parts.timers),
      clock_(parts.clock),
      observer_(parts.observer),
      has_scrape_lane_(parts.scrape_lane != nullptr),
      log_(type_, config_, clock_),
      status_fragment_(type_, config_),
      scrape_{.lane = {std::move(parts.scrape_lane), MakerOf(parts, false)}, .due = {}},
      slow_{.lane = {std::move(parts.slow_lane), MakerOf(parts, true)}, .due = {}},
      quick_(QuickOf(*config_)),
      load_(config_->max_target_load, EveryOf(*config_)),
      schedule_(config_->collectors, std::move(parts.random)) {
  for (const CollectorConfig& configured : config_->collectors) {
    CollectorState& c = state_.collectors.emplace_back();
    c.enabled = configured.enabled;
    c.every = configured.every;
  }
  scrape_.due = quick_;
  slow_.due.assign(quick_.size(), false);
}

InstancePoller::~InstancePoller() = default;

void InstancePoller::Start() {
  const std::lock_guard lock(mutex_);
  schedule_.Start(clock_->Now());
  ArmSlowTimer();
}

// ---- what scrapes ask for ----------------------------------------------------------------------

void InstancePoller::Acquire(MonoTime deadline, std::function<void(SnapshotPtr)> ready) {
  SnapshotPtr now_shown;
  {
    const std::lock_guard lock(mutex_);
    const MonoTime now = clock_->Now();
    // Nobody waits for a lane that has hung for twice its timeout: the answer is known.
    const bool stuck = state_.condition == InstanceCondition::kStuck && scrape_.running;
    if (stopping_ || !scrape_.lane || now <= fresh_until_ || stuck) {
      unclaimed_ = false;
      now_shown = Present(now);
    } else {
      if (!scrape_.running) StartScrapePoll(MonoTime(0));
      const MonoTime until = circuit_.WaitUntil(deadline, scrape_.started);
      if (until > now) {
        AddWaiter(until, std::move(ready));
      } else {
        now_shown = Present(now);
      }
    }
  }
  // NOLINTNEXTLINE(bugprone-use-after-move): moved only where now_shown stays null
  if (now_shown != nullptr) ready(std::move(now_shown));
}

bool InstancePoller::prefetches() const {
  return config_->prefetch && config_->freshness.count() > 0 && has_scrape_lane_;
}

void InstancePoller::Prefetch(MonoTime expected, std::function<void(SnapshotPtr, bool)> ready) {
  SnapshotPtr now_shown;
  {
    const std::lock_guard lock(mutex_);
    const MonoTime now = clock_->Now();
    if (!prefetches() || stopping_ || expected <= fresh_until_ || expected < now) {
      now_shown = Present(now);
    } else if (scrape_.running) {
      if (queued_.size() == kQueuedMax) queued_.erase(queued_.begin());
      queued_.push_back({expected, std::move(ready)});
    } else {
      StartScrapePoll(expected + kArrivalLateMax);
      AddWaiter(kForever, [ready](SnapshotPtr shown) { ready(std::move(shown), true); });
    }
  }
  // NOLINTNEXTLINE(bugprone-use-after-move): moved only where now_shown stays null
  if (now_shown != nullptr) ready(std::move(now_shown), false);
}

MonoTime InstancePoller::ExpectedPoll() const {
  const std::lock_guard lock(mutex_);
  return prefetches() ? std::min(cost_.High(), TimeoutOf(*config_, quick_)) : MonoTime(0);
}

void InstancePoller::AddWaiter(MonoTime deadline, std::function<void(SnapshotPtr)> ready) {
  const uint64_t id = ++last_waiter_;
  TimerId timer = 0;
  if (deadline != kForever) {
    timer = timers_->At(deadline, [weak = weak_from_this(), id] {
      if (auto self = weak.lock()) self->WaiterExpired(id);
    });
  }
  waiters_.push_back({id, timer, std::move(ready)});
}

void InstancePoller::WaiterExpired(uint64_t id) {
  std::function<void(SnapshotPtr)> ready;
  SnapshotPtr shown;
  bool first_to_see = false;
  {
    const std::lock_guard lock(mutex_);
    const auto it =
        std::find_if(waiters_.begin(), waiters_.end(), [&](const Waiter& w) { return w.id == id; });
    if (it == waiters_.end()) return;
    ready = std::move(it->ready);
    waiters_.erase(it);
    // With an open circuit it is down already, and that is no news.
    first_to_see = !scrape_.late && !circuit_.open();
    if (first_to_see) {
      scrape_.late = true;
      state_.condition = InstanceCondition::kLate;
      state_.reason = Reason::kTimeout;
      state_.message = "the poll was not finished at the scrape's deadline";
      state_.last_error_unix = clock_->UnixSeconds();
      log_.Late();
    }
    shown = BuildSnapshot(clock_->Now());
  }
  if (first_to_see) observer_->PollLate(*config_);
  ready(std::move(shown));
}

std::vector<InstancePoller::Waiter> InstancePoller::TakeWaiters() {
  for (const Waiter& waiter : waiters_) timers_->Cancel(waiter.timer);
  return std::exchange(waiters_, {});
}

void InstancePoller::AnswerWaiting() {
  News news;
  {
    const std::lock_guard lock(mutex_);
    news.waiters = TakeWaiters();
    if (news.waiters.empty()) return;
    state_.condition = InstanceCondition::kLate;
    news.shown = BuildSnapshot(clock_->Now());
  }
  for (Waiter& waiter : news.waiters) waiter.ready(news.shown);
}

// ---- the life of a poll ------------------------------------------------------------------------

void InstancePoller::StartScrapePoll(MonoTime serves_until) {
  // Of a target that is not up nothing is shown that could be kept.
  if (!state_.up()) load_.Forget();
  const MonoTime now = clock_->Now();
  scrape_.due = load_.Due(quick_, now);
  if (!slow_.lane) {
    const std::vector<bool> slow = schedule_.TakeDue(now);
    for (size_t i = 0; i < slow.size(); ++i) scrape_.due[i] = scrape_.due[i] || slow[i];
  }
  StartPoll(scrape_, serves_until);
}

// A poll of what is due in the flight.
void InstancePoller::StartPoll(Flight& flight, MonoTime serves_until) {
  const bool slow = IsSlow(flight);
  flight.started = clock_->Now();
  const MonoTime timeout = TimeoutOf(*config_, flight.due);
  const MonoTime deadline = flight.started + timeout;
  flight.running = true;
  flight.late = false;
  flight.serves_until = serves_until;
  const uint64_t number = ++flight.number;
  const auto overdue = [&](MonoTime when, bool stuck) {
    return timers_->At(when, [weak = weak_from_this(), slow, number, stuck] {
      if (auto self = weak.lock()) self->Overdue(slow, number, stuck);
    });
  };
  flight.interrupt_timer = overdue(deadline + kInterruptGrace, false);
  flight.stuck_timer = overdue(deadline + timeout, true);
  flight.lane->Start(flight.due, deadline,
                     [weak = weak_from_this(), slow, number](PollOutcome outcome) {
                       if (auto self = weak.lock()) {
                         self->PollEnded(slow, number, std::move(outcome));
                       }
                     });
}

void InstancePoller::PollEnded(bool slow, uint64_t number, PollOutcome outcome) {
  News news;
  {
    const std::lock_guard lock(mutex_);
    Flight& flight = slow ? slow_ : scrape_;
    if (!flight.running || flight.number != number) return;
    news = Conclude(flight, outcome, InstanceCondition::kDown);
  }
  Tell(outcome, std::move(news));
}

// A poll of the flight is over, with this outcome.
InstancePoller::News InstancePoller::Conclude(Flight& flight, const PollOutcome& outcome,
                                              InstanceCondition if_failed) {
  News news;
  const bool slow = IsSlow(flight);
  flight.running = false;
  timers_->Cancel(flight.interrupt_timer);
  timers_->Cancel(flight.stuck_timer);
  const bool was_up = state_.up();
  TakeIn(flight, outcome);
  NoteLoad(flight, outcome);
  if (DecidesUp(flight) && !outcome.ok()) state_.condition = if_failed;
  // An interruption of ours is no news.
  if (!stopping_ && if_failed == InstanceCondition::kDown) {
    log_.PollEnded(state_, outcome, flight.due, DecidesUp(flight));
  }
  if (slow || !slow_.lane) schedule_.RetryFailed(flight.due, state_.collectors, outcome.ended);
  if (!slow) {
    if (outcome.ok()) cost_.Add(outcome.ended - flight.started);
    outcome.ok() ? circuit_.Succeeded() : circuit_.Failed();
    fresh_until_ = std::max(outcome.ended + config_->freshness, flight.serves_until);
    news.prefetched = flight.serves_until.count() != 0;
    news.unused = std::exchange(unclaimed_, news.prefetched);
    if (!was_up && state_.up()) schedule_.TargetIsBack(state_.collectors, outcome.ended);
  }
  news.shown = BuildSnapshot(outcome.ended);
  if (!slow) {
    news.waiters = TakeWaiters();
    for (const Waiter& waiter : news.waiters) unclaimed_ = unclaimed_ && waiter.timer == 0;
    news.queued = std::exchange(queued_, {});
  }
  if (!stopping_ && !slow_.running) ArmSlowTimer();
  return news;
}

void InstancePoller::Tell(const PollOutcome& outcome, News news) {
  observer_->PollEnded(*config_, outcome);
  if (news.prefetched) observer_->Prefetched(*config_);
  if (news.unused) observer_->PrefetchUnused(*config_);
  for (Waiter& waiter : news.waiters) waiter.ready(news.shown);
  for (Queued& next : news.queued) Prefetch(next.expected, std::move(next.ready));
}

void InstancePoller::Overdue(bool slow, uint64_t number, bool stuck) {
  News news;
  PollOutcome outcome;
  bool replaced = false;
  {
    const std::lock_guard lock(mutex_);
    Flight& flight = slow ? slow_ : scrape_;
    if (!flight.running || flight.number != number) return;
    flight.lane->Interrupt();
    if (!stuck) return;
    outcome.reason = Reason::kTimeout;
    outcome.message = "the poll did not return after twice its timeout";
    outcome.ended = clock_->Now();
    outcome.ended_unix = clock_->UnixSeconds();
    outcome.duration = outcome.ended - flight.started;
    if (DecidesUp(flight) && !stopping_) log_.Stuck();
    replaced = !stopping_ && flight.lane.Replace();
    if (replaced) {
      ++flight.number;  // what the lane that hangs may still say is not heard
      news = Conclude(flight, outcome, InstanceCondition::kStuck);
    } else if (DecidesUp(flight)) {
      state_.condition = InstanceCondition::kStuck;
      state_.message = outcome.message;
      state_.last_error_unix = outcome.ended_unix;
      news.shown = BuildSnapshot(outcome.ended);
      news.waiters = TakeWaiters();
    }
  }
  if (replaced) return Tell(outcome, std::move(news));
  for (Waiter& waiter : news.waiters) waiter.ready(news.shown);
}

// What the poll found becomes the state.
void InstancePoller::TakeIn(const Flight& flight, const PollOutcome& outcome) {
  ++state_.polls;
  state_.polls_failed += outcome.ok() ? 0 : 1;
  state_.samples_dropped += outcome.drops.total();
  if (outcome.drops.total() > 0) state_.last_drop = outcome.drops.Summary();
  if (!outcome.facts.empty()) state_.facts = outcome.facts;
  if (DecidesUp(flight)) {
    state_.condition = outcome.ok() ? InstanceCondition::kUp : InstanceCondition::kDown;
    state_.reason = outcome.reason;
    state_.poll_duration = outcome.duration;
  }
  if (outcome.ok()) {
    state_.last_success_unix = outcome.ended_unix;
  } else {
    state_.message = outcome.message;
    state_.last_error_unix = outcome.ended_unix;
  }
  TakeInCollectors(flight, outcome);
}

// What the collectors cost decides how often they run.
void InstancePoller::NoteLoad(const Flight& flight, const PollOutcome& outcome) {
  for (const CollectorOutcome& run : outcome.collectors) {
    load_.Ran(run.collector, flight.started, run.duration);
  }
  load_.Fit();
  for (size_t i = 0; i < state_.collectors.size(); ++i) {
    state_.collectors[i].stretched = load_.Interval(i);
    schedule_.Stretch(i, load_.Interval(i));
  }
}

// A collector that was due and is not in the outcome failed with the poll.
void InstancePoller::TakeInCollectors(const Flight& flight, const PollOutcome& outcome) {
  for (size_t i = 0; i < state_.collectors.size(); ++i) {
    CollectorState& c = state_.collectors[i];
    if (!flight.due[i]) continue;
    c.fragment = nullptr;
    c.reason = outcome.ok() ? Reason::kInternal : outcome.reason;
    c.message = outcome.ok() ? "the plugin did not run it" : outcome.message;
    c.ran = true;
    c.ended = outcome.ended;
    c.duration = MonoTime(-1);
  }
  for (const CollectorOutcome& run : outcome.collectors) {
    CollectorState& c = state_.collectors[run.collector];
    c.duration = run.duration;
    if (!outcome.ok()) continue;  // nothing of a failed poll is shown
    c.reason = run.reason;
    c.message = run.message;
    c.fragment = run.fragment;
    if (c.ok()) c.last_success_unix = outcome.ended_unix;
  }
}

// ---- what is shown -----------------------------------------------------------------------------

SnapshotPtr InstancePoller::BuildSnapshot(MonoTime now) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->instance = config_->name;
  snapshot->exporter = config_->type;
  snapshot_good_until_ = kForever;
  size_t series = 0;
  for (const CollectorState& c : state_.collectors) {
    if (!state_.up() || c.fragment == nullptr) continue;
    if (const MonoTime stale_after = StaleAfter(*config_, c); stale_after != kForever) {
      const MonoTime good_until = c.ended + stale_after;
      if (good_until < now) continue;
      snapshot_good_until_ = std::min(snapshot_good_until_, good_until);
    }
    series += c.fragment->series();
    if (!c.fragment->families.empty()) snapshot->fragments.push_back(c.fragment);
  }
  snapshot->fragments.push_back(status_fragment_.Make(state_, series));
  snapshot_ = std::move(snapshot);
  return snapshot_;
}

SnapshotPtr InstancePoller::Present(MonoTime now) {
  if (snapshot_ == nullptr || now > snapshot_good_until_) return BuildSnapshot(now);
  return snapshot_;
}

InstanceState InstancePoller::State() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

// ---- the slow lane's timer, and the end --------------------------------------------------------

void InstancePoller::ArmSlowTimer() {
  const auto next = schedule_.Next();
  if (!slow_.lane || !next) return;
  timers_->Cancel(slow_timer_);
  slow_timer_ = timers_->At(*next, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->SlowDue();
  });
}

void InstancePoller::SlowDue() {
  const std::lock_guard lock(mutex_);
  if (stopping_ || slow_.running) return;  // its end arms the timer anew
  if (auto due = schedule_.TakeDue(clock_->Now()); !due.empty()) {
    slow_.due = std::move(due);
    StartPoll(slow_, MonoTime(0));
  } else {
    ArmSlowTimer();
  }
}

bool InstancePoller::Stop(MonoTime grace) {
  News news;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    timers_->Cancel(slow_timer_);
    news.waiters = TakeWaiters();
    news.shown = Present(clock_->Now());
  }
  for (Waiter& waiter : news.waiters) waiter.ready(news.shown);
  const bool scrape_ended = scrape_.lane.Stop(grace);
  return slow_.lane.Stop(grace) && scrape_ended;
}

}  // namespace pillion
