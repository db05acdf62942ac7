// CostEstimate: how long polls of an instance take, as a log-normal distribution that follows the
// last few dozen. Pure.
#pragma once

#include <pillion/poll.hpp>  // MonoTime

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace pillion {

class CostEstimate {
 public:
  static constexpr double kGain = 1.0 / 16;       // of the newest, once that many are known
  static constexpr double kHighDeviations = 2.6;  // one poll in 200 takes longer
  static constexpr double kFirstDeviation = 0.7;  // until more are known: twice as long, or half

  void Add(MonoTime cost) {
    const double log = std::log(std::max(1e3, static_cast<double>(cost.count())));
    known_ = std::min(known_ + 1, 1 / kGain);
    if (known_ == 1) {
      mean_ = log;
      return;
    }
    const double off = log - mean_;
    mean_ += off / known_;
    variance_ += (off * off - variance_) / known_;
  }

  bool empty() const { return known_ == 0; }
  MonoTime Typical() const { return Time(mean_); }
  // What few polls exceed. 0 if none is known.
  MonoTime High() const { return Time(mean_ + kHighDeviations * std::sqrt(variance_)); }

 private:
  MonoTime Time(double log) const {
    return MonoTime(empty() ? 0 : static_cast<int64_t>(std::exp(std::min(log, 40.0))));
  }

  double known_ = 0;  // polls
  double mean_ = 0;   // of the logarithm of nanoseconds
  double variance_ = kFirstDeviation * kFirstDeviation;
};

}  // namespace pillion
