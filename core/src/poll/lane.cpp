#include "poll/lane.hpp"

#include <cassert>
#include <utility>

namespace pillion {

Lane::Lane(std::unique_ptr<PluginObject> object) : object_(std::move(object)) {
  thread_ = std::thread([this] { Run(); });
}

Lane::~Lane() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (running_) object_->Interrupt();
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Lane::Start(std::vector<bool> due, MonoTime deadline, std::function<void(PollOutcome)> done) {
  const std::lock_guard lock(mutex_);
  assert(!wanted_ && !running_);
  // Under the lock that Interrupt takes: an interrupt meant for the last poll cannot hit this.
  object_->ClearInterrupt();
  due_ = std::move(due);
  deadline_ = deadline;
  done_ = std::move(done);
  wanted_ = true;
  changed_.notify_all();
}

void Lane::Interrupt() {
  const std::lock_guard lock(mutex_);
  if (wanted_ || running_) object_->Interrupt();
}

bool Lane::Stop(MonoTime grace) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  if (wanted_ || running_) object_->Interrupt();
  changed_.notify_all();
  return changed_.wait_for(lock, grace, [&] { return ended_; });
}

void Lane::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return wanted_ || stopping_; });
    if (!wanted_) break;
    wanted_ = false;
    running_ = true;
    const std::vector<bool> due = std::move(due_);
    const auto done = std::exchange(done_, nullptr);
    const MonoTime deadline = deadline_;
    lock.unlock();
    PollOutcome outcome = object_->Poll(due, deadline);
    lock.lock();
    running_ = false;  // before `done`, which may start the next poll
    lock.unlock();
    done(std::move(outcome));
    lock.lock();
  }
  ended_ = true;
  changed_.notify_all();
}

}  // namespace pillion
