// PagePlan: what a page shows, decided once for all formats: which families in which order, from
// which fragments, what had to be left out, and how OpenMetrics can say each.
//
// Order: families by name; inside a family the fragments as they were given. "First" below is by
// the given order of instances, their fragments, and names inside a fragment; the host's own
// fragments are before all others.
//   - A name with two types: the first keeps it, the other is dropped (kConflict).
//   - A name that would read as a series of a histogram or summary (foo_count beside histogram
//     foo), or the other way round: the first keeps it, the other is dropped (kConflict).
//   - The same series from two fragments: the first keeps it (kDuplicate). Series are compared as
//     Prometheus does: order of labels does not count, nor does a label without value.
//   - Another HELP or unit: the first one's is shown.
//
// Cost: in proportion to the families, as long as no two fragments share one. Where they do, each
// label block of these fragments is looked up once, whatever the number of families.
//
// Threads: immutable once made, until nobody but the maker of the next plan holds it (see `last`).
#pragma once

#include "model/fragment.hpp"
#include "model/fragment_builder.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pillion {

// One fragment's samples of a family.
struct PlanPart {
  const Fragment* fragment = nullptr;
  uint32_t place = 0;                // of the fragment, in PagePlan::fragments
  uint32_t range = 0;                // index into fragment->families
  std::vector<uint32_t> duplicates;  // points to leave out, ascending
};

// How OpenMetrics 1.0 says a family so that its series stay the ones of text 0.0.4.
enum class OpenMetricsForm : uint8_t {
  kTyped,   // as its own type
  kAsText,  // as the gauges that text 0.0.4 makes of it: less than the type, but not less than text
  kUnknown,  // the type that text 0.0.4 can say is lost: the page is not clean
};

struct PlanFamily {
  FamilyPtr desc;
  std::vector<PlanPart> parts;
  OpenMetricsForm form = OpenMetricsForm::kTyped;
  bool keeps_type = true;   // MayKeepType(*this)
  bool legacy_name = true;  // IsLegacyMetricName(desc->name)
  uint8_t same_for = 0;     // pages in a row on which it read as before, up to 255
  uint8_t patience = 2;     // such pages until it counts as steady
};

// Families that have long read the same: what is compressed of them serves many pages.
struct SteadyFamilies {
  uint64_t id = 0;                 // of these families as they read now; 0: there are none
  std::vector<uint32_t> families;  // indices into PagePlan::families, ascending
};

// Families of a plan that are written one after another: runs of neighbours.
using FamilyRuns = std::span<const std::span<const PlanFamily>>;

struct PagePlan {
  std::vector<FragmentPtr> fragments;  // what the parts point into
  std::vector<PlanFamily> families;
  SteadyFamilies steady;
  bool openmetrics_clean = true;       // no family is kUnknown
  bool has_utf8_names = false;         // the page depends on the escaping that a client takes
  std::shared_ptr<const Drops> drops;  // never null
};

// What a page may hold. Over it the largest families are left out whole (kLimit), so that what is
// shown is right; the host's own families never are.
struct PageLimits {
  uint64_t series_max = UINT64_MAX;
  uint64_t bytes_max = UINT64_MAX;  // in text, by an estimate that is never too low
};

// `names`: only these families, or those that samples of these names belong to; empty: all.
// `last`: a plan of the same instances a moment ago, with all families in their own names, if there
// is one; but for `steady` the result is the same without it, and dearer. If nobody else holds it,
// it is used up.
std::shared_ptr<const PagePlan> MakePagePlan(std::span<const SnapshotPtr> snapshots,
                                             const PageLimits& limits = {},
                                             std::span<const std::string> names = {},
                                             std::shared_ptr<const PagePlan> last = nullptr);

inline std::vector<std::span<const PlanFamily>> OneRun(const PagePlan& plan) {
  return {plan.families};
}

// Calls fn(part, point) for each point of a family that is to be shown; `point` counts in
// part.fragment->values or ->distributions.
template <typename Fn>
void ForEachPoint(const PlanFamily& family, Fn fn) {
  for (const PlanPart& part : family.parts) {
    const FamilyRange& range = part.fragment->families[part.range];
    auto skip = part.duplicates.begin();
    for (uint32_t point = range.first; point < range.first + range.count; ++point) {
      if (skip != part.duplicates.end() && *skip == point) {
        ++skip;
      } else {
        fn(part, point);
      }
    }
  }
}

}  // namespace pillion
