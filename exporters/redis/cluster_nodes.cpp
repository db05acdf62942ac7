#include "cluster_nodes.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace pillion::redis {
namespace {

// What stands before `end`, which is taken as well; all of it if there is none.
std::string_view Take(std::string_view& text, char end) {
  const size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

std::optional<uint32_t> ToNumber(std::string_view digits) {
  uint32_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

// ip:port@bus,hostname,shard-id=...; an IPv6 address stands without brackets.
bool ReadEndpoint(std::string_view text, ClusterNode& node) {
  std::string_view address = Take(text, ',');
  const std::string_view hostname = Take(text, ',');
  if (hostname.find('=') == std::string_view::npos) node.hostname = hostname;
  address = address.substr(0, address.find('@'));
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto port = ToNumber(address.substr(colon + 1));
  if (!port || *port > 65535) return false;
  node.endpoint.host = address.substr(0, colon);
  node.endpoint.port = static_cast<uint16_t>(*port);
  return true;
}

void ReadFlags(std::string_view flags, ClusterNode& node) {
  const struct {
    std::string_view name;
    bool& into;
  } known[] = {{"myself", node.myself},       {"master", node.is_master},
               {"slave", node.is_replica},    {"replica", node.is_replica},
               {"fail?", node.pfail},         {"fail", node.fail},
               {"handshake", node.handshake}, {"noaddr", node.noaddr}};
  while (!flags.empty()) {
    const std::string_view flag = Take(flags, ',');
    for (const auto& entry : known) {
      if (entry.name == flag) entry.into = true;
    }
  }
}

// 5, 0-5460, [93-<-ID], [77->-ID]. `room`: for so many ranges more.
void ReadSlots(std::string_view slots, ClusterNode& node, size_t& room) {
  while (!slots.empty()) {
    std::string_view part = Take(slots, ' ');
    if (part.starts_with('[')) {
      if (part.find("->-") != std::string_view::npos) ++node.migrating;
      if (part.find("-<-") != std::string_view::npos) ++node.importing;
      continue;
    }
    const bool range = part.find('-') != std::string_view::npos;
    const auto first = ToNumber(Take(part, '-'));
    const auto last = range ? ToNumber(part) : first;
    if (!first || !last || *last < *first || *last >= kClusterSlots) continue;
    node.slots += *last - *first + 1;
    if (room == 0) continue;
    --room;
    node.ranges.push_back({static_cast<uint16_t>(*first), static_cast<uint16_t>(*last)});
  }
  if (node.slots > kClusterSlots) node.slots = kClusterSlots;
}

std::optional<ClusterNode> ReadLine(std::string_view line, size_t& room) {
  ClusterNode node;
  node.id = Take(line, ' ');
  if (node.id.empty() || node.id.size() > 64) return std::nullopt;
  if (!ReadEndpoint(Take(line, ' '), node)) return std::nullopt;
  ReadFlags(Take(line, ' '), node);
  const std::string_view master = Take(line, ' ');
  if (master != "-") node.master = master;
  for (int i = 0; i < 3; ++i) Take(line, ' ');  // ping, pong, epoch
  const std::string_view link = Take(line, ' ');
  if (link.empty()) return std::nullopt;
  node.linked = link == "connected";
  ReadSlots(line, node, room);
  return node;
}

// CRC16 as XMODEM has it: polynomial 0x1021, from zero.
uint16_t Crc16(std::string_view bytes) {
  uint32_t crc = 0;
  for (const char c : bytes) {
    crc ^= static_cast<uint32_t>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
    }
  }
  return static_cast<uint16_t>(crc);
}

}  // namespace

uint16_t SlotOf(std::string_view key) {
  const size_t open = key.find('{');
  if (open != std::string_view::npos) {
    const size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1) {
      key = key.substr(open + 1, close - open - 1);
    }
  }
  return Crc16(key) % kClusterSlots;
}

bool ClusterNode::Serves(uint16_t slot) const {
  return std::any_of(ranges.begin(), ranges.end(), [&](const SlotRange& range) {
    return range.first <= slot && slot <= range.last;
  });
}

std::vector<ClusterNode> ParseClusterNodes(std::string_view text) {
  std::vector<ClusterNode> nodes;
  size_t room = kClusterSlots;
  while (!text.empty() && nodes.size() < kClusterNodesMax) {
    std::string_view line = Take(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto node = ReadLine(line, room)) nodes.push_back(std::move(*node));
  }
  return nodes;
}

}  // namespace pillion::redis
