// Time and a plugin that nothing real stands behind: for tests of the schedule, and for the
// simulation of whole days.
#pragma once

#include "plugin/clock.hpp"
#include "plugin/exporter_type.hpp"
#include "poll/timer_queue.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace pillion::test {

using namespace std::chrono_literals;

// A clock and timers in the caller's hand. Threads: any may ask for the time and for timers; only
// one lets time pass, and timers are called on it.
class FakeTime final : public Clock, public Timers {
 public:
  MonoTime Now() const override { return now_.load(); }
  double UnixSeconds() const override {
    return 1'700'000'000.0 + std::chrono::duration<double>(Now()).count();
  }
  TimerId At(MonoTime when, std::function<void()> what) override {
    const std::lock_guard lock(mutex_);
    if (when < sleeps_until_) WakeAndSleep(when);
    return queue_.Add(when, std::move(what));
  }
  void Cancel(TimerId id) override {
    const std::lock_guard lock(mutex_);
    queue_.Cancel(id);
  }

  // Lets time pass, calling each timer at its own moment.
  void Advance(MonoTime by) {
    const MonoTime until = Now() + by;
    for (;;) {
      auto due = TakeNext(until);
      if (due.empty()) break;
      for (auto& callback : due) callback();
    }
    now_ = until;
  }
  // How often the scheduler would have woken: for timers that are due, for those sooner than what
  // it sleeps for, and for that if it was cancelled meanwhile.
  size_t wakes() const {
    const std::lock_guard lock(mutex_);
    return wakes_;
  }
  // Lets time pass, and what is due then is the caller's to call.
  std::vector<std::function<void()>> TakeDue(MonoTime in) {
    const std::lock_guard lock(mutex_);
    now_ = Now() + in;
    return queue_.TakeDue(Now());
  }
  size_t timers() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }

 private:
  // What is due at the next moment that has something, if that is not after `until`.
  std::vector<std::function<void()>> TakeNext(MonoTime until) {
    const std::lock_guard lock(mutex_);
    const auto next = queue_.Next();
    if (awake_) sleeps_until_ = next.value_or(MonoTime::max());
    awake_ = false;
    if (sleeps_until_ <= until && sleeps_until_ < next.value_or(MonoTime::max())) {
      WakeAndSleep(next.value_or(MonoTime::max()));
    }
    if (!next || *next > until) return {};
    awake_ = true;
    WakeAndSleep(MonoTime::min());  // sets none while it is awake
    now_ = std::max(Now(), *next);
    return queue_.TakeDue(Now());
  }

  void WakeAndSleep(MonoTime until) {
    ++wakes_;
    sleeps_until_ = until;
  }

  std::atomic<MonoTime> now_{MonoTime{1s}};
  mutable std::mutex mutex_;  // all below is under it
  TimerQueue queue_;
  size_t wakes_ = 0;
  bool awake_ = false;
  MonoTime sleeps_until_ = MonoTime::max();
};

// A plugin whose tables matter and whose functions are never called: the runner is a fake.
// `collectors`: how many of its three.
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
  if (!type.ok()) {
    std::fputs("the fake plugin's tables are wrong\n", stderr);
    std::abort();
  }
  return *type;
}

}  // namespace pillion::test
