// An instance that reads a cluster, against scripted nodes.
#include "fake_redis.hpp"
#include "outcome.hpp"
#include "script_folder.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace pillion::redis::testing;
using namespace std::chrono_literals;
using pillion::Reason;
using pillion::testing::ClosedPort;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

using Options = std::map<std::string, std::string>;

std::string Line(const std::string& id, const std::string& address, const std::string& rest) {
  return id + " " + address + "@1 " + rest + "\n";
}

struct TwoNodes {
  FakeRedis one{Folder("cluster_7.0")}, two{Folder("cluster_7.0")};

  std::string Nodes(const std::string& more = {}) const {
    return Line("aa", one.address(), "master - 0 0 1 connected 0-8191") +
           Line("bb", two.address(), "master - 0 0 2 connected 8192-16383") +
           Line("cc", "127.0.0.1:1", "slave aa 0 0 1 connected") + more;
  }
  void Tell(const std::string& text) {
    one.Set("CLUSTER NODES", Bulk(text));
    two.Set("CLUSTER NODES", Bulk(text));
  }
};

Options With(const std::string& address, Options more = {}) {
  more["topology"] = "cluster";
  more["address"] = address;
  return more;
}

}  // namespace

TEST_CASE("all masters of a cluster are read and carry their node") {
  TwoNodes cluster;
  cluster.Tell(cluster.Nodes());
  const ClosedPort nobody;
  TestHost host(Entry(), {.options = With(nobody.address(),
                                          {{"seeds", "[\"" + cluster.two.address() + "\"]"}})});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.error == "");
  CHECK(report.problems == kNone);
  for (const FakeRedis* node : {&cluster.one, &cluster.two}) {
    const std::string label = "{node=\"" + node->address() + "\"}";
    CHECK(report.Value("redis_uptime_in_seconds" + label).has_value());
    CHECK(report.Value("redis_node_up" + label) == 1.0);
    CHECK(report.Value("redis_node_slots" + label) == 8192.0);
    CHECK(report.Value("redis_cluster_known_nodes" + label).has_value());
    CHECK(report.Value("redis_db_keys{db=\"db0\",node=\"" + node->address() + "\"}").has_value());
  }
  CHECK(report.Value("redis_node_info{node=\"127.0.0.1:1\",node_id=\"cc\",role=\"slave\","
                     "master_id=\"aa\"}") == 1.0);
  CHECK(report.FamilyText("redis_instance_info").find("node=\"") != std::string::npos);
  CHECK(report.facts.at("reads") == "2 nodes");
  CHECK(OutcomeOf(report, "nodes") == Reason::kOk);
  CHECK(OutcomeOf(report, "keyspace") == Reason::kOk);
  CHECK(OutcomeOf(report, "slowlog") == Reason::kVersion);  // refused by each node
  REQUIRE(host.Poll().ok());
  CHECK(cluster.one.connections() == 1);
  CHECK(cluster.two.connections() == 1);
}

TEST_CASE("nodes are read at the same time and one that hangs costs only itself") {
  TwoNodes cluster;
  ScriptedServer silent([](ScriptedServer::Connection& c) { c.Silence(); });
  const ClosedPort nobody;
  cluster.Tell(cluster.Nodes(Line("dd", silent.address(), "master - 0 0 3 connected") +
                             Line("ee", nobody.address(), "master - 0 0 3 connected")));
  TestHost host(Entry(), {.options = With(cluster.one.address())});
  REQUIRE(host.Create().ok());
  for (int i = 0; i < 2; ++i) {
    const PollReport report = host.Poll({.timeout = 500ms});
    CHECK(report.error == "");
    CHECK_FALSE(report.hung());
    CHECK(report.Value("redis_node_up{node=\"" + cluster.one.address() + "\"}") == 1.0);
    CHECK(report.Value("redis_node_up{node=\"" + cluster.two.address() + "\"}") == 1.0);
    CHECK(report.Value("redis_node_up{node=\"" + silent.address() + "\"}") == 0.0);
    CHECK(report.Value("redis_node_up{node=\"" + nobody.address() + "\"}") == 0.0);
  }
  const PollReport interrupted = host.Poll({.interrupt_at_wait = 4});
  CHECK(interrupted.problems == kNone);
}

TEST_CASE("a node that leaves the cluster is let go and nodes_max bounds the rest") {
  TwoNodes cluster;
  cluster.Tell(cluster.Nodes());
  TestHost host(Entry(), {.options = With(cluster.one.address())});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  cluster.Tell(Line("aa", cluster.one.address(), "master - 0 0 1 connected 0-16383") +
               Line("bb", cluster.two.address(), "master,fail - 0 0 2 disconnected"));
  const PollReport report = host.Poll();
  CHECK(report.facts.at("reads") == "1 nodes");
  CHECK(report.Value("redis_node_state{node=\"" + cluster.two.address() + "\",state=\"fail\"}") ==
        1.0);
  cluster.Tell(cluster.Nodes());
  TestHost bounded(Entry(), {.options = With(cluster.one.address(), {{"nodes_max", "1"}})});
  REQUIRE(bounded.Create().ok());
  CHECK(bounded.Poll().Value("redis_nodes_left_out") == 1.0);
}

TEST_CASE("what is no cluster is said so") {
  FakeRedis single(Folder("redis_7.0"));
  single.Set("CLUSTER", "-ERR This instance has cluster support disabled\r\n");
  TestHost host(Entry(), {.options = With(single.address())});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK_FALSE(report.ok());
  CHECK(report.error.find("cluster support disabled") != std::string::npos);
  for (const char* reply : {"$0\r\n\r\n", "$4\r\nabcd\r\n", ":1\r\n", "*-1\r\n"}) {
    single.Set("CLUSTER NODES", reply);
    CHECK(host.Poll().reason == Reason::kProtocol);
  }
}

TEST_CASE("each node walks its own keys and a named key is asked of the node that has its slot") {
  TwoNodes cluster;
  cluster.Tell(cluster.Nodes());
  for (FakeRedis* node : {&cluster.one, &cluster.two}) {
    node->Set("SELECT", "+OK\r\n");
    node->Set("SCAN 0 MATCH k*", Array({Bulk("0"), Bulks({"k"})}));
    node->Set("TYPE k", "+list\r\n");
    node->Set("MEMORY USAGE k", ":50\r\n");
    node->Set("LLEN k", ":3\r\n");
    node->Set("TYPE 123456789", "+none\r\n");
    node->Set("MEMORY USAGE 123456789", "$-1\r\n");
    node->Set("TYPE moved", "-MOVED 1 127.0.0.1:7\r\n");
    node->Set("MEMORY USAGE moved", "-MOVED 1 127.0.0.1:7\r\n");
  }
  cluster.two.Set("SCAN 0 MATCH k*", Array({Bulk("0"), Bulks({"k", "moved"})}));
  Options more = {{"check_keys", "[\"k*\"]"}, {"check_single_keys", "[\"123456789\"]"}};
  TestHost host(Entry(), {.options = With(cluster.one.address(), more)});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"keys"}});
  CHECK(report.problems == kNone);
  CHECK(OutcomeOf(report, "keys") == Reason::kOk);
  const auto size = [&](const std::string& key, const FakeRedis& node) {
    return report.Value("redis_key_size{db=\"db0\",key=\"" + key + "\",node=\"" + node.address() +
                        "\"}");
  };
  CHECK(size("k", cluster.one) == 3.0);
  CHECK(size("k", cluster.two) == 3.0);
  CHECK_FALSE(size("123456789", cluster.one));
  CHECK(size("123456789", cluster.two) == 0.0);  // slot 12739
  CHECK_FALSE(size("moved", cluster.two));
  CHECK(report.FamilyText("redis_keys_scan_timestamp_seconds").find(cluster.one.address()) !=
        std::string::npos);
  cluster.one.Set("SCAN 0 MATCH k*", "-NOPERM no\r\n");
  const PollReport denied = host.Poll({.due = {"keys"}});
  CHECK(OutcomeOf(denied, "keys") == Reason::kOk);
  CHECK(denied.FamilyText("redis_key_size").find(cluster.one.address()) == std::string::npos);
  REQUIRE(denied.logs.size() == 1);  // or nobody would know
  CHECK(denied.logs[0].text.find("`keys` fails on " + cluster.one.address()) != std::string::npos);
  CHECK(host.Poll({.due = {"keys"}}).logs.empty());
  cluster.two.Set("SCAN 0 MATCH k*", "-NOPERM no\r\n");
  CHECK(OutcomeOf(host.Poll({.due = {"keys"}}), "keys") == Reason::kPermission);
}

TEST_CASE("one replica of each master is walked in place of it if the settings want it so") {
  TwoNodes cluster;
  FakeRedis of_one(Folder("cluster_7.0")), idle(Folder("cluster_7.0"));
  cluster.Tell(Line("aa", cluster.one.address(), "master - 0 0 1 connected 0-16383") +
               Line("bb", cluster.two.address(), "master - 0 0 2 connected") +
               Line("ca", of_one.address(), "slave aa 0 0 1 connected") +
               Line("cb", idle.address(), "slave aa 0 0 1 connected"));
  for (FakeRedis* node : {&of_one, &idle}) {
    node->Set("READONLY", "+OK\r\n");
    node->Set("SELECT", "+OK\r\n");
    node->Set("TYPE a", "+none\r\n");
    node->Set("MEMORY USAGE a", "$-1\r\n");
  }
  Options more = {{"check_single_keys", "[\"a\"]"},
                  {"include_replicas", "true"},
                  {"skip_checkkeys_for_role_master", "true"}};
  TestHost host(Entry(), {.options = With(cluster.one.address(), more)});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"keys"}});
  CHECK(OutcomeOf(report, "keys") == Reason::kOk);
  const std::string sizes = report.FamilyText("redis_key_size");
  CHECK((sizes.find(of_one.address()) == std::string::npos) !=
        (sizes.find(idle.address()) == std::string::npos));
  of_one.Set("READONLY", "-NOPERM no\r\n");
  idle.Set("READONLY", "-NOPERM no\r\n");
  const PollReport denied = host.Poll({.due = {"keys"}});
  CHECK(OutcomeOf(denied, "keys") == Reason::kPermission);
  CHECK(denied.CollectorNamed("keys")->message.find("+readonly") != std::string::npos);
  more["scan_address"] = idle.address();
  TestHost refused(Entry(), {.options = With(cluster.one.address(), more)});
  CHECK_FALSE(refused.Create().ok());
}

TEST_CASE("search indexes of a cluster are shown by the account of each node") {
  TwoNodes cluster;
  cluster.Tell(cluster.Nodes());
  for (FakeRedis* node : {&cluster.one, &cluster.two}) {
    node->Set("FT._LIST", Bulks({"idx", "other"}));
    node->Set("FT.INFO idx", Bulks({"index_name", "idx", "num_docs", "10"}));
  }
  cluster.two.Set("FT.INFO idx", Bulks({"index_name", "idx", "num_docs", "20"}));
  TestHost host(Entry(),
                {.options = With(cluster.one.address(), {{"check_search_indexes", "^idx"}})});
  REQUIRE(host.Create().ok());
  const auto documents = [](const PollReport& report, const FakeRedis& node) {
    return report.Value("redis_search_index_num_docs{index_name=\"idx\",node=\"" + node.address() +
                        "\"}");
  };
  const PollReport report = host.Poll({.due = {"search_indexes"}});
  CHECK(report.problems == kNone);
  CHECK(OutcomeOf(report, "search_indexes") == Reason::kOk);
  CHECK(documents(report, cluster.one) == 10.0);
  CHECK(documents(report, cluster.two) == 20.0);
  CHECK(report.logs.empty());

  cluster.one.Set("FT.INFO", "-NOPERM no\r\n");
  const PollReport half = host.Poll({.due = {"search_indexes"}});
  CHECK(OutcomeOf(half, "search_indexes") == Reason::kOk);
  CHECK_FALSE(documents(half, cluster.one));
  CHECK(documents(half, cluster.two) == 20.0);
  REQUIRE(half.logs.size() == 1);
  CHECK(half.logs[0].text.find("fails on " + cluster.one.address()) != std::string::npos);
  cluster.two.Set("FT.INFO", "-NOPERM no\r\n");
  const PollReport denied = host.Poll({.due = {"search_indexes"}});
  CHECK(OutcomeOf(denied, "search_indexes") == Reason::kPermission);
  CHECK(denied.CollectorNamed("search_indexes")->message.find("+ft.info") != std::string::npos);
}

TEST_CASE("scripts are run on each master and one that wants a key concerns who has it") {
  const ScriptFolder folder;
  const std::string counts = folder.Write("counts.lua", "counts");
  const std::string reads = folder.Write("reads.lua", "reads");
  const std::string elsewhere =
      "-ERR Script attempted to access a non local key in a cluster node script: ab, on "
      "@user_script:1.\r\n";
  TwoNodes cluster;
  FakeRedis replica(Folder("cluster_7.0"));
  cluster.Tell(cluster.Nodes(Line("dd", replica.address(), "slave aa 0 0 1 connected")));
  for (FakeRedis* node : {&cluster.one, &cluster.two}) {
    node->Set("SELECT", "+OK\r\n");
    node->Set("EVAL counts 0 0",
              Array({Bulk("keys"), ":5\r\n", Bulks({"jobs", "2", "gauge", "Jobs.", "q", "a"})}));
    node->Set("EVAL reads 0 0", elsewhere);
  }
  cluster.two.Set("EVAL reads 0 0", Bulks({"k", "7"}));
  TestHost host(Entry(),
                {.options = With(cluster.one.address(),
                                 {{"include_replicas", "true"},
                                  {"script", "[\"" + counts + "\", \"" + reads + "\"]"}})});
  REQUIRE(host.Create().ok());
  const auto result = [](const PollReport& report, const std::string& file, const FakeRedis& node) {
    return report.Value("redis_script_result{filename=\"" + file + "\",node=\"" + node.address() +
                        "\"}");
  };
  const PollReport report = host.Poll({.due = {"scripts"}});
  CHECK(report.problems == kNone);
  CHECK(OutcomeOf(report, "scripts") == Reason::kOk);
  CHECK(report.logs.empty());
  for (const FakeRedis* node : {&cluster.one, &cluster.two}) {
    const std::string label = ",node=\"" + node->address() + "\"}";
    CHECK(result(report, counts, *node) == 1.0);
    CHECK(report.Value("jobs{q=\"a\"" + label) == 2.0);
    CHECK(report.Value("redis_script_values{key=\"keys\",filename=\"" + counts + "\"" + label) ==
          5.0);
  }
  CHECK_FALSE(result(report, reads, cluster.one));
  CHECK(result(report, reads, cluster.two) == 1.0);
  for (const std::string& command : replica.commands()) CHECK_FALSE(command.starts_with("EVAL"));

  cluster.two.Set("EVAL reads 0 0", "-ERR wrong\r\n");
  const PollReport wrong = host.Poll({.due = {"scripts"}});
  CHECK_FALSE(result(wrong, reads, cluster.one));
  CHECK(result(wrong, reads, cluster.two) == 0.0);
  REQUIRE(wrong.logs.size() == 1);
  CHECK(wrong.logs[0].text.find(reads + ": on " + cluster.two.address() + ": ERR wrong") !=
        std::string::npos);
  CHECK(host.Poll({.due = {"scripts"}}).logs.empty());

  cluster.two.Set("EVAL reads 0 0", Array({Bulks({"jobs", "2", "gauge", "", "node", "a"})}));
  const PollReport taken = host.Poll({.due = {"scripts"}});
  CHECK(taken.problems == kNone);
  CHECK(result(taken, reads, cluster.two) == 0.0);
  cluster.two.Set("EVAL reads 0 0", elsewhere);  // it wants keys of several
  const PollReport nowhere = host.Poll({.due = {"scripts"}});
  CHECK(result(nowhere, reads, cluster.one) == 0.0);
  CHECK(result(nowhere, reads, cluster.two) == 0.0);
  REQUIRE(nowhere.logs.size() == 1);
  CHECK(nowhere.logs[0].text.find("non local key") != std::string::npos);
}
