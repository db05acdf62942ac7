#include "exposition/page_plan.hpp"

#include "exposition/name_index.hpp"
#include "exposition/openmetrics_form.hpp"
#include "exposition/page_limits.hpp"
#include "exposition/page_replan.hpp"
#include "model/label_block.hpp"
#include "model/name.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

namespace pillion {
namespace {

// A family of one fragment, as it arrives.
struct Arrival {
  std::string_view name;
  uint32_t order;  // "first" is the lowest
  uint32_t place;  // of the fragment, among those of all snapshots
  uint32_t range;
  const Fragment* fragment;
  const Snapshot* snapshot;

  const FamilyDesc& desc() const { return *fragment->families[range].family; }
  uint32_t samples() const { return fragment->families[range].count; }
};

// The host's own families come first: no rule and no plugin can take the place of `up`.
std::vector<Arrival> CollectArrivals(std::span<const SnapshotPtr> snapshots) {
  std::vector<Arrival> arrivals;
  for (const bool hosts : {true, false}) {
    uint32_t next = 0;
    for (const SnapshotPtr& snapshot : snapshots) {
      for (const FragmentPtr& fragment : snapshot->fragments) {
        const uint32_t place = next++;
        if ((fragment->collector == Fragment::kHost) != hosts) continue;
        for (uint32_t range = 0; range < fragment->families.size(); ++range) {
          arrivals.push_back({fragment->families[range].family->name,
                              static_cast<uint32_t>(arrivals.size()), place, range, fragment.get(),
                              snapshot.get()});
        }
      }
    }
  }
  return arrivals;
}

// A run of arrivals with one name; its first is the one that keeps the name.
using Group = std::span<const Arrival>;

std::vector<Group> GroupByName(std::vector<Arrival>& arrivals) {
  std::sort(arrivals.begin(), arrivals.end(), [](const Arrival& a, const Arrival& b) {
    const int order = a.name.compare(b.name);
    return order != 0 ? order < 0 : a.order < b.order;
  });
  std::vector<Group> groups;
  for (auto begin = arrivals.begin(); begin != arrivals.end();) {
    const auto end = std::find_if(begin, arrivals.end(),
                                  [&](const Arrival& a) { return a.name != begin->name; });
    groups.emplace_back(begin, end);
    begin = end;
  }
  return groups;
}

void NoteConflict(const Arrival& loser, std::string_view why, const Arrival& winner, Drops& drops) {
  std::string what(loser.name);
  what.append(" of ").append(loser.snapshot->instance).append(why);
  what.append(winner.name).append(" of ").append(winner.snapshot->instance);
  drops.Note(DropReason::kConflict, what, loser.samples());
}

// Page-wide series numbers of fragments, each found once.
class BlockNumbers {
 public:
  const std::vector<uint32_t>& Of(const Fragment* fragment) {
    const auto [found, is_new] = of_fragment_.try_emplace(fragment);
    if (is_new) found->second = numbers_.Of(fragment->blocks);
    return found->second;
  }
  size_t count() const { return numbers_.count(); }

 private:
  SeriesNumbers numbers_;
  std::unordered_map<const Fragment*, std::vector<uint32_t>> of_fragment_;
};

class Planner {
 public:
  explicit Planner(std::span<const SnapshotPtr> snapshots) : arrivals_(CollectArrivals(snapshots)) {
    groups_ = GroupByName(arrivals_);
  }

  void DropNameClashes(NameIndex& names);
  void Plan(PagePlan& plan, NameIndex& names);
  size_t family_count() const { return groups_.size(); }
  Drops& drops() { return drops_; }

 private:
  void AddParts(Group group, PlanFamily& family);
  void NoteDuplicate(const PlanPart& part, LabelRef block, Group group);
  void DropDuplicates(PlanFamily& family, Group group, uint32_t number);

  std::vector<Arrival> arrivals_;
  std::vector<Group> groups_;  // by name
  Drops drops_;
  BlockNumbers numbers_;
  std::vector<uint32_t> last_family_;  // by block number: the family that had it last
};

// Gives each family the names of its samples, in order of arrival; one that can't have all of
// them is dropped.
void Planner::DropNameClashes(NameIndex& names) {
  std::vector<uint32_t> by_arrival(groups_.size());
  for (uint32_t i = 0; i < by_arrival.size(); ++i) by_arrival[i] = i;
  std::sort(by_arrival.begin(), by_arrival.end(), [&](uint32_t a, uint32_t b) {
    return groups_[a].front().order < groups_[b].front().order;
  });
  for (const uint32_t i : by_arrival) {
    const Arrival& first = groups_[i].front();
    const MetricType type = first.desc().type;
    uint32_t owner = names.Owner(first.name, "");
    if (owner == NameIndex::kNobody && HasSingleValue(type)) {  // most families
      names.Claim(first.name, "", i);
      continue;
    }
    for (const std::string_view suffix : SampleSuffixes(type)) {
      if (owner == NameIndex::kNobody) owner = names.Owner(first.name, suffix);
    }
    if (owner != NameIndex::kNobody) {
      const Arrival winner = groups_[owner].front();
      for (const Arrival& loser : groups_[i]) {
        NoteConflict(loser, " would read as a part of ", winner, drops_);
      }
      groups_[i] = {};
      continue;
    }
    names.Claim(first.name, "", i);
    for (const std::string_view suffix : SampleSuffixes(type)) names.Claim(first.name, suffix, i);
  }
}

void Planner::AddParts(Group group, PlanFamily& family) {
  const Arrival& first = group.front();
  family.desc = first.fragment->families[first.range].family;
  for (const Arrival& arrival : group) {
    if (arrival.desc().type == family.desc->type) {
      family.parts.push_back({arrival.fragment, arrival.place, arrival.range, {}});
    } else {
      NoteConflict(arrival, " has another type than ", first, drops_);
    }
  }
}

void Planner::NoteDuplicate(const PlanPart& part, LabelRef block, Group group) {
  if (drops_.count[static_cast<size_t>(DropReason::kDuplicate)] > 0) {
    drops_.Note(DropReason::kDuplicate, {});  // only the first is described
    return;
  }
  const auto arrival = std::find_if(group.begin(), group.end(),
                                    [&](const Arrival& a) { return a.fragment == part.fragment; });
  std::string what(group.front().name);
  what.append("{").append(part.fragment->blocks[block]).append("} of ");
  what.append(arrival->snapshot->instance).append(" is there already");
  drops_.Note(DropReason::kDuplicate, what);
}

void Planner::DropDuplicates(PlanFamily& family, Group group, uint32_t number) {
  const bool single = HasSingleValue(family.desc->type);
  for (PlanPart& part : family.parts) {
    const Fragment& fragment = *part.fragment;
    const std::vector<uint32_t>& numbers = numbers_.Of(&fragment);
    last_family_.resize(numbers_.count(), NameIndex::kNobody);
    const FamilyRange& range = fragment.families[part.range];
    for (uint32_t point = range.first; point < range.first + range.count; ++point) {
      const LabelRef block = single ? fragment.labels[point] : fragment.distributions[point].labels;
      uint32_t& last = last_family_[numbers[block]];
      if (last == number) {
        part.duplicates.push_back(point);
        NoteDuplicate(part, block, group);
      }
      last = number;
    }
  }
  std::erase_if(family.parts, [](const PlanPart& part) {
    return part.duplicates.size() == part.fragment->families[part.range].count;
  });
}

void Planner::Plan(PagePlan& plan, NameIndex& names) {
  plan.families.reserve(groups_.size());
  for (uint32_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].empty()) continue;
    PlanFamily family;
    AddParts(groups_[i], family);
    if (family.parts.size() > 1) DropDuplicates(family, groups_[i], i);
    family.keeps_type = MayKeepType(family);
    family.legacy_name = IsLegacyMetricName(family.desc->name);
    family.form = FormOf(family, i, names);
    plan.families.push_back(std::move(family));
  }
}

std::shared_ptr<PagePlan> PlanFromNothing(std::span<const SnapshotPtr> snapshots, Drops& drops) {
  auto plan = std::make_shared<PagePlan>();
  plan->fragments = FragmentsOf(snapshots);
  Planner planner(snapshots);
  NameIndex names(planner.family_count());
  planner.DropNameClashes(names);
  planner.Plan(*plan, names);
  drops = planner.drops();
  return plan;
}

bool HasUtf8Names(const PagePlan& plan) {
  const auto quoted = [](const FragmentPtr& f) { return f->blocks.may_have_quoted_names(); };
  const auto utf8 = [](const PlanFamily& f) { return !f.legacy_name; };
  return std::any_of(plan.fragments.begin(), plan.fragments.end(), quoted) ||
         std::any_of(plan.families.begin(), plan.families.end(), utf8);
}

}  // namespace

std::shared_ptr<const PagePlan> MakePagePlan(std::span<const SnapshotPtr> snapshots,
                                             const PageLimits& limits,
                                             std::span<const std::string> names,
                                             std::shared_ptr<const PagePlan> last) {
  Drops drops;
  auto [plan, same_size] = last == nullptr ? Replanned() : Replan(std::move(last), snapshots);
  if (plan != nullptr && same_size && names.empty()) return plan;
  if (plan == nullptr) plan = PlanFromNothing(snapshots, drops);
  const size_t families = plan->families.size();
  KeepNamed(*plan, names);
  ApplyLimits(*plan, limits, drops);
  if (plan->families.size() != families) plan->steady = {};
  plan->openmetrics_clean = std::none_of(
      plan->families.begin(), plan->families.end(),
      [](const PlanFamily& family) { return family.form == OpenMetricsForm::kUnknown; });
  plan->has_utf8_names = HasUtf8Names(*plan);
  plan->drops = std::make_shared<const Drops>(std::move(drops));
  return plan;
}

}  // namespace pillion
