// Clock: where the core takes the time from, so that tests can hold it in their hands.
#pragma once

#include <pillion/poll.hpp>  // MonoTime

namespace pillion {

// Threads: any.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoTime Now() const = 0;        // only forward: for every duration
  virtual double UnixSeconds() const = 0;  // wall clock: only to be shown
};

// The system's clocks. Lives as long as the process.
const Clock& SystemClock();

}  // namespace pillion
