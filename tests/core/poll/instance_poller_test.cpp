#include "core/poll/poller_bench.hpp"

using namespace pillion;
using namespace pillion::test;

namespace {

using Bench = PollerBench;

}  // namespace

TEST_CASE("the first scrape starts a poll and is answered when it ends") {
  Bench bench;
  bench.Scrape();
  CHECK(bench.lane->started == 1);
  CHECK(bench.answers.empty());
  bench.lane->Finish(bench.Outcome());
  REQUIRE(bench.answers.size() == 1);
  CHECK(Shows(*bench.answers[0], "quick_value{} 1.0"));
  CHECK(Shows(*bench.answers[0], "fake_up{} 1.0"));
  CHECK(
      Shows(*bench.answers[0], "pillion_instance_up{exporter=\"fake\",instance_name=\"one\"} 1.0"));
}

TEST_CASE("a scrape within freshness is answered from the snapshot without a poll") {
  Bench bench;
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  bench.time.Advance(1s);  // exactly as old as it may be
  bench.Scrape();
  CHECK(bench.answers.size() == 2);
  CHECK(bench.answers[1] == bench.answers[0]);
  CHECK(bench.lane->started == 1);
}

TEST_CASE("a scrape past freshness starts another poll") {
  Bench bench;
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  bench.time.Advance(1001ms);
  bench.Scrape();
  CHECK(bench.lane->started == 2);
  bench.lane->Finish(bench.Outcome(Reason::kOk, 7));
  REQUIRE(bench.answers.size() == 2);
  CHECK(Shows(*bench.answers[1], "quick_value{} 7.0"));
}

TEST_CASE("age counts from the end of the poll that read the data") {
  Bench bench;
  bench.Scrape();
  bench.time.Advance(5s);  // a slow poll
  bench.lane->Finish(bench.Outcome());
  bench.time.Advance(900ms);
  bench.Scrape();
  CHECK(bench.lane->started == 1);
}

TEST_CASE("scrapes that arrive during a poll join it") {
  Bench bench;
  for (int i = 0; i < 100; ++i) bench.Scrape();
  CHECK(bench.lane->started == 1);
  bench.lane->Finish(bench.Outcome());
  CHECK(bench.answers.size() == 100);
  CHECK(bench.observer.succeeded == 1);
}

TEST_CASE("no timer stays behind when everyone was answered") {
  Bench bench;
  for (int i = 0; i < 10; ++i) bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK(bench.time.timers() == 0);
}

TEST_CASE("at its deadline a scrape is answered with up 0 and no samples of the target") {
  Bench bench;
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  bench.time.Advance(2s);
  bench.Scrape(9s);
  bench.time.Advance(9s);
  REQUIRE(bench.answers.size() == 2);
  CHECK(Shows(*bench.answers[1], "fake_up{} 0.0"));
  CHECK(Shows(*bench.answers[1], "fake_collector_success{collector=\"quick\"} 0.0"));
  CHECK_FALSE(Shows(*bench.answers[1], "quick_value"));
  CHECK(bench.observer.late == 1);
  CHECK(bench.poller->State().condition == InstanceCondition::kLate);
}

TEST_CASE("each scrape waits until its own deadline") {
  Bench bench;
  bench.Scrape(2s);
  bench.Scrape(5s);
  bench.time.Advance(2s);
  CHECK(bench.answers.size() == 1);
  bench.time.Advance(2s);
  CHECK(bench.answers.size() == 1);
  bench.lane->Finish(bench.Outcome());
  REQUIRE(bench.answers.size() == 2);
  CHECK(Shows(*bench.answers[1], "fake_up{} 1.0"));
}

TEST_CASE("a late poll is counted once however many scrapes it missed") {
  Bench bench;
  bench.Scrape(1s);
  bench.Scrape(2s);
  bench.time.Advance(3s);
  bench.Scrape(1s);
  bench.time.Advance(2s);
  CHECK(bench.answers.size() == 3);
  CHECK(bench.lane->started == 1);
  CHECK(bench.observer.late == 1);
}

TEST_CASE("a poll that was late still gives its data to the next scrape") {
  Bench bench;
  bench.Scrape(1s);
  bench.time.Advance(2s);
  bench.lane->Finish(bench.Outcome(Reason::kOk, 3));
  bench.Scrape();
  REQUIRE(bench.answers.size() == 2);
  CHECK(Shows(*bench.answers[1], "quick_value{} 3.0"));
  CHECK(Shows(*bench.answers[1], "fake_up{} 1.0"));
}

TEST_CASE("a poll gets its own timeout and is interrupted a moment after it") {
  Bench bench;
  const MonoTime began = bench.time.Now();
  bench.Scrape(1h);
  CHECK(bench.lane->last_deadline == began + 10s);
  bench.time.Advance(10s);
  CHECK(bench.lane->interrupts == 0);
  bench.time.Advance(InstancePoller::kInterruptGrace);
  CHECK(bench.lane->interrupts == 1);
}

TEST_CASE("a poll that ended in time is not interrupted later") {
  Bench bench;
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  bench.time.Advance(2s);
  bench.Scrape(1h);
  bench.time.Advance(9s);
  CHECK(bench.lane->interrupts == 0);
}

TEST_CASE("past twice its timeout a lane is stuck and scrapes no longer wait for it") {
  Bench bench;
  bench.Scrape(1h);
  bench.time.Advance(20s);
  REQUIRE(bench.answers.size() == 1);
  CHECK(Shows(*bench.answers[0], "fake_up{} 0.0"));
  CHECK(bench.poller->State().condition == InstanceCondition::kStuck);
  bench.Scrape(1h);
  CHECK(bench.answers.size() == 2);
  CHECK(bench.lane->started == 1);
}

TEST_CASE("a stuck lane that comes back serves again") {
  Bench bench;
  bench.Scrape(1h);
  bench.time.Advance(25s);
  bench.lane->Finish(bench.Outcome(Reason::kTimeout));
  bench.time.Advance(2s);
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK(Shows(*bench.answers.back(), "fake_up{} 1.0"));
}

TEST_CASE("a failed poll shows up 0 and is not repeated within freshness") {
  Bench bench;
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  bench.time.Advance(2s);
  bench.Scrape();
  bench.lane->Finish(bench.Outcome(Reason::kRefused));
  REQUIRE(bench.answers.size() == 2);
  CHECK(Shows(*bench.answers[1], "fake_up{} 0.0"));
  CHECK_FALSE(Shows(*bench.answers[1], "quick_value"));
  CHECK_FALSE(Shows(*bench.answers[1], "fake_collector_duration_seconds"));
  bench.Scrape();
  CHECK(bench.lane->started == 2);
  CHECK(bench.observer.failed == 1);
  const InstanceState state = bench.poller->State();
  CHECK(state.reason == Reason::kRefused);
  CHECK(state.message == "it failed");
}

TEST_CASE("the first success after a failure is shown at once") {
  Bench bench;
  bench.Scrape();
  bench.lane->Finish(bench.Outcome(Reason::kRefused));
  bench.time.Advance(2s);
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK(Shows(*bench.answers[1], "fake_up{} 1.0"));
}

TEST_CASE("a failed collector loses its samples and nothing else does") {
  Bench bench;
  bench.Scrape();
  PollOutcome outcome = bench.Outcome();
  outcome.collectors = {{0, Reason::kPermission, "GRANT something", 5ms, nullptr}};
  bench.lane->Finish(std::move(outcome));
  CHECK(Shows(*bench.answers[0], "fake_up{} 1.0"));
  CHECK(Shows(*bench.answers[0], "fake_collector_success{collector=\"quick\"} 0.0"));
  CHECK_FALSE(Shows(*bench.answers[0], "quick_value"));
  CHECK(bench.poller->State().collectors[0].message == "GRANT something");
}

TEST_CASE("a collector that the plugin forgot counts as failed") {
  Bench bench;
  bench.Scrape();
  PollOutcome outcome = bench.Outcome();
  outcome.collectors.clear();
  bench.lane->Finish(std::move(outcome));
  CHECK(bench.poller->State().collectors[0].reason == Reason::kInternal);
}

TEST_CASE("samples of a failed poll are not shown even if a collector had succeeded") {
  Bench bench;
  bench.Scrape();
  PollOutcome outcome = bench.Outcome();
  outcome.reason = Reason::kTimeout;
  bench.lane->Finish(std::move(outcome));
  CHECK_FALSE(Shows(*bench.answers[0], "quick_value"));
}

TEST_CASE("slow collectors run on their own timer and scrapes never wait for them") {
  Bench bench(5min);
  bench.poller->Start();
  bench.Scrape();
  CHECK(bench.lane->last_due == std::vector<bool>{true, false});
  bench.lane->Finish(bench.Outcome());
  CHECK_FALSE(Shows(*bench.answers[0], "slow_value"));
  bench.time.Advance(SlowSchedule::kFirstWithin);
  REQUIRE(bench.slow_lane->running());
  CHECK(bench.slow_lane->last_due == std::vector<bool>{false, true});
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK(bench.answers.size() == 2);  // while the slow lane is still at it
  bench.slow_lane->Finish(bench.SlowOutcome(9));
  bench.Scrape();
  CHECK(Shows(*bench.answers.back(), "slow_value{} 9.0"));
  CHECK(Shows(*bench.answers.back(), "quick_value{} 1.0"));
}

TEST_CASE("a poll has as long as the longest of its collectors may take") {
  Bench bench(5min, true, nullptr, [](InstanceConfig& config) {
    config.timeout = 10s;
    config.collectors[0].timeout = 2s;
    config.collectors[1].timeout = 1min;
  });
  bench.poller->Start();
  bench.time.Advance(SlowSchedule::kFirstWithin);
  CHECK(bench.slow_lane->last_deadline > bench.time.Now() + 50s);
  bench.Scrape();
  CHECK(bench.lane->last_deadline == bench.time.Now() + 2s);
  bench.time.Advance(2s + InstancePoller::kInterruptGrace + 1ms);
  CHECK(bench.lane->interrupts == 1);
  CHECK(bench.slow_lane->interrupts == 0);
  bench.time.Advance(2s);
  CHECK(bench.poller->State().condition == InstanceCondition::kStuck);
  CHECK(bench.slow_lane->running());
}

TEST_CASE("with one connection the scrape lane polls slow collectors too when they are due") {
  Bench bench(5min, true, nullptr, [](InstanceConfig& config) { config.connections = 1; });
  bench.poller->Start();
  bench.time.Advance(SlowSchedule::kFirstWithin);
  CHECK(bench.lane->started == 0);  // nobody asks
  const auto poll = [&](bool slow_fails = false) {
    bench.time.Advance(2s);
    bench.Scrape();
    PollOutcome outcome = bench.Outcome();
    if (bench.lane->last_due[1] && slow_fails) {
      outcome.collectors.push_back({1, Reason::kPermission, "no", 5ms, nullptr});
    } else if (bench.lane->last_due[1]) {
      outcome.collectors.push_back({1, Reason::kOk, "", 5ms, OneSample(1, "slow_value", 9)});
    }
    bench.lane->Finish(std::move(outcome));
    return bench.lane->last_due[1];
  };
  CHECK(poll());
  CHECK(Shows(*bench.answers.back(), "slow_value{} 9.0"));
  CHECK_FALSE(poll());
  CHECK(Shows(*bench.answers.back(), "slow_value{} 9.0"));  // of the poll before
  CHECK(Shows(*bench.answers.back(), "quick_value{} 1.0"));
  bench.time.Advance(6min);
  CHECK(poll(/*slow_fails=*/true));
  CHECK_FALSE(Shows(*bench.answers.back(), "slow_value{} 9.0"));
  CHECK_FALSE(poll());
  bench.time.Advance(SlowSchedule::kRetry);
  CHECK(poll());  // a failure is not kept for its whole every
  CHECK(Shows(*bench.answers.back(), "slow_value{} 9.0"));
}

TEST_CASE("a slow collector comes again after every") {
  Bench bench(5min);
  bench.poller->Start();
  bench.time.Advance(2s);
  bench.slow_lane->Finish(bench.SlowOutcome(1));
  bench.time.Advance(4min);
  CHECK_FALSE(bench.slow_lane->running());
  bench.time.Advance(1min + 1s);
  CHECK(bench.slow_lane->running());
  CHECK(bench.slow_lane->started == 2);
}

TEST_CASE("slow values vanish when they are older than three times every") {
  Bench bench(5min);
  bench.poller->Start();
  bench.time.Advance(2s);
  bench.slow_lane->Finish(bench.SlowOutcome(1));
  bench.time.Advance(5min + 1s);  // the second slow poll starts and never ends
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK(Shows(*bench.answers.back(), "slow_value{} 1.0"));
  bench.time.Advance(10min);
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK_FALSE(Shows(*bench.answers.back(), "slow_value"));
  CHECK(Shows(*bench.answers.back(), "quick_value"));
}

TEST_CASE("cached slow values are hidden while the target is down and come back with it") {
  Bench bench(5min);
  bench.poller->Start();
  bench.time.Advance(2s);
  bench.slow_lane->Finish(bench.SlowOutcome(1));
  bench.Scrape();
  bench.lane->Finish(bench.Outcome(Reason::kRefused));
  CHECK_FALSE(Shows(*bench.answers.back(), "slow_value"));
  bench.time.Advance(2s);
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK(Shows(*bench.answers.back(), "slow_value{} 1.0"));
}

TEST_CASE("a slow collector that failed is tried again long before its every has passed") {
  Bench bench(1h);
  bench.poller->Start();
  bench.time.Advance(2s);
  bench.slow_lane->Finish(bench.Outcome(Reason::kRefused));
  bench.time.Advance(SlowSchedule::kRetry - 1s);
  CHECK_FALSE(bench.slow_lane->running());
  bench.time.Advance(1s);
  CHECK(bench.slow_lane->running());
}

TEST_CASE("a slow collector that took too long keeps its every") {
  Bench bench(1h);
  bench.poller->Start();
  bench.time.Advance(2s);
  bench.slow_lane->Finish(bench.Outcome(Reason::kTimeout));
  bench.time.Advance(50min);
  CHECK_FALSE(bench.slow_lane->running());
}

TEST_CASE("slow collectors that failed with the target are polled soon after it is back") {
  Bench bench(1h);
  bench.poller->Start();
  bench.Scrape();
  bench.lane->Finish(bench.Outcome(Reason::kRefused));
  bench.time.Advance(2s);
  bench.slow_lane->Finish(bench.Outcome(Reason::kTimeout));
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  bench.time.Advance(SlowSchedule::kBackWithin);
  REQUIRE(bench.slow_lane->running());
  bench.slow_lane->Finish(bench.SlowOutcome(5));
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK(Shows(*bench.answers.back(), "slow_value{} 5.0"));
}

TEST_CASE("a slow collector that has not run yet is neither a success nor a failure") {
  Bench bench(1h);
  bench.poller->Start();
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK(Shows(*bench.answers[0], "fake_collector_success{collector=\"quick\"} 1.0"));
  CHECK_FALSE(Shows(*bench.answers[0], "fake_collector_success{collector=\"slow\"}"));
  bench.time.Advance(2s);
  bench.slow_lane->Finish(bench.Outcome(Reason::kRefused));
  bench.Scrape();
  bench.lane->Finish(bench.Outcome());
  CHECK(Shows(*bench.answers[1], "fake_collector_success{collector=\"slow\"} 0.0"));
}

TEST_CASE("scrapes that wait can be answered before their deadline") {
  Bench bench;
  bench.Scrape(1h);
  bench.poller->AnswerWaiting();
  REQUIRE(bench.answers.size() == 1);
  CHECK(Shows(*bench.answers[0], "fake_up{} 0.0"));
  bench.poller->AnswerWaiting();
  bench.lane->Finish(bench.Outcome());
  CHECK(bench.answers.size() == 1);
}

TEST_CASE("an instance with slow collectors alone never makes a scrape wait") {
  Bench bench(5min, /*with_quick=*/false);
  bench.poller->Start();
  bench.Scrape();
  REQUIRE(bench.answers.size() == 1);
  CHECK(Shows(*bench.answers[0], "fake_up{} 0.0"));
  bench.time.Advance(2s);
  bench.slow_lane->Finish(bench.SlowOutcome(4));
  bench.Scrape();
  CHECK(Shows(*bench.answers[1], "fake_up{} 1.0"));
  CHECK(Shows(*bench.answers[1], "slow_value{} 4.0"));
}

TEST_CASE("stopping answers who waits and interrupts nobody twice") {
  Bench bench;
  bench.Scrape();
  CHECK(bench.poller->Stop(1s));
  REQUIRE(bench.answers.size() == 1);
  CHECK(Shows(*bench.answers[0], "fake_up{} 0.0"));
  bench.Scrape();
  CHECK(bench.answers.size() == 2);
}

TEST_CASE("a lane that does not return is reported by stop") {
  Bench bench;
  bench.lane->stops_in_time = false;
  CHECK_FALSE(bench.poller->Stop(1s));
}

TEST_CASE("a poll that ends after its poller is gone is harmless") {
  FakeTime time;
  std::function<void(PollOutcome)> done;
  struct Keeper final : PollRunner {
    explicit Keeper(std::function<void(PollOutcome)>* out_in) : out(out_in) {}
    void Start(std::vector<bool>, MonoTime, std::function<void(PollOutcome)> d) override {
      *out = std::move(d);
    }
    void Interrupt() override {}
    bool Stop(MonoTime) override { return true; }
    void Abandon(std::function<void()>) override {}
    std::function<void(PollOutcome)>* out;
  };
  CountingObserver observer;
  auto config = std::make_shared<InstanceConfig>();
  config->collectors.resize(2);
  auto poller = InstancePoller::Create({.type = FakeType(),
                                        .config = config,
                                        .scrape_lane = std::make_unique<Keeper>(&done),
                                        .slow_lane = nullptr,
                                        .timers = &time,
                                        .clock = &time,
                                        .observer = &observer,
                                        .random = [] { return 0.0; }});
  poller->Acquire(time.Now() + 1s, [](SnapshotPtr) {});
  poller.reset();
  done(PollOutcome{});
  time.Advance(1h);
  CHECK(observer.succeeded == 0);
}
