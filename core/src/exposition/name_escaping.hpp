// Names for clients that don't take every one: the escaping schemes of Prometheus 3.
//
// Legacy names are the same in every scheme, as in Go's client library (its documentation says
// that `dots` doubles their underscores; EscapeMetricFamily, which writes its pages, does not).
// Unlike there a colon in a label name is escaped, because no parser takes it bare.
#pragma once

#include "exposition/format.hpp"
#include "exposition/page_plan.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pillion {

// Pure. The name as it is with kAllowUtf8.
std::string EscapeMetricName(std::string_view name, Escaping escaping);
std::string EscapeLabelName(std::string_view name, Escaping escaping);

// The page that `plan`, which was made of `snapshots`, shows, with all names escaped. It is planned
// again, because names that were different may now be equal. A sample whose labels can't be told
// apart any more, or that would have a reserved one, is dropped (kInvalidName); a second sample of
// the same series too (kDuplicate). The drops of the result are these, without those of `plan`.
//
// Cost: that of a plan, and a copy of the fragments that have such names.
std::shared_ptr<const PagePlan> MakeEscapedPlan(std::span<const SnapshotPtr> snapshots,
                                                const PagePlan& plan, Escaping escaping,
                                                const PageLimits& limits);

}  // namespace pillion
