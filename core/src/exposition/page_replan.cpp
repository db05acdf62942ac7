#include "exposition/page_replan.hpp"

#include "exposition/openmetrics_form.hpp"
#include "exposition/page_steady.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace pillion {
namespace {

bool HasSameFamilies(const Fragment& a, const Fragment& b) {
  return std::equal(
      a.families.begin(), a.families.end(), b.families.begin(), b.families.end(),
      [](const FamilyRange& x, const FamilyRange& y) { return x.family == y.family; });
}

bool HasSameSeries(const Fragment& a, const Fragment& b) {
  return a.labels == b.labels && a.blocks == b.blocks &&
         std::equal(a.families.begin(), a.families.end(), b.families.begin(),
                    [](const FamilyRange& x, const FamilyRange& y) {
                      return x.first == y.first && x.count == y.count;
                    }) &&
         std::equal(a.distributions.begin(), a.distributions.end(), b.distributions.begin(),
                    b.distributions.end(), [](const Distribution& x, const Distribution& y) {
                      return x.labels == y.labels;
                    });
}

// Where the series are the same: whether nothing of them takes more room. Buckets may come and go,
// exemplars do.
bool HasSameSize(const Fragment& a, const Fragment& b) {
  return a.notes.empty() && b.notes.empty() && a.natives.empty() && b.natives.empty() &&
         std::equal(a.distributions.begin(), a.distributions.end(), b.distributions.begin(),
                    [](const Distribution& x, const Distribution& y) {
                      return x.size == y.size && std::isnan(x.sum) == std::isnan(y.sum) &&
                             std::isnan(x.count) == std::isnan(y.count);
                    });
}

}  // namespace

std::vector<FragmentPtr> FragmentsOf(std::span<const SnapshotPtr> snapshots) {
  std::vector<FragmentPtr> fragments;
  for (const SnapshotPtr& snapshot : snapshots) {
    fragments.insert(fragments.end(), snapshot->fragments.begin(), snapshot->fragments.end());
  }
  return fragments;
}

Replanned Replan(std::shared_ptr<const PagePlan> last, std::span<const SnapshotPtr> snapshots) {
  if (last->drops->total() > 0) return {};
  std::vector<FragmentPtr> now = FragmentsOf(snapshots);
  if (now.size() != last->fragments.size()) return {};
  std::vector<char> same_series(now.size());  // by place
  bool same_size = true;
  for (size_t i = 0; i < now.size(); ++i) {
    if (!HasSameFamilies(*last->fragments[i], *now[i])) return {};
    const Fragment &before = *last->fragments[i], &is = *now[i];
    same_series[i] = &before == &is || HasSameSeries(before, is);
    same_size = same_size && same_series[i] && (&before == &is || HasSameSize(before, is));
  }
  const auto plan = last.use_count() == 1 ? std::const_pointer_cast<PagePlan>(std::move(last))
                                          : std::make_shared<PagePlan>(*last);
  plan->fragments.swap(now);
  const std::vector<FragmentPtr>& before = now;
  for (PlanFamily& family : plan->families) {
    bool same = true;
    for (PlanPart& part : family.parts) {
      const Fragment& is = *plan->fragments[part.place];
      // Which of several fragments' series are double depends on all of them.
      if (family.parts.size() > 1 && !same_series[part.place]) return {};
      same = same &&
             (&is == part.fragment ||
              (same_series[part.place] && HasSameSamples(*before[part.place], is, part.range)));
      part.fragment = &is;
    }
    if (!same && MayKeepType(family) != family.keeps_type) return {};
    NoteWhetherSame(family, same);
  }
  UpdateSteady(*plan);
  return {plan, same_size};
}

}  // namespace pillion
