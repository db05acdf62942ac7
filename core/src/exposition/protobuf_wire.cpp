#include "exposition/protobuf_wire.hpp"

namespace pillion::wire {

void AppendVarint(std::string& out, uint64_t value) {
  char bytes[kVarintBytesMax];
  out.append(bytes, static_cast<size_t>(PutVarint(bytes, value) - bytes));
}

void AppendVarintField(std::string& out, uint32_t field, uint64_t value) {
  AppendVarint(out, Tag(field, Type::kVarint));
  AppendVarint(out, value);
}

void AppendDoubleField(std::string& out, uint32_t field, double value) {
  char bytes[kDoubleFieldBytes];
  PutDoubleField(bytes, field, value);
  out.append(bytes, sizeof bytes);
}

void AppendBytesField(std::string& out, uint32_t field, std::string_view bytes) {
  AppendVarint(out, Tag(field, Type::kBytes));
  AppendVarint(out, bytes.size());
  out.append(bytes);
}

}  // namespace pillion::wire
