#include "app/poller_factory.hpp"

#include "core/poll/fakes.hpp"

#include <pillion/exporter.hpp>

using namespace pillion;
using namespace pillion::test;

namespace {

std::shared_ptr<InstanceConfig> Good() {
  auto config = std::make_shared<InstanceConfig>();
  config->name = "one";
  config->type = "good";
  config->position = "pillion.toml:3:1";
  config->collectors.resize(1);
  return config;
}

struct Bench {
  PluginCatalog catalog{{}, {PILLION_TEST_MODULES}};
  FakeTime time;
  CountingObserver observer;
  PollerSurroundings surroundings{&catalog, &time, &time, &observer};
};

// Adds one collector with a schedule of its own, called as the instance is.
class Adder {
 public:
  explicit Adder(const Options& options) {
    options.AddCollector({.name = options.InstanceName(),
                          .default_every = 60'000'000'000,
                          .default_timeout = 2'000'000'000});
  }
  Result<void> Poll(PollContext&, Sink&) { return {}; }
};

const pillion_plugin* AdderEntry() {
  static constexpr Collector kCollectors[] = {{.name = "base"}};
  static const ExporterInfo info{.type = "adder", .collectors = kCollectors};
  return pillion::detail::PluginOf<Adder>::Describe(info);
}

}  // namespace

TEST_CASE("collectors that an exporter adds are collectors of the instance") {
  Bench bench;
  PluginCatalog catalog({&AdderEntry}, {});
  bench.surroundings.catalog = &catalog;
  auto config = Good();
  config->type = "adder";
  const auto poller = MakePoller(config, bench.surroundings);
  REQUIRE(poller.ok());
  const auto& collectors = (*poller)->type().collectors();
  REQUIRE(collectors.size() == 2);
  CHECK(collectors[1].name == "one");
  REQUIRE((*poller)->config().collectors.size() == 2);
  CHECK((*poller)->config().collectors[1].enabled);
  CHECK((*poller)->config().collectors[1].every == 60s);
  CHECK((*poller)->config().collectors[1].timeout == 2s);
  CHECK((*poller)->State().collectors.size() == 2);
  CHECK((*poller)->Stop(10s));

  bench.surroundings.one_lane = true;
  const auto at_once = MakePoller(config, bench.surroundings);
  REQUIRE(at_once.ok());
  CHECK((*at_once)->config().collectors[1].every == 0s);
  CHECK((*at_once)->Stop(10s));
}

TEST_CASE("a collector that cannot be added is an error of the instance") {
  PluginCatalog catalog({&AdderEntry}, {});
  auto config = Good();
  config->type = "adder";
  config->name = "base";
  const auto complaints = CheckInstance(*config, catalog);
  REQUIRE(complaints.size() == 1);
  CHECK(complaints[0].what == "there are two collectors `base`");
  CHECK_FALSE(complaints[0].warning);
}

TEST_CASE("an instance of a module gets a poller") {
  Bench bench;
  const auto poller = MakePoller(Good(), bench.surroundings);
  REQUIRE(poller.ok());
  CHECK((*poller)->type().name() == "good");
  CHECK((*poller)->Stop(10s));
}

TEST_CASE("an instance that cannot be made names its place in the configuration") {
  Bench bench;
  auto config = Good();
  config->type = "oracle";
  const auto poller = MakePoller(config, bench.surroundings);
  REQUIRE_FALSE(poller.ok());
  CHECK(poller.error().message.rfind("pillion.toml:3:1: exporters.one: no exporter of type", 0) ==
        0);
}

TEST_CASE("checking an instance opens no connection and finds the same mistakes") {
  Bench bench;
  CHECK(CheckInstance(*Good(), bench.catalog).empty());
  auto config = Good();
  config->type = "foreign";
  const auto complaints = CheckInstance(*config, bench.catalog);
  REQUIRE(complaints.size() == 1);
  CHECK(complaints[0].option == "type");
}

TEST_CASE("an instance cannot be called as the sidecar's own metrics are") {
  Bench bench;
  auto config = Good();
  config->name = "pillion";
  const auto complaints = CheckInstance(*config, bench.catalog);
  REQUIRE(complaints.size() == 1);
  CHECK(complaints[0].what.find("choose another name") != std::string::npos);
  CHECK_FALSE(MakePoller(config, bench.surroundings).ok());
}
