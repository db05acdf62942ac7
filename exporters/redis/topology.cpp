#include "topology.hpp"

#include <algorithm>

namespace pillion::redis {
namespace {

constexpr uint16_t kSentinelPort = 26379;

void ReadSeeds(const Options& options, Topology& topology) {
  const uint16_t port = topology.kind == Topology::Kind::kSentinel ? kSentinelPort : Address().port;
  for (const std::string_view text : options.StringList("seeds")) {
    auto seed = ParseAddress(text, port);
    if (!seed) throw OptionError("seeds", seed.error().message);
    if (seed->tls != topology.seeds.front().tls) {
      throw OptionError("seeds", "all of them and `address` use TLS, or none does");
    }
    if (std::find(topology.seeds.begin(), topology.seeds.end(), *seed) == topology.seeds.end()) {
      topology.seeds.push_back(std::move(*seed));
    }
  }
  if (topology.seeds.size() > Topology::kSeedsMax) throw OptionError("seeds", "at most 31");
}

}  // namespace

Topology ReadTopology(const Options& options, const Address& address) {
  Topology topology;
  const std::string_view kind = options.String("topology", "single");
  if (kind == "sentinel") topology.kind = Topology::Kind::kSentinel;
  if (kind == "cluster") topology.kind = Topology::Kind::kCluster;
  if (topology.kind == Topology::Kind::kSingle) {
    for (const char* name : {"seeds", "master_name"}) {
      if (options.IsSet(name)) throw OptionError(name, "belongs to another `topology`");
    }
    return topology;
  }
  topology.seeds.push_back(address);
  if (topology.kind == Topology::Kind::kSentinel) {
    auto sentinel = ParseAddress(options.String("address"), kSentinelPort);
    if (sentinel) topology.seeds.front() = std::move(*sentinel);
  }
  ReadSeeds(options, topology);
  topology.master_name = options.String("master_name");
  if (topology.kind == Topology::Kind::kSentinel && topology.master_name.empty()) {
    throw OptionError("master_name", "`topology = \"sentinel\"` needs it");
  }
  topology.prefer_replica = options.String("read_from", "master") == "replica";
  topology.sentinel_user = options.String("sentinel_username");
  topology.include_replicas = options.Bool("include_replicas", false);
  topology.nodes_max = static_cast<size_t>(options.Int("nodes_max", 64));
  return topology;
}

std::string_view NameOf(Topology::Kind kind) {
  switch (kind) {
    case Topology::Kind::kSentinel: return "sentinel";
    case Topology::Kind::kCluster: return "cluster";
    case Topology::Kind::kSingle: break;
  }
  return "single";
}

}  // namespace pillion::redis
