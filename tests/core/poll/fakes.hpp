// Hands that hold the polls: a runner driven by the test. Those that hold the time:
// support/fake_time.hpp.
#pragma once

#include "poll/instance_poller.hpp"
#include "support/fake_time.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace pillion::test {

// Threads: one may wait for running() while another starts a poll; else one at a time.
class FakeRunner final : public PollRunner {
 public:
  void Start(std::vector<bool> due, MonoTime deadline,
             std::function<void(PollOutcome)> done) override {
    const std::lock_guard lock(mutex_);
    REQUIRE_MESSAGE(done_ == nullptr, "two polls at once against one target");
    ++started;
    last_due = std::move(due);
    last_deadline = deadline;
    done_ = std::move(done);
  }
  void Interrupt() override { ++interrupts; }
  bool Stop(MonoTime) override { return stops_in_time; }
  void Abandon(std::function<void()> ended) override {
    // Its poll goes on, as that of a lane that hangs.
    if (abandoned != nullptr) *abandoned = {std::move(done_), std::move(ended)};
  }

  bool running() const {
    const std::lock_guard lock(mutex_);
    return done_ != nullptr;
  }
  void Finish(PollOutcome outcome) {
    std::unique_lock lock(mutex_);
    auto done = std::exchange(done_, nullptr);
    lock.unlock();
    REQUIRE(done != nullptr);
    done(std::move(outcome));
  }

  int started = 0;
  int interrupts = 0;
  bool stops_in_time = true;
  std::vector<bool> last_due;
  MonoTime last_deadline{0};
  struct Abandoned {
    std::function<void(PollOutcome)> done;
    std::function<void()> ended;
  };
  Abandoned* abandoned = nullptr;  // where to leave them

 private:
  mutable std::mutex mutex_;
  std::function<void(PollOutcome)> done_;
};

class CountingObserver final : public PollObserver {
 public:
  void PollEnded(const InstanceConfig&, const PollOutcome& outcome) override {
    ++(outcome.ok() ? succeeded : failed);
  }
  void PollLate(const InstanceConfig&) override { ++late; }
  void Prefetched(const InstanceConfig&) override { ++prefetched; }
  void PrefetchUnused(const InstanceConfig&) override { ++unused; }
  int succeeded = 0, failed = 0, late = 0, prefetched = 0, unused = 0;
};

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
