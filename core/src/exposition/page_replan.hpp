// The next page's plan out of the last one's. From poll to poll mostly values change; then the
// merge has nothing to decide anew, and most of a plan's cost is spared. Pure.
#pragma once

#include "exposition/page_plan.hpp"

#include <memory>
#include <span>

namespace pillion {

// The families that did not change are in `steady`.
//
// Null unless it would be equal to a plan made from nothing: the same families in the same order,
// nothing dropped, and the same series where a family has several fragments.
// `last` must be a plan of all families, in their own names.
std::shared_ptr<PagePlan> Replan(const PagePlan& last, std::span<const SnapshotPtr> snapshots);

}  // namespace pillion
