#include "poll/instance_poller.hpp"

#include <algorithm>

namespace pillion {
namespace {

constexpr MonoTime kForever = MonoTime::max();

MonoTime StaleAfter(const InstanceConfig& config, const CollectorState& collector) {
  return config.stale_after.count() > 0 ? config.stale_after : 3 * collector.every;
}

}  // namespace

std::shared_ptr<InstancePoller> InstancePoller::Create(Parts parts) {
  return std::shared_ptr<InstancePoller>(new InstancePoller(std::move(parts)));
}

InstancePoller::InstancePoller(Parts parts)
    : parts_(std::move(parts)),
      log_(parts_.type, parts_.config, parts_.clock),
      status_fragment_(parts_.type, parts_.config) {
  const auto& configured = parts_.config->collectors;
  state_.collectors.resize(configured.size());
  next_due_.assign(configured.size(), kForever);
  scrape_.due.assign(configured.size(), false);
  slow_.due.assign(configured.size(), false);
  slow_enabled_.assign(configured.size(), false);
  for (size_t i = 0; i < configured.size(); ++i) {
    state_.collectors[i].enabled = configured[i].enabled;
    state_.collectors[i].every = configured[i].every;
    scrape_.due[i] = configured[i].enabled && configured[i].every.count() == 0;
    slow_enabled_[i] = configured[i].enabled && configured[i].every.count() > 0;
  }
}

InstancePoller::~InstancePoller() = default;

void InstancePoller::Start() {
  const std::lock_guard lock(mutex_);
  if (parts_.slow_lane == nullptr) return;
  const MonoTime now = parts_.clock->Now();
  const auto first = std::chrono::duration_cast<MonoTime>(
      parts_.random() * std::chrono::duration<double>(kFirstSlowPollWithin));
  for (size_t i = 0; i < state_.collectors.size(); ++i) {
    const CollectorState& c = state_.collectors[i];
    if (c.enabled && c.every.count() > 0) next_due_[i] = now + first;
  }
  ArmSlowTimer();
}

void InstancePoller::Acquire(MonoTime deadline, std::function<void(SnapshotPtr)> ready) {
  SnapshotPtr now_shown;
  {
    const std::lock_guard lock(mutex_);
    const MonoTime now = parts_.clock->Now();
    const bool fresh = last_ended_.count() != 0 && now - last_ended_ <= parts_.config->freshness;
    // Nobody waits for a lane that has hung for twice its timeout: the answer is known.
    const bool stuck = state_.condition == InstanceCondition::kStuck && scrape_.running;
    if (stopping_ || parts_.scrape_lane == nullptr || (fresh && !scrape_.running) || stuck) {
      now_shown = Present(now);
    } else {
      const uint64_t id = ++last_waiter_;
      const TimerId timer = parts_.timers->At(deadline, [weak = weak_from_this(), id] {
        if (auto self = weak.lock()) self->WaiterExpired(id);
      });
      waiters_.push_back({id, timer, std::move(ready)});
      if (!scrape_.running) StartPoll(*parts_.scrape_lane, scrape_, scrape_.due);
    }
  }
  // NOLINTNEXTLINE(bugprone-use-after-move): moved only where now_shown stays null
  if (now_shown != nullptr) ready(std::move(now_shown));
}

void InstancePoller::StartPoll(PollRunner& lane, Flight& flight, std::vector<bool> due) {
  const bool slow = &flight == &slow_;
  const MonoTime deadline = parts_.clock->Now() + parts_.config->timeout;
  flight.running = true;
  flight.late = false;
  const uint64_t number = ++flight.number;
  const auto overdue = [&](MonoTime when, bool stuck) {
    return parts_.timers->At(when, [weak = weak_from_this(), slow, number, stuck] {
      if (auto self = weak.lock()) self->Overdue(slow, number, stuck);
    });
  };
  flight.interrupt_timer = overdue(deadline + kInterruptGrace, false);
  flight.stuck_timer = overdue(deadline + parts_.config->timeout, true);
  lane.Start(std::move(due), deadline, [weak = weak_from_this(), slow, number](PollOutcome o) {
    if (auto self = weak.lock()) self->PollEnded(slow, number, std::move(o));
  });
}

void InstancePoller::PollEnded(bool slow, uint64_t number, PollOutcome outcome) {
  std::vector<Waiter> waiters;
  SnapshotPtr shown;
  {
    const std::lock_guard lock(mutex_);
    Flight& flight = slow ? slow_ : scrape_;
    if (!flight.running || flight.number != number) return;
    flight.running = false;
    parts_.timers->Cancel(flight.interrupt_timer);
    parts_.timers->Cancel(flight.stuck_timer);
    const bool was_up = state_.up();
    const bool decides_up = !slow || parts_.scrape_lane == nullptr;
    TakeIn(flight, outcome);
    if (!slow) last_ended_ = outcome.ended;
    // An interruption of ours is no news.
    if (!stopping_) log_.PollEnded(state_, outcome, flight.due, decides_up);
    shown = BuildSnapshot(outcome.ended);
    if (!slow) waiters = TakeWaiters();
    if (slow) RetryFailed(flight.due, outcome.ended + kSlowRetry, /*timeouts_too=*/false);
    // What failed with the target need not wait for its turn once the target is back.
    if (!slow && !was_up && state_.up()) RetryFailed(slow_enabled_, outcome.ended, true);
    if (!stopping_ && !slow_.running) ArmSlowTimer();
  }
  parts_.observer->PollEnded(*parts_.config, outcome);
  for (Waiter& waiter : waiters) waiter.ready(shown);
}

// What the poll found becomes the state. A collector that was due and is not in the outcome
// failed with the poll.
void InstancePoller::TakeIn(const Flight& flight, const PollOutcome& outcome) {
  ++state_.polls;
  state_.polls_failed += outcome.ok() ? 0 : 1;
  state_.samples_dropped += outcome.drops.total();
  if (outcome.drops.total() > 0) state_.last_drop = outcome.drops.Summary();
  if (!outcome.facts.empty()) state_.facts = outcome.facts;
  const bool decides_up = &flight == &scrape_ || parts_.scrape_lane == nullptr;
  if (decides_up) {
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

SnapshotPtr InstancePoller::BuildSnapshot(MonoTime now) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->instance = parts_.config->name;
  snapshot->exporter = parts_.config->type;
  snapshot_good_until_ = kForever;
  size_t series = 0;
  for (const CollectorState& c : state_.collectors) {
    if (!state_.up() || c.fragment == nullptr) continue;
    if (c.every.count() > 0) {
      const MonoTime good_until = c.ended + StaleAfter(*parts_.config, c);
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

void InstancePoller::Overdue(bool slow, uint64_t number, bool stuck) {
  bool answer = false;
  std::vector<Waiter> waiters;
  SnapshotPtr shown;
  {
    const std::lock_guard lock(mutex_);
    Flight& flight = slow ? slow_ : scrape_;
    if (!flight.running || flight.number != number) return;
    (slow ? parts_.slow_lane : parts_.scrape_lane)->Interrupt();
    if (stuck && (!slow || parts_.scrape_lane == nullptr)) {
      state_.condition = InstanceCondition::kStuck;
      state_.message = "the poll did not return after twice its timeout";
      state_.last_error_unix = parts_.clock->UnixSeconds();
      log_.Stuck();
      shown = BuildSnapshot(parts_.clock->Now());
      waiters = TakeWaiters();
      answer = true;
    }
  }
  if (answer) {
    for (Waiter& waiter : waiters) waiter.ready(shown);
  }
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
    first_to_see = !scrape_.late;
    if (first_to_see) {
      scrape_.late = true;
      state_.condition = InstanceCondition::kLate;
      state_.reason = Reason::kTimeout;
      state_.message = "the poll was not finished at the scrape's deadline";
      state_.last_error_unix = parts_.clock->UnixSeconds();
      log_.Late();
    }
    shown = BuildSnapshot(parts_.clock->Now());
  }
  if (first_to_see) parts_.observer->PollLate(*parts_.config);
  ready(std::move(shown));
}

std::vector<InstancePoller::Waiter> InstancePoller::TakeWaiters() {
  for (const Waiter& waiter : waiters_) parts_.timers->Cancel(waiter.timer);
  return std::exchange(waiters_, {});
}

// A failure of an `every` collector is not kept for its whole `every`; unless it took too long,
// which is what its `every` is there to spare the target.
void InstancePoller::RetryFailed(const std::vector<bool>& candidates, MonoTime at,
                                 bool timeouts_too) {
  for (size_t i = 0; i < state_.collectors.size(); ++i) {
    const CollectorState& c = state_.collectors[i];
    const bool failed = c.ran && !c.ok() && (timeouts_too || c.reason != Reason::kTimeout);
    if (candidates[i] && failed) next_due_[i] = std::min(next_due_[i], at);
  }
}

void InstancePoller::AnswerWaiting() {
  std::vector<Waiter> waiters;
  SnapshotPtr shown;
  {
    const std::lock_guard lock(mutex_);
    waiters = TakeWaiters();
    if (waiters.empty()) return;
    state_.condition = InstanceCondition::kLate;
    shown = BuildSnapshot(parts_.clock->Now());
  }
  for (Waiter& waiter : waiters) waiter.ready(shown);
}

void InstancePoller::ArmSlowTimer() {
  const MonoTime next = *std::min_element(next_due_.begin(), next_due_.end());
  if (next == kForever) return;
  parts_.timers->Cancel(slow_timer_);
  slow_timer_ = parts_.timers->At(next, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->SlowDue();
  });
}

void InstancePoller::SlowDue() {
  const std::lock_guard lock(mutex_);
  if (stopping_ || slow_.running) return;  // its end arms the timer anew
  const MonoTime now = parts_.clock->Now();
  bool any = false;
  for (size_t i = 0; i < next_due_.size(); ++i) {
    slow_.due[i] = next_due_[i] <= now;
    if (!slow_.due[i]) continue;
    any = true;
    const double jitter = 1 + kSlowJitter * (2 * parts_.random() - 1);
    const std::chrono::duration<double, std::nano> every(
        static_cast<double>(state_.collectors[i].every.count()) * jitter);
    next_due_[i] = now + std::chrono::duration_cast<MonoTime>(every);
  }
  if (any) {
    StartPoll(*parts_.slow_lane, slow_, slow_.due);
  } else {
    ArmSlowTimer();
  }
}

InstanceState InstancePoller::State() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

bool InstancePoller::Stop(MonoTime grace) {
  std::vector<Waiter> waiters;
  SnapshotPtr shown;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    parts_.timers->Cancel(slow_timer_);
    waiters = TakeWaiters();
    shown = Present(parts_.clock->Now());
  }
  for (Waiter& waiter : waiters) waiter.ready(shown);
  bool ended = true;
  for (const auto* lane : {&parts_.scrape_lane, &parts_.slow_lane}) {
    if (*lane != nullptr) ended = (*lane)->Stop(grace) && ended;
  }
  return ended;
}

}  // namespace pillion
