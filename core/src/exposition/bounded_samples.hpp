// The samples of a histogram or summary that have a bound: buckets, quantiles. Pure.
#pragma once

#include "exposition/buckets.hpp"
#include "exposition/number.hpp"
#include "exposition/page_plan.hpp"

#include <cmath>
#include <cstdint>
#include <string_view>

namespace pillion {

// The samples of a histogram or summary that a call is about.
enum class Series : uint8_t { kAll, kBounded, kSum, kCount };  // kBounded: buckets or quantiles

struct BoundedSample {
  std::string_view label;  // "le" or "quantile"
  std::string_view bound;  // as spelled in every format
  double value = 0;
  double lower = 0, upper = 0;  // of a bucket
};

// Calls fn(BoundedSample) for each; the bucket +Inf comes last.
template <typename Fn>
void ForEachBounded(const Fragment& fragment, const Distribution& d, MetricType type,
                    BucketReader& reader, Fn fn) {
  char text[kNumberBytesMax];
  const auto spelled = [&](const char* end) {
    return std::string_view(text, static_cast<size_t>(end - text));
  };
  if (type == MetricType::kSummary) {
    const double* const quantiles = fragment.numbers.data() + d.first;
    const double* const values = quantiles + d.size;
    // They ascend, so the ends tell whether they are quantiles at all.
    const bool real = d.size == 0 || (quantiles[0] >= 0 && quantiles[d.size - 1] <= 1);
    for (uint32_t i = 0; i < d.size; ++i) {
      const char* const end = (real ? WriteCanonical : WriteAsGiven)(text, quantiles[i]);
      fn(BoundedSample{"quantile", spelled(end), values[i]});
    }
    return;
  }
  const Buckets buckets = reader.Of(fragment, d);
  double lower = -HUGE_VAL;
  for (size_t i = 0; i < buckets.bounds.size(); ++i) {
    const double upper = buckets.bounds[i];
    fn(BoundedSample{"le", spelled(WriteCanonical(text, upper)), buckets.counts[i], lower, upper});
    lower = upper;
  }
  fn(BoundedSample{"le", "+Inf", d.count, lower, HUGE_VAL});
}

}  // namespace pillion
