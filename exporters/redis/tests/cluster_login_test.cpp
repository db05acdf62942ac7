// Passwords of a cluster whose nodes get a new one after the other, against scripted nodes.
#include "fake_redis.hpp"
#include "login_pause.hpp"
#include "outcome.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace pillion::redis;
using namespace pillion::redis::testing;
using namespace std::chrono_literals;
using pillion::MonoTime;
using pillion::Reason;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

constexpr const char* kWrong = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";

struct ThreeNodes {
  FakeRedis node[3] = {FakeRedis(Folder("cluster_7.0")), FakeRedis(Folder("cluster_7.0")),
                       FakeRedis(Folder("cluster_7.0"))};

  ThreeNodes() {
    std::string text;
    for (int i = 0; i < 3; ++i) {
      text += std::string(2, static_cast<char>('a' + i)) + " " + node[i].address() +
              "@1 master - 0 0 " + std::to_string(i) + " connected " + std::to_string(i) + "\n";
    }
    for (FakeRedis& each : node) each.Set("CLUSTER NODES", Bulk(text));
    Accept("old");
  }
  // Of all nodes, or of one: the only password that is right.
  void Accept(const std::string& password) {
    for (int i = 0; i < 3; ++i) Accept(i, password);
  }
  void Accept(int i, const std::string& password) {
    node[i].Set("AUTH ", kWrong);
    node[i].Set("AUTH " + password, "+OK\r\n");
  }
  // How often the node was asked to log in since the last Forget.
  size_t LogIns(int i) const {
    const auto commands = node[i].commands();
    return static_cast<size_t>(std::count_if(commands.begin(), commands.end(),
                                             [](const auto& c) { return c.starts_with("AUTH "); }));
  }
  void Forget() {
    for (FakeRedis& each : node) each.Forget();
  }
  std::string Label(int i) const { return "{node=\"" + node[i].address() + "\"}"; }
};

pillion::testing::TestHostConfig Of(const ThreeNodes& cluster) {
  return {.options = {{"topology", "cluster"}, {"address", cluster.node[0].address()}},
          .secrets = {{"password", "old"}},
          .fake_clock = true};
}

const std::vector<std::string> kDue = {"info", "nodes"};

}  // namespace

TEST_CASE("a refused password waits for ever longer and another one does not") {
  LoginPause pause;
  CHECK_FALSE(pause.Holds("a", 0s));
  CHECK(pause.Refused(0s));
  CHECK(pause.refused());
  CHECK(pause.Holds("a", 9s));
  CHECK_FALSE(pause.Holds("a", 10s));
  CHECK_FALSE(pause.Refused(10s));
  CHECK(pause.Holds("a", 29s));
  CHECK_FALSE(pause.Holds("b", 29s));
  CHECK(pause.Refused(29s));
  CHECK(pause.Holds("b", 38s));
  pause.Lift();
  CHECK_FALSE(pause.Holds("b", 38s));
  CHECK_FALSE(pause.Refused(38s));
  CHECK(pause.Holds("b", 57s));
  MonoTime now = 1h;
  for (int i = 0; i < 20; ++i) pause.Refused(now);
  CHECK(pause.until() == now + LoginPause::kLongest);
  CHECK_FALSE(pause.Holds("b", now + LoginPause::kLongest));
  CHECK(pause.Accepted());
  CHECK_FALSE(pause.Holds("b", now));
}

TEST_CASE("nodes that get a new password before the file has it are found again at once") {
  ThreeNodes cluster;
  TestHost host(Entry(), Of(cluster));
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll({.due = kDue}).ok());
  cluster.Accept(1, "new");
  cluster.node[1].CloseAt("INFO ALL", 1);  // it is started anew
  cluster.Forget();
  for (int i = 0; i < 5; ++i) {
    const PollReport report = host.Poll({.due = kDue});
    CHECK(report.error == "");
    CHECK(report.Value("redis_node_up" + cluster.Label(0)) == 1.0);
    CHECK(report.Value("redis_node_up" + cluster.Label(1)) == 0.0);
    CHECK(report.Value("redis_node_secret_accepted" + cluster.Label(1)) == 0.0);
  }
  CHECK(cluster.LogIns(1) == 1);  // and not with each poll
  host.Advance(11s);
  for (int i = 0; i < 5; ++i) (void)host.Poll({.due = kDue});
  CHECK(cluster.LogIns(1) == 2);
  host.SetSecret("password", "new");
  const PollReport found = host.Poll({.due = kDue});
  CHECK(found.Value("redis_node_up" + cluster.Label(1)) == 1.0);
  CHECK(found.Value("redis_node_secret_accepted" + cluster.Label(1)) == 1.0);
  const auto logs = host.logs();
  for (const FakeRedis& node : cluster.node) {  // the others refused the new one, once each
    CHECK(std::count_if(logs.begin(), logs.end(), [&](const auto& line) {
            return line.text.find(node.address() + ": AUTH as") != std::string::npos;
          }) == 1);
  }
}

TEST_CASE("a file that changes before the nodes costs each of them one log-in and no poll") {
  ThreeNodes cluster;
  TestHost host(Entry(), Of(cluster));
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll({.due = kDue}).ok());
  cluster.Forget();
  host.SetSecret("password", "new");
  for (int i = 0; i < 5; ++i) {
    const PollReport report = host.Poll({.due = kDue});
    for (int n = 0; n < 3; ++n) CHECK(report.Value("redis_node_up" + cluster.Label(n)) == 1.0);
    CHECK(report.Value("redis_node_secret_accepted" + cluster.Label(0)) == (i == 0 ? 1.0 : 0.0));
  }
  for (int n = 0; n < 3; ++n) CHECK(cluster.LogIns(n) == 1);
  // The host must not keep the password back: the next node may be the one that takes it.
  CHECK(host.secrets_tried() == std::vector{Reason::kRefused});
  for (int n = 0; n < 3; ++n) {
    cluster.Accept(n, "new");
    cluster.node[n].CloseAt("INFO ALL", 1);
    const PollReport report = host.Poll({.due = kDue});
    for (int k = 0; k < 3; ++k) CHECK(report.Value("redis_node_up" + cluster.Label(k)) == 1.0);
  }
  for (int n = 0; n < 3; ++n) CHECK(cluster.LogIns(n) <= 2);
  CHECK(host.Poll({.due = kDue}).Value("redis_node_secret_accepted" + cluster.Label(2)) == 1.0);
}

TEST_CASE("nodes that keep their connections take a new password when the first one has done so") {
  ThreeNodes cluster;
  TestHost host(Entry(), Of(cluster));
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll({.due = kDue}).ok());
  host.SetSecret("password", "new");
  cluster.Accept(1, "new");
  cluster.Forget();
  (void)host.Poll({.due = kDue});
  CHECK(host.secrets_tried() == std::vector{Reason::kOk});
  const PollReport one = host.Poll({.due = kDue});
  CHECK(one.Value("redis_node_secret_accepted" + cluster.Label(0)) == 0.0);
  CHECK(one.Value("redis_node_secret_accepted" + cluster.Label(1)) == 1.0);
  cluster.Accept("new");
  host.Advance(11s);
  (void)host.Poll({.due = kDue});
  CHECK(host.Poll({.due = kDue}).Value("redis_node_secret_accepted" + cluster.Label(0)) == 1.0);
  cluster.Forget();
  for (int i = 0; i < 3; ++i) REQUIRE(host.Poll({.due = kDue}).ok());
  for (int n = 0; n < 3; ++n) CHECK(cluster.LogIns(n) == 0);
}

TEST_CASE("passwords of a map that differ by node are tried at their nodes only") {
  ThreeNodes cluster;
  const auto map = [&](const std::string& second) {
    return "{\"redis://" + cluster.node[0].address() + "\":\"old\",\"redis://" +
           cluster.node[1].address() + "\":\"" + second + "\",\"redis://" +
           cluster.node[2].address() + "\":\"old\"}";
  };
  auto config = Of(cluster);
  config.secrets = {{"password_map", map("old")}};
  TestHost host(Entry(), std::move(config));
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll({.due = kDue}).ok());
  cluster.Accept(1, "new");
  host.SetSecret("password_map", map("new"));
  for (int i = 0; i < 3; ++i) {
    const PollReport report = host.Poll({.due = kDue});
    for (int n = 0; n < 3; ++n) {
      CHECK(report.Value("redis_node_up" + cluster.Label(n)) == 1.0);
      CHECK(report.Value("redis_node_secret_accepted" + cluster.Label(n)) == 1.0);
    }
  }
  CHECK(host.secrets_tried() == std::vector{Reason::kOk});
}
