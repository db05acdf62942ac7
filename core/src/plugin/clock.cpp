#include "plugin/clock.hpp"

#include <chrono>
#include <ctime>

namespace pillion {
namespace {

class System final : public Clock {
 public:
  // Unlike CLOCK_MONOTONIC it goes on while the machine is suspended: what was read before is old
  // then.
  MonoTime Now() const override {
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
  double UnixSeconds() const override {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace

const Clock& SystemClock() {
  static const System clock;
  return clock;
}

}  // namespace pillion
