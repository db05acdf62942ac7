// Prometheus text format 0.0.4.
//
// What it can't say, it says as what is nearest:
//   unknown          `untyped`
//   info, stateset   `gauge`
//   native histogram the classic histogram with the same counts (buckets.hpp)
//   gauge histogram  three gauges, NAME_bucket, NAME_gcount and NAME_gsum: the very series that
//                    OpenMetrics has for it; TYPE histogram would promise NAME_count and NAME_sum
// Created times, exemplars and units have no text form.
#pragma once

#include "exposition/output.hpp"
#include "exposition/page_plan.hpp"

#include <span>

namespace pillion {

void WriteText(const PagePlan& plan, Output& out);
// The same of some families.
void WriteTextFamilies(FamilyRuns runs, Output& out);

}  // namespace pillion
