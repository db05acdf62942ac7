// What tests expect of a report: how a collector ended, and that there is nothing to complain of.
#pragma once

#include <pillion/testing/poll_report.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace pillion::redis::testing {

inline const std::vector<std::string> kNone;  // as `problems` should be

inline Reason OutcomeOf(const pillion::testing::PollReport& report, const std::string& collector) {
  const auto* found = report.CollectorNamed(collector);
  REQUIRE(found != nullptr);
  return found->reason;
}

}  // namespace pillion::redis::testing
