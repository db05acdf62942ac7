#include "model/fragment.hpp"

#include <atomic>
#include <cmath>

namespace pillion {

uint64_t NewFragmentId() {
  static std::atomic<uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

size_t Fragment::SeriesOf(const FamilyRange& range, uint32_t point) const {
  if (HasSingleValue(range.family->type)) return 1;
  const Distribution& d = distributions[point];
  const bool summary = range.family->type == MetricType::kSummary;
  size_t series = d.size + !std::isnan(d.sum) + !std::isnan(d.count) + !summary;
  if (d.native != Distribution::kNotNative) {
    series += natives[d.native].positive_counts.size();
    series += natives[d.native].negative_counts.size() + 1;
  }
  return series;
}

size_t Fragment::series() const {
  size_t series = values.size();
  if (distributions.empty()) return series;
  for (const FamilyRange& range : families) {
    if (HasSingleValue(range.family->type)) continue;
    for (uint32_t i = range.first; i < range.first + range.count; ++i) series += SeriesOf(range, i);
  }
  return series;
}

size_t Fragment::bytes() const {
  size_t bytes = sizeof *this + families.capacity() * sizeof(FamilyRange) +
                 values.capacity() * sizeof(double) + labels.capacity() * sizeof(LabelRef) +
                 distributions.capacity() * sizeof(Distribution) +
                 numbers.capacity() * sizeof(double) + blocks.bytes() +
                 blocks.count() * sizeof(uint32_t);
  for (const NativeHistogram& native : natives) {
    bytes += sizeof native +
             (native.positive_spans.size() + native.negative_spans.size()) *
                 sizeof(NativeHistogram::Span) +
             (native.positive_counts.size() + native.negative_counts.size()) * sizeof(double);
  }
  for (const SampleNote& note : notes) {
    bytes += sizeof note + note.exemplars.size() * sizeof(Exemplar);
  }
  return bytes;
}

}  // namespace pillion
