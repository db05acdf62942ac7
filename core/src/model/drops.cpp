#include "model/drops.hpp"

#include "model/name.hpp"

#include <numeric>

namespace pillion {

std::string_view ToString(DropReason reason) {
  switch (reason) {
    case DropReason::kUndeclared: return "undeclared";
    case DropReason::kInvalidName: return "invalid_name";
    case DropReason::kLabelMismatch: return "label_mismatch";
    case DropReason::kWrongType: return "wrong_type";
    case DropReason::kDuplicate: return "duplicate";
    case DropReason::kInvalidValue: return "invalid_value";
    case DropReason::kLimit: return "limit";
    case DropReason::kConflict: return "conflict";
    case DropReason::kCount_: break;
  }
  return "internal";
}

void Drops::Note(DropReason reason, std::string_view what, uint64_t n) {
  const auto i = static_cast<size_t>(reason);
  if (count[i] == 0) first[i] = CutAtCharacter(what, kDescriptionBytesMax);
  count[i] += n;
}

void Drops::Merge(const Drops& other) {
  for (size_t i = 0; i < kDropReasons; ++i) {
    if (other.count[i] > 0) Note(static_cast<DropReason>(i), other.first[i], other.count[i]);
  }
}

uint64_t Drops::total() const { return std::accumulate(count.begin(), count.end(), uint64_t{0}); }

std::string Drops::Summary() const {
  for (size_t i = 0; i < kDropReasons; ++i) {
    if (count[i] == 0) continue;
    return std::string(ToString(static_cast<DropReason>(i))) + ": " + first[i];
  }
  return {};
}

}  // namespace pillion
