#include "exposition/line_writer.hpp"

#include "exposition/number.hpp"
#include "exposition/openmetrics_form.hpp"
#include "exposition/sample_notes.hpp"

#include <cmath>
#include <cstring>

namespace pillion {
namespace {

char* Copy(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

}  // namespace

void LineWriter::Line(const SampleName& name, std::string_view block, double value) {
  const size_t need = name.start.size() + block.size() + kNumberBytesMax + 4;
  if (need > kChunkBytes) return Long(name, block, value, nullptr);
  char* at = Copy(out_.Room(need), name.start);
  if (!block.empty()) {
    *at++ = name.before_labels();
    at = Copy(at, block);
  }
  if (!block.empty() || name.in_braces) *at++ = '}';
  *at++ = ' ';
  at = WriteValue(at, value);
  *at++ = '\n';
  out_.Advance(at);
}

void LineWriter::Start(const SampleName& name, std::string_view block) {
  out_.Append(name.start);
  if (block.empty()) return;
  out_.Append(name.before_labels());
  out_.Append(block);
}

void LineWriter::Long(const SampleName& name, std::string_view block, double value,
                      const Exemplar* exemplar) {
  Start(name, block);
  if (!block.empty() || name.in_braces) out_.Append('}');
  End(value, exemplar);
}

void LineWriter::Number(double value) {
  out_.Advance(WriteValue(out_.Room(kNumberBytesMax), value));
}

void LineWriter::End(double value, const Exemplar* exemplar) {
  out_.Append(' ');
  Number(value);
  if (exemplar != nullptr) {
    out_.Append(" # {");
    out_.Append(exemplar->labels);
    out_.Append("} ");
    Number(exemplar->value);
    if (!std::isnan(exemplar->timestamp_seconds)) {
      out_.Append(' ');
      Number(exemplar->timestamp_seconds);
    }
  }
  out_.Append('\n');
}

void LineWriter::Bounded(const SampleName& name, std::string_view block,
                         const BoundedSample& sample, const Exemplar* exemplar) {
  Start(name, block);
  out_.Append(block.empty() ? name.before_labels() : ',');
  out_.Append(sample.label);
  out_.Append("=\"");
  out_.Append(sample.bound);
  out_.Append("\"}");
  End(sample.value, exemplar);
}

void LineWriter::Values(const PlanFamily& family, bool exemplars) {
  name_.Set(family.desc->name, {}, family.legacy_name);
  NoteCursor notes;
  ForEachPoint(family, [&](const PlanPart& part, uint32_t point) {
    const Fragment& fragment = *part.fragment;
    const std::string_view block = fragment.blocks[fragment.labels[point]];
    const SampleNote* note = exemplars ? notes.At(part, point) : nullptr;
    if (note == nullptr || note->exemplars.empty()) {
      Line(name_, block, fragment.values[point]);
    } else {
      Long(name_, block, fragment.values[point], &note->exemplars.back());
    }
  });
}

void LineWriter::Distributions(const PlanFamily& family, Series series, bool exemplars) {
  const FamilyDesc& desc = *family.desc;
  const auto suffixes = SampleSuffixes(desc.type);
  const bool summary = desc.type == MetricType::kSummary;
  name_.Set(desc.name, suffixes[0], family.legacy_name);
  sum_name_.Set(desc.name, suffixes[1], family.legacy_name);
  count_name_.Set(desc.name, suffixes[2], family.legacy_name);
  const auto wants = [&](Series s) { return series == Series::kAll || series == s; };
  NoteCursor notes;
  ForEachPoint(family, [&](const PlanPart& part, uint32_t point) {
    const Fragment& fragment = *part.fragment;
    const Distribution& d = fragment.distributions[point];
    if (wants(Series::kBounded)) {
      const SampleNote* const note = exemplars && !summary ? notes.At(part, point) : nullptr;
      ForEachBounded(fragment, d, desc.type, reader_, [&](const BoundedSample& sample) {
        Bounded(name_, fragment.blocks[d.labels], sample,
                ExemplarIn(note, sample.lower, sample.upper));
      });
    }
    const std::string_view block = fragment.blocks[d.labels];
    if (wants(Series::kSum) && !std::isnan(d.sum)) Line(sum_name_, block, d.sum);
    if (wants(Series::kCount) && !std::isnan(d.count)) Line(count_name_, block, d.count);
  });
}

}  // namespace pillion
