// SeriesBudget: how many series an instance may show, in all and of each family, shared by its
// lanes.
//
// What is over the budget is cut where it is large: all families of the instance are cut to one
// common height, so that the one that exploded loses series and the small ones stay whole,
// whichever collector they are of. It is found at the end of a poll, from what all collectors
// wanted to show last; what the other lane shows is cut at its own next poll. Of a family the first
// series stay, in the exporter's order. Families that declare it (PILLION_METRIC_OVERFLOW) show
// the sum of the rest as one series with the label overflow="true". Each series cut is counted
// (kLimit).
//
// Series are counted as Prometheus does: a histogram has its buckets, sum and count.
//
// Threads: any.
#pragma once

#include "model/drops.hpp"
#include "model/fragment.hpp"

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace pillion {

class SeriesBudget {
 public:
  // Neither may be 0.
  SeriesBudget(uint64_t series_max, uint64_t family_series_max)
      : series_max_(series_max), family_series_max_(family_series_max) {}

  // Cuts the fragments of one poll in place, one for each collector that succeeded.
  void Fit(std::span<FragmentPtr* const> fragments, Drops& drops);
  // The collector failed: it shows nothing.
  void Free(uint32_t collector);

 private:
  // Of a collector's last run.
  struct Wanted {
    uint64_t id = 0;              // of its fragment, before any cut
    std::vector<uint64_t> sizes;  // series of each family
  };
  uint64_t Height() const;  // with mutex_ held

  const uint64_t series_max_;
  const uint64_t family_series_max_;
  std::mutex mutex_;
  std::vector<Wanted> wanted_;  // by collector; guarded by mutex_
};

}  // namespace pillion
