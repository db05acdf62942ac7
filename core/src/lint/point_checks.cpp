#include "lint/point_checks.hpp"

#include "parse/number.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <optional>

namespace pillion::lint {
namespace {

const parse::Label* FindLabel(const parse::Sample& sample, std::string_view name) {
  for (const parse::Label& label : sample.labels) {
    if (label.name == name) return &label;
  }
  return nullptr;
}

bool IsHistogram(MetricType type) {
  return type == MetricType::kHistogram || type == MetricType::kGaugeHistogram;
}

parse::Position At(const parse::Sample& sample, const parse::Label& label) {
  return {sample.position.line, label.column};
}

}  // namespace

void PointChecks::Add(const Family& family, Part part, const parse::Sample& sample,
                      uint64_t labels) {
  const parse::Label* own = nullptr;  // the label that tells samples of a point apart
  if (part == Part::kBucket) own = FindLabel(sample, "le");
  if (part == Part::kValue) own = FindLabel(sample, "quantile");
  uint64_t key = labels;
  if (own != nullptr) key -= HashLabel(*own, HashText(own->name));
  if (reporter_->openmetrics() && sample.timestamp) {
    key = Mix(key, std::bit_cast<uint64_t>(*sample.timestamp));
  }
  Point* const point = Find(key, sample.position);
  if (point == nullptr) return;
  switch (part) {
    case Part::kBucket: return Bucket(family, sample, own, *point);
    case Part::kValue:
      if (own != nullptr) return Quantile(family, sample, *own, *point);
      return reporter_->Report(sample.position, kQuantile,
                               "a sample of a summary without suffix needs the label quantile");
    case Part::kSum: return Sum(family, sample, *point);
    case Part::kCount:
      point->has_count = true;
      point->count = sample.value;
      if (!IsHistogram(family.type) && !(sample.value >= 0)) {
        reporter_->ReportMilder(sample.position, kSummaryValue, "a count is not below 0");
      }
      return;
    default: return;
  }
}

PointChecks::Point* PointChecks::Find(uint64_t key, const parse::Position& position) {
  if (!points_.empty() && key == last_key_) return &points_[last_];
  const auto known = by_labels_.find(key);
  if (known == by_labels_.end() && points_.size() >= reporter_->options().bounds.points) {
    if (!said_full_) {
      reporter_->Report(position, kUnchecked,
                        "histograms of this family are not checked from here");
    }
    said_full_ = true;
    return nullptr;
  }
  last_key_ = key;
  if (known != by_labels_.end()) {
    last_ = known->second;
    if (reporter_->openmetrics()) {
      reporter_->Report(position, kPointSplit,
                        fmt::format("samples with these labels began in line {}, and others stand "
                                    "between",
                                    points_[last_].position.line));
    }
  } else {
    last_ = static_cast<uint32_t>(points_.size());
    by_labels_.emplace(key, last_);
    points_.push_back({.position = position});
  }
  return &points_[last_];
}

void PointChecks::Canonical(const parse::Sample& sample, const parse::Label& label, double value) {
  if (!reporter_->openmetrics() || !reporter_->options().warnings) return;
  const std::string canonical = parse::CanonicalNumber(value);
  if (label.value == canonical) return;
  reporter_->Report(At(sample, label), kCanonicalBound,
                    fmt::format("{}=\"{}\" is spelled \"{}\"", label.name, label.value, canonical));
}

void PointChecks::Bucket(const Family& family, const parse::Sample& sample, const parse::Label* le,
                         Point& point) {
  const std::optional<double> bound = le ? parse::ParseNumber(le->value) : std::nullopt;
  if (!bound || std::isnan(*bound)) {
    return reporter_->Report(le ? At(sample, *le) : sample.position, kBucketBound,
                             le ? "the bound of a bucket is a number" : "a bucket without le");
  }
  Canonical(sample, *le, *bound);
  const Point before = point;
  const bool whole = sample.value == std::floor(sample.value);  // false for NaN
  if (!(sample.value >= 0) || (!whole && reporter_->openmetrics())) {
    reporter_->Report(sample.position, kBucketValue,
                      fmt::format("a bucket of {} holds {}", family.name, sample.value));
  }
  if (before.buckets && !(*bound > before.last_bound)) {
    reporter_->Report(At(sample, *le), kBucketOrder,
                      fmt::format("the bound {} comes after {}", *bound, before.last_bound));
  } else if (before.buckets && sample.value < before.last_value) {
    reporter_->Report(sample.position, kBucketCount,
                      fmt::format("{} is less than the {} of the bucket before", sample.value,
                                  before.last_value));
  }
  if (sample.exemplar != nullptr) BucketExemplar(sample, before, *bound);
  point.negative_bounds = point.negative_bounds || *bound < 0;
  point.buckets = true;
  point.last_bound = *bound;
  point.last_value = sample.value;
}

void PointChecks::BucketExemplar(const parse::Sample& sample, const Point& before, double bound) {
  const double value = sample.exemplar->value;
  if (value <= bound && (!before.buckets || value > before.last_bound)) return;
  reporter_->Report({sample.position.line, sample.exemplar->column}, kExemplarValue,
                    fmt::format("{} does not lie in the bucket up to {}", value, bound));
}

void PointChecks::Quantile(const Family& family, const parse::Sample& sample,
                           const parse::Label& quantile, Point& point) {
  const std::optional<double> value = parse::ParseNumber(quantile.value);
  if (!value) {
    return reporter_->Report(At(sample, quantile), kQuantile,
                             fmt::format("a quantile of {} is a number", family.name));
  }
  if (!(*value >= 0 && *value <= 1)) {
    reporter_->ReportMilder(At(sample, quantile), kQuantile,
                            fmt::format("{} is not a quantile from 0 to 1", *value));
  }
  Canonical(sample, quantile, *value);
  if (reporter_->text() && point.quantiles && !(*value > point.last_bound)) {
    reporter_->Report(At(sample, quantile), kQuantileOrder,
                      fmt::format("the quantile {} comes after {}", *value, point.last_bound));
  }
  if (reporter_->openmetrics() && sample.value < 0) {
    reporter_->Report(sample.position, kSummaryValue, "the value of a quantile is below 0");
  }
  point.quantiles = true;
  point.last_bound = *value;
}

void PointChecks::Sum(const Family& family, const parse::Sample& sample, Point& point) {
  point.has_sum = true;
  if (!reporter_->openmetrics() || family.type == MetricType::kGaugeHistogram) return;
  if (family.type == MetricType::kSummary) {
    if (!(sample.value >= 0)) {
      reporter_->Report(sample.position, kSummaryValue, "a sum is neither negative nor NaN");
    }
  } else if (point.negative_bounds) {
    reporter_->Report(sample.position, kHistogramSum,
                      "with a negative bound the sum could fall, so there must be none");
  } else if (!(sample.value >= 0)) {
    reporter_->Report(sample.position, kHistogramSum, "a sum is neither negative nor NaN");
  }
}

void PointChecks::EndHistogram(const Family& family, const Point& point) {
  const parse::Position& at = point.position;
  const bool infinite = point.buckets && std::isinf(point.last_bound) && point.last_bound > 0;
  if (!infinite) {
    reporter_->Report(at, kInfBucket,
                      fmt::format("a histogram of {} has no bucket +Inf", family.name));
  } else if (point.has_count && point.count != point.last_value) {
    reporter_->Report(at, kHistogramCount,
                      fmt::format("the count {} of {} is not the {} of its bucket +Inf",
                                  point.count, family.name, point.last_value));
  }
  if (point.has_count != point.has_sum) {
    reporter_->ReportMilder(
        at, kHistogramParts,
        fmt::format("a histogram of {} has no {}", family.name, point.has_count ? "sum" : "count"));
  } else if (!point.has_count && reporter_->text()) {
    reporter_->ReportMilder(at, kHistogramParts,
                            fmt::format("a histogram of {} has no sum and no count", family.name));
  }
}

void PointChecks::End(const Family& family) {
  // Of a family in several blocks no block is whole; that is said already.
  if (IsHistogram(family.type) && !family.split) {
    for (const Point& point : points_) EndHistogram(family, point);
  }
  points_.clear();
  by_labels_.clear();
  said_full_ = false;
}

}  // namespace pillion::lint
