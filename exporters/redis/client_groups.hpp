// ClientGroups: clients summed by what they have in common, such as name, user and host.
//
// A group is made when its first client comes; nothing is allocated for the clients after it.
//
// Threads: one at a time. Views into the CLIENT LIST, which must outlive it.
#pragma once

#include "clients.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pillion::redis {

class ClientGroups {
 public:
  static constexpr size_t kLabelsMax = 5;        // labels that a group can have
  static constexpr size_t kTrackedMax = 65'536;  // groups; what comes later is in the last one

  struct Group {
    std::array<std::string_view, kLabelsMax> key;
    double connections = 0;
    double blocked = 0;
    double idle_max = 0;  // seconds
    double memory = 0;    // bytes, as all that follow
    double query_buffer = 0;
    double output_buffer = 0;
    double output_buffer_max = 0;
    double subscriptions = 0;
  };

  // At most kLabelsMax fields.
  explicit ClientGroups(std::span<const ClientText> by);

  void Add(const Client& client);

  // The `max` groups with the most connections, the others summed in one whose key is `overflow`.
  // To be called once, at the end.
  std::span<const Group> Largest(size_t max);
  size_t count() const { return groups_.size(); }

 private:
  static void Sum(const Group& from, Group& into);
  Group& Find(const std::array<std::string_view, kLabelsMax>& key);
  void Rehash(size_t places);

  std::span<const ClientText> by_;
  std::vector<Group> groups_;
  std::vector<uint32_t> table_;  // index into groups_ + 1, by hash; 0: free. A power of two
};

}  // namespace pillion::redis
