// NodeFailures: a collector that works on some nodes of a cluster and fails on others is no failure
// of the instance, and what it would show of the others is missing. The log says so: once for each
// collector and node, until it works there again.
//
// Threads: one at a time. Bounds: collectors times nodes.
#pragma once

#include "tables.hpp"

#include <pillion/options.hpp>
#include <pillion/result.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace pillion::redis {

class NodeFailures {
 public:
  explicit NodeFailures(const Options& options) : options_(options) {}

  // The collector's outcome over all nodes: it has failed if it did on each of them.
  class Run {
   public:
    Run(NodeFailures& all, CollectorId collector) : all_(all), collector_(collector) {}
    void Add(std::string_view node, const Result<void>& outcome);
    Result<void> End();

   private:
    NodeFailures& all_;
    const CollectorId collector_;
    bool any_ = false;
    std::map<std::string, Error> failed_;  // by node
  };

 private:
  const Options options_;
  std::map<CollectorId, std::set<std::string>> told_;
};

}  // namespace pillion::redis
