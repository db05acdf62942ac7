// Histograms, gauge histograms and summaries of one family: each point of them as a whole.
#pragma once

#include "lint/family_book.hpp"
#include "lint/series_set.hpp"

#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

namespace pillion::lint {

class PointChecks {
 public:
  explicit PointChecks(Reporter* reporter) : reporter_(reporter) {}

  // A sample of a histogram or summary, and the hash of its labels.
  void Add(const Family& family, Part part, const parse::Sample& sample, uint64_t labels);
  // The family ends: reports what its points lack and forgets them.
  void End(const Family& family);

 private:
  struct Point {
    parse::Position position;  // of its first sample
    double last_bound = -std::numeric_limits<double>::infinity();
    double last_value = 0;  // of the bucket with that bound
    double count = 0;
    bool buckets = false, quantiles = false;
    bool has_count = false, has_sum = false;
    bool negative_bounds = false;
  };

  Point* Find(uint64_t key, const parse::Position& position);
  void Bucket(const Family& family, const parse::Sample& sample, const parse::Label* le,
              Point& point);
  void Quantile(const Family& family, const parse::Sample& sample, const parse::Label& quantile,
                Point& point);
  void BucketExemplar(const parse::Sample& sample, const Point& before, double bound);
  void Sum(const Family& family, const parse::Sample& sample, Point& point);
  void EndHistogram(const Family& family, const Point& point);
  void Canonical(const parse::Sample& sample, const parse::Label& label, double value);

  Reporter* const reporter_;
  std::vector<Point> points_;
  std::unordered_map<uint64_t, uint32_t> by_labels_;  // index in points_
  uint64_t last_key_ = 0;                             // of the point with index last_
  uint32_t last_ = 0;
  bool said_full_ = false;
};

}  // namespace pillion::lint
