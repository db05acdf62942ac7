// A cluster of three masters and three replicas, a slot that moves, and a master that dies and
// whose replica is elected.
#include "eventually.hpp"
#include "fake_redis.hpp"
#include "live_cluster.hpp"
#include "outcome.hpp"
#include "script_folder.hpp"

#include "cluster_nodes.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace pillion::redis::testing;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

// Sets a key on the master that holds it; gives its number.
size_t Set(LiveCluster& cluster, const std::string& key, const std::string& value) {
  const size_t owner = cluster.OwnerOf(pillion::redis::SlotOf(key));
  REQUIRE(owner < LiveCluster::kMasters);
  CHECK(cluster.node(owner).Ask({"SET", key, value}) == "+OK\r\n");
  return owner;
}

std::string KeyLabels(LiveCluster& cluster, const std::string& key, size_t node) {
  return "{db=\"db0\",key=\"" + key + "\",node=\"" + cluster.node(node).address() + "\"}";
}

// Each node shows its own keys, whoever walks them.
void CheckKeys(LiveCluster& cluster) {
  std::map<std::string, size_t> owners;
  for (int i = 0; i < 30; ++i) {
    const std::string key = "k:" + std::to_string(i);
    owners[key] = Set(cluster, key, std::to_string(i));
  }
  const std::map<std::string, std::string> options = {
      {"topology", "cluster"},     {"address", cluster.node(0).address()},
      {"check_keys", "[\"k:*\"]"}, {"check_single_keys", "[\"k:7\", \"none\", \"db3=k:8\"]"},
      {"count_keys", "[\"k:*\"]"}, {"check_key_groups", "[\"^(.-):\"]"}};
  const std::vector<std::string> due = {"info", "keys", "key_groups", "nodes"};
  const size_t of_none = cluster.OwnerOf(pillion::redis::SlotOf("none"));
  TestHost host(Entry(), {.options = options});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = due});
  CHECK(report.problems == kNone);
  CHECK(OutcomeOf(report, "keys") == pillion::Reason::kOk);
  REQUIRE(report.logs.size() == 1);  // where k:8 belongs
  CHECK(report.logs[0].text.find("no database 3") != std::string::npos);
  double counted = 0, grouped = 0;
  for (size_t i = 0; i < LiveCluster::kMasters; ++i) {
    const std::string node = "\",node=\"" + cluster.node(i).address() + "\"}";
    counted += report.Value("redis_keys_count{db=\"db0\",key=\"k:*" + node).value_or(0);
    grouped += report.Value("redis_key_group_count{db=\"db0\",key_group=\"k" + node).value_or(0);
    CHECK(report.Value("redis_key_size" + KeyLabels(cluster, "none", i)).has_value() ==
          (i == of_none));
    for (const auto& [key, owner] : owners) {
      CHECK(report.Value("redis_key_value" + KeyLabels(cluster, key, i)).has_value() ==
            (i == owner));
    }
    CHECK(cluster.node(i).Ask({"INFO", "errorstats"}).find("MOVED") == std::string::npos);
  }
  CHECK(counted == 30);
  CHECK(grouped == 30);

  auto by_replicas = options;
  by_replicas["include_replicas"] = by_replicas["skip_checkkeys_for_role_master"] = "true";
  TestHost replicas(Entry(), {.options = by_replicas});
  REQUIRE(replicas.Create().ok());
  CHECK(PollUntil(
      replicas,
      [&](const PollReport& walked) {
        return std::all_of(owners.begin(), owners.end(), [&](const auto& entry) {
          const size_t replica = entry.second + LiveCluster::kMasters;
          return walked.Value("redis_key_size" + KeyLabels(cluster, entry.first, replica)) ==
                     static_cast<double>(entry.first.size() - 2) &&
                 !walked.Value("redis_key_size" + KeyLabels(cluster, entry.first, entry.second));
        });
      },
      due));
}

// Each master runs the scripts; one that reads a key concerns the master that has it.
void CheckScripts(LiveCluster& cluster) {
  const ScriptFolder folder;
  const std::string counts =
      folder.Write("counts.lua", "return {'keys', tostring(redis.call('DBSIZE'))}");
  const std::string reads = folder.Write("reads.lua", "return {'k', redis.call('GET', 'k:7')}");
  std::string all = "local sum = 0 ";
  for (int i = 0; i < 30; ++i) {
    all += "sum = sum + tonumber(redis.call('GET', 'k:" + std::to_string(i) + "')) ";
  }
  const std::string wants_all = folder.Write("all.lua", all + "return {'sum', tostring(sum)}");
  TestHost host(
      Entry(),
      {.options = {{"topology", "cluster"},
                   {"address", cluster.node(1).address()},
                   {"include_replicas", "true"},
                   {"script_timeout", "1m"},
                   {"script", "[\"" + counts + "\", \"" + reads + "\", \"" + wants_all + "\"]"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"scripts"}, .timeout = kHang});
  CHECK(report.problems == kNone);
  CHECK(OutcomeOf(report, "scripts") == pillion::Reason::kOk);
  const size_t owner = cluster.OwnerOf(pillion::redis::SlotOf("k:7"));
  double keys = 0;
  for (size_t i = 0; i < cluster.size(); ++i) {
    const bool master = i < LiveCluster::kMasters;
    const auto value = [&](const std::string& family, const std::string& labels) {
      return report.Value(family + "{" + labels + ",node=\"" + cluster.node(i).address() + "\"}");
    };
    const auto count = value("redis_script_values", "key=\"keys\",filename=\"" + counts + "\"");
    keys += count.value_or(0);
    CHECK(count.has_value() == master);
    const auto read = value("redis_script_values", "key=\"k\",filename=\"" + reads + "\"");
    CHECK(read.value_or(-1) == (i == owner ? 7 : -1));
    CHECK(value("redis_script_result", "filename=\"" + reads + "\"").has_value() == (i == owner));
    const auto failed = value("redis_script_result", "filename=\"" + wants_all + "\"");
    CHECK(failed.value_or(-1) == (master ? 0 : -1));
  }
  CHECK(keys == 30);
  REQUIRE(report.logs.size() == 1);
  CHECK(report.logs[0].text.find("non local key") != std::string::npos);
}

// Moves the slot of a key of node 0 to node 1, and polls at each step.
void MoveSlot(LiveCluster& cluster, TestHost& host) {
  std::string key = "moves";  // the first of its kind that node 0 has
  while (cluster.OwnerOf(pillion::redis::SlotOf(key)) != 0) key += "_";
  Set(cluster, key, "1");
  const int slot = pillion::redis::SlotOf(key);
  TestHost keys(Entry(), {.options = {{"topology", "cluster"},
                                      {"address", cluster.node(2).address()},
                                      {"check_single_keys", "[\"" + key + "\"]"}}});
  REQUIRE(keys.Create().ok());
  const auto shown = [&] {
    const PollReport report = keys.Poll({.due = {"keys"}});
    CHECK(OutcomeOf(report, "keys") == pillion::Reason::kOk);
    std::vector<size_t> at;
    for (size_t i = 0; i < LiveCluster::kMasters; ++i) {
      if (report.Value("redis_key_size" + KeyLabels(cluster, key, i))) at.push_back(i);
    }
    return at;
  };
  CHECK(shown() == std::vector<size_t>{0});
  cluster.BeginMove(slot, 0, 1);
  const PollReport moving = host.Poll();
  CHECK(moving.Value("redis_node_slots_migrating" + cluster.Label(0)) == 1.0);
  CHECK(moving.Value("redis_node_slots_importing" + cluster.Label(1)) == 1.0);
  CHECK(shown() == std::vector<size_t>{0});
  CHECK(cluster.node(0).Ask({"MIGRATE", "127.0.0.1", std::to_string(cluster.node(1).port()), key,
                             "0", "5000"}) == "+OK\r\n");
  CHECK(shown() == std::vector<size_t>{});  // gone over, and the slot is still open
  cluster.EndMove(slot, 0, 1);
  CHECK(PollUntil(host, [&](const PollReport& report) {
    return report.Value("redis_node_slots" + cluster.Label(0)) == 5460.0 &&
           report.Value("redis_node_slots" + cluster.Label(1)) == 5463.0;
  }));
  cluster.Agree();  // or nobody would be elected, see there
  CHECK(shown() == std::vector<size_t>{1});
}

}  // namespace

TEST_CASE("a cluster is read through a slot that moves and an election after a master has died") {
  if (MissingServer()) return;
  LiveCluster cluster(true);
  TestHost host(Entry(), {.options = {{"topology", "cluster"},
                                      {"address", "127.0.0.1:1"},
                                      {"seeds", "[\"" + cluster.node(4).address() + "\"]"}}});
  REQUIRE(host.Create().ok());
  const PollReport before = host.Poll();
  CHECK(before.error == "");
  CHECK(before.facts.at("reads") == "3 nodes");
  CHECK(before.Value("redis_node_slots" + cluster.Label(0)) == 5461.0);
  CHECK(before.Value("redis_cluster_size" + cluster.Label(1)) == 3.0);
  CHECK(before.Value("redis_connected_slaves" + cluster.Label(2)) == 1.0);
  CHECK(before.FamilyText("redis_uptime_in_seconds").find(cluster.node(3).address()) ==
        std::string::npos);

  CheckKeys(cluster);
  CheckScripts(cluster);
  MoveSlot(cluster, host);

  cluster.Kill(2);
  CHECK(PollUntil(host, [&](const PollReport& report) {
    CHECK(report.error == "");
    CHECK(report.Value("redis_node_up" + cluster.Label(0)) == 1.0);
    CHECK(report.Value("redis_node_up" + cluster.Label(1)) == 1.0);
    return report.Value("redis_node_up" + cluster.Label(5)) == 1.0 &&
           report.Value("redis_node_slots" + cluster.Label(5)) == 5461.0;
  }));
  const PollReport after = host.Poll();
  double slots = 0;
  for (const size_t i : {0, 1, 5}) {
    CHECK(after.Value("redis_node_up" + cluster.Label(i)) == 1.0);
    CHECK(after.Value("redis_uptime_in_seconds" + cluster.Label(i)).has_value());
    slots += after.Value("redis_node_slots" + cluster.Label(i)).value_or(0);
  }
  CHECK(slots == 16384.0);
  CHECK(PollUntil(host, [&](const PollReport& report) {
    return report.Value("redis_node_state{node=\"" + cluster.node(2).address() +
                        "\",state=\"fail\"}") == 1.0;
  }));

  TestHost with_replicas(Entry(), {.options = {{"topology", "cluster"},
                                               {"address", cluster.node(0).address()},
                                               {"include_replicas", "true"}}});
  REQUIRE(with_replicas.Create().ok());
  CHECK(with_replicas.Poll().facts.at("reads") == "5 nodes");
}

TEST_CASE("a password that the nodes of a cluster get one by one is followed without a storm") {
  if (MissingServer()) return;
  LiveCluster cluster(false);
  const auto set = [&](size_t i, const std::string& password) {
    CHECK(cluster.node(i).Ask({"ACL", "SETUSER", "monitor", "on", "resetpass", ">" + password,
                               "+@all"}) == "+OK\r\n");
  };
  // As after a change of rights: connections of the user end.
  const auto drop = [&](size_t i) { cluster.node(i).Ask({"CLIENT", "KILL", "USER", "monitor"}); };
  const auto refused = [&](size_t i) {
    const std::string text = cluster.node(i).Ask({"INFO", "errorstats"});
    const std::string name = "errorstat_WRONGPASS:count=";
    const size_t at = text.find(name);
    return at == std::string::npos ? 0 : std::stoi(text.substr(at + name.size()));
  };
  for (size_t i = 0; i < cluster.size(); ++i) set(i, "old");
  TestHost host(Entry(), {.options = {{"topology", "cluster"},
                                      {"address", cluster.node(0).address()},
                                      {"username", "monitor"}},
                          .secrets = {{"password", "old"}},
                          .fake_clock = true});  // no pause ends
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  set(0, "new");
  drop(0);
  for (int i = 0; i < 5; ++i) {  // the file comes after the first node
    const PollReport report = host.Poll();
    CHECK(report.error == "");
    CHECK(report.Value("redis_node_up" + cluster.Label(0)) == 0.0);
    CHECK(report.Value("redis_node_up" + cluster.Label(1)) == 1.0);
  }
  CHECK(refused(0) == 1);
  host.SetSecret("password", "new");
  for (size_t i = 0; i < cluster.size(); ++i) {
    set(i, "new");
    if (i > 0) drop(i);
    for (int k = 0; k < 3; ++k) {
      const PollReport report = host.Poll();
      CHECK(report.problems == kNone);
      for (size_t n = 0; n < cluster.size(); ++n) {
        CHECK(report.Value("redis_node_up" + cluster.Label(n)) == 1.0);
      }
    }
  }
  for (size_t i = 0; i < cluster.size(); ++i) CHECK(refused(i) <= 1);
  const PollReport after = host.Poll();
  for (size_t i = 0; i < cluster.size(); ++i) {
    CHECK(after.Value("redis_node_secret_accepted" + cluster.Label(i)) == 1.0);
  }
}
