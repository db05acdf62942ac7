// ClusterScans: the collectors that walk keys, on the nodes of a cluster. Each node walks its own
// keys, all at the same time, and keeps its place between polls; a key that is asked for by its
// name is asked of the node that serves its slot.
//
// Masters are walked; one replica of each instead if the settings want it so.
//
// Threads: one at a time. Bounds: those of the settings, for each node.
#pragma once

#include "cluster.hpp"
#include "key_jobs.hpp"
#include "node_failures.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::redis {

class ClusterScans {
 public:
  // `settings` must outlive it.
  ClusterScans(const Settings& settings, const Options& options)
      : settings_(settings), missing_(options) {}

  // Those of the collectors that are due.
  void Run(const PollContext& ctx, DueSet due, const Cluster& cluster,
           std::span<const NodeReading> readings, NodeFailures& failures, Sink& sink);

 private:
  // A node whose keys are walked in this poll.
  struct Walk {
    const NodeReading* node = nullptr;
    const ClusterNode* owner = nullptr;  // the master whose keys they are
    KeyJobs* jobs = nullptr;
    bool replica = false;
    Result<void> outcome;
  };

  std::vector<Walk> Choose(const Cluster& cluster, std::span<const NodeReading> readings);
  void Turn(const PollContext& ctx, CollectorId collector, Walk& walk);

  const Settings& settings_;
  MissingDatabases missing_;
  std::map<std::string, KeyJobs, std::less<>> jobs_;  // by the name of the node
};

}  // namespace pillion::redis
