// Protobuf messages for tests, field by field.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace pillion::testing {

inline std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}
inline std::string VarintField(uint32_t number, uint64_t value) {
  return Varint(uint64_t{number} << 3) + Varint(value);
}
inline std::string SignedField(uint32_t number, int64_t value) {
  return VarintField(number,
                     static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
}
inline std::string DoubleField(uint32_t number, double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  std::string bytes = Varint(uint64_t{number} << 3 | 1);
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(bits >> (8 * i));
  return bytes;
}
inline std::string BytesField(uint32_t number, std::string_view value) {
  return Varint(uint64_t{number} << 3 | 2) + Varint(value.size()) + std::string(value);
}
inline std::string Delimited(std::string_view message) {
  return Varint(message.size()) + std::string(message);
}
inline std::string LabelField(std::string_view name, std::string_view value) {
  return BytesField(1, BytesField(1, name) + BytesField(2, value));
}
inline std::string TimestampField(uint32_t number, int64_t seconds, int64_t nanoseconds) {
  return BytesField(number, VarintField(1, static_cast<uint64_t>(seconds)) +
                                VarintField(2, static_cast<uint64_t>(nanoseconds)));
}

// Types of a MetricFamily.
inline constexpr int kCounter = 0, kGauge = 1, kSummary = 2, kUntyped = 3, kHistogram = 4,
                     kGaugeHistogram = 5;

// A whole MetricFamily. `metrics`: MetricField() one after the other.
inline std::string FamilyMessage(std::string_view name, int type, std::string_view metrics,
                                 std::string_view help = "x") {
  return Delimited(BytesField(1, name) + BytesField(2, help) +
                   VarintField(3, static_cast<uint64_t>(type)) + std::string(metrics));
}
inline std::string MetricField(std::string_view metric) { return BytesField(4, metric); }

}  // namespace pillion::testing
