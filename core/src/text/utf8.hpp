// UTF-8, one character at a time: what is valid is decided here and nowhere else. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pillion {

// A character at the start of a text: its code point and how many bytes it takes. length 0: the
// text does not start with valid UTF-8 (overlong forms, surrogates and cut characters are not).
struct Utf8Character {
  uint32_t code_point = 0;
  size_t length = 0;
};

// REQUIRES: !text.empty()
inline Utf8Character DecodeUtf8(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
  uint32_t code_point = first & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code_point = code_point << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong =
      (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (overlong || surrogate || code_point > 0x10FFFF) return {};
  return {code_point, length};
}

}  // namespace pillion
