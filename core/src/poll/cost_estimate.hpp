// CostEstimate: how long polls of an instance take, as a log-normal distribution that follows the
// last thousand, and forgets them when the target has become another. What a time-out or a
// limit cuts off is not expected beyond it: nothing is that was not seen lately. Pure.
#pragma once

#include <pillion/poll.hpp>  // MonoTime

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace pillion {

class CostEstimate {
 public:
  static constexpr double kMemory = 1024;        // polls that count
  static constexpr double kHighestMemory = 256;  // whose highest counts, and that of as many before
  static constexpr double kHighDeviations = 2.55;  // one poll in 200 takes longer
  // Of a few polls the spread is known badly, and starting too early makes data old: from the first
  // deviations to those above within so many polls.
  static constexpr double kFirstHighDeviations = 1.95;
  static constexpr double kFewPolls = 100;
  static constexpr double kFirstDeviation = 0.5;  // until more are known
  // Polls in a row that are above the high, or below the mean. Of a target that is what it was such
  // a row is one in a million.
  static constexpr int kHighToForget = 3;
  static constexpr int kBelowToForget = 20;

  void Add(MonoTime cost) {
    const double log = std::log(std::max(1e3, static_cast<double>(cost.count())));
    Watch(log);
    Remember(log);
    known_ = std::min(known_ + 1, kMemory);
    const double off = log - mean_;
    mean_ += off / known_;
    if (known_ == 1) return;
    spread_known_ = std::min(spread_known_ + 1, kMemory);
    variance_ += (off * off - variance_) / spread_known_;
  }

  // What few polls exceed. 0 if none is known.
  MonoTime High() const {
    return MonoTime(known_ == 0 ? 0 : static_cast<int64_t>(std::exp(std::min(LogHigh(), 40.0))));
  }

 private:
  double LogHigh() const {
    const double settled = std::min(1.0, known_ / kFewPolls);
    const double deviations = std::lerp(kFirstHighDeviations, kHighDeviations, settled);
    const double high = mean_ + deviations * std::sqrt(variance_);
    const bool seen = highest_before_ > 0 || in_highest_ >= kFewPolls;
    return seen ? std::min(high, std::max(highest_before_, highest_)) : high;
  }

  // The highest of the last kHighestMemory polls, and of as many before them.
  void Remember(double log) {
    highest_ = std::max(highest_, log);
    if (++in_highest_ < kHighestMemory) return;
    highest_before_ = std::exchange(highest_, 0.0);
    in_highest_ = 0;
  }

  void Watch(double log) {
    high_in_a_row_ = log > LogHigh() ? high_in_a_row_ + 1 : 0;
    below_in_a_row_ = log < mean_ ? below_in_a_row_ + 1 : 0;
    if (high_in_a_row_ < kHighToForget && below_in_a_row_ < kBelowToForget) return;
    known_ = 0;  // how far they spread is taken to be as before
    highest_ = highest_before_ = in_highest_ = 0;
    high_in_a_row_ = below_in_a_row_ = 0;
  }

  double known_ = 0;  // polls
  double mean_ = 0;   // of the logarithm of nanoseconds
  double spread_known_ = 1;
  double variance_ = kFirstDeviation * kFirstDeviation;
  double highest_ = 0;         // of in_highest_ polls
  double highest_before_ = 0;  // of the kHighestMemory before; 0: none
  double in_highest_ = 0;
  int high_in_a_row_ = 0;
  int below_in_a_row_ = 0;
};

}  // namespace pillion
