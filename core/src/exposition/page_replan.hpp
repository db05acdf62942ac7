// The next page's plan out of the last one's. From poll to poll mostly values change; then the
// merge has nothing to decide anew, and most of a plan's cost is spared.
#pragma once

#include "exposition/page_plan.hpp"

#include <memory>
#include <span>
#include <vector>

namespace pillion {

std::vector<FragmentPtr> FragmentsOf(std::span<const SnapshotPtr> snapshots);

// No plan unless it would be equal to a plan made from nothing: the same families in the same
// order, nothing dropped, and the same series where a family has several fragments. What reads the
// same for long is in `steady`.
//
// `last` must be a plan of all families, in their own names. It is changed in place if the caller
// gives the only pointer to it, and copied otherwise.
struct Replanned {
  std::shared_ptr<PagePlan> plan;  // or null
  // All series are those of before and as large: what depends on that alone still holds.
  bool same_size = false;
};
Replanned Replan(std::shared_ptr<const PagePlan> last, std::span<const SnapshotPtr> snapshots);

}  // namespace pillion
