// OpenMetrics 1.0, with the series of text 0.0.4: a name never depends on the format.
//
// A family that may not keep its type (openmetrics_form.hpp) is written under its full sample
// names: one family for each of them, of type gauge (kAsText) or unknown (kUnknown).
//
// Created times are not written: `foo_created` would be a series that text 0.0.4 does not have
// (Prometheus 2 stores it as one), and the name must not depend on the format.
// UNIT is written where it is a suffix of the name, as the format demands.
#pragma once

#include "exposition/output.hpp"
#include "exposition/page_plan.hpp"

#include <span>
#include <string_view>

namespace pillion {

inline constexpr std::string_view kOpenMetricsEnd = "# EOF\n";

void WriteOpenMetrics(const PagePlan& plan, Output& out);
// The same of some families, without the end of a page.
void WriteOpenMetricsFamilies(FamilyRuns runs, Output& out);

}  // namespace pillion
