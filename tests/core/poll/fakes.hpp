// Hands that hold the time and the polls: a clock, timers and a runner driven by the test.
#pragma once

#include "poll/instance_poller.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pillion::test {

using namespace std::chrono_literals;

class FakeTime final : public Clock, public Timers {
 public:
  MonoTime Now() const override { return now_; }
  double UnixSeconds() const override {
    return 1'700'000'000.0 + std::chrono::duration<double>(now_).count();
  }
  TimerId At(MonoTime when, std::function<void()> what) override {
    return queue_.Add(when, std::move(what));
  }
  void Cancel(TimerId id) override { queue_.Cancel(id); }

  // Lets time pass, calling each timer at its own moment.
  void Advance(MonoTime by) {
    const MonoTime until = now_ + by;
    while (queue_.Next() && *queue_.Next() <= until) {
      now_ = std::max(now_, *queue_.Next());
      for (auto& callback : queue_.TakeDue(now_)) callback();
    }
    now_ = until;
  }
  size_t timers() const { return queue_.size(); }

 private:
  MonoTime now_{1s};
  TimerQueue queue_;
};

class FakeRunner final : public PollRunner {
 public:
  void Start(std::vector<bool> due, MonoTime deadline,
             std::function<void(PollOutcome)> done) override {
    REQUIRE_MESSAGE(!running(), "two polls at once against one target");
    ++started;
    last_due = std::move(due);
    last_deadline = deadline;
    done_ = std::move(done);
  }
  void Interrupt() override { ++interrupts; }
  bool Stop(MonoTime) override { return stops_in_time; }

  bool running() const { return done_ != nullptr; }
  void Finish(PollOutcome outcome) {
    auto done = std::exchange(done_, nullptr);
    REQUIRE(done != nullptr);
    done(std::move(outcome));
  }

  int started = 0;
  int interrupts = 0;
  bool stops_in_time = true;
  std::vector<bool> last_due;
  MonoTime last_deadline{0};

 private:
  std::function<void(PollOutcome)> done_;
};

class CountingObserver final : public PollObserver {
 public:
  void PollEnded(const InstanceConfig&, const PollOutcome& outcome) override {
    ++(outcome.ok() ? succeeded : failed);
  }
  void PollLate(const InstanceConfig&) override { ++late; }
  int succeeded = 0, failed = 0, late = 0;
};

// A plugin whose tables matter and whose functions are never called: the runner is a fake.
inline ExporterTypePtr FakeType(size_t collectors = 2) {
  static const pillion_collector table[] = {
      {sizeof(pillion_collector), ToStr("quick"), ToStr("q"), 0, 0, 0},
      {sizeof(pillion_collector), ToStr("slow"), ToStr("s"), 0, 0, 0},
      {sizeof(pillion_collector), ToStr("off"), ToStr("o"), PILLION_COLLECTOR_OFF, 0, 0},
  };
  static pillion_plugin plugins[4];
  pillion_plugin& plugin = plugins[collectors];
  plugin = {};
  plugin.size = sizeof plugin;
  plugin.abi_version = PILLION_ABI_VERSION;
  plugin.type = ToStr("fake");
  plugin.collectors = table;
  plugin.collector_count = collectors;
  plugin.up_name = ToStr("fake_up");
  plugin.up_help = ToStr("Whether the fake is up.");
  plugin.collector_success_name = ToStr("fake_collector_success");
  plugin.collector_duration_name = ToStr("fake_collector_duration_seconds");
  plugin.create = [](const pillion_host*, pillion_instance*, pillion_buffer*) -> void* {
    return nullptr;
  };
  plugin.poll = [](void*, pillion_poll*, pillion_buffer*) -> uint32_t { return PILLION_REASON_OK; };
  plugin.destroy = [](void*) {};
  auto type = ExporterType::FromDescriptor(&plugin, "test");
  REQUIRE(type.ok());
  return *type;
}

inline FragmentPtr OneSample(uint32_t collector, const char* name, double value) {
  static const FamilyTable none;
  FragmentBuilder builder(&none, {});
  FamilyDesc desc;
  desc.name = name;
  desc.type = MetricType::kGauge;
  builder.Add(builder.DeclareUnchecked(std::move(desc)), 0, value);
  return builder.Build(collector);
}

// The samples of a snapshot as "name{labels} value", one per line.
inline std::string Text(const Snapshot& snapshot) {
  std::string text;
  for (const FragmentPtr& fragment : snapshot.fragments) {
    for (const FamilyRange& range : fragment->families) {
      for (uint32_t i = range.first; i < range.first + range.count; ++i) {
        text += range.family->name + "{" + std::string(fragment->blocks[fragment->labels[i]]) +
                "} " + std::to_string(fragment->values[i]) + "\n";
      }
    }
  }
  return text;
}

inline bool Shows(const Snapshot& snapshot, std::string_view line) {
  return ("\n" + Text(snapshot)).find("\n" + std::string(line)) != std::string::npos;
}

}  // namespace pillion::test
