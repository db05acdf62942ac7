#include "model/fragment.hpp"

#include <cmath>

namespace pillion {

size_t Fragment::series() const {
  size_t series = values.size();
  for (const FamilyRange& range : families) {
    if (HasSingleValue(range.family->type)) continue;
    const bool summary = range.family->type == MetricType::kSummary;
    for (uint32_t i = range.first; i < range.first + range.count; ++i) {
      const Distribution& d = distributions[i];
      series += d.size + !std::isnan(d.sum) + !std::isnan(d.count) + !summary;
      if (d.native == Distribution::kNotNative) continue;
      series += natives[d.native].positive_counts.size();
      series += natives[d.native].negative_counts.size() + 1;
    }
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
