// Which families OpenMetrics 1.0 can say, and how. Pure.
//
// The series must be the ones of text 0.0.4 as Prometheus ingests them, so the rules of
// OpenMetrics are asked only whether a family may keep its type:
//   counter          the name ends in _total; no value is negative or NaN
//   info             the name ends in _info; every value is 1
//   stateset         each sample has the label named like the family; values are 0 or 1
//   histogram        counts are whole; sum is there and not negative; no bound is negative
//   gauge histogram  counts are whole; sum is there, and not negative without negative bounds
//   summary          quantiles in 0..1, values not negative; count whole, sum not negative
// and none of the names that the type reserves (family name, _created) is another family's.
#pragma once

#include "exposition/name_index.hpp"
#include "exposition/page_plan.hpp"

#include <array>
#include <span>
#include <string_view>

namespace pillion {

// The suffixes of the samples that a type has in every format ("" for the bare name).
std::span<const std::string_view> SampleSuffixes(MetricType type);

// The family's name in OpenMetrics when it is typed: without _total, without _info.
std::string_view OpenMetricsName(const FamilyDesc& desc);

// Whether the family's unit may be told beside this name of it: it must be the name's suffix. Info
// and stateset have none.
bool MayHaveUnit(const FamilyDesc& desc, std::string_view name);

// Whether the name and each sample are what OpenMetrics allows the family's type to have.
bool MayKeepType(const PlanFamily& family);

// `names` holds the owner of every sample name on the page; what the family reserves is added.
// `self` is its number there; family.keeps_type is known.
OpenMetricsForm FormOf(const PlanFamily& family, uint32_t self, NameIndex& names);

}  // namespace pillion
