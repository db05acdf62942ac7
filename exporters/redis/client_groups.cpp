#include "client_groups.hpp"

#include <algorithm>
#include <cassert>
#include <functional>

namespace pillion::redis {
namespace {

constexpr size_t kPlacesFirst = 256;
constexpr std::string_view kOverflow = "overflow";

template <typename Key>
size_t HashOf(const Key& key) {
  size_t hash = 0;
  for (const std::string_view part : key) {
    hash = hash * 0x9E3779B97F4A7C15U + std::hash<std::string_view>{}(part);
  }
  return hash ^ hash >> 29U;
}

}  // namespace

ClientGroups::ClientGroups(std::span<const ClientText> by) : by_(by), table_(kPlacesFirst) {
  assert(by.size() <= kLabelsMax);
}

void ClientGroups::Add(const Client& client) {
  std::array<std::string_view, kLabelsMax> key;
  for (size_t i = 0; i < by_.size(); ++i) key[i] = client.Text(by_[i]);
  Group one;
  one.connections = 1;
  one.blocked = client.Text(ClientText::kFlags).find('b') == std::string_view::npos ? 0 : 1;
  one.idle_max = client.Number(ClientNumber::kIdle).value_or(0);
  one.memory = client.Number(ClientNumber::kTotMem).value_or(0);
  one.query_buffer = client.Number(ClientNumber::kQbuf).value_or(0);
  one.output_buffer = client.Number(ClientNumber::kOmem).value_or(0);
  one.output_buffer_max = one.output_buffer;
  for (const auto field : {ClientNumber::kSub, ClientNumber::kPsub, ClientNumber::kSsub}) {
    one.subscriptions += client.Number(field).value_or(0);
  }
  Sum(one, Find(key));
}

void ClientGroups::Sum(const Group& from, Group& into) {
  into.connections += from.connections;
  into.blocked += from.blocked;
  into.idle_max = std::max(into.idle_max, from.idle_max);
  into.memory += from.memory;
  into.query_buffer += from.query_buffer;
  into.output_buffer += from.output_buffer;
  into.output_buffer_max = std::max(into.output_buffer_max, from.output_buffer_max);
  into.subscriptions += from.subscriptions;
}

ClientGroups::Group& ClientGroups::Find(const std::array<std::string_view, kLabelsMax>& key) {
  for (size_t at = HashOf(key);; ++at) {
    uint32_t& place = table_[at & (table_.size() - 1)];
    if (place != 0) {
      Group& group = groups_[place - 1];
      if (group.key == key) return group;
      continue;
    }
    if (groups_.size() == kTrackedMax) return groups_.back();
    groups_.push_back({});
    groups_.back().key = key;
    if (groups_.size() == kTrackedMax) groups_.back().key.fill(kOverflow);
    place = static_cast<uint32_t>(groups_.size());
    if (2 * groups_.size() > table_.size()) Rehash(2 * table_.size());
    return groups_.back();
  }
}

void ClientGroups::Rehash(size_t places) {
  table_.assign(places, 0);
  for (size_t i = 0; i < groups_.size(); ++i) {
    size_t at = HashOf(groups_[i].key);
    while (table_[at & (places - 1)] != 0) ++at;
    table_[at & (places - 1)] = static_cast<uint32_t>(i + 1);
  }
}

std::span<const ClientGroups::Group> ClientGroups::Largest(size_t max) {
  if (groups_.size() <= max) return groups_;
  std::stable_sort(groups_.begin(), groups_.end(),
                   [](const Group& a, const Group& b) { return a.connections > b.connections; });
  Group rest;
  rest.key.fill(kOverflow);
  for (size_t i = max; i < groups_.size(); ++i) Sum(groups_[i], rest);
  groups_.resize(max);
  groups_.push_back(rest);
  return groups_;
}

}  // namespace pillion::redis
