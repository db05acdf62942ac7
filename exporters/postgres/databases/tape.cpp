#include "tape.hpp"

#include <algorithm>
#include <span>

namespace pillion::postgres {

pillion_family Tape::Declare(const pillion_metric& metric) {
  std::string labels;
  for (size_t i = 0; i < metric.label_count; ++i) {
    labels.append(i == 0 ? "" : ",").append(ToView(metric.labels[i]));
  }
  declared_.push_back({std::string(ToView(metric.name)), std::string(ToView(metric.unit)),
                       std::string(ToView(metric.help)), std::move(labels),
                       static_cast<MetricType>(metric.type), metric.flags, metric.collector});
  return kFirstDeclared + static_cast<pillion_family>(declared_.size() - 1);
}

pillion_labels Tape::MakeLabels(pillion_family family, const pillion_str* values, size_t count) {
  if (IsFull()) return PILLION_NO_LABELS;
  const auto first = static_cast<uint32_t>(ends_.size());
  for (size_t i = 0; i < count; ++i) {
    texts_.append(ToView(values[i]));
    ends_.push_back(static_cast<uint32_t>(texts_.size()));
  }
  label_sets_.push_back({family, first, static_cast<uint32_t>(count)});
  return static_cast<pillion_labels>(label_sets_.size());  // 0 is none
}

void Tape::Add(pillion_family family, pillion_labels labels, double value) {
  if (!IsFull()) samples_.push_back({family, labels, value});
}

void Tape::Add(pillion_family family, pillion_labels labels, const pillion_histogram& histogram) {
  if (IsFull()) return;
  const size_t count = histogram.bucket_count;
  histograms_.push_back({family,
                         labels,
                         {histogram.bounds, histogram.bounds + count},
                         {histogram.cumulative_counts, histogram.cumulative_counts + count},
                         histogram.count,
                         histogram.sum});
}

void Tape::Play(Sink& sink) const {
  std::vector<Family> families;
  for (const Declared& declared : declared_) {
    families.push_back(sink.Declare({.name = declared.name,
                                     .type = declared.type,
                                     .help = declared.help,
                                     .labels = declared.labels,
                                     .collector = declared.collector,
                                     .unit = declared.unit,
                                     .flags = declared.flags}));
  }
  const auto family_of = [&](pillion_family family) {
    return family < kFirstDeclared ? Family(family) : families[family - kFirstDeclared];
  };
  std::vector<Labels> labels(1);
  std::string_view values[Sink::kLabelsMax + 1];
  for (const LabelSet& set : label_sets_) {
    const size_t count = std::min<size_t>(set.count, std::size(values));
    for (size_t i = 0; i < count; ++i) {
      const size_t at = set.first + i;
      const size_t begin = at == 0 ? 0 : ends_[at - 1];
      values[i] = std::string_view(texts_).substr(begin, ends_[at] - begin);
    }
    const Family family = family_of(set.family);
    labels.push_back(family.valid() ? sink.MakeLabels(family, std::span(values, count)) : Labels{});
  }
  for (const Sample& sample : samples_) {
    const Family family = family_of(sample.family);
    if (family.valid()) sink.Add(family, labels[sample.labels], sample.value);
  }
  for (const HistogramSample& sample : histograms_) {
    const Family family = family_of(sample.family);
    if (!family.valid()) continue;
    sink.Add(family, labels[sample.labels],
             Histogram{.bounds = sample.bounds,
                       .cumulative_counts = sample.counts,
                       .count = sample.count,
                       .sum = sample.sum});
  }
}

bool Tape::IsFull() const {
  return samples_.size() + histograms_.size() >= kSamplesMax || label_sets_.size() >= kSamplesMax ||
         texts_.size() >= kTextBytesMax;
}

void Tape::Trim() {
  texts_.shrink_to_fit();
  ends_.shrink_to_fit();
  label_sets_.shrink_to_fit();
  samples_.shrink_to_fit();
}

size_t Tape::bytes() const {
  size_t bytes = sizeof *this + texts_.capacity() + ends_.capacity() * sizeof(uint32_t) +
                 label_sets_.capacity() * sizeof(LabelSet) + samples_.capacity() * sizeof(Sample);
  for (const Declared& d : declared_) {
    bytes += sizeof d + d.name.size() + d.help.size() + d.labels.size();
  }
  for (const HistogramSample& h : histograms_) bytes += sizeof h + h.bounds.size() * 16;
  return bytes;
}

}  // namespace pillion::postgres
