// Finding what hangs on samples: exemplars and created times. Pure.
#pragma once

#include "exposition/page_plan.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace pillion {

// Finds the notes of a family's points, which come in ascending order.
class NoteCursor {
 public:
  const SampleNote* At(const PlanPart& part, uint32_t point) {
    const std::vector<SampleNote>& notes = part.fragment->notes;
    if (notes.empty()) return nullptr;
    if (part_ != &part) {
      part_ = &part;
      next_ =
          std::lower_bound(notes.data(), notes.data() + notes.size(), part.range,
                           [](const SampleNote& n, uint32_t range) { return n.family < range; });
    }
    const SampleNote* const end = notes.data() + notes.size();
    while (next_ != end && next_->family == part.range && next_->point < point) ++next_;
    const bool found = next_ != end && next_->family == part.range && next_->point == point;
    return found ? next_ : nullptr;
  }

 private:
  const PlanPart* part_ = nullptr;
  const SampleNote* next_ = nullptr;
};

// The freshest exemplar that lies in (lower, upper].
inline const Exemplar* ExemplarIn(const SampleNote* note, double lower, double upper) {
  if (note == nullptr) return nullptr;
  for (auto e = note->exemplars.rbegin(); e != note->exemplars.rend(); ++e) {
    if (e->value > lower && e->value <= upper) return &*e;
  }
  return nullptr;
}

}  // namespace pillion
