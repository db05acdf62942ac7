#include "poll/lane.hpp"
#include "core/poll/fakes.hpp"

#include <pillion/exporter.hpp>

#include <atomic>
#include <future>

using namespace pillion;
using namespace pillion::test;

namespace {

// Waits in the host until the deadline or an interruption; counts who runs at once.
std::atomic<int> inside{0};
std::atomic<int> inside_max{0};

class Waiter {
 public:
  explicit Waiter(const Options&) {}
  Result<void> Poll(PollContext& ctx, Sink& sink) {
    const int now = ++inside;
    inside_max = std::max(inside_max.load(), now);
    auto waited = ctx.Wait(-1, 0);
    --inside;
    sink.Add(0, 1);
    if (!waited) return waited.error();
    return {};
  }
};

constexpr Metric kMetrics[] = {{.name = "waiter_value", .help = "x"}};

ExporterTypePtr WaiterType() {
  static const ExporterInfo info{.type = "waiter", .metrics = kMetrics};
  auto type = ExporterType::FromDescriptor(detail::PluginOf<Waiter>::Describe(info), "test");
  REQUIRE(type.ok());
  return *type;
}

std::unique_ptr<Lane> MakeLane() {
  const ExporterTypePtr type = WaiterType();
  auto config = std::make_shared<InstanceConfig>();
  config->name = "one";
  config->type = "waiter";
  config->collectors.resize(1);
  auto object = PluginObject::Create(type, config, {type, &type->families()}, {}, &SystemClock());
  REQUIRE(object.ok());
  return std::make_unique<Lane>(std::move(*object));
}

}  // namespace

TEST_CASE("a lane runs a poll and hands its outcome over") {
  auto lane = MakeLane();
  std::promise<PollOutcome> done;
  lane->Start({true}, SystemClock().Now() + 10ms,
              [&](PollOutcome o) { done.set_value(std::move(o)); });
  const PollOutcome outcome = done.get_future().get();
  CHECK(outcome.reason == Reason::kTimeout);
  CHECK(outcome.message == "no answer by the deadline");
}

TEST_CASE("a lane's thread is told from others") {
  CHECK_FALSE(Lane::IsThisThread());
  auto lane = MakeLane();
  std::promise<bool> done;
  lane->Start({true}, SystemClock().Now(),
              [&](const PollOutcome&) { done.set_value(Lane::IsThisThread()); });
  CHECK(done.get_future().get());
}

TEST_CASE("an interrupt ends a poll that waits in the host") {
  auto lane = MakeLane();
  std::promise<PollOutcome> done;
  lane->Start({true}, SystemClock().Now() + 1h,
              [&](PollOutcome o) { done.set_value(std::move(o)); });
  lane->Interrupt();
  auto future = done.get_future();
  REQUIRE(future.wait_for(10s) == std::future_status::ready);
  CHECK(future.get().message == "poll was interrupted");
}

TEST_CASE("an interrupt of the last poll does not hit the next") {
  auto lane = MakeLane();
  std::promise<void> first;
  lane->Start({true}, SystemClock().Now() + 1h, [&](PollOutcome) { first.set_value(); });
  lane->Interrupt();
  first.get_future().get();
  lane->Interrupt();  // nobody runs
  std::promise<PollOutcome> second;
  lane->Start({true}, SystemClock().Now() + 10ms,
              [&](PollOutcome o) { second.set_value(std::move(o)); });
  CHECK(second.get_future().get().message == "no answer by the deadline");
}

TEST_CASE("the next poll may be started from the callback of the last") {
  auto lane = MakeLane();
  std::promise<void> done;
  lane->Start({true}, SystemClock().Now(), [&](PollOutcome) {
    lane->Start({true}, SystemClock().Now(), [&](PollOutcome) { done.set_value(); });
  });
  CHECK(done.get_future().wait_for(10s) == std::future_status::ready);
}

TEST_CASE("stopping a lane interrupts its poll and ends in time") {
  auto lane = MakeLane();
  std::promise<void> done;
  lane->Start({true}, SystemClock().Now() + 1h, [&](PollOutcome) { done.set_value(); });
  CHECK(lane->Stop(10s));
  CHECK(done.get_future().wait_for(0s) == std::future_status::ready);
}

TEST_CASE("a lane that is given up lets go of its object when its poll returns") {
  auto lane = MakeLane();
  std::promise<void> done, ended;
  lane->Start({true}, SystemClock().Now() + 100ms, [&](PollOutcome) { done.set_value(); });
  lane->Abandon([&] { ended.set_value(); });
  lane.reset();  // joins nothing
  CHECK(ended.get_future().wait_for(10s) == std::future_status::ready);
  CHECK(done.get_future().wait_for(0s) == std::future_status::ready);
}
