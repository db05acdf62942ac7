#include "lint/page_rules.hpp"

#include "lint/naming.hpp"
#include "lint/native_checks.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>

namespace pillion::lint {
namespace {

constexpr size_t kExemplarCharactersMax = 128;

size_t Characters(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

bool HasPoints(MetricType type) {
  return type == MetricType::kHistogram || type == MetricType::kGaugeHistogram ||
         type == MetricType::kSummary;
}

}  // namespace

PageRules::PageRules(Reporter* reporter)
    : reporter_(reporter),
      book_(reporter, [this](const Family& family) { EndFamily(family); }),
      points_(reporter),
      series_(reporter->options().bounds.series) {}

void PageRules::EndFamily(const Family& family) {
  points_.End(family);
  label_names_ = 0;
  said_timestamp_ = false;
  if (family.samples && !family.split) CheckFamilyName(family, *reporter_);
}

void PageRules::OnUnit(const parse::Metadata& line) {
  book_.Unit(line);
  const MetricType type = book_.current().type;
  if (!line.text.empty() && (type == MetricType::kInfo || type == MetricType::kStateSet)) {
    reporter_->Report(line.position, kUnitlessType,
                      fmt::format("{} is of a type that has no unit", line.name));
  }
}

void PageRules::OnSample(const parse::Sample& sample) {
  const Part part = book_.Sample(sample);
  const LabelHash labels = HashLabels(sample.labels);
  CheckLabels(sample.labels, labels.names, sample.position);
  CheckUnique(sample.position, sample.name, Mix(labels.set, HashText(sample.name)),
              sample.timestamp);
  CheckTimestamp(sample.position, sample.timestamp);
  if (sample.exemplar != nullptr) CheckExemplar(sample, part);
  if (part == Part::kNone) return;
  CheckValue(sample, part);
  const Family& family = book_.current();
  if (HasPoints(family.type) && part != Part::kCreated) {
    points_.Add(family, part, sample, labels.set);
  }
}

void PageRules::CheckLabels(std::span<const parse::Label> labels, uint64_t names,
                            const parse::Position& position) {
  if (names == label_names_) return;  // looked at already
  label_names_ = names;
  for (const parse::Label& label : labels) {
    CheckLabelName(book_.current(), label, position, *reporter_);
  }
}

// Text has one sample of a series. OpenMetrics has several if their timestamps ascend.
void PageRules::CheckUnique(const parse::Position& position, std::string_view name, uint64_t series,
                            const std::optional<double>& timestamp) {
  const Last before = std::exchange(last_, {series, timestamp});
  if (timestamp && reporter_->openmetrics()) {
    if (before.series == series && before.timestamp && !(*timestamp > *before.timestamp)) {
      return reporter_->Report(position, kTimestampOrder,
                               fmt::format("{} is not later than the sample before", *timestamp));
    }
    series = Mix(series, std::bit_cast<uint64_t>(*timestamp));
  }
  switch (series_.Add(series)) {
    case SeriesSet::Added::kNew: return;
    case SeriesSet::Added::kKnown:
      return reporter_->Report(position, kDuplicateSeries,
                               fmt::format("{} with these labels was there before", name));
    case SeriesSet::Added::kFull:
      if (!said_full_) {
        reporter_->Report(position, kUnchecked, "series from here on may be duplicates");
      }
      said_full_ = true;
  }
}

void PageRules::CheckTimestamp(const parse::Position& position,
                               const std::optional<double>& timestamp) {
  if (!timestamp || said_timestamp_) return;
  said_timestamp_ = true;
  reporter_->Report(position, kSampleTimestamp,
                    fmt::format("samples of {} have timestamps", book_.current().name));
}

void PageRules::CheckValue(const parse::Sample& sample, Part part) {
  const double value = sample.value;
  switch (part) {
    case Part::kCounter:
      if (value >= 0) return;
      return reporter_->ReportMilder(sample.position, kCounterValue,
                                     fmt::format("{} is {}", sample.name, value));
    case Part::kCreated:
      if (value >= 0 && std::isfinite(value)) return;
      return reporter_->Report(sample.position, kCreatedValue,
                               fmt::format("{} is not a Unix time", value));
    case Part::kInfo:
      if (value == 1) return;
      return reporter_->Report(sample.position, kInfoValue,
                               fmt::format("{} is {}, not 1", sample.name, value));
    case Part::kState: return CheckState(sample);
    default: return;
  }
}

void PageRules::CheckState(const parse::Sample& sample) {
  if (sample.value != 0 && sample.value != 1) {
    reporter_->Report(sample.position, kStateValue,
                      fmt::format("the state {} is neither 0 nor 1", sample.value));
  }
  for (const parse::Label& label : sample.labels) {
    if (label.name == sample.name) return;
  }
  reporter_->Report(sample.position, kStateLabel,
                    fmt::format("no label is called {}", sample.name));
}

void PageRules::CheckExemplar(const parse::Sample& sample, Part part) {
  const parse::Position position{sample.position.line, sample.exemplar->column};
  if (part != Part::kNone && part != Part::kCounter && part != Part::kBucket) {
    reporter_->Report(position, kExemplarPlace,
                      fmt::format("{} can have no exemplars", sample.name));
  }
  size_t characters = 0;
  for (const parse::Label& label : sample.exemplar->labels) {
    characters += Characters(label.name) + Characters(label.value);
  }
  if (characters > kExemplarCharactersMax) {
    reporter_->Report(position, kExemplarLength,
                      fmt::format("the labels of this exemplar have {} characters", characters));
  }
}

void PageRules::OnNativeHistogram(const parse::NativeHistogram& histogram) {
  book_.Native(histogram);
  const LabelHash labels = HashLabels(histogram.labels);
  CheckLabels(histogram.labels, labels.names, histogram.position);
  CheckUnique(histogram.position, histogram.name, Mix(labels.set, HashText(histogram.name)),
              histogram.timestamp);
  CheckTimestamp(histogram.position, histogram.timestamp);
  CheckNativeHistogram(histogram, *reporter_);
}

void PageRules::OnCreated(const parse::Created& created) {
  if (created.seconds >= 0 && std::isfinite(created.seconds)) return;
  reporter_->Report(created.position, kCreatedValue,
                    fmt::format("{} is not a Unix time", created.seconds));
}

bool PageRules::OnProblem(const parse::Problem& problem) {
  reporter_->Report(problem.position, *problem.rule, problem.message);
  return reporter_->wanted();
}

}  // namespace pillion::lint
