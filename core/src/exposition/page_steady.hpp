// Which families of a page have read the same for so long that what is compressed of them is worth
// keeping for the next pages. On an idle PostgreSQL that is nine in ten families, and more than
// half of a busy one's: its settings, and what stands for tables that nobody uses.
//
// One piece is kept, not one for each run of them: each costs tables and a border (some hundred
// bytes) on the wire. So a compressed page has first what moves and then what rests, both by name.
//
// A family that rested and moved again has to rest twice as long the next time, up to
// kPatienceMax: otherwise each that moves now and then would cost the piece of all.
#pragma once

#include "exposition/page_plan.hpp"

#include <cstdint>

namespace pillion {

inline constexpr uint32_t kSteadyFamiliesMin = 16;  // fewer are not worth a piece
inline constexpr uint8_t kPatienceMax = 128;        // pages

// Whether the samples of a family are equal, bit by bit, where all labels are known to be.
bool HasSameSamples(const Fragment& a, const Fragment& b, uint32_t range);

// To be called for each family of a plan that follows another one, and then for all together.
void NoteWhetherSame(PlanFamily& family, bool same);
void UpdateSteady(PagePlan& plan);

}  // namespace pillion
