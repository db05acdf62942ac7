// The next page's plan out of the last one's. From poll to poll mostly values change; then the
// merge has nothing to decide anew, and most of a plan's cost is spared.
#pragma once

#include "exposition/page_plan.hpp"

#include <memory>
#include <span>
#include <vector>

namespace pillion {

std::vector<FragmentPtr> FragmentsOf(std::span<const SnapshotPtr> snapshots);

// Null unless it would be equal to a plan made from nothing: the same families in the same order,
// nothing dropped, and the same series where a family has several fragments. What reads the same
// for long is in `steady`.
//
// `last` must be a plan of all families, in their own names. It is changed in place if the caller
// gives the only pointer to it, and copied otherwise.
std::shared_ptr<PagePlan> Replan(std::shared_ptr<const PagePlan> last,
                                 std::span<const SnapshotPtr> snapshots);

}  // namespace pillion
