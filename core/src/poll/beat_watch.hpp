// BeatWatch: whether something that should beat has stopped.
//
// To be late once is no verdict: when the whole process was paused, or the machine suspended, the
// first look afterwards finds every beat late, and the next finds all of them well. So it takes a
// second look, some time after the first, that finds no newer beat.
//
// Threads: any. Pure.
#pragma once

#include <pillion/poll.hpp>  // MonoTime

#include <mutex>

namespace pillion {

class BeatWatch {
 public:
  BeatWatch(MonoTime late_max, MonoTime second_look)
      : late_max_(late_max), second_look_(second_look) {}

  // `beat`: when it was last seen.
  bool Stopped(MonoTime beat, MonoTime now) {
    const std::lock_guard lock(mutex_);
    if (now - beat < late_max_) {
      suspected_ = false;
      return false;
    }
    if (!suspected_ || beat_ != beat) {
      suspected_ = true;
      beat_ = beat;
      since_ = now;
    }
    return now - since_ >= second_look_;
  }

 private:
  const MonoTime late_max_, second_look_;
  std::mutex mutex_;  // all below
  bool suspected_ = false;
  MonoTime beat_{0};   // the one that is late
  MonoTime since_{0};  // when that was first seen
};

}  // namespace pillion
