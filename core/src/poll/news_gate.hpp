// NewsGate: what of something that works or fails is worth a log line. A change is, a repetition
// is not; what lasts is named again now and then, and what changes all the time is held back.
//
// Threads: one at a time. The times are a monotonic clock's and don't go back.
#pragma once

#include "plugin/clock.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace pillion {

enum class News { kNone, kChange, kReminder };

class NewsGate {
 public:
  // A failure that lasts is named again.
  static constexpr MonoTime kReminderEvery = std::chrono::hours(1);
  // A failure that was named before in the same outage is a change again only after this.
  static constexpr MonoTime kWindow = std::chrono::minutes(10);
  // Recoveries told within the window. Further ones are held back until there is room, and with
  // them the outages between.
  static constexpr size_t kRecoveriesMax = 3;
  static constexpr size_t kKindsMax = 16;  // of failures in one outage; further ones are no news

  // `kind`: what makes it another failure. The reason does; a message with ports and times
  // doesn't. `counts`: whether failures() goes up.
  News Failed(std::string_view kind, MonoTime now, bool counts = true);
  // kNone: it was said to work, or it is held back. The first success is a change.
  News Worked(MonoTime now);

  bool told_failure() const { return told_ == Told::kFailure; }
  bool told_nothing() const { return told_ == Told::kNothing; }
  // Of the present outage, or of the last one.
  uint64_t failures() const { return failures_; }

 private:
  enum class Told { kNothing, kFailure, kWork };

  Told told_ = Told::kNothing;
  uint64_t failures_ = 0;
  MonoTime failure_told_{0};
  std::string kind_told_;
  std::set<std::string, std::less<>> kinds_;           // named in this outage
  std::array<MonoTime, kRecoveriesMax> recoveries_{};  // a ring: when they were told
  size_t recovery_count_ = 0;
};

}  // namespace pillion
