#include "cluster_nodes.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace pillion::redis;

namespace {

const std::string kText =
    "07c37df 10.0.0.1:6379@16379,cache-1 myself,master - 0 0 1 connected 0-5460 7000 [93->-292f] "
    "[77-<-e7d1]\r\n"
    "67ed2db 10.0.0.2:6379@16379,,tls-port=0,shard-id=ab master,fail? - 1 2 2 disconnected "
    "5461-10922\n"
    "292f8b3 fd00::3:6380@16380 slave 67ed2db 1 2 3 connected\n"
    "6ec2392 :0@0 master,fail,noaddr - 1 2 3 disconnected\n"
    "824fe11 10.0.0.9:6379 handshake - 0 0 0 connected\n";

}  // namespace

TEST_CASE("lines of CLUSTER NODES of all versions") {
  const auto nodes = ParseClusterNodes(kText);
  REQUIRE(nodes.size() == 5);
  CHECK(nodes[0].id == "07c37df");
  CHECK(nodes[0].endpoint.ToText() == "10.0.0.1:6379");
  CHECK(nodes[0].hostname == "cache-1");
  CHECK(nodes[0].myself);
  CHECK(nodes[0].is_master);
  CHECK(nodes[0].slots == 5462);
  CHECK(nodes[0].migrating == 1);
  CHECK(nodes[0].importing == 1);
  CHECK(nodes[0].linked);
  CHECK(nodes[1].pfail);
  CHECK_FALSE(nodes[1].fail);
  CHECK(nodes[1].reachable());
  CHECK_FALSE(nodes[1].linked);
  CHECK(nodes[1].hostname == "");
  CHECK(nodes[1].slots == 5462);
  CHECK(nodes[2].endpoint.ToText() == "[fd00::3]:6380");
  CHECK(nodes[2].is_replica);
  CHECK(nodes[2].master == "67ed2db");
  CHECK_FALSE(nodes[3].reachable());
  CHECK_FALSE(nodes[4].reachable());
}

TEST_CASE("a key has the slot that the servers give it and a node knows its own") {
  CHECK(SlotOf("") == 0);
  CHECK(SlotOf("123456789") == 12739);  // the check value of the CRC
  CHECK(SlotOf("foo") == 12182);
  CHECK(SlotOf("{user1000}.following") == SlotOf("user1000"));
  CHECK(SlotOf("foo{}{bar}") == 8363);
  CHECK(SlotOf("foo{{bar}}zap") == SlotOf("{bar"));
  CHECK(SlotOf("foo{bar}{zap}") == SlotOf("bar"));
  CHECK(SlotOf("foo{bar") == SlotOf("foo{bar"));
  const auto nodes = ParseClusterNodes(kText);
  for (const int slot : {0, 5460, 7000}) CHECK(nodes[0].Serves(static_cast<uint16_t>(slot)));
  for (const int slot : {93, 5461, 6999})
    CHECK(nodes[0].Serves(static_cast<uint16_t>(slot)) == (slot == 93));
  CHECK_FALSE(nodes[2].Serves(0));
  std::string many;
  for (int i = 0; i < 3; ++i) {
    many += "id h:1@2 master - 0 0 1 connected";
    for (int k = 0; k < 9000; ++k) many += " " + std::to_string(k);
    many += "\n";
  }
  size_t ranges = 0;
  for (const ClusterNode& node : ParseClusterNodes(many)) ranges += node.ranges.size();
  CHECK(ranges == kClusterSlots);
}

TEST_CASE("lines that are none are left out and slots stay within what there is") {
  CHECK(ParseClusterNodes("").empty());
  CHECK(ParseClusterNodes("a b c\n").empty());
  CHECK(ParseClusterNodes("id 10.0.0.1:x@1 master - 0 0 1 connected\n").empty());
  CHECK(ParseClusterNodes("id 10.0.0.1:70000 master - 0 0 1 connected\n").empty());
  const auto odd = ParseClusterNodes(
      "id h:1@2 master - 0 0 1 connected 5-3 0-99999999999 16384 1-x -1 0-16383 0-16383\n");
  REQUIRE(odd.size() == 1);
  CHECK(odd[0].slots == 16384);
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "id h:1@2 master - 0 0 1 connected\n";
  CHECK(ParseClusterNodes(many).size() == kClusterNodesMax);
}

TEST_CASE("texts that are cut off or damaged do no harm") {
  for (size_t i = 0; i <= kText.size(); ++i) (void)ParseClusterNodes(kText.substr(0, i));
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string text = kText;
    for (int k = 0; k < 4; ++k) {
      const size_t at = random() % text.size();
      text[at] =
          "\n ,:@-[]<>\0\xff"
          "09"[random() % 14];
    }
    for (const ClusterNode& node : ParseClusterNodes(text)) CHECK(node.slots <= 16384);
  }
}
