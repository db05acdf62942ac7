#include "exposition/page_replan.hpp"

#include "exposition/openmetrics_form.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

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

// Gathers the long runs of families that are the same.
class SteadyRuns {
 public:
  explicit SteadyRuns(std::vector<SteadyRun>& runs) : runs_(runs) {}
  void Next(bool same) {
    ++at_;
    if (same) return;
    const SteadyRun run{first_, at_ - 1 - first_};
    if (run.count >= kSteadyRunMin) runs_.push_back(run);
    first_ = at_;
  }

 private:
  std::vector<SteadyRun>& runs_;
  uint32_t at_ = 0;     // families so far
  uint32_t first_ = 0;  // of the run that goes on
};

}  // namespace

std::shared_ptr<PagePlan> Replan(const PagePlan& last, std::span<const SnapshotPtr> snapshots) {
  if (last.drops->total() > 0) return nullptr;
  auto plan = std::make_shared<PagePlan>();
  for (const SnapshotPtr& snapshot : snapshots) {
    plan->fragments.insert(plan->fragments.end(), snapshot->fragments.begin(),
                           snapshot->fragments.end());
  }
  if (plan->fragments.size() != last.fragments.size()) return nullptr;
  std::unordered_map<const Fragment*, size_t> places;  // of the last ones
  for (size_t i = 0; i < last.fragments.size(); ++i) {
    if (!HasSameFamilies(*last.fragments[i], *plan->fragments[i])) return nullptr;
    places.emplace(last.fragments[i].get(), i);
  }
  std::vector<char> same_series(last.fragments.size());  // 0: not looked at yet
  const auto has_same_series = [&](size_t i) {
    if (same_series[i] == 0) {
      same_series[i] = HasSameSeries(*last.fragments[i], *plan->fragments[i]) ? 'y' : 'n';
    }
    return same_series[i] == 'y';
  };
  plan->families = last.families;
  SteadyRuns steady(plan->steady);
  for (PlanFamily& family : plan->families) {
    bool same = true;
    for (PlanPart& part : family.parts) {
      const size_t i = places.at(part.fragment);
      same = same && last.fragments[i] == plan->fragments[i];
      // Which of several fragments' series are double depends on all of them.
      if (family.parts.size() > 1 && !has_same_series(i)) return nullptr;
      part.fragment = plan->fragments[i].get();
    }
    if (MayKeepType(family) != family.keeps_type) return nullptr;
    steady.Next(same);
  }
  steady.Next(false);
  return plan;
}

}  // namespace pillion
