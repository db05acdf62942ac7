#include "exposition/line_writer.hpp"

#include "exposition/number.hpp"
#include "exposition/openmetrics_form.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace pillion {
namespace {

// Finds the notes of a family's points, which come in ascending order.
class NoteCursor {
 public:
  const SampleNote* At(const PlanPart& part, uint32_t point) {
    const std::vector<SampleNote>& notes = part.fragment->notes;
    if (notes.empty()) return nullptr;
    if (part_ != &part) {
      part_ = &part;
      next_ =
          std::lower_bound(notes.data(), notes.data() + notes.size(), part.range,
                           [](const SampleNote& n, uint32_t range) { return n.family < range; });
    }
    const SampleNote* const end = notes.data() + notes.size();
    while (next_ != end && next_->family == part.range && next_->point < point) ++next_;
    const bool found = next_ != end && next_->family == part.range && next_->point == point;
    return found ? next_ : nullptr;
  }

 private:
  const PlanPart* part_ = nullptr;
  const SampleNote* next_ = nullptr;
};

char* Copy(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

// The freshest exemplar that lies in (lower, upper].
const Exemplar* ExemplarIn(const SampleNote* note, double lower, double upper) {
  if (note == nullptr) return nullptr;
  for (auto e = note->exemplars.rbegin(); e != note->exemplars.rend(); ++e) {
    if (e->value > lower && e->value <= upper) return &*e;
  }
  return nullptr;
}

constexpr double kInfinity = HUGE_VAL;

}  // namespace

void LineWriter::Line(std::string_view name, std::string_view block, double value) {
  const size_t need = name.size() + block.size() + kNumberBytesMax + 4;
  if (need > kChunkBytes) {
    Start(name, block);
    if (!block.empty()) out_.Append('}');
    End(value, nullptr);
    return;
  }
  char* at = Copy(out_.Room(need), name);
  if (!block.empty()) {
    *at++ = '{';
    at = Copy(at, block);
    *at++ = '}';
  }
  *at++ = ' ';
  at = WriteValue(at, value);
  *at++ = '\n';
  out_.Advance(at);
}

void LineWriter::Start(std::string_view name, std::string_view block) {
  out_.Append(name);
  if (block.empty()) return;
  out_.Append('{');
  out_.Append(block);
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

void LineWriter::Bounded(std::string_view name, std::string_view block, std::string_view label,
                         std::string_view bound, double value, const Exemplar* exemplar) {
  Start(name, block);
  out_.Append(block.empty() ? '{' : ',');
  out_.Append(label);
  out_.Append("=\"");
  out_.Append(bound);
  out_.Append("\"}");
  End(value, exemplar);
}

void LineWriter::Values(const PlanFamily& family, std::string_view name, bool exemplars) {
  NoteCursor notes;
  ForEachPoint(family, [&](const PlanPart& part, uint32_t point) {
    const Fragment& fragment = *part.fragment;
    const std::string_view block = fragment.blocks[fragment.labels[point]];
    const SampleNote* note = exemplars ? notes.At(part, point) : nullptr;
    if (note == nullptr || note->exemplars.empty()) {
      Line(name, block, fragment.values[point]);
    } else {
      Start(name, block);
      if (!block.empty()) out_.Append('}');
      End(fragment.values[point], &note->exemplars.back());
    }
  });
}

void LineWriter::BucketLines(const Fragment& fragment, const Distribution& d,
                             const SampleNote* note) {
  const std::string_view block = fragment.blocks[d.labels];
  const Buckets buckets = reader_.Of(fragment, d);
  double lower = -kInfinity;
  char bound[kNumberBytesMax];
  for (size_t i = 0; i < buckets.bounds.size(); ++i) {
    const double upper = buckets.bounds[i];
    const char* const end = WriteCanonical(bound, upper);
    Bounded(name_, block, "le", {bound, static_cast<size_t>(end - bound)}, buckets.counts[i],
            ExemplarIn(note, lower, upper));
    lower = upper;
  }
  Bounded(name_, block, "le", "+Inf", d.count, ExemplarIn(note, lower, kInfinity));
}

void LineWriter::QuantileLines(const Fragment& fragment, const Distribution& d) {
  const double* const quantiles = fragment.numbers.data() + d.first;
  const double* const values = quantiles + d.size;
  // They ascend, so the ends tell whether they are quantiles at all.
  const bool real = d.size == 0 || (quantiles[0] >= 0 && quantiles[d.size - 1] <= 1);
  char text[kNumberBytesMax];
  for (uint32_t i = 0; i < d.size; ++i) {
    const char* const end = (real ? WriteCanonical : WriteAsGiven)(text, quantiles[i]);
    Bounded(name_, fragment.blocks[d.labels], "quantile", {text, static_cast<size_t>(end - text)},
            values[i], nullptr);
  }
}

void LineWriter::Distributions(const PlanFamily& family, Series series, bool exemplars) {
  const FamilyDesc& desc = *family.desc;
  const auto suffixes = SampleSuffixes(desc.type);
  const bool summary = desc.type == MetricType::kSummary;
  name_ = desc.name;
  name_ += suffixes[0];
  const std::string sum_name = desc.name + std::string(suffixes[1]);
  const std::string count_name = desc.name + std::string(suffixes[2]);
  const auto wants = [&](Series s) { return series == Series::kAll || series == s; };
  NoteCursor notes;
  ForEachPoint(family, [&](const PlanPart& part, uint32_t point) {
    const Fragment& fragment = *part.fragment;
    const Distribution& d = fragment.distributions[point];
    if (wants(Series::kBounded)) {
      if (summary) {
        QuantileLines(fragment, d);
      } else {
        BucketLines(fragment, d, exemplars ? notes.At(part, point) : nullptr);
      }
    }
    const std::string_view block = fragment.blocks[d.labels];
    if (wants(Series::kSum) && !std::isnan(d.sum)) Line(sum_name, block, d.sum);
    if (wants(Series::kCount) && !std::isnan(d.count)) Line(count_name, block, d.count);
  });
}

}  // namespace pillion
