// A poller whose time and polls the test holds.
#pragma once

#include "core/poll/fakes.hpp"

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace pillion::test {

// A poller with a quick collector and, if asked, one with `every`, and everything around it.
struct PollerBench {
  using MakeLane = std::function<std::unique_ptr<PollRunner>(bool slow)>;

  explicit PollerBench(std::chrono::nanoseconds slow_every = 0s, bool with_quick = true,
                       MakeLane make_lane = nullptr,
                       const std::function<void(InstanceConfig&)>& change = nullptr) {
    auto config = std::make_shared<InstanceConfig>();
    config->name = "one";
    config->type = "fake";
    config->freshness = 1s;
    config->timeout = 10s;
    config->prefetch = true;
    config->collectors = {{.enabled = with_quick, .every = 0s},
                          {.enabled = slow_every > 0s, .every = slow_every}};
    if (change != nullptr) change(*config);
    auto scrape = with_quick ? std::make_unique<FakeRunner>() : nullptr;
    const bool second = slow_every > 0s && config->connections > 1;
    auto slow = second ? std::make_unique<FakeRunner>() : nullptr;
    lane = scrape.get();
    slow_lane = slow.get();
    poller = InstancePoller::Create({.type = FakeType(),
                                     .config = config,
                                     .scrape_lane = std::move(scrape),
                                     .slow_lane = std::move(slow),
                                     .make_lane = make_lane,
                                     .timers = &time,
                                     .clock = &time,
                                     .observer = &observer,
                                     .random = [] { return 0.5; }});
  }

  // Starts a scrape; the result appears in `answers`.
  void Scrape(MonoTime within = 9s) {
    poller->Acquire(time.Now() + within,
                    [this](SnapshotPtr s) { answers.push_back(std::move(s)); });
  }
  PollOutcome Outcome(Reason reason = Reason::kOk, double value = 1) {
    PollOutcome outcome;
    outcome.reason = reason;
    outcome.ended = time.Now();
    outcome.ended_unix = time.UnixSeconds();
    outcome.duration = 5ms;
    if (reason == Reason::kOk) {
      outcome.collectors.push_back({0, Reason::kOk, "", 5ms, OneSample(0, "quick_value", value)});
    } else {
      outcome.message = "it failed";
    }
    return outcome;
  }
  PollOutcome SlowOutcome(double value) {
    PollOutcome outcome = Outcome();
    outcome.collectors = {{1, Reason::kOk, "", 5ms, OneSample(1, "slow_value", value)}};
    return outcome;
  }

  FakeTime time;
  CountingObserver observer;
  FakeRunner* lane = nullptr;
  FakeRunner* slow_lane = nullptr;
  std::shared_ptr<InstancePoller> poller;
  std::vector<SnapshotPtr> answers;
};

}  // namespace pillion::test
