// Whole polls of saved servers, compared as exposition text with testdata/FOLDER/poll.txt.
//
// After a change that is meant, write the files anew and read their diff:
//   PILLION_WRITE_GOLDEN=1 redis_test -tc='a poll of *'
#include "fake_redis.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <string>

using namespace pillion::redis::testing;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

PollReport PollFolder(const std::string& name) {
  FakeRedis redis(Folder(name));
  TestHost host(Entry(), {.options = {{"address", redis.address()}}, .fake_clock = true});
  REQUIRE(host.Create().ok());
  return host.Poll({.due = {"info", "keyspace", "commandstats", "latencystats", "errorstats",
                            "replication", "cluster", "sentinel", "latency_histogram"}});
}

void Compare(const std::string& name) {
  const PollReport report = PollFolder(name);
  CHECK(report.ok());
  CHECK(report.error == "");
  CHECK(report.problems == std::vector<std::string>{});
  const std::string path = Folder(name) + "/poll.txt";
  if (std::getenv("PILLION_WRITE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    std::ofstream(path) << report.text;
    return;
  }
  CHECK(report.text == ReadFile(path));
}

}  // namespace

TEST_CASE("a poll of Redis 5.0") { Compare("redis_5.0"); }
TEST_CASE("a poll of a Redis 6.2 replica without link") { Compare("redis_6.2"); }
TEST_CASE("a poll of Redis 7.0") { Compare("redis_7.0"); }
TEST_CASE("a poll of a Redis 7.0 replica") { Compare("replica_7.0"); }
TEST_CASE("a poll of a Redis 7.0 cluster node") { Compare("cluster_7.0"); }
TEST_CASE("a poll of a Redis 7.0 sentinel") { Compare("sentinel_7.0"); }
TEST_CASE("a poll of a failed Redis 7.2 cluster") { Compare("redis_7.2"); }
TEST_CASE("a poll of Redis 8.0") { Compare("redis_8.0"); }
TEST_CASE("a poll of Valkey 8.1") { Compare("valkey_8.1"); }
TEST_CASE("a poll of Valkey 8.1.1 as it was recorded") { Compare("valkey_8.1_live"); }
TEST_CASE("a poll of KeyDB 6.3") { Compare("keydb_6.3"); }
