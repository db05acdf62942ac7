// What an instance reads: one server, the master or a replica that sentinels name, or a cluster.
#pragma once

#include "address.hpp"

#include <pillion/options.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace pillion::redis {

struct Topology {
  enum class Kind : uint8_t { kSingle, kSentinel, kCluster };
  static constexpr size_t kSeedsMax = 32;

  Kind kind = Kind::kSingle;
  std::vector<Address> seeds;  // sentinels, or nodes of the cluster; `address` is the first
  // sentinel
  std::string master_name;
  bool prefer_replica = false;
  std::string sentinel_user;
  // cluster
  bool include_replicas = false;
  size_t nodes_max = 64;  // that are read
};

// Throws OptionError.
Topology ReadTopology(const Options& options, const Address& address);
std::string_view NameOf(Topology::Kind kind);

}  // namespace pillion::redis
