#include "parse/protobuf_metric.hpp"

#include "parse/characters.hpp"
#include "parse/syntax_rules.hpp"

#include <utility>

namespace pillion::parse {

using wire::Field;
using wire::Type;

void MetricParts::Clear() {
  value_field = 0;
  value = 0;
  timestamp.reset();
  created.reset();
  exemplar = kNone;
  labels.clear();
  exemplar_labels.clear();
  exemplars.clear();
  bounded.clear();
  native_exemplars.clear();
  for (Side* side : {&positive, &negative}) {
    side->spans.clear();
    side->counts.clear();
    side->last = 0;
  }
  distribution = {};
}

bool MetricReader::Fail(const Rule& rule, std::string message) {
  rule_ = &rule;
  message_ = std::move(message);
  return false;
}

bool MetricReader::Broken(std::string message) { return Fail(kWireFormat, std::move(message)); }

bool MetricReader::Read(std::string_view message) {
  parts_.Clear();
  return ForEach(message, [&](const Field& field) { return ReadField(field); });
}

bool MetricReader::ReadField(const Field& field) {
  switch (field.number) {
    case metric_field::kLabel:
      return Is(field, Type::kBytes) && ReadLabel(field.bytes, 0, &parts_.labels);
    case metric_field::kTimestampMs:
      parts_.timestamp = static_cast<double>(static_cast<int64_t>(field.number_value)) / 1000;
      return Is(field, Type::kVarint);
    case metric_field::kGauge:
    case metric_field::kCounter:
    case metric_field::kUntyped:
    case metric_field::kSummary:
    case metric_field::kHistogram: break;
    default: return true;  // of a newer schema
  }
  if (!Is(field, Type::kBytes)) return false;
  if (std::exchange(parts_.value_field, field.number) != 0) {
    return Broken("a metric has two values");
  }
  if (field.number == metric_field::kSummary) return ReadSummary(field.bytes);
  if (field.number == metric_field::kHistogram) return ReadHistogram(field.bytes);
  return ReadSingle(field.bytes);
}

// `first`: where in `labels` the ones of this sample begin.
bool MetricReader::ReadLabel(std::string_view message, size_t first, std::vector<Label>* labels) {
  Label label;
  const bool read = ForEach(message, [&](const Field& field) {
    if (field.number != 1 && field.number != 2) return true;
    (field.number == 1 ? label.name : label.value) = field.bytes;
    return Is(field, Type::kBytes);
  });
  if (!read) return false;
  if (label.name.empty()) return Fail(kLabelName, "a label without a name");
  if (label.name.size() > limits_.name_bytes || label.value.size() > limits_.label_value_bytes) {
    return Fail(kLimit, "a label of " + std::to_string(message.size()) + " bytes");
  }
  if (labels->size() - first == limits_.labels) {
    return Fail(kLimit, "more labels than " + std::to_string(limits_.labels));
  }
  for (const std::string_view text : {label.name, label.value}) {
    if (Utf8Prefix(text) != text.size()) return Fail(kInvalidUtf8, "a label is not UTF-8");
  }
  for (size_t i = first; i < labels->size(); ++i) {
    if ((*labels)[i].name == label.name) {
      return Fail(kDuplicateLabel, "`" + std::string(label.name) + "` stands twice");
    }
  }
  label.quoted = !IsLabelName(label.name);
  labels->push_back(label);
  return true;
}

// Gauge, Counter and Untyped begin alike.
bool MetricReader::ReadSingle(std::string_view message) {
  const bool counter = parts_.value_field == metric_field::kCounter;
  return ForEach(message, [&](const Field& field) {
    if (field.number == 1) return Double(field, &parts_.value);
    if (!counter || field.number > 3) return true;
    if (!Is(field, Type::kBytes)) return false;
    return field.number == 2 ? ReadExemplar(field.bytes, &parts_.exemplar)
                             : ReadTimestamp(field.bytes, &parts_.created);
  });
}

bool MetricReader::ReadSummary(std::string_view message) {
  return ForEach(message, [&](const Field& field) {
    switch (field.number) {
      case 1: return Unsigned(field, &parts_.distribution.count);
      case 2: return Double(field, &parts_.distribution.sum);
      case 3: return Is(field, Type::kBytes) && ReadQuantile(field.bytes);
      case 4: return Is(field, Type::kBytes) && ReadTimestamp(field.bytes, &parts_.created);
      default: return true;
    }
  });
}

bool MetricReader::ReadQuantile(std::string_view message) {
  if (parts_.bounded.size() == limits_.buckets) return Fail(kLimit, "too many quantiles");
  MetricParts::Bounded& quantile = parts_.bounded.emplace_back();
  return ForEach(message, [&](const Field& field) {
    if (field.number == 1) return Double(field, &quantile.bound);
    return field.number != 2 || Double(field, &quantile.value);
  });
}

bool MetricReader::ReadHistogram(std::string_view message) {
  // What is whole-numbered first: floats above 0 override it, wherever they stand.
  const auto is_float = [](uint32_t number) { return number == 4 || number == 8; };
  const bool whole = ForEach(message, [&](const Field& field) {
    return is_float(field.number) || ReadHistogramField(field);
  });
  return whole && ForEach(message, [&](const Field& field) {
           if (!is_float(field.number)) return true;
           MetricParts::Distribution& d = parts_.distribution;
           double value = 0;
           if (!Double(field, &value)) return false;
           if (value > 0) (field.number == 4 ? d.count : d.zero_count) = value;
           d.floats = d.floats || value > 0;
           d.native = d.native || (field.number == 8 && value > 0);
           return true;
         });
}

bool MetricReader::ReadHistogramField(const Field& field) {
  MetricParts::Distribution& d = parts_.distribution;
  size_t index = 0;
  switch (field.number) {
    case 1: return Unsigned(field, &d.count);
    case 2: return Double(field, &d.sum);
    case 3: return Is(field, Type::kBytes) && ReadBucket(field.bytes);
    case 5:
      d.schema = static_cast<int32_t>(wire::UnZigZag(field.number_value));
      return Is(field, Type::kVarint);
    case 6:
      if (!Double(field, &d.zero_threshold)) return false;
      d.native = d.native || d.zero_threshold > 0;
      return true;
    case 7:
      if (!Unsigned(field, &d.zero_count)) return false;
      d.native = d.native || d.zero_count > 0;
      return true;
    case 15: return Is(field, Type::kBytes) && ReadTimestamp(field.bytes, &parts_.created);
    case 16:
      if (!Is(field, Type::kBytes) || !ReadExemplar(field.bytes, &index)) return false;
      parts_.native_exemplars.push_back(index);
      return true;
    default: return field.number < 9 || field.number > 14 || ReadNativeField(field);
  }
}

bool MetricReader::ReadNativeField(const Field& field) {
  parts_.distribution.native = true;
  MetricParts::Side& side = field.number < 12 ? parts_.negative : parts_.positive;
  switch (field.number) {
    case 9:
    case 12: return Is(field, Type::kBytes) && ReadSpan(field.bytes, side);
    case 10:
    case 13: return ReadDeltas(field, side);
    default: parts_.distribution.floats = true; return ReadCounts(field, side);
  }
}

bool MetricReader::ReadBucket(std::string_view message) {
  const size_t index = parts_.bounded.size();
  if (index == limits_.buckets) return Fail(kLimit, "too many buckets");
  parts_.bounded.emplace_back();
  double exact = 0;
  const bool read = ForEach(message, [&](const Field& field) {
    MetricParts::Bounded& bucket = parts_.bounded[index];
    switch (field.number) {
      case 1: return Unsigned(field, &bucket.value);
      case 2: return Double(field, &bucket.bound);
      case 3: return Is(field, Type::kBytes) && ReadExemplar(field.bytes, &bucket.exemplar);
      case 4: return Double(field, &exact);
      default: return true;
    }
  });
  if (exact > 0) parts_.bounded[index].value = exact;
  return read;
}

bool MetricReader::ReadSpan(std::string_view message, MetricParts::Side& side) {
  if (side.spans.size() == limits_.buckets) return Fail(kLimit, "too many spans");
  Span span;
  const bool read = ForEach(message, [&](const Field& field) {
    if (field.number == 1) span.offset = static_cast<int32_t>(wire::UnZigZag(field.number_value));
    if (field.number == 2) span.length = static_cast<uint32_t>(field.number_value);
    return field.number > 2 || Is(field, Type::kVarint);
  });
  side.spans.push_back(span);
  return read;
}

// One at a time, or all together in a packed field.
bool MetricReader::ReadDeltas(const Field& field, MetricParts::Side& side) {
  if (field.type != Type::kBytes) {
    return Is(field, Type::kVarint) && AddDelta(field.number_value, side);
  }
  std::string_view rest = field.bytes;
  while (!rest.empty()) {
    uint64_t zigzag = 0;
    if (!wire::TakeVarint(rest, &zigzag)) return Broken("a packed field is cut off");
    if (!AddDelta(zigzag, side)) return false;
  }
  return true;
}

bool MetricReader::AddDelta(uint64_t zigzag, MetricParts::Side& side) {
  if (__builtin_add_overflow(side.last, wire::UnZigZag(zigzag), &side.last)) {
    return Broken("the count of a bucket exceeds 64 bits");
  }
  return AddCount(static_cast<double>(side.last), side);
}

bool MetricReader::ReadCounts(const Field& field, MetricParts::Side& side) {
  if (field.type != Type::kBytes) {
    return Is(field, Type::kFixed64) && AddCount(wire::AsDouble(field.number_value), side);
  }
  constexpr size_t kBytes = sizeof(double);
  if (field.bytes.size() % kBytes != 0) return Broken("a packed field is cut off");
  for (size_t at = 0; at < field.bytes.size(); at += kBytes) {
    if (!AddCount(wire::AsDouble(wire::FixedAt(&field.bytes[at], kBytes)), side)) return false;
  }
  return true;
}

bool MetricReader::AddCount(double count, MetricParts::Side& side) {
  if (side.counts.size() == limits_.buckets) return Fail(kLimit, "too many buckets");
  side.counts.push_back(count);
  return true;
}

bool MetricReader::ReadExemplar(std::string_view message, size_t* index) {
  *index = parts_.exemplars.size();
  if (*index == 2 * limits_.buckets) return Fail(kLimit, "too many exemplars");
  MetricParts::ExemplarPart part;
  part.first_label = parts_.exemplar_labels.size();
  const bool read = ForEach(message, [&](const Field& field) {
    if (field.number == 2) return Double(field, &part.exemplar.value);
    if (field.number > 3) return true;
    if (!Is(field, Type::kBytes)) return false;
    return field.number == 1 ? ReadLabel(field.bytes, part.first_label, &parts_.exemplar_labels)
                             : ReadTimestamp(field.bytes, &part.exemplar.timestamp);
  });
  part.label_count = parts_.exemplar_labels.size() - part.first_label;
  parts_.exemplars.push_back(part);
  return read;
}

bool MetricReader::ReadTimestamp(std::string_view message, std::optional<double>* seconds) {
  int64_t whole = 0;
  int64_t nanoseconds = 0;
  const bool read = ForEach(message, [&](const Field& field) {
    if (field.number == 1) whole = static_cast<int64_t>(field.number_value);
    if (field.number == 2) nanoseconds = static_cast<int32_t>(field.number_value);
    return field.number > 2 || Is(field, Type::kVarint);
  });
  *seconds = static_cast<double>(whole) + static_cast<double>(nanoseconds) / 1e9;
  return read;
}

}  // namespace pillion::parse
