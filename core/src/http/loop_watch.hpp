// LoopWatch: whether an event loop keeps its beat. The loop says when it will beat next, and calls
// Beat from a timer then; whoever asks learns whether the last beat came late or the next one is
// overdue. Pure; one thread.
#pragma once

#include <chrono>

namespace pillion {

class LoopWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // `late_max`: how late a beat may be.
  explicit LoopWatch(Clock::duration late_max) : late_max_(late_max) {}

  void Expect(Clock::time_point beat) { next_ = beat; }
  void Beat(Clock::time_point now) {
    last_was_late_ = Overdue(now);
    next_ = now;
  }

  bool Late(Clock::time_point now) const { return last_was_late_ || Overdue(now); }

 private:
  bool Overdue(Clock::time_point now) const { return now - next_ > late_max_; }

  Clock::duration late_max_;
  Clock::time_point next_ = Clock::time_point::max();  // nothing is expected yet
  bool last_was_late_ = false;
};

}  // namespace pillion
