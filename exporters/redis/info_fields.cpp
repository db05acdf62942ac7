#include "info_fields.hpp"

#include <array>
#include <cstdint>

namespace pillion::redis {
namespace {

// Asked for each field of each poll: a table by hash, with open addressing, made at compile time.
constexpr size_t kSlots = 1024;  // a power of two
static_assert(kSlots >= 2 * kInfoFieldCount, "make kSlots larger");

constexpr size_t SlotOf(std::string_view field) {
  uint32_t hash = 0x811c9dc5u;  // FNV-1a
  for (const char c : field) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193u;
  return (hash ^ (hash >> 15)) % kSlots;
}

constexpr auto kByHash = [] {
  std::array<uint16_t, kSlots> slots{};  // 0: empty; else the index + 1
  for (size_t i = 0; i < kInfoFieldCount; ++i) {
    size_t slot = SlotOf(kInfoFields[i].field);
    for (; slots[slot] != 0; slot = (slot + 1) % kSlots) {
      if (kInfoFields[slots[slot] - 1].field == kInfoFields[i].field) {
        throw "a field stands twice in kInfoFields";  // at compile time
      }
    }
    slots[slot] = static_cast<uint16_t>(i + 1);
  }
  return slots;
}();

}  // namespace

size_t FindInfoField(std::string_view field) {
  for (size_t slot = SlotOf(field); kByHash[slot] != 0; slot = (slot + 1) % kSlots) {
    const size_t index = kByHash[slot] - size_t{1};
    if (kInfoFields[index].field == field) return index;
  }
  return kInfoFieldCount;
}

}  // namespace pillion::redis
