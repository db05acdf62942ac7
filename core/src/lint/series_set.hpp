// Hashes of texts and label sets, and a set of them with a bound.
#pragma once

#include "parse/event.hpp"

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace pillion::lint {

inline uint64_t Mix(uint64_t a, uint64_t b) {
  uint64_t h = (a ^ (b + 0x9E3779B97F4A7C15u + (a << 6))) * 0xFF51AFD7ED558CCDu;
  h ^= h >> 32;
  h *= 0xC4CEB9FE1A85EC53u;
  return h ^ h >> 29;
}

inline uint64_t HashText(std::string_view text) {
  uint64_t h = text.size() * 0x9E3779B97F4A7C15u;
  const char* at = text.data();
  size_t left = text.size();
  uint64_t word = 0;
  for (; left >= sizeof word; at += sizeof word, left -= sizeof word) {
    std::memcpy(&word, at, sizeof word);
    h = (h ^ word) * 0xC4CEB9FE1A85EC53u;
    h ^= h >> 32;
  }
  word = 0;
  if (left > 0) std::memcpy(&word, at, left);
  return Mix(h, word);
}

// Equal for equal labels in any order; a label without value is none.
struct LabelHash {
  uint64_t names = 0;  // of all labels, with or without value
  uint64_t set = 0;    // a sum over the labels: what one adds can be taken out again
};

inline uint64_t HashLabel(const parse::Label& label, uint64_t name_hash) {
  return label.value.empty() ? 0 : Mix(name_hash, HashText(label.value));
}

inline LabelHash HashLabels(std::span<const parse::Label> labels) {
  LabelHash hash;
  for (const parse::Label& label : labels) {
    const uint64_t name = HashText(label.name);
    hash.names += Mix(name, 1);
    hash.set += HashLabel(label, name);
  }
  return hash;
}

// Open addressing; a quarter free, so 11 to 22 bytes per hash.
class SeriesSet {
 public:
  enum class Added { kNew, kKnown, kFull };

  explicit SeriesSet(size_t max) : max_(max) {}

  Added Add(uint64_t hash) {
    if (hash == 0) hash = 1;  // 0 marks a free place
    if (size_ * 4 >= places_.size() * 3) {
      if (size_ >= max_) return Added::kFull;
      Grow();
    }
    uint64_t& place = Find(hash);
    if (place == hash) return Added::kKnown;
    place = hash;
    ++size_;
    return Added::kNew;
  }

 private:
  uint64_t& Find(uint64_t hash) {
    const size_t mask = places_.size() - 1;
    size_t at = hash & mask;
    while (places_[at] != 0 && places_[at] != hash) at = (at + 1) & mask;
    return places_[at];
  }
  void Grow() {
    std::vector<uint64_t> old(places_.empty() ? 1024 : places_.size() * 2);
    old.swap(places_);
    for (const uint64_t hash : old) {
      if (hash != 0) Find(hash) = hash;
    }
  }

  size_t max_;
  size_t size_ = 0;
  std::vector<uint64_t> places_;  // a power of two of them
};

}  // namespace pillion::lint
