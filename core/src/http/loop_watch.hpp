// LoopWatch: whether an event loop keeps its beat. The loop calls Beat from a timer; whoever asks
// learns whether the last beat came late or the next one is overdue. Pure; one thread.
#pragma once

#include <chrono>

namespace pillion {

class LoopWatch {
 public:
  using Clock = std::chrono::steady_clock;

  LoopWatch(Clock::duration beat, Clock::duration late_max, Clock::time_point now)
      : allowed_(beat + late_max), last_(now) {}

  void Beat(Clock::time_point now) {
    last_was_late_ = now - last_ > allowed_;
    last_ = now;
  }

  bool Late(Clock::time_point now) const { return last_was_late_ || now - last_ > allowed_; }

 private:
  Clock::duration allowed_;
  Clock::time_point last_;
  bool last_was_late_ = false;
};

}  // namespace pillion
