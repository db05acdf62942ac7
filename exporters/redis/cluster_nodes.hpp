// What CLUSTER NODES says. Pure; any thread.
#pragma once

#include "address.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::redis {

inline constexpr uint32_t kClusterSlots = 16384;

struct SlotRange {
  uint16_t first = 0, last = 0;  // both are in it
};

// The slot of a key: what stands between its first { and the next } counts, if there is something.
uint16_t SlotOf(std::string_view key);

struct ClusterNode {
  std::string id;
  Endpoint endpoint;     // its host is empty if the node does not know its own address
  std::string hostname;  // that it announces; empty: none
  std::string master;    // id, of a replica
  bool myself = false, is_master = false, is_replica = false;
  bool pfail = false, fail = false, handshake = false, noaddr = false;
  bool linked = false;
  uint32_t slots = 0;
  std::vector<SlotRange> ranges;  // which they are; at most kClusterSlots of all nodes together
  uint32_t migrating = 0, importing = 0;  // only of the node that was asked

  bool Serves(uint16_t slot) const;
  bool reachable() const { return !fail && !handshake && !noaddr && endpoint.port != 0; }
};

inline constexpr size_t kClusterNodesMax = 2048;  // what is read of it

// Lines that are not understood are left out.
std::vector<ClusterNode> ParseClusterNodes(std::string_view text);

}  // namespace pillion::redis
