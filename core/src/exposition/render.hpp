// Render: the bytes of a plan in one format and encoding.
//
// In gzip, what reads as in the page before (PagePlan::steady) is taken as it was compressed then:
// most of a page of PostgreSQL are its settings, which change once in a week.
//
// Threads: any; nothing is shared. Allocation failures throw std::bad_alloc.
#pragma once

#include "exposition/body.hpp"
#include "exposition/compress.hpp"
#include "exposition/format.hpp"
#include "exposition/page_plan.hpp"

#include <memory>
#include <vector>

namespace pillion {

// A steady run as it was compressed, in one format.
struct RunPiece {
  SteadyRun run;
  std::shared_ptr<const GzipPiece> piece;
};
using RunPieces = std::vector<RunPiece>;

struct Rendered {
  BodyPtr body;
  RunPieces pieces;  // of all runs of the plan, if the encoding is gzip
};

// `plain`: the same page uncompressed, if it is there already. `last`: the pieces of the page whose
// plan this one was made out of, in this format.
Rendered Render(const PagePlan& plan, Format format, Encoding encoding, const BodyPtr& plain,
                const RunPieces& last);

}  // namespace pillion
