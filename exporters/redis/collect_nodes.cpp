// The collector of a cluster's nodes: what they say of each other.
#include "cluster.hpp"
#include "collect.hpp"
#include "tables.hpp"

namespace pillion::redis {
namespace {

std::string_view RoleOf(const ClusterNode& node) {
  if (node.is_master) return "master";
  return node.is_replica ? "slave" : "unknown";
}

}  // namespace

Result<void> CollectNodes(Cluster& cluster, Sink& sink) {
  for (const ClusterNode& node : cluster.nodes()) {
    const std::string name = cluster.NameOf(node);
    sink.Add(FamilyOf(kNodeInfo), {name, node.id, RoleOf(node), node.master}, 1);
    const Labels labels = sink.MakeLabels(FamilyOf(kNodeSlots), {name});
    sink.Add(FamilyOf(kNodeSlots), labels, node.slots);
    sink.Add(FamilyOf(kNodeLinkUp), labels, node.linked ? 1 : 0);
    const struct {
      std::string_view state;
      bool is;
    } states[] = {{"pfail", node.pfail},
                  {"fail", node.fail},
                  {"handshake", node.handshake},
                  {"noaddr", node.noaddr}};
    for (const auto& entry : states) {
      sink.Add(FamilyOf(kNodeState), {name, entry.state}, entry.is ? 1 : 0);
    }
  }
  for (const NodePoll& poll : cluster.polls()) {
    const Labels labels = sink.MakeLabels(FamilyOf(kNodeUp), {poll.name});
    sink.Add(FamilyOf(kNodeUp), labels, poll.outcome.ok() ? 1 : 0);
    if (poll.session->logs_in()) {
      const bool refused = poll.session->pause() != nullptr && poll.session->pause()->refused();
      sink.Add(FamilyOf(kNodeSecretAccepted), labels, refused ? 0 : 1);
    }
    if (!poll.outcome.ok()) continue;
    sink.Add(FamilyOf(kNodeMigrating), labels, poll.migrating);
    sink.Add(FamilyOf(kNodeImporting), labels, poll.importing);
  }
  sink.Add(FamilyOf(kNodesLeftOut), static_cast<double>(cluster.left_out()));
  return {};
}

}  // namespace pillion::redis
