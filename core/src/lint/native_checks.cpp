#include "lint/native_checks.hpp"

#include <fmt/format.h>

#include <cmath>

namespace pillion::lint {
namespace {

constexpr int32_t kSchemaMin = -4, kSchemaMax = 8;

// What is wrong with one side, or an empty text; adds its counts up.
std::string CheckSide(std::span<const parse::Span> spans, std::span<const double> counts,
                      double* sum) {
  uint64_t length = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    if (i > 0 && spans[i].offset < 0) return "a span goes back";
    length += spans[i].length;
  }
  if (length != counts.size()) {
    return fmt::format("spans of {} buckets with {} counts", length, counts.size());
  }
  for (const double count : counts) {
    if (!(count >= 0)) return fmt::format("a bucket holds {}", count);
    *sum += count;
  }
  return {};
}

}  // namespace

void CheckNativeHistogram(const parse::NativeHistogram& histogram, Reporter& reporter) {
  const auto report = [&](std::string text) {
    reporter.Report(histogram.position, kNativeHistogram, std::move(text));
  };
  if (histogram.schema < kSchemaMin || histogram.schema > kSchemaMax) {
    return report(fmt::format("the schema is {}", histogram.schema));
  }
  if (!(histogram.zero_threshold >= 0) || !(histogram.zero_count >= 0)) {
    return report("the zero bucket is below 0");
  }
  double sum = histogram.zero_count;
  std::string wrong = CheckSide(histogram.positive_spans, histogram.positive_counts, &sum);
  if (wrong.empty()) wrong = CheckSide(histogram.negative_spans, histogram.negative_counts, &sum);
  if (!wrong.empty()) return report(std::move(wrong));
  if (histogram.floats) return;  // whose sums are rounded
  // Observations of NaN are counted and lie in no bucket.
  const bool fits = std::isnan(histogram.sum) ? histogram.count >= sum : histogram.count == sum;
  if (!fits) report(fmt::format("the count is {}, the buckets hold {}", histogram.count, sum));
}

}  // namespace pillion::lint
