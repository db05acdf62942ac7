#include "parse/protobuf_events.hpp"

#include "parse/number.hpp"

#include <cmath>
#include <limits>

namespace pillion::parse {

uint32_t ValueFieldOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter: return metric_field::kCounter;
    case MetricType::kGauge: return metric_field::kGauge;
    case MetricType::kSummary: return metric_field::kSummary;
    case MetricType::kHistogram:
    case MetricType::kGaugeHistogram: return metric_field::kHistogram;
    default: return metric_field::kUntyped;
  }
}

void ProtobufEvents::Tell(const ProtobufFamily& family, const MetricParts& parts,
                          const Position& position) {
  family_ = &family;
  parts_ = &parts;
  position_ = position;
  exemplars_.clear();
  for (const MetricParts::ExemplarPart& part : parts.exemplars) {
    Exemplar& exemplar = exemplars_.emplace_back(part.exemplar);
    exemplar.column = position.column;
    exemplar.labels = std::span(parts.exemplar_labels).subspan(part.first_label, part.label_count);
  }
  if (parts.created) visitor_->OnCreated({position, family.name, parts.labels, *parts.created});
  switch (parts.value_field) {
    case metric_field::kSummary: return Summary();
    case metric_field::kHistogram: return Histogram();
    default: return Own("", parts.value, ExemplarAt(parts.exemplar));
  }
}

const Exemplar* ProtobufEvents::ExemplarAt(size_t index) const {
  return index < exemplars_.size() ? &exemplars_[index] : nullptr;
}

void ProtobufEvents::Own(std::string_view suffix, double value, const Exemplar* exemplar) {
  name_.assign(family_->name).append(suffix);
  visitor_->OnSample({.position = position_,
                      .name = name_,
                      .labels = parts_->labels,
                      .value = value,
                      .timestamp = parts_->timestamp,
                      .exemplar = exemplar,
                      .quoted = family_->quoted});
}

void ProtobufEvents::Bounded(std::string_view suffix, std::string_view label, double bound,
                             double value, const Exemplar* exemplar) {
  const std::string text = CanonicalNumber(bound);
  name_.assign(family_->name).append(suffix);
  labels_.back() = {.name = label, .value = text, .column = position_.column};
  visitor_->OnSample({.position = position_,
                      .name = name_,
                      .labels = labels_,
                      .value = value,
                      .timestamp = parts_->timestamp,
                      .exemplar = exemplar,
                      .quoted = family_->quoted});
}

void ProtobufEvents::Summary() {
  labels_ = parts_->labels;
  labels_.emplace_back();
  for (const MetricParts::Bounded& quantile : parts_->bounded) {
    Bounded("", "quantile", quantile.bound, quantile.value);
  }
  Own("_sum", parts_->distribution.sum);
  Own("_count", parts_->distribution.count);
}

void ProtobufEvents::Histogram() {
  const MetricParts::Distribution& d = parts_->distribution;
  if (!parts_->bounded.empty() || !d.native) {
    labels_ = parts_->labels;
    labels_.emplace_back();
    bool infinite = false;
    for (const MetricParts::Bounded& bucket : parts_->bounded) {
      Bounded("_bucket", "le", bucket.bound, bucket.value, ExemplarAt(bucket.exemplar));
      infinite = infinite || (std::isinf(bucket.bound) && bucket.bound > 0);
    }
    // The schema allows to leave it out.
    if (!infinite) Bounded("_bucket", "le", std::numeric_limits<double>::infinity(), d.count);
    Own("_sum", d.sum);
    Own("_count", d.count);
  }
  if (d.native) Native();
}

void ProtobufEvents::Native() {
  const MetricParts::Distribution& d = parts_->distribution;
  native_exemplars_.clear();
  for (const size_t index : parts_->native_exemplars) {
    native_exemplars_.push_back(exemplars_[index]);
  }
  visitor_->OnNativeHistogram({.position = position_,
                               .name = family_->name,
                               .labels = parts_->labels,
                               .schema = d.schema,
                               .zero_threshold = d.zero_threshold,
                               .zero_count = d.zero_count,
                               .count = d.count,
                               .sum = d.sum,
                               .floats = d.floats,
                               .positive_spans = parts_->positive.spans,
                               .positive_counts = parts_->positive.counts,
                               .negative_spans = parts_->negative.spans,
                               .negative_counts = parts_->negative.counts,
                               .exemplars = native_exemplars_,
                               .timestamp = parts_->timestamp});
}

}  // namespace pillion::parse
