#include "poll/status_fragment.hpp"
#include "core/poll/fakes.hpp"

using namespace pillion;
using namespace pillion::test;

namespace {

std::string TextOf(const InstanceConfig& config, const InstanceState& state) {
  Snapshot snapshot;
  snapshot.fragments.push_back(
      StatusFragment(FakeType(), std::make_shared<InstanceConfig>(config)).Make(state, 12));
  return Text(snapshot);
}

InstanceConfig Orders() {
  InstanceConfig config;
  config.name = "orders";
  config.type = "fake";
  return config;
}

}  // namespace

TEST_CASE("the host's families are there before anything was polled") {
  InstanceState state;
  state.collectors.resize(2);
  state.collectors[0].enabled = true;
  CHECK(TextOf(Orders(), state) ==
        "fake_collector_success{collector=\"quick\"} 0.000000\n"
        "fake_up{} 0.000000\n"
        "pillion_collector_success{exporter=\"fake\",instance_name=\"orders\",collector=\"quick\"} "
        "0.000000\n"
        "pillion_instance_up{exporter=\"fake\",instance_name=\"orders\"} 0.000000\n"
        "pillion_snapshot_series{exporter=\"fake\",instance_name=\"orders\"} 12.000000\n");
}

TEST_CASE("peers' families carry the instance's labels and our own don't") {
  InstanceConfig config = Orders();
  config.labels = {{"service", "a\"b"}};
  InstanceState state;
  state.condition = InstanceCondition::kUp;
  state.last_success_unix = 1700000000;
  state.collectors.resize(2);
  state.collectors[0].enabled = true;
  state.collectors[0].ran = true;
  state.collectors[0].duration = 250ms;
  state.collectors[0].last_success_unix = 1700000000;
  const std::string text = TextOf(config, state);
  CHECK(text.find("fake_up{service=\"a\\\"b\"} 1.0") != std::string::npos);
  CHECK(text.find("fake_collector_duration_seconds{collector=\"quick\",service=\"a\\\"b\"} 0.25") !=
        std::string::npos);
  CHECK(text.find("pillion_instance_up{exporter=\"fake\",instance_name=\"orders\"} 1.0") !=
        std::string::npos);
  CHECK(text.find("pillion_snapshot_timestamp_seconds{exporter=\"fake\",instance_name="
                  "\"orders\"} 1700000000.0") != std::string::npos);
}

TEST_CASE("a collector has a time of its own only where it is not the instance's") {
  InstanceState state;
  state.condition = InstanceCondition::kUp;
  state.last_success_unix = 1700000000.12345;
  state.collectors.resize(2);
  CollectorState& quick = state.collectors[0];
  quick.enabled = quick.ran = true;
  quick.duration = 1'234'567ns;
  quick.last_success_unix = 1700000000.12345;
  std::string text = TextOf(Orders(), state);
  CHECK(text.find("orders\"} 1700000000.123000\n") != std::string::npos);
  CHECK(text.find("pillion_collector_duration_seconds{exporter=\"fake\",instance_name=\"orders\","
                  "collector=\"quick\"} 0.001235\n") != std::string::npos);
  CHECK(text.find("pillion_collector_timestamp_seconds") == std::string::npos);
  const std::string shown =
      "pillion_collector_timestamp_seconds{exporter=\"fake\",instance_name=\"orders\",collector="
      "\"quick\"} 1700000000.123000\n";
  quick.reason = Reason::kPermission;
  CHECK(TextOf(Orders(), state).find(shown) != std::string::npos);
  quick.reason = Reason::kOk;
  quick.every = 1min;
  CHECK(TextOf(Orders(), state).find(shown) != std::string::npos);
  quick.every = 0s;
  quick.stretched = 1min;
  CHECK(TextOf(Orders(), state).find(shown) != std::string::npos);
}

TEST_CASE("collectors that are switched off are not named") {
  InstanceState state;
  state.collectors.resize(2);
  state.collectors[0].enabled = true;
  CHECK(TextOf(Orders(), state).find("slow") == std::string::npos);
}
