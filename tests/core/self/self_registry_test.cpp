#include "self/self_registry.hpp"

#include "core/poll/fakes.hpp"

#include <doctest/doctest.h>

using namespace pillion;
using namespace pillion::test;

namespace {

InstanceConfig Orders() {
  InstanceConfig config;
  config.name = "orders";
  config.type = "fake";
  return config;
}

}  // namespace

TEST_CASE("a new sidecar shows its build and zeroes for what can fail") {
  SelfRegistry self("1.2.3");
  self.Announce(Orders());
  const SnapshotPtr snapshot = self.Snapshot();
  CHECK(Shows(*snapshot, "pillion_build_info{version=\"1.2.3\"} 1.0"));
  CHECK(Shows(*snapshot, "pillion_poll_late_total{exporter=\"fake\",instance_name=\"orders\"} 0"));
  for (const Reason reason : kFailureReasons) {
    CHECK(Shows(*snapshot,
                "pillion_poll_failures_total{exporter=\"fake\",instance_name=\"orders\",reason=\"" +
                    std::string(ToString(reason)) + "\"} 0"));
  }
}

TEST_CASE("when it started is the same in each snapshot") {
  SelfRegistry self("1");
  const auto started = [&]() -> double {
    const SnapshotPtr snapshot = self.Snapshot();
    for (const FragmentPtr& fragment : snapshot->fragments) {
      for (const FamilyRange& range : fragment->families) {
        if (range.family->name == "process_start_time_seconds") {
          return fragment->values[range.first];
        }
      }
    }
    return 0;
  };
  const double first = started();
  CHECK(first > 0);
  for (int i = 0; i < 200; ++i) CHECK(started() == first);
}

TEST_CASE("polls are counted by reason and drops by theirs") {
  SelfRegistry self("1");
  PollOutcome outcome;
  outcome.reason = Reason::kAuth;
  outcome.duration = 3ms;
  outcome.drops.Note(DropReason::kDuplicate, "x", 4);
  self.PollEnded(Orders(), outcome);
  self.PollEnded(Orders(), outcome);
  self.PollLate(Orders());
  Drops page;
  page.Note(DropReason::kConflict, "y", 2);
  self.Dropped(page);
  const SnapshotPtr snapshot = self.Snapshot();
  CHECK(Shows(*snapshot,
              "pillion_poll_failures_total{exporter=\"fake\",instance_name=\"orders\",reason="
              "\"auth\"} 2.0"));
  CHECK(
      Shows(*snapshot, "pillion_poll_late_total{exporter=\"fake\",instance_name=\"orders\"} 1.0"));
  CHECK(Shows(*snapshot,
              "pillion_samples_dropped_total{exporter=\"fake\",instance_name=\"orders\",reason="
              "\"duplicate\"} 8.0"));
  CHECK(Shows(*snapshot,
              "pillion_samples_dropped_total{exporter=\"\",instance_name=\"\",reason="
              "\"conflict\"} 2.0"));
}

TEST_CASE("what becomes of secrets is counted from the start") {
  SelfRegistry self("1");
  self.Announce(Orders());
  const auto shows = [&](const std::string& name, const std::string& value) {
    return Shows(*self.Snapshot(), name + "{exporter=\"fake\",instance_name=\"orders\"} " + value);
  };
  CHECK(shows("pillion_secret_changes_total", "0.0"));
  CHECK(shows("pillion_secret_refused_total", "0.0"));
  CHECK(shows("pillion_secret_accepted", "1.0"));
  PollOutcome outcome;
  outcome.secrets = {.changes = 0, .refused = 1, .accepted = false};
  self.PollEnded(Orders(), outcome);
  CHECK(shows("pillion_secret_refused_total", "1.0"));
  CHECK(shows("pillion_secret_accepted", "0.0"));
  outcome.secrets = {.changes = 1, .refused = 0, .accepted = true};
  self.PollEnded(Orders(), outcome);
  CHECK(shows("pillion_secret_changes_total", "1.0"));
  CHECK(shows("pillion_secret_refused_total", "1.0"));
  CHECK(shows("pillion_secret_accepted", "1.0"));
}

TEST_CASE("durations are a histogram with their sum") {
  SelfRegistry self("1");
  PollOutcome outcome;
  outcome.duration = 3ms;
  self.PollEnded(Orders(), outcome);
  const SnapshotPtr snapshot = self.Snapshot();
  const Fragment& fragment = *snapshot->fragments.at(0);
  bool found = false;
  for (const FamilyRange& range : fragment.families) {
    if (range.family->name != "pillion_poll_duration_seconds") continue;
    found = true;
    REQUIRE(range.family->type == MetricType::kHistogram);
    const Distribution& d = fragment.distributions[range.first];
    CHECK(d.count == 1);
    CHECK(d.sum == doctest::Approx(0.003));
    CHECK(fragment.numbers[d.first] == 0.001);
    CHECK(fragment.numbers[d.first + d.size] == 0);
    CHECK(fragment.numbers[d.first + d.size + 1] == 1);
  }
  CHECK(found);
}

TEST_CASE("totals that something else counts only rise") {
  SelfRegistry self("1");
  ConnectionCounts counts{.open = 5,
                          .closed_at_cap_total = 3,
                          .closed_readers_total = 2,
                          .accept_pauses_total = 1,
                          .pinned_body_bytes = 4096};
  self.Connections(counts);
  counts.open = 2;
  self.Connections(counts);
  const SnapshotPtr snapshot = self.Snapshot();
  CHECK(Shows(*snapshot, "pillion_http_connections{} 2.0"));
  CHECK(Shows(*snapshot, "pillion_http_connections_closed_total{reason=\"connections\"} 3.0"));
  CHECK(Shows(*snapshot, "pillion_http_connections_closed_total{reason=\"pinned_bodies\"} 2.0"));
  CHECK(Shows(*snapshot, "pillion_http_pinned_body_bytes{} 4096.0"));
  CHECK(Shows(*snapshot, "pillion_http_accept_pauses_total{} 1.0"));
}
