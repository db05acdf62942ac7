#include "exposition/openmetrics_form.hpp"

#include "exposition/buckets.hpp"
#include "model/label_block.hpp"

#include <algorithm>
#include <cmath>

namespace pillion {
namespace {

constexpr std::string_view kPlain[] = {""};
constexpr std::string_view kHistogram[] = {"_bucket", "_sum", "_count"};
constexpr std::string_view kGaugeHistogram[] = {"_bucket", "_gsum", "_gcount"};
constexpr std::string_view kSummary[] = {"", "_sum", "_count"};

bool EndsWith(std::string_view text, std::string_view tail) {
  return text.size() > tail.size() && text.substr(text.size() - tail.size()) == tail;
}

bool IsWhole(double number) { return number >= 0 && std::floor(number) == number; }

// Whether `ok` holds for every value of the family.
template <typename Ok>
bool AllValues(const PlanFamily& family, Ok ok) {
  for (const PlanPart& part : family.parts) {
    const FamilyRange& range = part.fragment->families[part.range];
    const double* const first = part.fragment->values.data() + range.first;
    if (!std::all_of(first, first + range.count, ok)) return false;
  }
  return true;
}

template <typename Ok>
bool AllDistributions(const PlanFamily& family, Ok ok) {
  for (const PlanPart& part : family.parts) {
    const FamilyRange& range = part.fragment->families[part.range];
    for (uint32_t i = 0; i < range.count; ++i) {
      if (!ok(*part.fragment, part.fragment->distributions[range.first + i])) return false;
    }
  }
  return true;
}

bool StatesAreNamed(const PlanFamily& family) {
  bool named = true;
  ForEachPoint(family, [&](const PlanPart& part, uint32_t point) {
    const Fragment& fragment = *part.fragment;
    named = named && HasLabel(fragment.blocks[fragment.labels[point]], family.desc->name);
  });
  return named;
}

bool HistogramFits(const Fragment& fragment, const Distribution& d, BucketReader& reader,
                   bool gauge) {
  const Buckets buckets = reader.Of(fragment, d);
  const bool negative_bounds = !buckets.bounds.empty() && buckets.bounds.front() < 0;
  if (negative_bounds && !gauge) return false;
  if (std::isnan(d.sum) || (d.sum < 0 && !negative_bounds)) return false;
  return IsWhole(d.count) && std::all_of(buckets.counts.begin(), buckets.counts.end(), IsWhole);
}

bool SummaryFits(const Fragment& fragment, const Distribution& d) {
  const double* const quantiles = fragment.numbers.data() + d.first;
  const double* const values = quantiles + d.size;
  for (uint32_t i = 0; i < d.size; ++i) {
    if (!(quantiles[i] >= 0 && quantiles[i] <= 1) || values[i] < 0) return false;
  }
  return (std::isnan(d.count) || IsWhole(d.count)) && !(d.sum < 0);
}

bool HasCreated(MetricType type) {
  return type == MetricType::kCounter || type == MetricType::kHistogram ||
         type == MetricType::kSummary;
}

}  // namespace

bool MayKeepType(const PlanFamily& family) {
  const FamilyDesc& desc = *family.desc;
  BucketReader reader;
  switch (desc.type) {
    case MetricType::kGauge:
    case MetricType::kUnknown: return true;
    case MetricType::kCounter:
      return EndsWith(desc.name, "_total") && AllValues(family, [](double v) { return v >= 0; });
    case MetricType::kInfo:
      return EndsWith(desc.name, "_info") && AllValues(family, [](double v) { return v == 1; });
    case MetricType::kStateSet:
      return AllValues(family, [](double v) { return v == 0 || v == 1; }) && StatesAreNamed(family);
    case MetricType::kSummary: return AllDistributions(family, SummaryFits);
    case MetricType::kHistogram:
    case MetricType::kGaugeHistogram:
      return AllDistributions(family, [&](const Fragment& fragment, const Distribution& d) {
        return HistogramFits(fragment, d, reader, desc.type == MetricType::kGaugeHistogram);
      });
  }
  return false;
}

std::span<const std::string_view> SampleSuffixes(MetricType type) {
  switch (type) {
    case MetricType::kHistogram: return kHistogram;
    case MetricType::kGaugeHistogram: return kGaugeHistogram;
    case MetricType::kSummary: return kSummary;
    default: return kPlain;
  }
}

std::string_view OpenMetricsName(const FamilyDesc& desc) {
  std::string_view name = desc.name;
  if (desc.type == MetricType::kCounter) name.remove_suffix(std::string_view("_total").size());
  if (desc.type == MetricType::kInfo) name.remove_suffix(std::string_view("_info").size());
  return name;
}

bool MayHaveUnit(const FamilyDesc& desc, std::string_view name) {
  const std::string& unit = desc.unit;
  const bool can = desc.type != MetricType::kInfo && desc.type != MetricType::kStateSet;
  return can && !unit.empty() && EndsWith(name, unit) && name.size() > unit.size() + 1 &&
         name[name.size() - unit.size() - 1] == '_';
}

OpenMetricsForm FormOf(const PlanFamily& family, uint32_t self, NameIndex& names) {
  const MetricType type = family.desc->type;
  if (type == MetricType::kGauge || type == MetricType::kUnknown) return OpenMetricsForm::kTyped;
  if (family.keeps_type) {
    const std::string_view name = OpenMetricsName(*family.desc);
    const auto is_free = [&](std::string_view suffix) {
      const uint32_t owner = names.Owner(name, suffix);
      return owner == NameIndex::kNobody || owner == self;
    };
    if (is_free("") && (!HasCreated(type) || is_free("_created"))) {
      names.Claim(name, "", self);
      if (HasCreated(type)) names.Claim(name, "_created", self);
      return OpenMetricsForm::kTyped;
    }
  }
  const bool is_gauge_in_text = type == MetricType::kInfo || type == MetricType::kStateSet ||
                                type == MetricType::kGaugeHistogram;
  return is_gauge_in_text ? OpenMetricsForm::kAsText : OpenMetricsForm::kUnknown;
}

}  // namespace pillion
