#include "live_cluster.hpp"

#include "eventually.hpp"

#include "cluster_nodes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace pillion::redis::testing {
namespace {

// The text of a bulk reply.
std::string Body(const std::string& reply) {
  const size_t begin = reply.find("\r\n");
  if (reply.empty() || reply[0] != '$' || begin == std::string::npos) return {};
  return reply.substr(begin + 2, reply.size() - begin - 4);
}

}  // namespace

LiveCluster::LiveCluster(bool with_replicas, std::vector<std::string> arguments) {
  const std::vector<std::string> own = {"--cluster-enabled",
                                        "yes",
                                        "--cluster-node-timeout",
                                        "2000",
                                        "--cluster-replica-validity-factor",
                                        "0"};
  arguments.insert(arguments.end(), own.begin(), own.end());
  for (size_t i = 0; i < (with_replicas ? 2 : 1) * kMasters; ++i) {
    auto of_node = arguments;
    of_node.insert(of_node.end(), {"--cluster-port", std::to_string(FreePort())});
    nodes_.push_back(std::make_unique<RedisServer>(std::move(of_node)));
    // As `redis-cli --cluster create` does: masters with the same epoch would sort that out later.
    nodes_[i]->Ask({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
  }
  const char* const ranges[][2] = {{"0", "5460"}, {"5461", "10922"}, {"10923", "16383"}};
  for (size_t i = 0; i < kMasters; ++i) {
    nodes_[i]->Ask({"CLUSTER", "ADDSLOTSRANGE", ranges[i][0], ranges[i][1]});
  }
  for (size_t i = 1; i < size(); ++i) {
    nodes_[0]->Ask({"CLUSTER", "MEET", "127.0.0.1", std::to_string(nodes_[i]->port()), BusPort(i)});
  }
  for (size_t i = kMasters; i < size(); ++i) {
    REQUIRE(Eventually([&] {
      return nodes_[i]->Ask({"CLUSTER", "REPLICATE", Id(i - kMasters)}).starts_with("+OK");
    }));
  }
  Agree();
  for (size_t i = kMasters; i < size(); ++i) {
    REQUIRE(Eventually([&] {
      return nodes_[i]->Ask({"INFO", "replication"}).find("master_link_status:up") !=
             std::string::npos;
    }));
  }
}

void LiveCluster::Agree() const {
  REQUIRE(Eventually([&] {
    std::vector<std::string> first;
    for (size_t i = 0; i < size(); ++i) {
      if (!nodes_[i]->running()) continue;
      const std::string info = nodes_[i]->Ask({"CLUSTER", "INFO"});
      if (info.find("cluster_state:ok") == std::string::npos) return false;
      if (info.find("cluster_size:3") == std::string::npos) return false;
      const auto view = View(i);
      if (first.empty()) first = view;
      if (view.size() != size() || view != first) return false;
    }
    return true;
  }));
}

std::vector<std::string> LiveCluster::View(size_t i) const {
  std::vector<std::string> view;
  std::istringstream lines(Body(nodes_[i]->Ask({"CLUSTER", "NODES"})));
  size_t replicas = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::array<std::string, 8> word;  // id address flags master ping pong epoch link
    for (std::string& text : word) words >> text;
    if (word[2].starts_with("myself,")) word[2].erase(0, 7);
    const bool gone = word[2] == "master,fail" || word[2] == "slave,fail";
    if (word[2] != "master" && word[2] != "slave" && !gone) return {};
    if (word[7] != "connected" && !gone) return {};
    if (word[2].starts_with("slave")) ++replicas;
    std::string rest;
    std::getline(words, rest);
    if (rest.find('[') != std::string::npos) rest.erase(rest.find('['));  // only of itself
    view.push_back(word[0] + " " + word[2] + " " + word[3] + " " + word[6] + rest);
  }
  if (replicas + kMasters > size()) return {};
  std::sort(view.begin(), view.end());
  return view;
}

void LiveCluster::BeginMove(int slot, size_t from, size_t to) const {
  const std::string text = std::to_string(slot);
  nodes_[to]->Ask({"CLUSTER", "SETSLOT", text, "IMPORTING", Id(from)});
  nodes_[from]->Ask({"CLUSTER", "SETSLOT", text, "MIGRATING", Id(to)});
}

void LiveCluster::EndMove(int slot, size_t from, size_t to) const {
  const std::string id = Id(to);
  for (const size_t i : {to, from}) {
    nodes_[i]->Ask({"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", id});
  }
}

size_t LiveCluster::OwnerOf(int slot) const {
  for (const ClusterNode& node : ParseClusterNodes(Body(nodes_[0]->Ask({"CLUSTER", "NODES"})))) {
    if (!node.Serves(static_cast<uint16_t>(slot))) continue;
    for (size_t i = 0; i < size(); ++i) {
      if (nodes_[i]->port() == node.endpoint.port) return i;
    }
  }
  return size();
}

std::string LiveCluster::Id(size_t i) const { return Body(nodes_[i]->Ask({"CLUSTER", "MYID"})); }

std::string LiveCluster::BusPort(size_t i) const {
  const std::string text = nodes_[i]->Ask({"CLUSTER", "NODES"});
  const size_t at = text.find('@');
  return text.substr(at + 1, text.find_first_of(", ", at) - at - 1);
}

}  // namespace pillion::redis::testing
