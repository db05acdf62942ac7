// A clock in the test's hand.
#pragma once

#include "plugin/clock.hpp"

namespace pillion::test {

struct HeldClock final : public Clock {
  MonoTime Now() const override { return now; }
  double UnixSeconds() const override { return 0; }
  MonoTime now{std::chrono::hours(1)};
};

}  // namespace pillion::test
