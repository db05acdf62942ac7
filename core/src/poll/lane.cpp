#include "poll/lane.hpp"

#include <cassert>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace pillion {
namespace {

thread_local bool is_lane = false;

}  // namespace

struct Lane::State {
  explicit State(std::unique_ptr<PluginObject> o) : object(std::move(o)) {}

  // Only the thread touches what it points to, but for Interrupt.
  std::unique_ptr<PluginObject> object;
  std::mutex mutex;
  std::condition_variable changed;
  bool wanted = false;  // all below: guarded by mutex
  bool running = false;
  bool stopping = false;
  bool ended = false;
  std::vector<bool> due;
  MonoTime deadline{0};
  std::function<void(PollOutcome)> done;
  std::function<void()> abandoned;
};

Lane::Lane(std::unique_ptr<PluginObject> object)
    : state_(std::make_shared<State>(std::move(object))) {
  thread_ = std::thread([state = state_] { Run(state); });
}

Lane::~Lane() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    if (state_->running) state_->object->Interrupt();
    state_->changed.notify_all();
  }
  thread_.join();
}

void Lane::Start(std::vector<bool> due, MonoTime deadline, std::function<void(PollOutcome)> done) {
  State& s = *state_;
  {
    const std::lock_guard lock(s.mutex);
    assert(!s.wanted && !s.running);
    // Under the lock that Interrupt takes: an interrupt meant for the last poll cannot hit this.
    s.object->ClearInterrupt();
    s.due = std::move(due);
    s.deadline = deadline;
    s.done = std::move(done);
    s.wanted = true;
  }
  s.changed.notify_all();  // who wakes up at once does not find the lock taken
}

void Lane::Interrupt() {
  const std::lock_guard lock(state_->mutex);
  if (state_->wanted || state_->running) state_->object->Interrupt();
}

bool Lane::Stop(MonoTime grace) {
  State& s = *state_;
  std::unique_lock lock(s.mutex);
  s.stopping = true;
  if (s.wanted || s.running) s.object->Interrupt();
  s.changed.notify_all();
  return s.changed.wait_for(lock, grace, [&] { return s.ended; });
}

void Lane::Abandon(std::function<void()> ended) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->abandoned = std::move(ended);
    state_->changed.notify_all();
  }
  thread_.detach();
}

bool Lane::IsThisThread() { return is_lane; }

void Lane::Run(const std::shared_ptr<State>& state) {
  is_lane = true;
  State& s = *state;
  std::unique_lock lock(s.mutex);
  while (true) {
    s.changed.wait(lock, [&] { return s.wanted || s.stopping; });
    if (!s.wanted) break;
    s.wanted = false;
    s.running = true;
    const std::vector<bool> due = std::move(s.due);
    const auto done = std::exchange(s.done, nullptr);
    const MonoTime deadline = s.deadline;
    lock.unlock();
    PollOutcome outcome = s.object->Poll(due, deadline);
    lock.lock();
    s.running = false;  // before `done`, which may start the next poll
    lock.unlock();
    done(std::move(outcome));
    lock.lock();
  }
  s.ended = true;
  s.changed.notify_all();
  if (const auto abandoned = std::exchange(s.abandoned, nullptr)) {
    lock.unlock();
    s.object.reset();
    abandoned();
  }
}

}  // namespace pillion
