#include "exposition/protobuf_form.hpp"

#include "exposition/buckets.hpp"

#include <algorithm>
#include <cmath>

namespace pillion {
namespace {

constexpr double kUint64End = 18446744073709551616.0;

template <typename Ok>
bool All(const PlanFamily& family, Ok ok) {
  bool all = true;
  ForEachPoint(family, [&](const PlanPart& part, uint32_t point) {
    all = all && ok(*part.fragment, part.fragment->distributions[point]);
  });
  return all;
}

bool IsNative(const Fragment&, const Distribution& d) {
  return d.native != Distribution::kNotNative;
}

bool IsCount(double count) {
  return count >= 0 && count < kUint64End && std::floor(count) == count;
}

bool HistogramFits(const Fragment& fragment, const Distribution& d, BucketReader& reader) {
  const Buckets buckets = reader.Of(fragment, d);
  return !std::isnan(d.sum) && IsCount(d.count) &&
         std::all_of(buckets.counts.begin(), buckets.counts.end(), IsCount);
}

bool SummaryFits(const Fragment& fragment, const Distribution& d) {
  const double* const quantiles = fragment.numbers.data() + d.first;
  const bool real = d.size == 0 || (quantiles[0] >= 0 && quantiles[d.size - 1] <= 1);
  return real && !std::isnan(d.sum) && IsCount(d.count);
}

}  // namespace

ProtobufForm ProtobufFormOf(const PlanFamily& family) {
  const MetricType type = family.desc->type;
  if (HasSingleValue(type)) return ProtobufForm::kTyped;
  if (type == MetricType::kSummary) {
    return All(family, SummaryFits) ? ProtobufForm::kTyped : ProtobufForm::kPlain;
  }
  if (All(family, IsNative)) return ProtobufForm::kNative;
  BucketReader reader;
  const bool typed =
      type == MetricType::kHistogram && All(family, [&](const Fragment& f, const Distribution& d) {
        return HistogramFits(f, d, reader);
      });
  return typed ? ProtobufForm::kTyped : ProtobufForm::kPlain;
}

}  // namespace pillion
