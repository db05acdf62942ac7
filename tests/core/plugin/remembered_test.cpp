// What a collector shows that says it is unchanged.
#include "core/exposition/allocations.hpp"
#include "core/plugin/probe.hpp"

#include <doctest/doctest.h>

using namespace pillion;
using namespace pillion::test;
using namespace std::chrono_literals;

TEST_CASE("a collector that is unchanged shows its last good run") {
  auto object = Make(ConfigOfProbe());
  static std::vector<bool> shown;
  shown.clear();
  script = [](PollContext&, Sink& sink, const Options&) -> Result<void> {
    shown.push_back(sink.Unchanged());  // outside of a collector
    for (const uint32_t id : {kA, kB}) {
      sink.Collect(id, [&]() -> Result<void> {
        shown.push_back(sink.Unchanged());
        return {};
      });
    }
    return {};
  };
  PollOutcome outcome = Run(*object);
  CHECK(shown == std::vector<bool>{false, false, false});
  CHECK(Text(outcome).empty());
  const auto good = [](PollContext&, Sink& sink, const Options&) -> Result<void> {
    sink.Collect(kA, [&]() -> Result<void> {
      sink.Add(0, {"first"}, 1);
      return {};
    });
    sink.Collect(kB, [&]() -> Result<void> {
      sink.Add(1, 2);
      return {};
    });
    return {};
  };
  script = good;
  const FragmentPtr first = Run(*object).collectors.front().fragment;
  // A run that failed does not count, and neither does what a run adds that is unchanged.
  script = [](PollContext&, Sink& sink, const Options&) -> Result<void> {
    sink.Collect(kA, [&]() -> Result<void> {
      sink.Add(0, {"lost"}, 3);
      return Error{Reason::kTimeout, "late"};
    });
    return Error{Reason::kRefused, "gone"};
  };
  CHECK(Text(Run(*object)).empty());
  script = [](PollContext&, Sink& sink, const Options&) -> Result<void> {
    sink.Collect(kA, [&]() -> Result<void> {
      sink.Add(0, {"forgotten"}, 4);
      shown.push_back(sink.Unchanged());
      sink.Add(0, {"forgotten, too"}, 5);
      return {};
    });
    sink.Collect(kB, [&]() -> Result<void> {
      shown.push_back(sink.Unchanged());  // it is not remembered
      return {};
    });
    return {};
  };
  shown.clear();
  outcome = Run(*object);
  CHECK(shown == std::vector<bool>{true, false});
  CHECK(outcome.collectors.front().fragment == first);
  CHECK(outcome.drops.total() == 0);
  CHECK(Text(outcome) == "probe_a{row=\"first\",team=\"x\"} 1\n");
  CHECK(Text(Run(*object, {false, true})).empty());
}

TEST_CASE("an unchanged run is told with its drops and a run that is too large is not kept") {
  static size_t rows;
  script = [](PollContext&, Sink& sink, const Options&) -> Result<void> {
    sink.Collect(kA, [&]() -> Result<void> {
      if (sink.Unchanged()) return {};
      for (size_t i = 0; i <= rows; ++i) sink.Add(0, {std::to_string(i % rows)}, 1);
      return {};
    });
    return {};
  };
  for (const size_t first : {size_t{1}, pillion_poll::kRememberedBytesMax / 16}) {
    auto object = Make(ConfigOfProbe());
    rows = first;
    CHECK(Dropped(Run(*object), DropReason::kDuplicate) == 1);
    rows = 1;
    CHECK(Dropped(Run(*object), DropReason::kDuplicate) == 1);
    CHECK(Text(Run(*object)) == "probe_a{row=\"0\",team=\"x\"} 1\n");
  }
}

// It remembers what it saw, as a reader of rows does, and says so while it sees the same.
TEST_CASE("what was lost for want of memory is not shown again as unchanged") {
  bool failed = true;
  for (uint64_t n = 0; failed; ++n) {
    CAPTURE(n);
    auto object = Make(ConfigOfProbe());
    double target = 1, seen = 0;
    bool fails = false;
    script = [&](PollContext&, Sink& sink, const Options&) -> Result<void> {
      if (fails) FailAllocation(n);
      sink.Begin(kA);
      if (seen != target || !sink.Unchanged()) {
        sink.Add(0, {"first, with a value that is too long for a short string"}, target);
        sink.Add(0, {"second"}, target);
      }
      seen = target;
      sink.End({});
      if (fails) failed = !FailureIsPending();
      StopFailing();
      return {};
    };
    Run(*object, {true, false});
    const std::string before = Text(Run(*object, {true, false}));
    target = 2;
    fails = true;
    Run(*object, {true, false});
    fails = false;
    const std::string after = Text(Run(*object, {true, false}));
    CHECK(after != before);
    seen = 0;
    CHECK(after == Text(Run(*object, {true, false})));
  }
}
