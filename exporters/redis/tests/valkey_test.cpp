// What Valkey 8.1.1 itself has answered: a master with a replica, its replica, a node of a cluster
// and a sentinel. The whole page of the master is in golden_test.
#include "fake_redis.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace pillion::redis::testing;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

// The default collectors' poll, in which nothing may fail or be dropped. The second one: after the
// first it is known what the server is.
PollReport PollRecorded(const std::string& folder) {
  FakeRedis redis(Folder(folder));
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().problems == std::vector<std::string>{});
  PollReport report = host.Poll();
  CHECK(report.ok());
  CHECK(report.problems == std::vector<std::string>{});
  return report;
}

void CheckIdentity(const PollReport& report, const std::string& mode) {
  const std::string line = report.FamilyText("redis_instance_info");
  CAPTURE(line);
  CHECK(line.find("redis_version=\"7.2.4\"") != std::string::npos);
  CHECK(line.find("redis_mode=\"" + mode + "\"") != std::string::npos);
  CHECK(line.find("valkey_version=\"8.1.1\",valkey_release_stage=\"ga\"") != std::string::npos);
  CHECK(report.facts.at("valkey_version") == "8.1.1");
}

}  // namespace

TEST_CASE("recorded from Valkey 8.1.1: a master") {
  FakeRedis redis(Folder("valkey_8.1_live"));
  redis.Set("CLIENT LIST", Bulk(ReadFile(Folder("valkey_8.1_live/client_list.txt"))));
  TestHost host(Entry(), {.options = {{"address", redis.address()}, {"client_series", "each"}}});
  REQUIRE(host.Create().ok());
  const PollReport report =
      host.Poll({.due = {"info", "keyspace", "commandstats", "latencystats", "errorstats",
                         "replication", "config", "slowlog", "commandlog", "latency",
                         "latency_histogram", "cluster", "sentinel", "clients", "exporter"}});
  CHECK(report.problems == std::vector<std::string>{});
  for (const auto& collector : report.collectors) {
    CAPTURE(collector.name);
    CHECK(collector.message == "");
  }
  CheckIdentity(report, "standalone");
  CHECK(report.Value("redis_db_keys{db=\"db0\"}") == 54.0);
  CHECK(report.Value("redis_db_keys{db=\"db3\"}") == 1.0);
  CHECK(report.Value("redis_db_keys{db=\"db15\"}") == 0.0);
  CHECK(report.Value("redis_commandlog_slow_length") >= 1.0);
  CHECK(report.Value("redis_commandlog_large_request_length") == 1.0);
  CHECK(report.Value("redis_commandlog_large_reply_length") >= 1.0);
  CHECK(report.Value("redis_commandlog_request_larger_than") == 1000.0);
  CHECK(report.Value("redis_slowlog_length") >= 1.0);
  CHECK(report.Value("redis_latency_spike_duration_seconds{event_name=\"command\"}") >= 0.02);
  CHECK(report.Value("redis_connected_slave_lag_seconds{slave_ip=\"127.0.0.1\",slave_port="
                     "\"7702\",slave_state=\"online\"}") == 0.0);
  CHECK(report.Value("redis_errors_total{err=\"WRONGTYPE\"}") == 1.0);
  CHECK(report.Value("redis_config_io_threads") == 2.0);
  CHECK(report.FamilyText("redis_connected_client_info").find("name=\"worker\"") !=
        std::string::npos);
}

TEST_CASE("recorded from Valkey 8.1.1: a replica") {
  const PollReport report = PollRecorded("valkey_8.1_replica");
  CheckIdentity(report, "standalone");
  CHECK(report.facts.at("role") == "slave");
  const std::string master = "{master_host=\"127.0.0.1\",master_port=\"7701\"";
  CHECK(report.Value("redis_master_link_up" + master + "}") == 1.0);
  CHECK(report.Value("redis_slave_info" + master + ",read_only=\"1\"}") == 1.0);
  CHECK(report.Value("redis_slave_repl_offset" + master + "}") > 0.0);
}

TEST_CASE("recorded from Valkey 8.1.1: a node of a cluster") {
  const PollReport report = PollRecorded("valkey_8.1_cluster");
  CheckIdentity(report, "cluster");
  CHECK(report.Value("redis_cluster_enabled") == 1.0);
  CHECK(report.Value("redis_cluster_state") == 1.0);
  CHECK(report.Value("redis_cluster_slots_ok") == 16384.0);
  CHECK(report.Value("redis_db_keys{db=\"db0\"}") == 0.0);
  CHECK_FALSE(report.Value("redis_db_keys{db=\"db1\"}"));
}

TEST_CASE("recorded from Valkey 8.1.1: a sentinel") {
  const PollReport report = PollRecorded("valkey_8.1_sentinel");
  CheckIdentity(report, "sentinel");
  CHECK(report.Value("redis_sentinel_masters") == 1.0);
  const std::string master = "{master_name=\"orders\",master_address=\"127.0.0.1:7701\"}";
  CHECK(report.Value("redis_sentinel_master_sentinels" + master) == 1.0);
  CHECK(report.Value("redis_sentinel_master_slaves" + master) == 1.0);
  CHECK(report.Value("redis_sentinel_master_ckquorum_status{master_name=\"orders\","
                     "message=\"OK 1 usable Sentinels. Quorum and failover authorization can be "
                     "reached\"}") == 1.0);
}
