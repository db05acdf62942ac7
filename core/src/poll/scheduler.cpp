#include "poll/scheduler.hpp"

#include <algorithm>

namespace pillion {

Scheduler::Scheduler(const Clock* clock) : clock_(clock), beat_(clock->Now().count()) {
  thread_ = std::thread([this] { Run(); });
}

Scheduler::~Scheduler() { Stop(); }

TimerId Scheduler::At(MonoTime when, std::function<void()> what) {
  const std::lock_guard lock(mutex_);
  const TimerId id = queue_.Add(when, std::move(what));
  // Most timers are deadlines of polls that end long before: the thread looks again in time anyway.
  if (when < sleeps_until_) {
    sleeps_until_ = MonoTime::min();
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
    beat_.store(now.count(), std::memory_order_relaxed);
    auto due = queue_.TakeDue(now);
    if (!due.empty()) {
      lock.unlock();
      for (auto& callback : due) callback();
      due.clear();  // what the callbacks hold goes without our lock
      lock.lock();
      continue;
    }
    const MonoTime until = std::min(queue_.Next().value_or(now + kSleepMax), now + kSleepMax);
    sleeps_until_ = until;
    beat_.store(until.count(), std::memory_order_relaxed);
    changed_.wait_for(lock, until - now);
    sleeps_until_ = MonoTime::min();
  }
}

}  // namespace pillion
