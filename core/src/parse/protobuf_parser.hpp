// The Parser for protobuf: finds the fields of MetricFamily messages in what is fed.
#pragma once

#include "parse/protobuf_events.hpp"

#include <string>

namespace pillion::parse {

class ProtobufParser final : public Parser {
 public:
  ProtobufParser(const Limits& limits, Visitor* visitor)
      : limits_(limits), visitor_(visitor), reader_(limits_, &parts_), events_(visitor) {}

  bool Feed(std::string_view chunk) override;
  bool Finish() override;

 private:
  enum class State { kMessageLength, kTag, kVarint, kFieldLength, kPayload, kSkip };

  void Byte(uint8_t byte);
  void VarintDone(uint64_t value);
  size_t Payload(std::string_view rest);
  size_t Skip(size_t available);
  void Tag(uint64_t tag);
  void FieldLength(uint64_t length);
  void FieldDone();
  void VarintField(uint64_t value);
  void BytesField(std::string_view bytes);
  void Metric(std::string_view bytes);
  void BeginMessage(uint64_t length);
  bool BeginFamily();
  void EndMessage();

  Position At(uint64_t offset) const { return {message_, offset + 1}; }
  uint64_t offset() const { return message_bytes_ - left_; }
  void Lost(std::string message);
  void Abandon(const Rule& rule, std::string message);
  bool IsKnown() const { return field_ >= 1 && field_ <= 5; }  // of MetricFamily's
  void Report(const Position& position, const Rule& rule, std::string message);

  const Limits limits_;
  Visitor* const visitor_;
  MetricParts parts_;
  MetricReader reader_;
  ProtobufEvents events_;

  State state_ = State::kMessageLength;
  uint64_t varint_ = 0;  // what is there of one
  unsigned varint_bytes_ = 0;
  uint64_t message_ = 1;        // number of the message
  uint64_t message_bytes_ = 0;  // its length
  uint64_t left_ = 0;           // of the message, after what was taken
  uint32_t field_ = 0;          // number of the field
  uint64_t field_offset_ = 0;   // where its payload begins
  uint64_t need_ = 0;           // bytes of the field that are missing
  std::string kept_;            // the beginning of a payload whose end is not there yet
  bool stopped_ = false;

  // Of the message.
  ProtobufFamily family_;
  std::string help_, unit_;
  bool named_ = false, helped_ = false;
  bool begun_ = false;      // name, help and type were told
  bool abandoned_ = false;  // the rest of it is skipped
};

}  // namespace pillion::parse
