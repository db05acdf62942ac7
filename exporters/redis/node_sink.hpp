// NodeSink: a Sink that adds the label `node` to everything that is put into it, so that the
// collectors need not know that they read one of many. Families of the table are declared anew
// with the further label.
//
// Lifetime: one collector of one poll; what it hands out is good as long.
#pragma once

#include "common/forwarding_host.hpp"

#include <pillion/sink.hpp>

#include <string>
#include <vector>

namespace pillion::redis {

class NodeSink : private ForwardedPoll {
 public:
  NodeSink(const PollContext& ctx);
  NodeSink(const NodeSink&) = delete;
  NodeSink& operator=(const NodeSink&) = delete;

  // The node of what is added from now on.
  void SetNode(std::string_view node) { node_ = node; }
  Sink& sink() { return sink_; }

 private:
  static pillion_host MakeTable();
  static NodeSink& Of(pillion_poll* poll) { return static_cast<NodeSink&>(Forwarded(poll)); }
  pillion_family Declared(pillion_family family);
  pillion_labels Own(pillion_family declared, pillion_labels labels);
  pillion_family Declare(const pillion_metric& metric);
  pillion_labels Labels(pillion_family family, const pillion_str* values, size_t count);
  pillion_labels LabelsNamed(const pillion_str* names, const pillion_str* values, size_t count);

  const pillion_host table_;
  std::string_view node_;
  std::vector<pillion_family> declared_;  // by index into the table
  Sink sink_;
};

}  // namespace pillion::redis
