#include "parse/protobuf_parser.hpp"

#include "parse/characters.hpp"
#include "parse/syntax_rules.hpp"

#include <algorithm>

namespace pillion::parse {
namespace {

// Fields of MetricFamily.
constexpr uint32_t kName = 1, kHelp = 2, kType = 3, kMetric = 4, kUnit = 5;
constexpr unsigned kVarintBytesMax = 10;
constexpr uint64_t kMessageBytesMax = uint64_t{1} << 31;  // protobuf's own

constexpr MetricType kTypes[] = {MetricType::kCounter,   MetricType::kGauge,
                                 MetricType::kSummary,   MetricType::kUnknown,
                                 MetricType::kHistogram, MetricType::kGaugeHistogram};

}  // namespace

bool ProtobufParser::Feed(std::string_view chunk) {
  while (!chunk.empty() && !stopped_) {
    size_t taken = 1;
    switch (state_) {
      case State::kPayload: taken = Payload(chunk); break;
      case State::kSkip: taken = Skip(chunk.size()); break;
      default: Byte(static_cast<uint8_t>(chunk[0]));
    }
    chunk.remove_prefix(taken);
  }
  return !stopped_;
}

bool ProtobufParser::Finish() {
  if (!stopped_ && (state_ != State::kMessageLength || varint_bytes_ > 0)) {
    Report(At(offset()), kWireFormat, "the page ends within a message");
  }
  return !stopped_;
}

// Of a varint.
void ProtobufParser::Byte(uint8_t byte) {
  const bool in_message = state_ != State::kMessageLength;
  if (in_message) --left_;
  const bool more = (byte & 0x80) != 0;
  if (varint_bytes_ == kVarintBytesMax - 1 && byte > 1) {
    return Lost("a number of more than 64 bits");
  }
  varint_ |= static_cast<uint64_t>(byte & 0x7F) << (7 * varint_bytes_++);
  if (more && in_message && left_ == 0) return Lost("a field goes beyond its message");
  if (more) return;
  const uint64_t value = varint_;
  varint_ = 0;
  varint_bytes_ = 0;
  VarintDone(value);
}

// The wire format is broken.
void ProtobufParser::Lost(std::string message) {
  if (state_ != State::kMessageLength) return Abandon(kWireFormat, std::move(message));
  Report(At(0), kWireFormat, std::move(message));
  stopped_ = true;  // there is no next message to be found
}

void ProtobufParser::VarintDone(uint64_t value) {
  switch (state_) {
    case State::kMessageLength: return BeginMessage(value);
    case State::kTag: return Tag(value);
    case State::kFieldLength: return FieldLength(value);
    default: VarintField(value); return;
  }
}

void ProtobufParser::BeginMessage(uint64_t length) {
  if (length > kMessageBytesMax) {
    return Lost("a message of " + std::to_string(length) + " bytes");
  }
  message_bytes_ = left_ = length;
  family_ = {};
  help_.clear();
  unit_.clear();
  named_ = helped_ = begun_ = abandoned_ = false;
  FieldDone();
}

// After a field, and where a message begins.
void ProtobufParser::FieldDone() {
  if (stopped_) return;
  state_ = State::kTag;
  if (left_ == 0) EndMessage();
}

void ProtobufParser::Tag(uint64_t tag) {
  field_ = static_cast<uint32_t>(tag >> 3);
  const auto type = static_cast<wire::Type>(tag & 7);
  const wire::Type wanted = field_ == kType ? wire::Type::kVarint : wire::Type::kBytes;
  if (tag > UINT32_MAX || field_ == 0 || (IsKnown() && type != wanted)) {
    return Lost("a field has another type than in the schema");
  }
  need_ = type == wire::Type::kFixed64 ? 8 : type == wire::Type::kFixed32 ? 4 : 1;
  if (need_ > left_) return Lost("a field goes beyond its message");
  switch (type) {
    case wire::Type::kVarint: state_ = State::kVarint; return;
    case wire::Type::kBytes: state_ = State::kFieldLength; return;
    case wire::Type::kFixed64:
    case wire::Type::kFixed32: state_ = State::kSkip; return;
  }
  Lost("a field of no known type");
}

void ProtobufParser::FieldLength(uint64_t length) {
  if (length > left_) return Lost("a field goes beyond its message");
  need_ = length;
  field_offset_ = offset();
  state_ = IsKnown() ? State::kPayload : State::kSkip;
  if (IsKnown() && length > limits_.line_bytes) {
    if (field_ == kMetric && !BeginFamily()) return;
    const std::string what = "a field of " + std::to_string(length) + " bytes";
    if (field_ != kMetric) return Abandon(kLimit, what);
    Report(At(field_offset_), kLimit, what);
    state_ = State::kSkip;
  }
  if (need_ > 0) return;
  if (state_ == State::kPayload) BytesField({});
  if (!abandoned_) FieldDone();
}

size_t ProtobufParser::Skip(size_t available) {
  const auto taken = static_cast<size_t>(std::min<uint64_t>(available, need_));
  need_ -= taken;
  left_ -= taken;
  if (need_ == 0) FieldDone();
  return taken;
}

size_t ProtobufParser::Payload(std::string_view rest) {
  const auto taken = static_cast<size_t>(std::min<uint64_t>(rest.size(), need_));
  const std::string_view piece = rest.substr(0, taken);
  need_ -= taken;
  left_ -= taken;
  if (need_ > 0) {
    kept_ += piece;
    return taken;
  }
  if (kept_.empty()) {
    BytesField(piece);
  } else {
    kept_ += piece;
    BytesField(kept_);
    kept_.clear();
  }
  if (!abandoned_) FieldDone();
  return taken;
}

void ProtobufParser::VarintField(uint64_t value) {
  if (field_ == kType) {
    if (begun_) return Abandon(kFieldOrder, "the type stands after a metric");
    if (value >= std::size(kTypes)) {
      return Abandon(kUnknownType, "there is no type " + std::to_string(value));
    }
    family_.type = kTypes[value];
  }
  FieldDone();
}

void ProtobufParser::BytesField(std::string_view bytes) {
  if (field_ == kMetric) return Metric(bytes);
  if (bytes.size() > (field_ == kHelp ? limits_.line_bytes : limits_.name_bytes)) {
    return Abandon(kLimit, "a text of " + std::to_string(bytes.size()) + " bytes");
  }
  if (Utf8Prefix(bytes) != bytes.size()) return Abandon(kInvalidUtf8, "a text is not UTF-8");
  if (field_ == kUnit) {
    unit_ = bytes;
    return;
  }
  if (begun_) return Abandon(kFieldOrder, "name and help stand before the metrics");
  (field_ == kName ? family_.name : help_) = bytes;
  (field_ == kName ? named_ : helped_) = true;
}

// Tells name, help and type before the first metric. False: the message is abandoned.
bool ProtobufParser::BeginFamily() {
  if (begun_) return true;
  if (!named_ || family_.name.empty()) {
    Abandon(named_ ? kMetricName : kFieldOrder, "a family without a name before its metrics");
    return false;
  }
  begun_ = true;
  family_.quoted = !IsMetricName(family_.name);
  if (helped_) visitor_->OnHelp({At(0), family_.name, help_, family_.quoted});
  visitor_->OnType({At(0), family_.name, {}, family_.quoted}, family_.type);
  return true;
}

void ProtobufParser::Metric(std::string_view bytes) {
  if (!BeginFamily()) return;
  const Position position = At(field_offset_);
  if (!reader_.Read(bytes)) return Report(position, reader_.rule(), reader_.TakeMessage());
  if (parts_.value_field != ValueFieldOf(family_.type)) {
    return Report(position, kWireFormat,
                  parts_.value_field == 0 ? "a metric without a value"
                                          : "the value is of another type than the family");
  }
  events_.Tell(family_, parts_, position);
}

void ProtobufParser::EndMessage() {
  if (!abandoned_ && !BeginFamily()) return;  // which abandoned it
  state_ = State::kMessageLength;
  if (begun_) {
    if (!unit_.empty()) visitor_->OnUnit({At(0), family_.name, unit_, family_.quoted});
    visitor_->OnFamilyEnd(At(message_bytes_));
  }
  ++message_;
}

// What is left of the message is skipped.
void ProtobufParser::Abandon(const Rule& rule, std::string message) {
  Report(At(offset()), rule, std::move(message));
  abandoned_ = true;
  varint_ = 0;
  varint_bytes_ = 0;
  state_ = State::kSkip;
  need_ = left_;
  if (left_ == 0) EndMessage();
}

void ProtobufParser::Report(const Position& position, const Rule& rule, std::string message) {
  if (!visitor_->OnProblem({position, &rule, std::move(message)})) stopped_ = true;
}

}  // namespace pillion::parse
