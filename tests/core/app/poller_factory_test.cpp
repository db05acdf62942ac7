#include "app/poller_factory.hpp"

#include "core/poll/fakes.hpp"

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

}  // namespace

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
