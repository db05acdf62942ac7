// Render: the bytes of a plan in one format and encoding.
//
// In gzip, what has long read the same (PagePlan::steady) stands after all else and is taken as it
// was compressed for an earlier page.
//
// Threads: any; nothing is shared. Allocation failures throw std::bad_alloc.
#pragma once

#include "exposition/body.hpp"
#include "exposition/compress.hpp"
#include "exposition/format.hpp"
#include "exposition/page_plan.hpp"

#include <cstdint>
#include <memory>

namespace pillion {

// The steady families of a plan as they were compressed, in one format.
struct SteadyPiece {
  uint64_t id = 0;  // of the families; 0: none
  std::shared_ptr<const GzipPiece> piece;
};

struct Rendered {
  BodyPtr body;
  SteadyPiece piece;  // if the encoding is gzip, and the plan has steady families
};

// `plain`: the same page uncompressed, if it is there already. `last`: the piece of an earlier page
// in this format.
Rendered Render(const PagePlan& plan, Format format, Encoding encoding, const BodyPtr& plain,
                const SteadyPiece& last);

}  // namespace pillion
