// The wire format of protobuf, as far as MetricFamily needs it: tags, varints, doubles and
// length-delimited fields. Pure.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace pillion::wire {

inline constexpr size_t kVarintBytesMax = 10;
inline constexpr size_t kDoubleFieldBytes = 9;  // with a tag of one byte

enum class Type : uint32_t { kVarint = 0, kDouble = 1, kBytes = 2 };

constexpr uint32_t Tag(uint32_t field, Type type) {
  return field << 3 | static_cast<uint32_t>(type);
}

constexpr size_t VarintSize(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}

inline char* PutVarint(char* out, uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

constexpr uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}

// One NaN for all: a payload could be Prometheus' mark of a series that has ended.
inline uint64_t BitsOf(double value) {
  uint64_t bits = std::isnan(value) ? 0x7FF8000000000001u : std::bit_cast<uint64_t>(value);
  if constexpr (std::endian::native == std::endian::big) bits = __builtin_bswap64(bits);
  return bits;
}

// Only for fields below 16.
inline char* PutDoubleField(char* out, uint32_t field, double value) {
  *out++ = static_cast<char>(Tag(field, Type::kDouble));
  const uint64_t bits = BitsOf(value);
  std::memcpy(out, &bits, sizeof bits);
  return out + sizeof bits;
}

// Out of line: they stand in many places, and none of those is where time is spent.
void AppendVarint(std::string& out, uint64_t value);
void AppendVarintField(std::string& out, uint32_t field, uint64_t value);
void AppendDoubleField(std::string& out, uint32_t field, double value);
// Strings, bytes and messages.
void AppendBytesField(std::string& out, uint32_t field, std::string_view bytes);

}  // namespace pillion::wire
