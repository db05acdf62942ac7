// FragmentBuilder: samples, and what hangs on them.
#include "model/fragment_builder.hpp"
#include "model/label_block.hpp"
#include "model/name.hpp"

#include <cmath>
#include <numeric>

namespace pillion {
namespace {

bool Ascends(const double* numbers, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (std::isnan(numbers[i])) return false;
    if (i > 0 && numbers[i] <= numbers[i - 1]) return false;
  }
  return true;
}

bool NeverFalls(const double* numbers, size_t size, double last) {
  double before = 0;
  for (size_t i = 0; i < size; ++i) {
    if (!(numbers[i] >= before)) return false;
    before = numbers[i];
  }
  return last >= before;
}

// Offsets after the first are gaps, so they can't be negative; each span has its buckets.
bool SpansFit(const int32_t* offsets, const uint32_t* lengths, size_t spans, size_t buckets) {
  uint64_t sum = 0;
  for (size_t i = 0; i < spans; ++i) {
    if (i > 0 && offsets[i] < 0) return false;
    sum += lengths[i];
  }
  return sum == buckets;
}

// The sum of counts that are not negative; NaN if one is.
double SumOf(const double* counts, size_t size) {
  double sum = 0;
  for (size_t i = 0; i < size; ++i) sum += counts[i] >= 0 ? counts[i] : std::nan("");
  return sum;
}

bool IsSound(const pillion_native_histogram& h) {
  if (h.schema < -4 || h.schema > 8) return false;
  if (!SpansFit(h.positive_span_offsets, h.positive_span_lengths, h.positive_spans,
                h.positive_buckets) ||
      !SpansFit(h.negative_span_offsets, h.negative_span_lengths, h.negative_spans,
                h.negative_buckets)) {
    return false;
  }
  const double in_buckets = SumOf(h.positive_counts, h.positive_buckets) +
                            SumOf(h.negative_counts, h.negative_buckets) + h.zero_count;
  // Observations of NaN are in no bucket, so the count may be higher; rounding may make it lower.
  constexpr double kRounding = 1 + 1e-9;
  return h.zero_count >= 0 && h.zero_threshold >= 0 && std::isfinite(h.zero_threshold) &&
         in_buckets <= h.count * kRounding;
}

}  // namespace

bool FragmentBuilder::Accepts(uint32_t family, LabelRef labels, bool single_value) {
  last_dropped_ = true;
  if (labels == kBadLabels) return false;  // counted when the labels were made
  const FamilyTraits* traits = TraitsOf(family);
  if (traits == nullptr) {
    if (family != PILLION_NO_FAMILY)
      drops_.Note(DropReason::kUndeclared, "a sample of an unknown family");
    return false;
  }
  if (HasSingleValue(traits->type) != single_value) {
    DropLast(DropReason::kWrongType, *Find(family), "the sample is not of the family's type");
    return false;
  }
  const bool known = labels < blocks_.count();
  const bool fits =
      known && (traits->open_labels ||
                (labels == 0 ? !traits->has_labels : block_schema_[labels] == traits->schema));
  if (!fits) {
    DropLast(DropReason::kLabelMismatch, *Find(family), "the label set has other names");
    return false;
  }
  const bool summary = traits->type == MetricType::kSummary;
  if (!single_value && HasLabel(blocks_[labels], summary ? "quantile" : "le")) {
    DropLast(DropReason::kInvalidName, *Find(family), "`le` and `quantile` are not for its labels");
    return false;
  }
  if (log_.size() >= limits_.samples_max) {
    DropLast(DropReason::kLimit, *Find(family), "too many samples in one collector");
    return false;
  }
  last_dropped_ = false;
  return true;
}

void FragmentBuilder::DropLast(DropReason reason, const FamilyDesc& desc, std::string_view why) {
  last_dropped_ = true;
  drops_.NoteParts(reason, desc.name, ": ", why);
}

// Room for the numbers of a further distribution.
bool FragmentBuilder::AcceptsNumbers(uint32_t family, size_t numbers) {
  const size_t used = numbers_.size() + native_numbers_;
  if (used <= limits_.numbers_max && numbers <= limits_.numbers_max - used) return true;
  DropLast(DropReason::kLimit, *Find(family), "too many buckets and quantiles in one collector");
  return false;
}

void FragmentBuilder::Append(uint32_t family, LabelRef labels, double value) {
  log_.push_back({family, labels, value});
}

void FragmentBuilder::Add(uint32_t family, LabelRef labels, double value) {
  if (Accepts(family, labels, /*single_value=*/true)) Append(family, labels, value);
}

void FragmentBuilder::AddHistogram(uint32_t family, LabelRef labels,
                                   const pillion_histogram& histogram) {
  if (!Accepts(family, labels, /*single_value=*/false)) return;
  const size_t size = histogram.bucket_count;
  const FamilyDesc& desc = *Find(family);
  if (desc.type == MetricType::kSummary) {
    return DropLast(DropReason::kWrongType, desc, "a histogram for a summary");
  }
  if (!Ascends(histogram.bounds, size) || !(histogram.count >= 0) ||
      !NeverFalls(histogram.cumulative_counts, size, histogram.count)) {
    return DropLast(DropReason::kInvalidValue, desc,
                    "buckets must ascend and their counts must not fall");
  }
  if (!AcceptsNumbers(family, 2 * size)) return;
  // +Inf is written from `count`, so a bound of +Inf would stand twice.
  const size_t kept = size > 0 && std::isinf(histogram.bounds[size - 1]) ? size - 1 : size;
  Distribution d;
  d.labels = labels;
  d.first = static_cast<uint32_t>(numbers_.size());
  d.size = static_cast<uint32_t>(kept);
  d.count = histogram.count;
  d.sum = histogram.sum;
  numbers_.insert(numbers_.end(), histogram.bounds, histogram.bounds + kept);
  numbers_.insert(numbers_.end(), histogram.cumulative_counts, histogram.cumulative_counts + kept);
  distributions_.push_back(d);
  Append(family, labels, static_cast<double>(distributions_.size() - 1));
}

void FragmentBuilder::AddSummary(uint32_t family, LabelRef labels, const pillion_summary& summary) {
  if (!Accepts(family, labels, /*single_value=*/false)) return;
  const FamilyDesc& desc = *Find(family);
  if (desc.type != MetricType::kSummary) {
    return DropLast(DropReason::kWrongType, desc, "a summary for a histogram");
  }
  if (!Ascends(summary.quantiles, summary.quantile_count)) {
    return DropLast(DropReason::kInvalidValue, desc, "quantiles must ascend");
  }
  if (!AcceptsNumbers(family, 2 * summary.quantile_count)) return;
  Distribution d;
  d.labels = labels;
  d.first = static_cast<uint32_t>(numbers_.size());
  d.size = static_cast<uint32_t>(summary.quantile_count);
  d.count = summary.count;
  d.sum = summary.sum;
  numbers_.insert(numbers_.end(), summary.quantiles, summary.quantiles + d.size);
  numbers_.insert(numbers_.end(), summary.values, summary.values + d.size);
  distributions_.push_back(d);
  Append(family, labels, static_cast<double>(distributions_.size() - 1));
}

void FragmentBuilder::AddNativeHistogram(uint32_t family, LabelRef labels,
                                         const pillion_native_histogram& h) {
  if (!Accepts(family, labels, /*single_value=*/false)) return;
  const FamilyDesc& desc = *Find(family);
  if (desc.type == MetricType::kSummary) {
    return DropLast(DropReason::kWrongType, desc, "a histogram for a summary");
  }
  if (!IsSound(h)) {
    return DropLast(DropReason::kInvalidValue, desc,
                    "spans, buckets and count of a native histogram don't fit each other");
  }
  const size_t numbers =
      h.positive_spans + h.negative_spans + h.positive_buckets + h.negative_buckets;
  if (!AcceptsNumbers(family, numbers)) return;
  native_numbers_ += numbers;
  NativeHistogram native;
  native.schema = h.schema;
  native.zero_threshold = h.zero_threshold;
  native.zero_count = h.zero_count;
  for (size_t i = 0; i < h.positive_spans; ++i) {
    native.positive_spans.push_back({h.positive_span_offsets[i], h.positive_span_lengths[i]});
  }
  for (size_t i = 0; i < h.negative_spans; ++i) {
    native.negative_spans.push_back({h.negative_span_offsets[i], h.negative_span_lengths[i]});
  }
  native.positive_counts.assign(h.positive_counts, h.positive_counts + h.positive_buckets);
  native.negative_counts.assign(h.negative_counts, h.negative_counts + h.negative_buckets);
  Distribution d;
  d.labels = labels;
  d.native = static_cast<uint32_t>(natives_.size());
  d.count = h.count;
  d.sum = h.sum;
  natives_.push_back(std::move(native));
  distributions_.push_back(d);
  Append(family, labels, static_cast<double>(distributions_.size() - 1));
}

FragmentBuilder::Note& FragmentBuilder::NoteOfLast() {
  const auto entry = static_cast<uint32_t>(log_.size() - 1);
  if (notes_.empty() || notes_.back().entry != entry) {
    notes_.push_back({entry, std::nan(""), {}});
  }
  return notes_.back();
}

void FragmentBuilder::AddExemplar(const pillion_exemplar& exemplar) {
  if (last_dropped_) return;
  if (exemplars_ >= limits_.exemplars_max) {
    drops_.Note(DropReason::kLimit, "too many exemplars in one collector");
    return;
  }
  pillion::Exemplar out;
  scratch_.clear();
  std::string spelled;
  size_t code_points = 0;
  for (size_t i = 0; i < exemplar.label_count; ++i) {
    const std::string_view name = ToView(exemplar.label_names[i]);
    const std::string_view value = ToView(exemplar.label_values[i]);
    for (const char c : name) code_points += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    for (const char c : value) code_points += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (!IsLabelName(name) || HasLabel(scratch_, name)) {
      drops_.NoteParts(DropReason::kInvalidName, "label `", name,
                       "` of an exemplar is invalid or stands twice");
      return;
    }
    spelled.clear();
    AppendLabelName(spelled, name);
    AppendPair(spelled, value);
  }
  if (code_points > 128) {  // OpenMetrics 1.0, "Exemplars"
    drops_.Note(DropReason::kLimit, "an exemplar's labels exceed 128 characters");
    return;
  }
  out.labels = scratch_;
  out.value = exemplar.value;
  out.timestamp_seconds =
      std::isfinite(exemplar.timestamp_seconds) ? exemplar.timestamp_seconds : std::nan("");
  ++exemplars_;
  if (MayHaveQuotedNames(out.labels)) blocks_.may_have_quoted_names_ = true;
  NoteOfLast().exemplars.push_back(std::move(out));
}

void FragmentBuilder::AddCreated(double unix_seconds) {
  if (!last_dropped_) NoteOfLast().created_seconds = unix_seconds;
}

}  // namespace pillion
