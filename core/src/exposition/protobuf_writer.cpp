#include "exposition/protobuf_writer.hpp"

#include "exposition/bounded_samples.hpp"
#include "exposition/openmetrics_form.hpp"
#include "exposition/plain_families.hpp"
#include "exposition/protobuf_form.hpp"
#include "exposition/protobuf_histogram.hpp"
#include "exposition/protobuf_labels.hpp"
#include "exposition/protobuf_wire.hpp"
#include "exposition/sample_notes.hpp"
#include "model/name.hpp"

#include <cmath>
#include <cstring>
#include <string>

namespace pillion {
namespace {

using namespace wire;

// Field numbers and values of io.prometheus.client.
namespace family_field {
constexpr uint32_t kName = 1, kHelp = 2, kType = 3, kMetric = 4, kUnit = 5;
}
enum class ProtoType : uint32_t {
  kCounter = 0,
  kGauge = 1,
  kSummary = 2,
  kUntyped = 3,
  kHistogram = 4,
  kGaugeHistogram = 5,
};
// The field of Metric that holds a message whose first field is the value.
constexpr uint32_t kGaugeField = 2, kCounterField = 3, kUntypedField = 5;
constexpr size_t kValueBytes = 2 + kDoubleFieldBytes;

ProtoType TypeOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter: return ProtoType::kCounter;
    case MetricType::kSummary: return ProtoType::kSummary;
    case MetricType::kHistogram: return ProtoType::kHistogram;
    case MetricType::kGaugeHistogram: return ProtoType::kGaugeHistogram;
    case MetricType::kGauge:
    case MetricType::kInfo:
    case MetricType::kStateSet: return ProtoType::kGauge;
    case MetricType::kUnknown: break;
  }
  return ProtoType::kUntyped;
}

uint32_t ValueField(ProtoType type) {
  if (type == ProtoType::kCounter) return kCounterField;
  return type == ProtoType::kGauge ? kGaugeField : kUntypedField;
}

// The labels of a sample and what follows them, which is encoded already.
struct Metric {
  const Fragment& fragment;
  LabelRef labels;
  std::string_view rest;
};

class Writer {
 public:
  explicit Writer(Output* out) : out_(*out) {}

  void Write(const PlanFamily& family) {
    const FamilyDesc& desc = *family.desc;
    help_.clear();
    AppendUtf8(help_, desc.help);
    const ProtobufForm form = ProtobufFormOf(family);
    if (form == ProtobufForm::kPlain) return Plain(family);
    Head(desc.name, TypeOf(desc.type), &desc);
    if (HasSingleValue(desc.type)) {
      Message([&](auto emit) { Values(family, emit); });
    } else {
      Message([&](auto emit) { Distributions(family, form == ProtobufForm::kNative, emit); });
    }
  }

 private:
  void Head(std::string_view name, ProtoType type, const FamilyDesc* unit_of) {
    head_.clear();
    AppendBytesField(head_, family_field::kName, name);
    if (!help_.empty()) AppendBytesField(head_, family_field::kHelp, help_);
    AppendVarintField(head_, family_field::kType, static_cast<uint32_t>(type));
    if (unit_of == nullptr || unit_of->unit.empty()) return;
    const bool total = unit_of->type == MetricType::kCounter && name.ends_with("_total");
    if (total) name.remove_suffix(std::string_view("_total").size());
    if (MayHaveUnit(*unit_of, name)) AppendBytesField(head_, family_field::kUnit, unit_of->unit);
  }

  // Writes a family: head_, and what each(emit) gives to emit, both times it is called.
  template <typename Each>
  void Message(Each each) {
    size_t size = head_.size();
    each([&](const Metric& metric) {
      const size_t inner = SizeOf(metric);
      size += 1 + VarintSize(inner) + inner;
    });
    out_.Advance(PutVarint(out_.Room(kVarintBytesMax), size));
    out_.Append(head_);
    each([&](const Metric& metric) { Put(metric); });
  }

  size_t SizeOf(const Metric& metric) {
    return labels_.SizeOf(metric.fragment, metric.labels) + metric.rest.size();
  }

  void Put(const Metric& metric) {
    const size_t size = SizeOf(metric);
    if (size + 1 + kVarintBytesMax > kChunkBytes) {
      large_.clear();
      AppendLabelPairs(large_, metric.fragment.blocks[metric.labels]);
      large_.append(metric.rest);
      std::string prefix;
      AppendVarint(prefix, Tag(family_field::kMetric, Type::kBytes));
      AppendVarint(prefix, size);
      out_.Append(prefix);
      out_.Append(large_);
      return;
    }
    char* at = out_.Room(size + 1 + kVarintBytesMax);
    *at++ = static_cast<char>(Tag(family_field::kMetric, Type::kBytes));
    at = PutVarint(at, size);
    at = labels_.Put(at, metric.fragment, metric.labels);
    std::memcpy(at, metric.rest.data(), metric.rest.size());
    out_.Advance(at + metric.rest.size());
  }

  // What a Metric with one value holds besides its labels.
  static void PutValue(char* out, uint32_t field, double value) {
    *out++ = static_cast<char>(Tag(field, Type::kBytes));
    *out++ = static_cast<char>(kDoubleFieldBytes);
    PutDoubleField(out, 1, value);
  }

  template <typename Emit>
  void Values(const PlanFamily& family, Emit emit) {
    const ProtoType type = TypeOf(family.desc->type);
    const uint32_t field = ValueField(type);
    NoteCursor notes;
    char bytes[kValueBytes];
    ForEachPoint(family, [&](const PlanPart& part, uint32_t point) {
      const Fragment& fragment = *part.fragment;
      const SampleNote* const note = type == ProtoType::kCounter ? notes.At(part, point) : nullptr;
      if (note == nullptr) {
        PutValue(bytes, field, fragment.values[point]);
        emit(Metric{fragment, fragment.labels[point], {bytes, kValueBytes}});
      } else {
        rest_.clear();
        values_.AppendCounter(rest_, fragment.values[point], note);
        emit(Metric{fragment, fragment.labels[point], rest_});
      }
    });
  }

  template <typename Emit>
  void Distributions(const PlanFamily& family, bool native, Emit emit) {
    const MetricType type = family.desc->type;
    NoteCursor notes;
    ForEachPoint(family, [&](const PlanPart& part, uint32_t point) {
      const Fragment& fragment = *part.fragment;
      const Distribution& d = fragment.distributions[point];
      const SampleNote* const note = notes.At(part, point);
      rest_.clear();
      if (type == MetricType::kSummary) {
        values_.AppendSummary(rest_, fragment, d, note);
      } else {
        values_.AppendHistogram(rest_, fragment, d, note, native,
                                type == MetricType::kGaugeHistogram);
      }
      emit(Metric{fragment, d.labels, rest_});
    });
  }

  // A histogram or summary taken apart, as in text: a family for each of its sample names.
  void Plain(const PlanFamily& family) {
    const ProtoType type =
        family.desc->type == MetricType::kGaugeHistogram ? ProtoType::kGauge : ProtoType::kUntyped;
    constexpr Series kSeries[] = {Series::kBounded, Series::kSum, Series::kCount};
    const auto suffixes = SampleSuffixes(family.desc->type);
    for (size_t i = 0; i < 3; ++i) {
      if (!HasAny(family, kSeries[i])) continue;
      Head(family.desc->name + std::string(suffixes[i]), type, nullptr);
      Message([&](auto emit) { PlainSamples(family, kSeries[i], ValueField(type), emit); });
    }
  }

  template <typename Emit>
  void PlainSamples(const PlanFamily& family, Series series, uint32_t field, Emit emit) {
    ForEachPoint(family, [&](const PlanPart& part, uint32_t point) {
      const Fragment& fragment = *part.fragment;
      const Distribution& d = fragment.distributions[point];
      if (series == Series::kBounded) {
        ForEachBounded(fragment, d, family.desc->type, reader_, [&](const BoundedSample& sample) {
          bound_.assign(sample.label).append("=\"").append(sample.bound).append("\"");
          rest_.clear();
          AppendLabelPairs(rest_, bound_);
          AppendValue(rest_, field, sample.value);
          emit(Metric{fragment, d.labels, rest_});
        });
        return;
      }
      const double value = series == Series::kSum ? d.sum : d.count;
      if (std::isnan(value)) return;  // not known
      rest_.clear();
      AppendValue(rest_, field, value);
      emit(Metric{fragment, d.labels, rest_});
    });
  }

  static void AppendValue(std::string& out, uint32_t field, double value) {
    char bytes[kValueBytes];
    PutValue(bytes, field, value);
    out.append(bytes, kValueBytes);
  }

  Output& out_;
  PageLabels labels_;
  ProtobufValues values_;
  BucketReader reader_;
  std::string help_, head_, rest_, bound_, large_;
};

}  // namespace

void WriteProtobufFamilies(FamilyRuns runs, Output& out) {
  Writer writer(&out);
  for (const auto run : runs) {
    for (const PlanFamily& family : run) writer.Write(family);
  }
}

void WriteProtobuf(const PagePlan& plan, Output& out) { WriteProtobufFamilies(OneRun(plan), out); }

}  // namespace pillion
