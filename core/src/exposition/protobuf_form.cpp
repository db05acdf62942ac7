#include "exposition/protobuf_form.hpp"

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

bool HasSum(const Fragment&, const Distribution& d) { return !std::isnan(d.sum); }

bool SummaryFits(const Fragment& fragment, const Distribution& d) {
  const double* const quantiles = fragment.numbers.data() + d.first;
  const bool real = d.size == 0 || (quantiles[0] >= 0 && quantiles[d.size - 1] <= 1);
  return real && !std::isnan(d.sum) && d.count >= 0 && d.count < kUint64End &&
         std::floor(d.count) == d.count;
}

}  // namespace

ProtobufForm ProtobufFormOf(const PlanFamily& family) {
  const MetricType type = family.desc->type;
  if (HasSingleValue(type)) return ProtobufForm::kTyped;
  if (type == MetricType::kSummary) {
    return All(family, SummaryFits) ? ProtobufForm::kTyped : ProtobufForm::kPlain;
  }
  if (All(family, IsNative)) return ProtobufForm::kNative;
  const bool typed = type == MetricType::kHistogram && All(family, HasSum);
  return typed ? ProtobufForm::kTyped : ProtobufForm::kPlain;
}

}  // namespace pillion
