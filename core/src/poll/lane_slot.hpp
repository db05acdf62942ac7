// LaneSlot: the place of one of an instance's lanes. A lane that hangs is put aside and another one
// takes its place.
//
// Threads: one at a time (the poller's lock).
#pragma once

#include "poll/lane.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace pillion {

class LaneSlot {
 public:
  // Lanes of one slot that hang at the same time; each holds a thread and what its plugin holds.
  static constexpr int kHungMax = 3;
  using Make = std::function<std::unique_ptr<PollRunner>()>;  // null: it could not be made

  LaneSlot(std::unique_ptr<PollRunner> runner, Make make)
      : runner_(std::move(runner)), make_(std::move(make)) {}

  explicit operator bool() const { return runner_ != nullptr; }
  PollRunner* operator->() const { return runner_.get(); }

  // The lane's poll hangs. False: too many do, or there is no other lane to be had; it stays.
  bool Replace() {
    if (make_ == nullptr || *hung_ >= kHungMax) return false;
    std::unique_ptr<PollRunner> other = make_();
    if (other == nullptr) return false;
    ++*hung_;
    runner_->Abandon([hung = hung_] { --*hung; });
    runner_ = std::move(other);
    return true;
  }
  int hung() const { return *hung_; }

  // False: a lane did not return within `grace`; it must not be destroyed, or hangs already.
  bool Stop(MonoTime grace) { return (runner_ == nullptr || runner_->Stop(grace)) && hung() == 0; }

 private:
  std::unique_ptr<PollRunner> runner_;
  Make make_;
  std::shared_ptr<std::atomic<int>> hung_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace pillion
