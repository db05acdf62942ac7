// The classic buckets of a histogram, whether it is kept as classic or native.
//
// A native histogram has no text form. It is shown as the classic one with the same counts: each
// populated native bucket gives its upper bound, and its lower bound too where the bucket before
// it is empty, so that histogram_quantile interpolates inside the native bucket and not over the
// gap. Which bounds there are follows the data; every bound is one of its schema. With more than
// kNativeBucketsMax populated buckets neighbours are joined pairwise (the next coarser schema)
// until they fit.
//
// Threads: one at a time per reader.
#pragma once

#include "model/fragment.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pillion {

inline constexpr size_t kNativeBucketsMax = 160;  // populated ones, shown per histogram

struct Buckets {
  std::span<const double> bounds;  // ascending, without +Inf
  std::span<const double> counts;  // cumulative
};

class BucketReader {
 public:
  // Valid until the next call, or as long as the fragment for a classic histogram.
  Buckets Of(const Fragment& fragment, const Distribution& distribution);

 private:
  struct Populated {
    int64_t index;
    double count;
  };

  void Collect(const std::vector<NativeHistogram::Span>& spans, const std::vector<double>& counts,
               std::vector<Populated>& out);
  void Add(double lower, double upper, double count, double total);

  std::vector<Populated> negative_, positive_;
  std::vector<double> bounds_, counts_;
  double cumulative_ = 0;
};

}  // namespace pillion
