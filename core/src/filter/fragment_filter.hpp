// FragmentFilter: applies an instance's FamilyFilter to the fragments of its collectors, once when
// they are made and not at each scrape.
//
// Series that become equal because a label was dropped: the first stays, the others are dropped
// and counted (kDuplicate). Histograms keep their `le` and summaries their `quantile`, which are
// no labels here.
//
// Threads: one at a time.
#pragma once

#include "filter/family_filter.hpp"
#include "model/drops.hpp"
#include "model/fragment.hpp"

namespace pillion {

class FragmentFilter {
 public:
  explicit FragmentFilter(const FilterConfig& config) : families_(config) {}

  // The fragment itself if nothing of it changes.
  FragmentPtr Apply(FragmentPtr fragment, Drops& drops);

 private:
  FamilyFilter families_;
};

}  // namespace pillion
