// NameIndex: who owns which metric name on a page. Names are given as stem and suffix, so that
// `foo` + `_count` needs no string of its own; the texts must outlive the index.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace pillion {

class NameIndex {
 public:
  static constexpr uint32_t kNobody = 0xffffffffu;

  explicit NameIndex(size_t expected) { Resize(expected * 2); }

  uint32_t Owner(std::string_view stem, std::string_view suffix) const {
    const Slot& slot = slots_[Find(stem, suffix)];
    return slot.owner;
  }

  // Names that have an owner keep it.
  void Claim(std::string_view stem, std::string_view suffix, uint32_t owner) {
    Slot& slot = slots_[Find(stem, suffix)];
    if (slot.owner != kNobody) return;
    slot = {stem, suffix, owner};
    if (++used_ * 2 > slots_.size()) Resize(slots_.size());
  }

 private:
  struct Slot {
    std::string_view stem, suffix;
    uint32_t owner = kNobody;
  };

  static uint64_t Mix(uint64_t hash, std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
  }

  static bool Equal(const Slot& slot, std::string_view stem, std::string_view suffix) {
    if (slot.stem.size() + slot.suffix.size() != stem.size() + suffix.size()) return false;
    if (slot.stem.size() > stem.size()) {
      return Equal({stem, suffix, 0}, slot.stem, slot.suffix);
    }
    const std::string_view rest = stem.substr(slot.stem.size());
    return stem.substr(0, slot.stem.size()) == slot.stem &&
           slot.suffix.substr(0, rest.size()) == rest && slot.suffix.substr(rest.size()) == suffix;
  }

  size_t Find(std::string_view stem, std::string_view suffix) const {
    const uint64_t hash = Mix(Mix(0xcbf29ce484222325u, stem), suffix);
    size_t at = (hash ^ (hash >> 32)) & (slots_.size() - 1);
    while (slots_[at].owner != kNobody && !Equal(slots_[at], stem, suffix)) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }

  void Resize(size_t at_least) {
    size_t size = 64;
    while (size <= at_least) size *= 2;
    std::vector<Slot> old(size);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.owner != kNobody) slots_[Find(slot.stem, slot.suffix)] = slot;
    }
  }

  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace pillion
