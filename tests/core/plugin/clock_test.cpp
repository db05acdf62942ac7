#include "plugin/clock.hpp"

#include <doctest/doctest.h>

#include <ctime>

using namespace pillion;

namespace {

MonoTime BootTime() {
  timespec time{};
  REQUIRE(::clock_gettime(CLOCK_BOOTTIME, &time) == 0);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

TEST_CASE("the clock of durations goes on while the machine is suspended") {
  const MonoTime before = BootTime();
  const MonoTime now = SystemClock().Now();
  CHECK(before <= now);
  CHECK(now <= BootTime());
}
