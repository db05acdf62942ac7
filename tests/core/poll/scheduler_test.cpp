#include "poll/scheduler.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

using namespace pillion;
using namespace std::chrono_literals;

namespace {

// The real clock of this process, and jumps as after a suspended machine.
class JumpingClock final : public Clock {
 public:
  MonoTime Now() const override { return Scheduler::BeatClock() + ahead_.load(); }
  double UnixSeconds() const override { return 0; }
  void Jump(MonoTime by) { ahead_ = ahead_.load() + by; }

 private:
  std::atomic<MonoTime> ahead_{MonoTime{0}};
};

constexpr auto kHang = 60s;

bool Asleep(const Scheduler& scheduler) {
  return scheduler.Beat() > Scheduler::BeatClock() + kHang;
}

void AwaitSleep(const Scheduler& scheduler) {
  const auto until = std::chrono::steady_clock::now() + kHang;
  while (!Asleep(scheduler) && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  REQUIRE(Asleep(scheduler));
}

// Whether a timer for now is called soon, though the thread may sleep for ten times as long.
bool Wakes(Scheduler& scheduler, const Clock& clock) {
  std::promise<void> called;
  scheduler.At(clock.Now(), [&] { called.set_value(); });
  return called.get_future().wait_for(kHang) == std::future_status::ready;
}

}  // namespace

TEST_CASE("a scheduler without timers sleeps and a new one wakes it") {
  JumpingClock clock;
  Scheduler scheduler(&clock, 10 * kHang);
  AwaitSleep(scheduler);
  CHECK(Wakes(scheduler, clock));
  AwaitSleep(scheduler);
}

TEST_CASE("a scheduler that sleeps over a suspended machine is well and wakes for a new timer") {
  JumpingClock clock;
  Scheduler scheduler(&clock, 10 * kHang);
  AwaitSleep(scheduler);
  clock.Jump(3h);  // its sleep ends in ten minutes and should have ended hours ago
  CHECK(Asleep(scheduler));
  CHECK(Wakes(scheduler, clock));
}

TEST_CASE("a callback that blocks makes the beat stand still") {
  JumpingClock clock;
  Scheduler scheduler(&clock, 10 * kHang);
  std::promise<void> begun, end;
  scheduler.At(clock.Now(), [&] {
    begun.set_value();
    end.get_future().wait();
  });
  begun.get_future().wait();
  const MonoTime beat = scheduler.Beat();
  CHECK(beat <= Scheduler::BeatClock());
  CHECK(scheduler.Beat() == beat);
  end.set_value();
  AwaitSleep(scheduler);
}
