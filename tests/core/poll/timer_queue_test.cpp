#include "poll/timer_queue.hpp"
#include "poll/scheduler.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <string>

using namespace pillion;
using namespace std::chrono_literals;

TEST_CASE("timers come due in the order of their times") {
  TimerQueue queue;
  std::string order;
  queue.Add(3s, [&] { order += 'c'; });
  queue.Add(1s, [&] { order += 'a'; });
  queue.Add(2s, [&] { order += 'b'; });
  CHECK(queue.Next() == MonoTime(1s));
  for (auto& callback : queue.TakeDue(2s)) callback();
  CHECK(order == "ab");
  CHECK(queue.size() == 1);
}

TEST_CASE("timers of the same moment come in the order they were set") {
  TimerQueue queue;
  std::string order;
  for (const char c : {'x', 'y', 'z'}) queue.Add(1s, [&order, c] { order += c; });
  for (auto& callback : queue.TakeDue(1s)) callback();
  CHECK(order == "xyz");
}

TEST_CASE("a cancelled timer does not come and cancelling twice is harmless") {
  TimerQueue queue;
  const TimerId id = queue.Add(1s, [] { FAIL("was cancelled"); });
  queue.Cancel(id);
  queue.Cancel(id);
  queue.Cancel(0);
  CHECK(queue.TakeDue(5s).empty());
  CHECK_FALSE(queue.Next().has_value());
}

TEST_CASE("the scheduler calls a timer and a timer set from a callback") {
  Scheduler scheduler(&SystemClock());
  std::promise<void> reached;
  scheduler.At(SystemClock().Now(),
               [&] { scheduler.At(SystemClock().Now(), [&] { reached.set_value(); }); });
  CHECK(reached.get_future().wait_for(10s) == std::future_status::ready);
}

TEST_CASE("the scheduler takes an earlier timer before the one it waits for") {
  Scheduler scheduler(&SystemClock());
  std::promise<void> reached;
  scheduler.At(SystemClock().Now() + 1h, [] {});
  scheduler.At(SystemClock().Now(), [&] { reached.set_value(); });
  CHECK(reached.get_future().wait_for(10s) == std::future_status::ready);
}

TEST_CASE("a stopped scheduler drops what is not due yet") {
  bool called = false;
  Scheduler scheduler(&SystemClock());
  scheduler.At(SystemClock().Now() + 1h, [&] { called = true; });
  scheduler.Stop();
  scheduler.Stop();
  CHECK_FALSE(called);
}
