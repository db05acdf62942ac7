#include "text/utf8.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

namespace pillion {
namespace {

// The other direction, straight from the table of RFC 3629.
std::string Encode(uint32_t c) {
  const auto rest = [&](int shift) { return static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | c >> 6), rest(0)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | c >> 12), rest(6), rest(0)};
  return {static_cast<char>(0xF0 | c >> 18), rest(12), rest(6), rest(0)};
}

TEST_CASE("every character is decoded whatever follows it") {
  for (uint32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::string text = Encode(c);
    const Utf8Character read = DecodeUtf8(text + "\xFF");
    if (read.code_point == c && read.length == text.size()) continue;
    CAPTURE(c);
    REQUIRE(read.code_point == c);
    REQUIRE(read.length == text.size());
  }
}

// Every start of three bytes beyond ASCII: what is accepted must be the encoding of what was read,
// so that no second form of a character and nothing that is cut off gets through.
TEST_CASE("nothing else is a character") {
  size_t accepted = 0;
  for (uint32_t bytes = 0x800000; bytes <= 0xFFFFFF; ++bytes) {
    const char text[] = {static_cast<char>(bytes >> 16), static_cast<char>(bytes >> 8),
                         static_cast<char>(bytes)};
    const Utf8Character read = DecodeUtf8({text, 3});
    if (read.length == 0) continue;
    const std::string encoded = read.length <= 3 ? Encode(read.code_point) : "";
    if (std::string_view(text, 3).substr(0, read.length) != encoded) {
      CAPTURE(bytes);
      REQUIRE(std::string_view(text, 3).substr(0, read.length) == encoded);
    }
    accepted += read.length == 3;
  }
  CHECK(accepted == 0x10000 - 0x800 - 2048);  // three bytes each, without the surrogates
}

TEST_CASE("long forms surrogates and what lies beyond the last character are not valid") {
  for (const char* text : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
                           "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80", "\xFE", "\xFF", "\xF0\x9F\x98", "\xF0\x9F\x98z"}) {
    CAPTURE(text);
    CHECK(DecodeUtf8(text).length == 0);
  }
}

}  // namespace
}  // namespace pillion
