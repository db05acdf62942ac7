// Which characters names are made of, and whether a text is UTF-8. Pure.
#pragma once

#include "text/utf8.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pillion::parse {

enum CharacterClass : uint8_t {
  kNameStart = 1,   // [a-zA-Z_:]
  kNameRest = 2,    // [a-zA-Z0-9_:]
  kLabelStart = 4,  // [a-zA-Z_]
  kLabelRest = 8,   // [a-zA-Z0-9_]
};

inline constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (unsigned c = 0; c < 128; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    if (letter) classes[c] = kNameStart | kNameRest | kLabelStart | kLabelRest;
    if (digit) classes[c] = kNameRest | kLabelRest;
    if (c == ':') classes[c] = kNameStart | kNameRest;
  }
  return classes;
}();

inline bool Is(char c, CharacterClass wanted) {
  return (kClasses[static_cast<uint8_t>(c)] & wanted) != 0;
}

inline bool IsName(std::string_view text, CharacterClass start, CharacterClass rest) {
  if (text.empty() || !Is(text[0], start)) return false;
  for (const char c : text) {
    if (!Is(c, rest)) return false;
  }
  return true;
}
inline bool IsMetricName(std::string_view text) { return IsName(text, kNameStart, kNameRest); }
inline bool IsLabelName(std::string_view text) { return IsName(text, kLabelStart, kLabelRest); }

inline bool IsAscii(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080u;
  const char* at = text.data();
  size_t left = text.size();
  uint64_t seen = 0;
  for (; left >= sizeof seen; at += sizeof seen, left -= sizeof seen) {
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    seen |= word;
  }
  for (; left > 0; ++at, --left) seen |= static_cast<uint64_t>(static_cast<uint8_t>(*at));
  return (seen & kHighBits) == 0;
}

// How many bytes from the start are UTF-8; text.size() if all are.
inline size_t Utf8Prefix(std::string_view text) {
  if (IsAscii(text)) return text.size();
  for (size_t at = 0; at < text.size();) {
    const size_t length = DecodeUtf8(text.substr(at)).length;
    if (length == 0) return at;
    at += length;
  }
  return text.size();
}

}  // namespace pillion::parse
