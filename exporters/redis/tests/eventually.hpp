// Waits of the live tests: for what happens, with a bound only against hanging.
#pragma once

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace pillion::redis::testing {

// Ten times what anything here takes on a busy machine.
inline constexpr std::chrono::seconds kHang{60};

// Asks again and again; false after kHang.
template <typename Condition>
bool Eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + kHang;
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

// Polls until the condition holds of a report. No poll may break a rule of the host or be far
// beyond its deadline meanwhile.
template <typename Condition>
bool PollUntil(pillion::testing::TestHost& host, Condition condition,
               const std::vector<std::string>& due = {}) {
  return Eventually([&] {
    const auto report = host.Poll({.due = due, .timeout = std::chrono::seconds(10)});
    CHECK(report.problems == std::vector<std::string>{});
    CHECK_FALSE(report.hung());
    return condition(report);
  });
}

}  // namespace pillion::redis::testing
