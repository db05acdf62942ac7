#include "exposition/page_steady.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace pillion {
namespace {

bool HasSameBits(const double* a, const double* b, size_t count) {
  return count == 0 || std::memcmp(a, b, count * sizeof *a) == 0;
}

bool HasSameBits(double a, double b) { return HasSameBits(&a, &b, 1); }

bool IsSteady(const PlanFamily& family) { return family.same_for >= family.patience; }

// Those that are kept read as they did, and hardly any more could be.
bool IsStillRight(const PagePlan& plan, size_t steady) {
  const std::vector<uint32_t>& kept = plan.steady.families;
  return !kept.empty() &&
         steady - kept.size() < std::max<size_t>(kSteadyFamiliesMin, kept.size() / 4);
}

}  // namespace

bool HasSameSamples(const Fragment& a, const Fragment& b, uint32_t range) {
  if (!a.notes.empty() || !b.notes.empty()) return false;  // rare, and most have times
  const FamilyRange& points = a.families[range];
  if (HasSingleValue(points.family->type)) {
    return HasSameBits(&a.values[points.first], &b.values[points.first], points.count);
  }
  const auto same = [&](const Distribution& x, const Distribution& y) {
    const bool native = x.native != Distribution::kNotNative || y.native != x.native;
    return !native && x.size == y.size && HasSameBits(x.count, y.count) &&
           HasSameBits(x.sum, y.sum) &&
           HasSameBits(a.numbers.data() + x.first, b.numbers.data() + y.first, size_t{2} * x.size);
  };
  const auto points_of = [&](const Fragment& fragment) {
    return std::span(fragment.distributions).subspan(points.first, points.count);
  };
  return std::equal(points_of(a).begin(), points_of(a).end(), points_of(b).begin(), same);
}

void NoteWhetherSame(PlanFamily& family, bool same) {
  if (same) {
    family.same_for = static_cast<uint8_t>(std::min(family.same_for + 1, 255));
    return;
  }
  if (IsSteady(family)) {
    family.patience = static_cast<uint8_t>(std::min<int>(2 * family.patience, kPatienceMax));
  }
  family.same_for = 0;
}

void UpdateSteady(PagePlan& plan) {
  SteadyFamilies& steady = plan.steady;
  const auto count =
      static_cast<size_t>(std::count_if(plan.families.begin(), plan.families.end(), IsSteady));
  const bool moved = std::any_of(steady.families.begin(), steady.families.end(),
                                 [&](uint32_t i) { return plan.families[i].same_for == 0; });
  if (!moved && IsStillRight(plan, count)) return;
  steady = {};
  if (count < kSteadyFamiliesMin) return;
  steady.id = NewFragmentId();
  steady.families.reserve(count);
  for (uint32_t i = 0; i < plan.families.size(); ++i) {
    if (IsSteady(plan.families[i])) steady.families.push_back(i);
  }
}

}  // namespace pillion
