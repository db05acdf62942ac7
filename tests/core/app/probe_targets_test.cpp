#include "app/probe_targets.hpp"

#include "core/poll/fakes.hpp"

#include <future>
#include <map>
#include <stdexcept>

using namespace pillion;
using namespace pillion::test;

namespace {

ProbeConfig Probe(const std::string& name, std::vector<std::string> targets) {
  ProbeConfig probe;
  probe.name = name;
  probe.instance.type = "fake";
  probe.instance.collectors.resize(2);
  probe.instance.collectors[1].enabled = false;
  probe.address_option = "address";
  probe.address = "{target}";
  probe.targets = std::move(targets);
  return probe;
}

// Targets whose pollers have lanes that the test holds.
struct Bench {
  explicit Bench(std::vector<ProbeConfig> probes)
      : targets(
            std::move(probes),
            [this](std::shared_ptr<const InstanceConfig> config) {
              return Make(std::move(config));
            },
            &time, &time) {}

  Result<std::shared_ptr<InstancePoller>> Make(std::shared_ptr<const InstanceConfig> config) {
    const std::string address = config->options.at("address").text;
    if (address.starts_with("refused")) return Error{Reason::kInternal, "is refused"};
    if (address.starts_with("starved")) throw std::runtime_error("no thread");
    ++made[address];
    auto runner = std::make_unique<FakeRunner>();
    runner->stops_in_time = !hangs;
    return InstancePoller::Create({.type = FakeType(),
                                   .config = std::move(config),
                                   .scrape_lane = std::move(runner),
                                   .slow_lane = nullptr,
                                   .make_lane = nullptr,
                                   .timers = &time,
                                   .clock = &time,
                                   .observer = &observer,
                                   .random = [] { return 0.5; }});
  }
  Result<std::shared_ptr<InstancePoller>> Find(const std::string& target,
                                               const std::string& module = "") {
    std::promise<Result<std::shared_ptr<InstancePoller>>> found;
    targets.Find({target, module}, [&](auto poller) { found.set_value(std::move(poller)); });
    return found.get_future().get();
  }
  // Returns once what was given to the thread is done.
  void Settle() { CHECK(Find("refused:1").error().message == "is refused"); }

  FakeTime time;
  CountingObserver observer;
  std::map<std::string, int> made;
  bool hangs = false;
  ProbeTargets targets;
};

}  // namespace

TEST_CASE("a target's poller is made once and stays") {
  Bench bench({Probe("any", {"*:*"})});
  const auto first = bench.Find("a:1");
  REQUIRE(first.ok());
  CHECK((*first)->config().name == "probe/any");
  CHECK((*first)->config().target == "a:1");
  CHECK(*bench.Find("a:1") == *first);
  CHECK(*bench.Find("b:1") != *first);
  CHECK(bench.made == std::map<std::string, int>{{"a:1", 1}, {"b:1", 1}});
  CHECK(bench.targets.Present({"a:1", ""}) == *first);
  CHECK(bench.targets.Present({"c:1", "any"}) == nullptr);
  CHECK(bench.targets.Pollers().size() == 2);
}

TEST_CASE("requests that come together make one poller") {
  Bench bench({Probe("any", {"*:*"})});
  std::vector<std::promise<std::shared_ptr<InstancePoller>>> found(20);
  for (auto& promise : found) {
    bench.targets.Find({"a:1", ""}, [&](auto poller) { promise.set_value(*poller); });
  }
  for (auto& promise : found) CHECK(promise.get_future().get() != nullptr);
  CHECK(bench.made["a:1"] == 1);
}

TEST_CASE("a target is one however its scheme is written if the address has its own") {
  ProbeConfig probe = Probe("any", {"*:*"});
  probe.address = "redis://{target}";
  Bench bench({probe});
  const auto first = bench.Find("a:1");
  REQUIRE(first.ok());
  CHECK(*bench.Find("x://a:1") == *first);
  CHECK(bench.made == std::map<std::string, int>{{"redis://a:1", 1}});
}

TEST_CASE("where no thread can be made a target is refused and the others stay") {
  Bench bench({Probe("any", {"*:*"})});
  CHECK(bench.Find("a:1").ok());
  CHECK(bench.Find("starved:1").error().reason == Reason::kLimit);
  CHECK(bench.Find("a:1").ok());
  CHECK(bench.Find("b:1").ok());
}

TEST_CASE("what may not be asked for makes nothing") {
  Bench bench({Probe("one", {"a:1"}), Probe("two", {"b:*"})});
  const auto told = [&](const std::string& target, const std::string& module) {
    const auto found = bench.Find(target, module);
    return std::string(ToString(found.error().reason)) + ": " + found.error().message;
  };
  CHECK(told("a:1", "") ==
        "protocol: there are several probes, add module=NAME; there are: one two");
  CHECK(told("a:1", "three") == "protocol: no such module; there are: one two");
  CHECK(told("b:1", "one") == "permission: the target is none of `targets` in [probes.one]");
  CHECK(told("u@b:1", "two").starts_with("protocol: the target may hold"));
  CHECK(bench.Find("b:1", "two").ok());
  CHECK(bench.made == std::map<std::string, int>{{"b:1", 1}});
  Bench none({});
  CHECK(none.Find("a:1").error().reason == Reason::kDns);
  CHECK(none.targets.Stop(0s));
}

TEST_CASE("who names no module gets the default one") {
  ProbeConfig open = Probe("open", {"**"});
  open.is_default = true;
  Bench bench({Probe("one", {"a:1"}), open});
  REQUIRE(bench.Find("b.c:1").ok());
  CHECK((*bench.Find("b.c:1"))->config().name == "probe/open");
  CHECK((*bench.Find("b.c:1", "open"))->config().name == "probe/open");
  CHECK((*bench.Find("a:1", "one"))->config().name == "probe/one");
  CHECK(bench.Find("b.c:1", "one").error().reason == Reason::kPermission);
}

TEST_CASE("a target that nobody asks for is let go") {
  Bench bench({Probe("any", {"*:*"})});
  (void)bench.Find("old:1");
  (void)bench.Find("used:1");
  for (int minute = 0; minute < 6; ++minute) {
    bench.time.Advance(1min);
    (void)bench.Find("used:1");
    bench.Settle();
  }
  CHECK(bench.targets.Present({"old:1", ""}) == nullptr);
  CHECK(bench.targets.Present({"used:1", ""}) != nullptr);
  CHECK(bench.made["used:1"] == 1);
  (void)bench.Find("old:1");
  CHECK(bench.made["old:1"] == 2);
}

TEST_CASE("there are so many targets at once and the longest idle makes place") {
  Bench bench({Probe("any", {"*:*"})});
  for (size_t i = 0; i < ProbeTargets::kTargetsMax; ++i) {
    REQUIRE(bench.Find("t" + std::to_string(i) + ":1").ok());
  }
  CHECK(bench.Find("more:1").error().reason == Reason::kLimit);
  CHECK(bench.Find("t7:1").ok());
  bench.time.Advance(ProbeTargets::kInUse);
  CHECK(bench.Find("t0:1").ok());
  CHECK(bench.Find("more:1").ok());
  CHECK(bench.targets.Pollers().size() == ProbeTargets::kTargetsMax);
  CHECK(bench.targets.Present({"t0:1", ""}) != nullptr);
  bench.time.Advance(ProbeTargets::kInUse);
  for (size_t i = 0; i < 2 * ProbeTargets::kHungMax; ++i) {
    REQUIRE(bench.Find("burst" + std::to_string(i) + ":1").ok());
  }
}

TEST_CASE("one whose plugin hangs is kept until it returns and counts") {
  Bench bench({Probe("any", {"*:*"})});
  bench.hangs = true;
  for (size_t i = 0; i < ProbeTargets::kHungMax; ++i) (void)bench.Find(std::to_string(i) + ":1");
  bench.time.Advance(ProbeTargets::kIdleMax);
  CHECK(bench.Find("more:1").error().reason == Reason::kLimit);
  CHECK_FALSE(bench.targets.Stop(0s));
  CHECK(bench.Find("more:1").error().reason == Reason::kLimit);
}
