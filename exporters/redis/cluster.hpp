// Cluster: the nodes of a Redis cluster, each with a session of its own. A poll asks one node who
// the others are, and then all of them at the same time (common/together.hpp).
//
// A slot that moves and a master that changes are seen by the next poll. Keys need no MOVED: each
// node is asked for its own (ClusterScans).
//
// Threads: one at a time. Bounds: nodes_max sessions.
#pragma once

#include "cluster_nodes.hpp"
#include "session.hpp"

#include <memory>
#include <string>
#include <vector>

namespace pillion::redis {

// A node that is read, and what the poll read of it.
struct NodePoll {
  std::string name;  // host:port, the label `node`
  Session* session = nullptr;
  double* start_time = nullptr;  // kept between polls
  Answers answers;
  Result<void> outcome;
  uint32_t migrating = 0, importing = 0;  // slots, as the node itself says
};

class Cluster {
 public:
  Cluster(const Settings& settings, const Options& options)
      : settings_(settings), options_(options) {}

  // Fails if no node tells of the cluster, or none could be read.
  Result<void> Poll(const PollContext& ctx, DueSet due);
  // As Session::Renew, for all nodes.
  void Renew(const PollContext& ctx);

  // Of the last poll; valid until the next.
  std::vector<NodePoll>& polls() { return polls_; }
  const std::vector<ClusterNode>& nodes() const { return nodes_; }
  std::string NameOf(const ClusterNode& node) const;
  // Nodes that were left out because of nodes_max.
  size_t left_out() const { return left_out_; }

 private:
  struct Member {
    Address address;
    std::unique_ptr<Session> session;
    double start_time = 0;
  };

  Result<void> Discover(const PollContext& ctx);
  Result<void> AskForNodes(const PollContext& ctx, Member& member, MonoTime until);
  Member MakeMember(const Address& address) const;
  Address AddressOf(const ClusterNode& node) const;
  uint64_t NewestSecret() const;
  void Choose();
  void ReadNode(const PollContext& ctx, DueSet due, NodePoll& poll) const;

  const Settings& settings_;
  Options options_;
  std::vector<Member> members_;
  std::vector<ClusterNode> nodes_;
  std::vector<NodePoll> polls_;
  std::string asked_host_;  // of who told of the nodes: it may not know its own address
  size_t left_out_ = 0;
};

}  // namespace pillion::redis
