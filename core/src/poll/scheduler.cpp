#include "poll/scheduler.hpp"

#include <algorithm>

namespace pillion {

Scheduler::Scheduler(const Clock* clock, MonoTime sleep_max)
    : clock_(clock), sleep_max_(sleep_max), beat_(BeatClock().count()) {
  thread_ = std::thread([this] { Run(); });
}

Scheduler::~Scheduler() { Stop(); }

TimerId Scheduler::At(MonoTime when, std::function<void()> what) {
  const std::lock_guard lock(mutex_);
  const TimerId id = queue_.Add(when, std::move(what));
  // Most timers are deadlines of polls that end long before: the thread looks again in time anyway.
  // Not so when it should be awake already: the machine was suspended, and its sleep goes on.
  const bool asleep = sleeps_until_ != MonoTime::min();
  if (asleep && (when < sleeps_until_ || sleeps_until_ < clock_->Now())) {
    sleeps_until_ = MonoTime::min();
    SetBeat(BeatClock());
    changed_.notify_one();
  }
  return id;
}

void Scheduler::Cancel(TimerId id) {
  const std::lock_guard lock(mutex_);
  queue_.Cancel(id);
}

void Scheduler::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Scheduler::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const MonoTime now = clock_->Now();
    SetBeat(BeatClock());
    auto due = queue_.TakeDue(now);
    if (!due.empty()) {
      lock.unlock();
      for (auto& callback : due) callback();
      due.clear();  // what the callbacks hold goes without our lock
      lock.lock();
      continue;
    }
    const MonoTime until = std::min(queue_.Next().value_or(now + sleep_max_), now + sleep_max_);
    sleeps_until_ = until;
    SetBeat(BeatClock() + (until - now));
    changed_.wait_for(lock, until - now);
    sleeps_until_ = MonoTime::min();
  }
}

}  // namespace pillion
