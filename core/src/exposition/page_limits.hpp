// What is left out of a planned page: families that were not asked for, and the largest ones of a
// page over its limits. Pure.
#pragma once

#include "exposition/page_plan.hpp"

#include <span>
#include <string>

namespace pillion {

void KeepNamed(PagePlan& plan, std::span<const std::string> names);

// Counts what it leaves out in `drops`.
void ApplyLimits(PagePlan& plan, const PageLimits& limits, Drops& drops);

}  // namespace pillion
