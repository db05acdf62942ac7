// LiveCluster: three masters of a Redis cluster, and a replica of each if wanted, that know all of
// each other.
//
// Why it waits until all agree, epochs included: masters that start with the same configuration
// epoch sort that out among themselves in the first seconds, by taking new ones. A master that dies
// when the others have heard of its new epoch and its replica has not leaves no heir: the others
// refuse the replica their votes for ever ("Failover auth denied: slot epoch > reqEpoch"), and
// nothing tells it the epoch any more. CLUSTER INFO says `ok` all the while before.
#pragma once

#include "redis_server.hpp"

#include <memory>
#include <string>
#include <vector>

namespace pillion::redis::testing {

class LiveCluster {
 public:
  static constexpr size_t kMasters = 3;

  // Fails the test if the nodes don't agree within kHang. `arguments` are for each server.
  explicit LiveCluster(bool with_replicas, std::vector<std::string> arguments = {});

  // The masters come first, then the replica of each in the same order.
  RedisServer& node(size_t i) { return *nodes_[i]; }
  size_t size() const { return nodes_.size(); }
  // {node="127.0.0.1:1234"}
  std::string Label(size_t i) const { return "{node=\"" + nodes_[i]->address() + "\"}"; }
  // Waits until all nodes that run say the same of all, and take keys.
  void Agree() const;

  // Makes a master hand a slot to another one; Begin opens it, End ends it.
  void BeginMove(int slot, size_t from, size_t to) const;
  void EndMove(int slot, size_t from, size_t to) const;
  // The master that serves a slot, by the account of node 0.
  size_t OwnerOf(int slot) const;
  void Kill(size_t i) { nodes_[i]->Kill(); }

 private:
  std::string Id(size_t i) const;
  std::string BusPort(size_t i) const;
  // What a node says of all: id, flags, master, epoch and slots, in order of the ids. Empty if one
  // of them is not in touch.
  std::vector<std::string> View(size_t i) const;

  std::vector<std::unique_ptr<RedisServer>> nodes_;
};

}  // namespace pillion::redis::testing
