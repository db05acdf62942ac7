// A master with two replicas and three sentinels, and a fail-over while they are polled.
#include "eventually.hpp"
#include "fake_redis.hpp"
#include "redis_server.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace pillion::redis::testing;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

TEST_CASE("an instance finds the master by sentinels and follows a fail-over") {
  if (MissingServer()) return;
  RedisServer master;
  const std::vector<std::string> of_master = {"--replicaof",
                                              "127.0.0.1 " + std::to_string(master.port()),
                                              "--repl-ping-replica-period", "1"};
  const RedisServer one(of_master), two(of_master);
  const std::string lines = "sentinel monitor orders 127.0.0.1 " + std::to_string(master.port()) +
                            " 2\nsentinel down-after-milliseconds orders 1500\n"
                            "sentinel failover-timeout orders 4000\n";
  std::vector<std::unique_ptr<RedisServer>> sentinels;
  std::string seeds;
  for (int i = 0; i < 3; ++i) {
    sentinels.push_back(RedisServer::Sentinel(lines));
    if (i > 0) seeds += (i > 1 ? ", \"" : "\"") + sentinels[i]->address() + "\"";
  }
  const std::map<std::string, std::string> options = {{"topology", "sentinel"},
                                                      {"master_name", "orders"},
                                                      {"address", sentinels[0]->address()},
                                                      {"seeds", "[" + seeds + "]"}};
  TestHost host(Entry(), {.options = options});
  REQUIRE(host.Create().ok());
  CHECK(PollUntil(host, [&](const PollReport& report) {
    return report.ok() && report.facts.at("reads") == master.address() &&
           report.Value("redis_connected_slaves") == 2.0;
  }));
  auto from_replica = options;
  from_replica["read_from"] = "replica";
  TestHost replica(Entry(), {.options = from_replica});
  REQUIRE(replica.Create().ok());
  CHECK(PollUntil(replica, [&](const PollReport& report) {
    return report.ok() && report.facts.at("role") == "slave";
  }));
  // Each sentinel must know the others before one of them can lead, and the replicas to choose
  // from.
  for (const auto& sentinel : sentinels) {
    REQUIRE(Eventually(
        [&] { return sentinel->Ask({"INFO"}).find("slaves=2,sentinels=3") != std::string::npos; }));
  }
  master.Kill();
  sentinels[0]->Kill();  // the seed that comes first, too
  CHECK(PollUntil(host, [&](const PollReport& report) {
    return report.ok() && report.facts.at("reads") != master.address();
  }));
  const PollReport after = host.Poll();
  CHECK(after.facts.at("role") == "master");
  CHECK(after.Value("redis_target_changes_total") >= 1.0);
}
