#include "poll/news_gate.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pillion;
using namespace std::chrono_literals;

namespace {

constexpr MonoTime kStart = 1s;

}  // namespace

TEST_CASE("the first success and the first failure are news") {
  NewsGate worked;
  CHECK(worked.told_nothing());
  CHECK(worked.Worked(kStart) == News::kChange);
  CHECK(worked.Worked(kStart) == News::kNone);
  CHECK(worked.failures() == 0);
  NewsGate failed;
  CHECK(failed.Failed("refused", kStart) == News::kChange);
  CHECK(failed.told_failure());
  CHECK(failed.Worked(kStart) == News::kChange);
  CHECK_FALSE(failed.told_failure());
  CHECK(failed.failures() == 1);
}

TEST_CASE("what lasts is reminded of and only so often") {
  NewsGate gate;
  CHECK(gate.Failed("refused", kStart) == News::kChange);
  CHECK(gate.Failed("refused", kStart + NewsGate::kReminderEvery - 1ns) == News::kNone);
  CHECK(gate.Failed("refused", kStart + NewsGate::kReminderEvery) == News::kReminder);
  CHECK(gate.Failed("refused", kStart + 2 * NewsGate::kReminderEvery - 1ns) == News::kNone);
  CHECK(gate.Failed("refused", kStart + 2 * NewsGate::kReminderEvery) == News::kReminder);
  CHECK(gate.failures() == 5);
}

TEST_CASE("a kind that is new in an outage is news at once and a known one after a while") {
  NewsGate gate;
  CHECK(gate.Failed("refused", kStart) == News::kChange);
  CHECK(gate.Failed("auth", kStart) == News::kChange);
  CHECK(gate.Failed("refused", kStart + 1s) == News::kNone);
  CHECK(gate.Failed("refused", kStart + NewsGate::kWindow) == News::kChange);
  CHECK(gate.Failed("auth", kStart + NewsGate::kWindow + 1s) == News::kNone);
}

TEST_CASE("after a recovery every kind is news again") {
  NewsGate gate;
  CHECK(gate.Failed("refused", kStart) == News::kChange);
  CHECK(gate.Failed("refused", kStart) == News::kNone);
  CHECK(gate.Worked(kStart) == News::kChange);
  CHECK(gate.Failed("refused", kStart) == News::kChange);
  CHECK(gate.failures() == 1);
}

TEST_CASE("recoveries in quick turn are held back until there is room") {
  NewsGate gate;
  for (size_t i = 0; i < NewsGate::kRecoveriesMax; ++i) {
    CHECK(gate.Failed("refused", kStart) == News::kChange);
    CHECK(gate.Worked(kStart) == News::kChange);
  }
  CHECK(gate.Failed("refused", kStart) == News::kChange);
  for (int i = 0; i < 5; ++i) {
    CHECK(gate.Worked(kStart + 1s) == News::kNone);
    CHECK(gate.Failed("refused", kStart + 1s) == News::kNone);
  }
  // What holds in the end is told.
  CHECK(gate.Worked(kStart + NewsGate::kWindow) == News::kChange);
  CHECK(gate.failures() == 6);
}

TEST_CASE("kinds are bounded") {
  NewsGate gate;
  size_t told = 0;
  for (int i = 0; i < 1000; ++i) {
    told += gate.Failed("kind " + std::to_string(i), kStart) == News::kChange;
  }
  CHECK(told == NewsGate::kKindsMax);
}
