// Protobuf's wire format: the fields of a message that is there as a whole.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pillion::parse::wire {

enum class Type : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct Field {
  uint32_t number = 0;
  Type type = Type::kVarint;
  uint64_t number_value = 0;  // varint, fixed64, fixed32
  std::string_view bytes;     // of kBytes
};

inline int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
}
inline double AsDouble(uint64_t bits) { return std::bit_cast<double>(bits); }

// Takes a varint of at most 64 bits from the front. False: it is broken or cut off.
inline bool TakeVarint(std::string_view& bytes, uint64_t* value) {
  uint64_t result = 0;
  for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    if (i == 9 && byte > 1) return false;
    result |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    *value = result;
    bytes.remove_prefix(i + 1);
    return true;
  }
  return false;
}

// Little-endian on every machine.
inline uint64_t FixedAt(const char* at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) {
    value |= static_cast<uint64_t>(static_cast<uint8_t>(at[i])) << (8 * i);
  }
  return value;
}

//   for (Reader reader(message); reader.Next(&field);) ...
//   if (reader.broken()) ...
class Reader {
 public:
  explicit Reader(std::string_view message) : rest_(message) {}

  bool Next(Field* field) {
    if (rest_.empty()) return false;
    uint64_t tag = 0;
    if (!TakeVarint(rest_, &tag) || tag > UINT32_MAX || tag >> 3 == 0) return Break();
    field->number = static_cast<uint32_t>(tag >> 3);
    field->type = static_cast<Type>(tag & 7);
    switch (field->type) {
      case Type::kVarint: return TakeVarint(rest_, &field->number_value) || Break();
      case Type::kFixed64: return Fixed(8, field);
      case Type::kFixed32: return Fixed(4, field);
      case Type::kBytes: {
        uint64_t size = 0;
        if (!TakeVarint(rest_, &size) || size > rest_.size()) return Break();
        field->bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
      }
    }
    return Break();
  }
  bool broken() const { return broken_; }

 private:
  bool Fixed(size_t bytes, Field* field) {
    if (rest_.size() < bytes) return Break();
    field->number_value = FixedAt(rest_.data(), bytes);
    rest_.remove_prefix(bytes);
    return true;
  }
  bool Break() {
    broken_ = true;
    return false;
  }

  std::string_view rest_;
  bool broken_ = false;
};

}  // namespace pillion::parse::wire
