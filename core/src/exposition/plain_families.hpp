// A histogram or summary taken apart into plain families, one for each of its sample names: what
// a format does that has no such type. Used by both writers.
#pragma once

#include "exposition/line_writer.hpp"
#include "exposition/openmetrics_form.hpp"

#include <cmath>
#include <string>

namespace pillion {

// Whether the family has any sample of this series.
inline bool HasAny(const PlanFamily& family, Series series) {
  bool any = false;
  ForEachPoint(family, [&](const PlanPart& part, uint32_t point) {
    const Distribution& d = part.fragment->distributions[point];
    switch (series) {
      case Series::kAll: any = true; break;
      case Series::kBounded:
        any = any || family.desc->type != MetricType::kSummary || d.size > 0;
        break;
      case Series::kSum: any = any || !std::isnan(d.sum); break;
      case Series::kCount: any = any || !std::isnan(d.count); break;
    }
  });
  return any;
}

// `head(name)` writes the metadata of a family.
template <typename Head>
void WritePlainFamilies(const PlanFamily& family, LineWriter& lines, Head head) {
  constexpr Series kSeries[] = {Series::kBounded, Series::kSum, Series::kCount};
  const auto suffixes = SampleSuffixes(family.desc->type);
  for (size_t i = 0; i < 3; ++i) {
    if (!HasAny(family, kSeries[i])) continue;
    head(family.desc->name + std::string(suffixes[i]));
    lines.Distributions(family, kSeries[i], /*exemplars=*/false);
  }
}

}  // namespace pillion
