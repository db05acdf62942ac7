#include "poll/load_budget.hpp"

#include <algorithm>

namespace pillion {
namespace {

void Follow(double& mean, MonoTime newest) {
  const auto value = static_cast<double>(newest.count());
  mean = mean == 0 ? value : mean + LoadBudget::kGain * (value - mean);
}

}  // namespace

LoadBudget::LoadBudget(double load_max, std::vector<MonoTime> every) : load_max_(load_max) {
  for (const MonoTime e : every) collectors_.push_back({.every = e});
}

std::vector<bool> LoadBudget::Due(const std::vector<bool>& candidates, MonoTime now) {
  if (last_poll_.count() != 0) Follow(gap_ns_, std::min(now - last_poll_, kGapMax));
  last_poll_ = now;
  std::vector<bool> due = candidates;
  // Half a gap early is nearer to its time than the poll after this one.
  const MonoTime half_gap(static_cast<int64_t>(gap_ns_ / 2));
  for (size_t i = 0; i < due.size(); ++i) {
    const Collector& c = collectors_[i];
    if (c.interval.count() == 0 || c.began.count() == 0) continue;
    due[i] = due[i] && now >= c.began + c.interval - half_gap;
  }
  return due;
}

void LoadBudget::Ran(size_t collector, MonoTime began, MonoTime duration) {
  Follow(collectors_[collector].cost_ns, duration);
  collectors_[collector].began = began;
}

double LoadBudget::GapOf(const Collector& collector) const {
  return collector.every.count() > 0 ? static_cast<double>(collector.every.count()) : gap_ns_;
}

// The largest share that each may take so that all together take load_max_; the whole of it if
// they take less.
double LoadBudget::ShareMax() const {
  std::vector<double> shares;
  for (const Collector& c : collectors_) {
    if (const double gap = GapOf(c); gap > 0) shares.push_back(c.cost_ns / gap);
  }
  std::sort(shares.begin(), shares.end());
  double left = load_max_;
  for (size_t i = 0; i < shares.size(); ++i) {
    const double each = left / static_cast<double>(shares.size() - i);
    if (shares[i] > each) return each;
    left -= shares[i];
  }
  return load_max_;
}

void LoadBudget::Fit() {
  if (load_max_ <= 0) return;
  const double share_max = ShareMax();
  for (Collector& c : collectors_) {
    const double gap = GapOf(c);
    const bool over = gap > 0 && c.cost_ns > share_max * gap;
    c.interval = MonoTime(over ? static_cast<int64_t>(c.cost_ns / share_max) : 0);
  }
}

void LoadBudget::Forget() {
  for (Collector& c : collectors_) c.began = MonoTime(0);
}

}  // namespace pillion
