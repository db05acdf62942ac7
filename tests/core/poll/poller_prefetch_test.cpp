#include "core/poll/poller_bench.hpp"

#include <optional>

using namespace pillion;
using namespace pillion::test;

namespace {

using Bench = PollerBench;

// What a prefetch was told: whether a poll was started for it; nothing yet.
struct Told {
  std::optional<bool> polled;
  SnapshotPtr shown;
};

std::shared_ptr<Told> Prefetch(Bench& bench, MonoTime ahead) {
  auto told = std::make_shared<Told>();
  bench.poller->Prefetch(bench.time.Now() + ahead, [told](SnapshotPtr shown, bool polled) {
    *told = {polled, std::move(shown)};
  });
  return told;
}

// Polls that fail one after the other, each started by a scrape.
void Fail(Bench& bench, int polls) {
  for (int i = 0; i < polls; ++i) {
    bench.time.Advance(5s);
    bench.Scrape();
    bench.lane->Finish(bench.Outcome(Reason::kRefused));
  }
}

}  // namespace

TEST_CASE("a prefetch polls and the scrape that comes is answered at once") {
  Bench bench;
  const auto told = Prefetch(bench, 200ms);
  REQUIRE(bench.lane->running());
  CHECK_FALSE(told->polled.has_value());
  bench.lane->Finish(bench.Outcome());
  CHECK(told->polled == true);
  CHECK(Shows(*told->shown, "quick_value{} 1.0"));
  bench.time.Advance(200ms);
  bench.Scrape();
  CHECK(bench.answers.size() == 1);
  CHECK(bench.lane->started == 1);
  CHECK(bench.observer.prefetched == 1);
}

TEST_CASE("what was prefetched serves its scrape however early the poll was done") {
  Bench bench;
  Prefetch(bench, 5s);
  bench.time.Advance(1s);
  bench.lane->Finish(bench.Outcome());
  bench.time.Advance(4s);
  bench.Scrape();
  CHECK(bench.answers.size() == 1);
  bench.time.Advance(InstancePoller::kArrivalLateMax);
  bench.Scrape();
  CHECK(bench.answers.size() == 2);
  bench.time.Advance(1ms);
  bench.Scrape();
  CHECK(bench.answers.size() == 2);
  CHECK(bench.lane->started == 2);
}

TEST_CASE("nothing is polled ahead that will be fresh enough") {
  Bench bench;
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK(Prefetch(bench, 1s)->polled == false);
  CHECK(bench.lane->started == 1);
  CHECK_FALSE(Prefetch(bench, 1001ms)->polled.has_value());
  CHECK(bench.lane->started == 2);
}

TEST_CASE("a prefetch never polls beside a poll but after it if that is not enough") {
  Bench bench;
  bench.Scrape();
  const auto soon = Prefetch(bench, 800ms);
  const auto later = Prefetch(bench, 5s);
  CHECK_FALSE(later->polled.has_value());
  CHECK(bench.lane->started == 1);
  bench.lane->Finish(bench.Outcome());
  CHECK(soon->polled == false);
  CHECK(bench.lane->started == 2);
  bench.lane->Finish(bench.Outcome());
  CHECK(later->polled == true);
}

TEST_CASE("a scrape is answered with what is fresh while a poll for another one runs") {
  Bench bench;
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  Prefetch(bench, 2s);
  REQUIRE(bench.lane->running());
  bench.Scrape();
  CHECK(bench.answers.size() == 2);
}

TEST_CASE("a scrape that comes during its prefetch joins it and has its own deadline") {
  Bench bench;
  Prefetch(bench, 200ms);
  bench.time.Advance(200ms);
  bench.Scrape(9s);
  CHECK(bench.answers.empty());
  bench.time.Advance(9s);
  CHECK(bench.answers.size() == 1);
  CHECK(bench.observer.late == 1);
  bench.lane->Finish(bench.Outcome());
  CHECK(bench.lane->started == 1);
}

TEST_CASE("a prefetched poll that no scrape took is counted when the next one ends") {
  Bench bench;
  for (int i = 0; i < 2; ++i) {
    Prefetch(bench, 200ms);
    bench.lane->Finish(bench.Outcome());
    bench.time.Advance(15s);
  }
  CHECK(bench.observer.unused == 1);
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK(bench.observer.unused == 2);
  bench.time.Advance(15s);
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK(bench.observer.unused == 2);
}

TEST_CASE("an instance that wants each scrape polled or no prefetch is not polled ahead") {
  Bench each(0s, true, nullptr, [](InstanceConfig& config) { config.freshness = 0s; });
  CHECK(Prefetch(each, 200ms)->polled == false);
  CHECK_FALSE(each.poller->prefetches());
  Bench off(0s, true, nullptr, [](InstanceConfig& config) { config.prefetch = false; });
  CHECK(Prefetch(off, 200ms)->polled == false);
  off.Scrape();
  off.lane->Finish(off.Outcome());
  CHECK(off.poller->ExpectedPoll() == 0s);
}

TEST_CASE("the expected time of a poll is above what polls take") {
  Bench bench;
  CHECK(bench.poller->ExpectedPoll() == 0s);
  for (int i = 0; i < 50; ++i) {
    bench.time.Advance(15s);
    bench.Scrape();
    bench.time.Advance(i % 2 == 0 ? 80ms : 120ms);
    bench.lane->Finish(bench.Outcome());
  }
  CHECK(bench.poller->ExpectedPoll() > 120ms);
  CHECK(bench.poller->ExpectedPoll() < 250ms);
}

TEST_CASE("a target that keeps failing makes scrapes wait for a moment only") {
  Bench bench;
  Fail(bench, Circuit::kFailuresToOpen - 1);
  bench.time.Advance(5s);
  bench.Scrape(9s);  // waits for all its time: it may be the last failure
  bench.time.Advance(8s);
  CHECK(bench.answers.size() == Circuit::kFailuresToOpen - 1);
  bench.lane->Finish(bench.Outcome(Reason::kRefused));
  bench.time.Advance(5s);
  bench.answers.clear();
  bench.Scrape(9s);
  CHECK(bench.lane->running());
  CHECK(bench.answers.empty());
  bench.time.Advance(Circuit::kPatience);
  REQUIRE(bench.answers.size() == 1);
  CHECK(Shows(*bench.answers[0], "fake_up{} 0.0"));
  CHECK(bench.observer.late == 0);
  bench.Scrape(9s);  // while that poll still hangs
  CHECK(bench.answers.size() == 2);
}

TEST_CASE("a target that is back is shown by the first scrape") {
  Bench bench;
  Fail(bench, 10);
  bench.time.Advance(5s);
  bench.answers.clear();
  bench.Scrape();
  bench.time.Advance(20ms);
  bench.lane->Finish(bench.Outcome());
  REQUIRE(bench.answers.size() == 1);
  CHECK(Shows(*bench.answers[0], "fake_up{} 1.0"));
  bench.time.Advance(5s);
  bench.Scrape(9s);  // and is given time again
  bench.time.Advance(5s);
  CHECK(bench.answers.size() == 1);
}

TEST_CASE("a slow target that is read in the end keeps all the time of its scrapes") {
  Bench bench;
  for (int i = 0; i < 6; ++i) {
    bench.time.Advance(5s);
    bench.Scrape(2s);
    bench.time.Advance(4s);
    bench.lane->Finish(bench.Outcome());
  }
  CHECK(bench.observer.late == 6);
  bench.time.Advance(5s);
  bench.answers.clear();
  bench.Scrape(2s);
  bench.time.Advance(1s);
  CHECK(bench.answers.empty());
}

TEST_CASE("a lane that hangs is replaced and the next scrape polls on the other") {
  FakeRunner::Abandoned hung;
  FakeRunner* other = nullptr;
  Bench bench(0s, true, [&](bool slow) {
    CHECK_FALSE(slow);
    auto runner = std::make_unique<FakeRunner>();
    other = runner.get();
    return runner;
  });
  bench.lane->abandoned = &hung;
  bench.Scrape(1h);
  bench.time.Advance(20s);
  REQUIRE(bench.answers.size() == 1);
  CHECK(Shows(*bench.answers[0], "fake_up{} 0.0"));
  CHECK(bench.poller->State().condition == InstanceCondition::kStuck);
  CHECK(bench.observer.failed == 1);
  REQUIRE(other != nullptr);
  bench.time.Advance(5s);
  bench.Scrape();
  REQUIRE(other->running());
  hung.done(bench.Outcome(Reason::kOk, 77));  // what it says now is of no interest
  CHECK(bench.answers.size() == 1);
  other->Finish(bench.Outcome());
  REQUIRE(bench.answers.size() == 2);
  CHECK(Shows(*bench.answers[1], "quick_value{} 1.0"));
  CHECK_FALSE(bench.poller->Stop(1s));  // it still hangs
  hung.ended();
  CHECK(bench.poller->Stop(1s));
}

TEST_CASE("of lanes that hang only so many are replaced") {
  std::vector<FakeRunner::Abandoned> hung(LaneSlot::kHungMax + 1);
  FakeRunner* last = nullptr;
  int made = 0;
  Bench bench(0s, true, [&](bool) {
    auto runner = std::make_unique<FakeRunner>();
    runner->abandoned = &hung[static_cast<size_t>(++made)];
    last = runner.get();
    return runner;
  });
  bench.lane->abandoned = &hung[0];
  for (int i = 0; i < LaneSlot::kHungMax + 3; ++i) {
    bench.time.Advance(25s);
    bench.Scrape(1h);
    bench.time.Advance(20s);
  }
  CHECK(made == LaneSlot::kHungMax);
  CHECK(last->started == 1);
  hung[0].ended();
  last->Finish(bench.Outcome());  // the last one was not given up
  bench.time.Advance(1ms);
  bench.Scrape();
  CHECK(Shows(*bench.answers.back(), "fake_up{} 1.0"));
}

TEST_CASE("a slow lane that hangs is replaced and costs its collectors only") {
  FakeRunner::Abandoned hung;
  FakeRunner* other = nullptr;
  Bench bench(1min, true, [&](bool slow) {
    CHECK(slow);
    auto runner = std::make_unique<FakeRunner>();
    other = runner.get();
    return runner;
  });
  bench.slow_lane->abandoned = &hung;
  bench.poller->Start();
  bench.time.Advance(SlowSchedule::kFirstWithin);
  REQUIRE(bench.slow_lane->running());
  bench.time.Advance(20s);
  REQUIRE(other != nullptr);
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK(Shows(*bench.answers[0], "fake_up{} 1.0"));
  CHECK(Shows(*bench.answers[0], "fake_collector_success{collector=\"slow\"} 0.0"));
  bench.time.Advance(SlowSchedule::kBackWithin);  // the target is there, as the scrape found
  CHECK(other->running());
}
