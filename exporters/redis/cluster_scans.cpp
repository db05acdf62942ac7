#include "cluster_scans.hpp"

#include "node_sink.hpp"

#include "common/together.hpp"

#include <algorithm>

namespace pillion::redis {

void ClusterScans::Run(const PollContext& ctx, DueSet due, const Cluster& cluster,
                       std::span<const NodeReading> readings, NodeFailures& failures, Sink& sink) {
  if (std::none_of(std::begin(kScanning), std::end(kScanning), [&](auto c) { return due[c]; })) {
    return;
  }
  std::vector<Walk> walks = Choose(cluster, readings);
  const bool skip_masters = settings_.keys.skip_on_master;
  for (const CollectorId collector : kScanning) {
    sink.Collect(collector, [&]() -> Result<void> {
      std::vector<Task> tasks;
      for (Walk& walk : walks) {
        if (skip_masters && !walk.replica && IsKeyCheck(collector)) continue;
        tasks.emplace_back([&](const PollContext& own) { Turn(own, collector, walk); });
      }
      if (tasks.empty()) return {};
      RunTogether(ctx, tasks);
      NodeSink to(ctx);
      NodeFailures::Run run(failures, collector);
      for (const Walk& walk : walks) {
        run.Add(walk.node->name, walk.outcome);
        if (!walk.outcome.ok()) continue;
        to.SetNode(walk.node->name);
        walk.jobs->Emit(collector, settings_.keys, to.sink());
      }
      return run.End();
    });
  }
}

void ClusterScans::Turn(const PollContext& ctx, CollectorId collector, Walk& walk) {
  walk.outcome = Error{Reason::kInternal, "the walk did not end"};  // if it throws
  if (walk.replica) {  // else it would send everybody who asks for a key to its master
    Pipeline pipeline;
    pipeline.Add({"READONLY"});
    const auto replies = walk.node->session->Exchange(ctx, pipeline);
    if (!replies) {
      walk.outcome = replies.error();
      return;
    }
    const redisReply* said = replies->front().get();
    if (IsError(said)) {
      walk.outcome = ErrorOfCommand("READONLY", "+readonly", TextOf(said), settings_.user);
      return;
    }
  }
  KeyReader reader(ctx, *walk.node->session, settings_, missing_, walk.owner);
  walk.outcome = walk.jobs->Run(collector, reader, walk.node->reading);
}

// In the order of the nodes' names. What is known of nodes that are gone is forgotten.
std::vector<ClusterScans::Walk> ClusterScans::Choose(const Cluster& cluster,
                                                     std::span<const NodeReading> readings) {
  const bool replicas = settings_.keys.skip_on_master && settings_.topology.include_replicas;
  const auto& nodes = cluster.nodes();
  const auto named = [&](std::string_view name) {
    return std::find_if(nodes.begin(), nodes.end(),
                        [&](const ClusterNode& node) { return cluster.NameOf(node) == name; });
  };
  std::vector<Walk> walks;
  for (const NodeReading& reading : readings) {
    const auto node = named(reading.name);
    if (node == nodes.end()) continue;
    auto owner = node;
    if (replicas) {
      if (!node->is_replica) continue;
      owner = std::find_if(nodes.begin(), nodes.end(), [&](const ClusterNode& other) {
        return other.is_master && other.id == node->master;
      });
      if (owner == nodes.end()) continue;
      const bool twice = std::any_of(walks.begin(), walks.end(),
                                     [&](const Walk& walk) { return walk.owner == &*owner; });
      if (twice) continue;
    } else if (!node->is_master) {
      continue;
    }
    walks.push_back({.node = &reading,
                     .owner = &*owner,
                     .jobs = &jobs_[std::string(reading.name)],
                     .replica = replicas,
                     .outcome = {}});
  }
  std::erase_if(jobs_, [&](const auto& entry) { return named(entry.first) == nodes.end(); });
  return walks;
}

}  // namespace pillion::redis
