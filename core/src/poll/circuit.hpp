// Circuit: for how long a scrape waits for a target that keeps failing.
//
// After kFailuresToOpen polls in a row that failed, scrapes no longer give it all their time: each
// starts a poll as before, if none runs, but waits for kPatience only. That is time enough for a
// target that is back, which is therefore shown by the first scrape that meets it, and what is
// left unread is read by the next. Pure. Threads: one at a time.
#pragma once

#include <pillion/poll.hpp>  // MonoTime

#include <algorithm>

namespace pillion {

class Circuit {
 public:
  static constexpr int kFailuresToOpen = 3;  // polls in a row
  static constexpr MonoTime kPatience = std::chrono::milliseconds(250);

  void Succeeded() { failures_ = 0; }
  void Failed() { failures_ = std::min(failures_ + 1, kFailuresToOpen); }
  bool open() const { return failures_ >= kFailuresToOpen; }

  // Until when to wait, at most until `deadline`, for a poll that started at `poll_started`.
  MonoTime WaitUntil(MonoTime deadline, MonoTime poll_started) const {
    return open() ? std::min(deadline, poll_started + kPatience) : deadline;
  }

 private:
  int failures_ = 0;
};

}  // namespace pillion
