#include "core/poll/poller_bench.hpp"

using namespace pillion;
using namespace pillion::test;

namespace {

// Two collectors of the scrape lane, of which the second takes a second for each run.
struct Bench : PollerBench {
  Bench()
      : PollerBench(0s, true, nullptr, [](InstanceConfig& config) {
          config.collectors[1] = {.enabled = true, .every = 0s};
          config.max_target_load = 0.02;
        }) {}

  // A scrape after `gap`; true if its poll ran the expensive collector.
  bool ScrapeAfter(MonoTime gap, double value = 1) {
    time.Advance(gap);
    Scrape();
    const bool ran = lane->last_due[1];
    PollOutcome outcome = Outcome(Reason::kOk, value);
    if (ran) outcome.collectors.push_back({1, Reason::kOk, "", 1s, OneSample(1, "dear", value)});
    lane->Finish(std::move(outcome));
    return ran;
  }
};

}  // namespace

TEST_CASE("a collector that costs too much of a target runs less often and stays on the page") {
  Bench bench;
  int ran = 0;
  for (int i = 0; i < 100; ++i) {
    ran += bench.ScrapeAfter(10s) ? 1 : 0;
    REQUIRE(Shows(*bench.answers.back(), "quick_value{} 1.0"));
    REQUIRE(Shows(*bench.answers.back(), "dear{} 1.0"));
  }
  CHECK(ran >= 17);
  CHECK(ran <= 24);
  CHECK(Shows(*bench.answers.back(),
              "pillion_collector_stretched_seconds{exporter=\"fake\",instance_name=\"one\","
              "collector=\"slow\"} 5"));
  CHECK_FALSE(Shows(*bench.answers.back(),
                    "pillion_collector_stretched_seconds{exporter=\"fake\","
                    "instance_name=\"one\",collector=\"quick\"}"));
}

TEST_CASE("after an outage the page has nothing from before it") {
  Bench bench;
  for (int i = 0; i < 10; ++i) bench.ScrapeAfter(10s);
  while (bench.ScrapeAfter(10s)) {
  }
  bench.time.Advance(10s);
  bench.Scrape();
  bench.lane->Finish(bench.Outcome(Reason::kRefused));
  CHECK_FALSE(Shows(*bench.answers.back(), "dear{}"));
  CHECK(bench.ScrapeAfter(10s, 7));
  CHECK(Shows(*bench.answers.back(), "dear{} 7.0"));
}

TEST_CASE("what was held back for too long is not shown") {
  Bench bench;
  for (int i = 0; i < 10; ++i) bench.ScrapeAfter(10s);
  while (bench.ScrapeAfter(10s)) {
  }
  for (int i = 0; i < 100; ++i) {  // the plugin does not run it, whatever is due
    bench.time.Advance(10s);
    bench.Scrape();
    bench.lane->Finish(bench.Outcome());
  }
  CHECK_FALSE(Shows(*bench.answers.back(), "dear{}"));
}
