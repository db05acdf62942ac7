// How a collector ended, for tests.
#pragma once

#include <pillion/testing/poll_report.hpp>

#include <doctest/doctest.h>

#include <string>

namespace pillion::redis::testing {

inline Reason OutcomeOf(const pillion::testing::PollReport& report, const std::string& collector) {
  const auto* found = report.CollectorNamed(collector);
  REQUIRE(found != nullptr);
  return found->reason;
}

}  // namespace pillion::redis::testing
