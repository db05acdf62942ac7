// LoadBudget: keeps the share of time that polls keep a target busy below what the operator allows.
//
// While all collectors together take more, the expensive ones run less often: each may take the
// same share at most, and that share is as large as the whole allows. Cheap collectors run with
// each poll as before. What a collector costs is the mean of its last runs.
//
// Pure. Threads: one at a time.
#pragma once

#include <pillion/poll.hpp>  // MonoTime

#include <cstddef>
#include <vector>

namespace pillion {

class LoadBudget {
 public:
  static constexpr double kGain = 1.0 / 8;  // of the newest cost, and of the newest gap
  static constexpr MonoTime kGapMax = std::chrono::minutes(10);  // longer ones tell nothing

  // `load_max`: a share of the time; 0: no bound. `every`: of each collector; 0: with each scrape.
  LoadBudget(double load_max, std::vector<MonoTime> every);

  // A poll begins for scrapes: which of the `candidates` are to run in it.
  std::vector<bool> Due(const std::vector<bool>& candidates, MonoTime now);
  // A collector ran well.
  void Ran(size_t collector, MonoTime began, MonoTime duration);
  // After the last Ran of a poll: sets the intervals.
  void Fit();
  // Nothing is known to be shown any more: all run in the next poll.
  void Forget();

  // How often the collector runs at most, as it is too expensive to run more often; 0: it is not.
  MonoTime Interval(size_t collector) const { return collectors_[collector].interval; }

 private:
  struct Collector {
    MonoTime every{0};
    double cost_ns = 0;  // 0: unknown
    MonoTime began{0};   // its last run; 0: it has to run
    MonoTime interval{0};
  };

  // The time between two runs of a collector that is not held back; 0: unknown.
  double GapOf(const Collector& collector) const;
  double ShareMax() const;

  const double load_max_;
  std::vector<Collector> collectors_;
  MonoTime last_poll_{0};
  double gap_ns_ = 0;  // between polls for scrapes; 0: unknown
};

}  // namespace pillion
