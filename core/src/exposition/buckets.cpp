#include "exposition/buckets.hpp"

#include <algorithm>
#include <cmath>

namespace pillion {
namespace {

// Bucket `index` of a schema reaches from Bound(index - 1), exclusive, to Bound(index).
double Bound(int64_t index, int schema) {
  return std::exp2(std::ldexp(static_cast<double>(index), -schema));
}

}  // namespace

void BucketReader::Collect(const std::vector<NativeHistogram::Span>& spans,
                           const std::vector<double>& counts, std::vector<Populated>& out) {
  out.clear();
  int64_t index = 0;
  size_t next = 0;
  for (const NativeHistogram::Span& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length && next < counts.size(); ++i, ++index, ++next) {
      if (counts[next] > 0) out.push_back({index, counts[next]});
    }
  }
}

void BucketReader::Add(double lower, double upper, double count, double total) {
  if ((bounds_.empty() || bounds_.back() < lower) && std::isfinite(lower)) {
    bounds_.push_back(lower);
    counts_.push_back(cumulative_);
  }
  cumulative_ = std::min(cumulative_ + count, total);
  if (!std::isfinite(upper)) return;  // the +Inf bucket says it
  if (bounds_.empty() || bounds_.back() < upper) {
    bounds_.push_back(upper);
    counts_.push_back(cumulative_);
  } else {
    counts_.back() = cumulative_;
  }
}

Buckets BucketReader::Of(const Fragment& fragment, const Distribution& distribution) {
  if (distribution.native == Distribution::kNotNative) {
    const double* numbers = fragment.numbers.data() + distribution.first;
    return {{numbers, distribution.size}, {numbers + distribution.size, distribution.size}};
  }
  const NativeHistogram& native = fragment.natives[distribution.native];
  Collect(native.negative_spans, native.negative_counts, negative_);
  Collect(native.positive_spans, native.positive_counts, positive_);
  int schema = native.schema;
  const auto join = [](std::vector<Populated>& buckets) {
    size_t kept = 0;
    for (const Populated& bucket : buckets) {
      const int64_t index = (bucket.index + 1) >> 1;
      if (kept > 0 && buckets[kept - 1].index == index) {
        buckets[kept - 1].count += bucket.count;
      } else {
        buckets[kept++] = {index, bucket.count};
      }
    }
    buckets.resize(kept);
  };
  while (negative_.size() + positive_.size() > kNativeBucketsMax) {
    join(negative_);
    join(positive_);
    --schema;
  }

  bounds_.clear();
  counts_.clear();
  cumulative_ = 0;
  for (auto bucket = negative_.rbegin(); bucket != negative_.rend(); ++bucket) {
    Add(-Bound(bucket->index, schema), -Bound(bucket->index - 1, schema), bucket->count,
        distribution.count);
  }
  if (native.zero_count > 0) {
    const double zero = native.zero_threshold;
    Add(zero == 0 ? 0 : -zero, zero, native.zero_count, distribution.count);
  }
  for (const Populated& bucket : positive_) {
    Add(Bound(bucket.index - 1, schema), Bound(bucket.index, schema), bucket.count,
        distribution.count);
  }
  return {bounds_, counts_};
}

}  // namespace pillion
