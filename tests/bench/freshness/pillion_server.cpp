// Pillion in the simulation: its own InstancePoller and Prefetcher, over a target that is not
// there.
#include "servers.hpp"

#include "poll/instance_poller.hpp"
#include "poll/prefetcher.hpp"

#include <utility>

namespace pillion::freshness {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kScrapeBudget = 9500ms;  // what 10 s of a Prometheus leave

// Polls that take the time they are told to. The one sample that they read says which poll it was.
class Target final : public PollRunner {
 public:
  Target(test::FakeTime* time, Costs costs) : time_(time), costs_(costs) {}

  void Start(std::vector<bool>, MonoTime, std::function<void(PollOutcome)> done) override {
    const MonoTime begun = time_->Now();
    time_->At(begun + costs_.Next(), [this, begun, done = std::move(done)] {
      readings_.push_back({begun, time_->Now()});
      PollOutcome outcome;
      outcome.ended = time_->Now();
      outcome.ended_unix = time_->UnixSeconds();
      outcome.duration = outcome.ended - begun;
      outcome.collectors.push_back({0, Reason::kOk, "", outcome.duration, Sample()});
      done(std::move(outcome));
    });
  }
  void Interrupt() override {}
  bool Stop(MonoTime) override { return true; }
  void Abandon(std::function<void()>) override {}

  // What the snapshot was read by; nullptr: it has nothing of the target.
  const Reading* Of(const Snapshot& snapshot) const {
    for (const FragmentPtr& fragment : snapshot.fragments) {
      if (fragment->families.size() == 1 && fragment->families[0].family->name == kName) {
        return &readings_[static_cast<size_t>(fragment->values[0])];
      }
    }
    return nullptr;
  }
  uint64_t polls() const { return readings_.size(); }

 private:
  static constexpr const char* kName = "poll_number";

  FragmentPtr Sample() const {
    static const FamilyTable none;
    FragmentBuilder builder(&none, {});
    FamilyDesc desc;
    desc.name = kName;
    desc.type = MetricType::kGauge;
    builder.Add(builder.DeclareUnchecked(std::move(desc)), 0,
                static_cast<double>(readings_.size() - 1));
    return builder.Build(0);
  }

  test::FakeTime* const time_;
  Costs costs_;
  std::vector<Reading> readings_;
};

class PillionServer final : public Server {
 public:
  explicit PillionServer(ServerParts parts) : time_(parts.time), prefetcher_(time_, time_) {
    auto config = std::make_shared<InstanceConfig>();
    config->name = "simulated";
    config->type = "fake";
    config->prefetch = true;
    config->collectors = {{.enabled = true, .every = 0s}};
    auto target = std::make_unique<Target>(time_, parts.costs);
    target_ = target.get();
    poller_ = InstancePoller::Create({.type = test::FakeType(1),
                                      .config = std::move(config),
                                      .scrape_lane = std::move(target),
                                      .slow_lane = nullptr,
                                      .timers = time_,
                                      .clock = time_,
                                      .observer = &observer_,
                                      .random = [] { return 0.5; }});
    poller_->Start();
    page_.lead = [this] { return poller_->ExpectedPoll(); };
    page_.prepare = [this](MonoTime expected, std::function<void(bool)> done) {
      poller_->Prefetch(expected,
                        [done = std::move(done)](SnapshotPtr, bool polled) { done(polled); });
    };
  }
  ~PillionServer() override { prefetcher_.Stop(); }

  void Scrape(const std::string& address, Answered answered) override {
    prefetcher_.Arrived(address, page_);
    poller_->Acquire(time_->Now() + kScrapeBudget,
                     [this, answered = std::move(answered)](SnapshotPtr snapshot) {
                       answered(target_->Of(*snapshot));
                     });
  }
  uint64_t polls() const override { return target_->polls(); }

 private:
  test::FakeTime* const time_;
  PollObserver observer_;
  Target* target_ = nullptr;
  std::shared_ptr<InstancePoller> poller_;
  Prefetcher prefetcher_;
  Prefetcher::Page page_;
};

}  // namespace

std::unique_ptr<Server> MakePillion(ServerParts parts) {
  return std::make_unique<PillionServer>(parts);
}

}  // namespace pillion::freshness
