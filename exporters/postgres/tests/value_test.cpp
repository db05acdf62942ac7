#include "postgres/value.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace pillion::postgres;
using namespace std::string_view_literals;

TEST_CASE("integers in binary form are signed and big endian") {
  CHECK(DecodeNumber(kInt2Oid, "\xff\xfe"sv) == -2.0);
  CHECK(DecodeNumber(kInt4Oid, "\x00\x00\x01\x00"sv) == 256.0);
  CHECK(DecodeNumber(kInt4Oid, "\x80\x00\x00\x00"sv) == -2147483648.0);
  CHECK(DecodeNumber(kInt8Oid, "\x7f\xff\xff\xff\xff\xff\xff\xff"sv) == 9223372036854775807.0);
  CHECK(DecodeNumber(kInt8Oid, "\xff\xff\xff\xff\xff\xff\xff\xff"sv) == -1.0);
}

TEST_CASE("object ids and transaction ids and WAL positions are unsigned") {
  CHECK(DecodeNumber(kOidOid, "\xff\xff\xff\xff"sv) == 4294967295.0);
  CHECK(DecodeNumber(kXidOid, "\x80\x00\x00\x00"sv) == 2147483648.0);
  CHECK(DecodeNumber(kPgLsnOid, "\x80\x00\x00\x00\x00\x00\x00\x00"sv) == 9223372036854775808.0);
}

TEST_CASE("floats in binary form keep their special values") {
  CHECK(DecodeNumber(kFloat8Oid, "\x3f\xe0\x00\x00\x00\x00\x00\x00"sv) == 0.5);
  CHECK(std::isnan(*DecodeNumber(kFloat8Oid, "\x7f\xf8\x00\x00\x00\x00\x00\x00"sv)));
  CHECK(DecodeNumber(kFloat8Oid, "\xff\xf0\x00\x00\x00\x00\x00\x00"sv) ==
        -std::numeric_limits<double>::infinity());
  CHECK(DecodeNumber(kFloat4Oid, "\x3f\x00\x00\x00"sv) == 0.5);
}

TEST_CASE("timestamps become Unix seconds") {
  CHECK(DecodeNumber(kTimestamptzOid, "\0\0\0\0\0\0\0\0"sv) == 946684800.0);
  CHECK(DecodeNumber(kTimestamptzOid, "\0\0\0\0\0\x0f\x42\x40"sv) == 946684801.0);
  CHECK(DecodeNumber(kTimestamptzOid, "\x7f\xff\xff\xff\xff\xff\xff\xff"sv) ==
        std::numeric_limits<double>::infinity());
  CHECK(DecodeNumber(kTimestamptzOid, "\x80\0\0\0\0\0\0\0"sv) ==
        -std::numeric_limits<double>::infinity());
}

TEST_CASE("booleans are 0 and 1") {
  CHECK(DecodeNumber(kBoolOid, "\x01"sv) == 1.0);
  CHECK(DecodeNumber(kBoolOid, "\x00"sv) == 0.0);
}

TEST_CASE("a value of the wrong length or of another type is no number") {
  CHECK_FALSE(DecodeNumber(kInt8Oid, "\x00\x01"sv));
  CHECK_FALSE(DecodeNumber(kInt4Oid, ""sv));
  CHECK_FALSE(DecodeNumber(kBoolOid, "true"sv));
  CHECK_FALSE(DecodeNumber(kTextOid, "12345678"sv));
  CHECK_FALSE(DecodeNumber(kFloat8Oid, "far too long for a number"sv));
}

TEST_CASE("labels are texts or written-out integers") {
  std::string scratch;
  CHECK(DecodeLabel(kNameOid, "template1", scratch) == "template1");
  CHECK(DecodeLabel(kOidOid, "\xff\xff\xff\xff"sv, scratch) == "4294967295");
  CHECK(DecodeLabel(kInt4Oid, "\xff\xff\xff\xff"sv, scratch) == "-1");
  CHECK(DecodeLabel(kInt4Oid, "\xff"sv, scratch) == "\xff");
}

TEST_CASE("numbers of server parameters are read in every form the server writes") {
  CHECK(ParseNumber("128") == 128.0);
  CHECK(ParseNumber("-1") == -1.0);
  CHECK(ParseNumber("0.0025") == 0.0025);
  CHECK(ParseNumber("1e+10") == 1e10);
  CHECK(ParseNumber("9223372036854775808") == 9223372036854775808.0);
  CHECK(ParseNumber("0700") == 700.0);
  CHECK(ParseNumber("on") == 1.0);
  CHECK(ParseNumber("off") == 0.0);
  CHECK(std::isnan(*ParseNumber("NaN")));
  CHECK(ParseNumber("Infinity") == std::numeric_limits<double>::infinity());
  CHECK(ParseNumber("-Infinity") == -std::numeric_limits<double>::infinity());
}

TEST_CASE("what is no number of a server parameter is refused") {
  for (const std::string_view text :
       {"", "x", "unavailable", "12 ", " 12", "0x10", "1,5", "--1", "1e999", "replica"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseNumber(text));
  }
}

TEST_CASE("a unit behind a number is left over") {
  std::string_view rest;
  CHECK(ParseNumber("100ms", &rest) == 100.0);
  CHECK(rest == "ms");
  CHECK(ParseNumber("8kB", &rest) == 8.0);
  CHECK(rest == "kB");
  CHECK(ParseNumber("on", &rest) == 1.0);
  CHECK(rest.empty());
}

TEST_CASE("the elements of an array are taken one by one and a NULL is empty") {
  const std::string bytes(
      "\0\0\0\1"
      "\0\0\0\1"
      "\0\0\0\x19"
      "\0\0\0\3"
      "\0\0\0\1"
      "\0\0\0\2ab"
      "\xff\xff\xff\xff"
      "\0\0\0\1c",
      35);
  TextArray array(bytes);
  std::string_view element;
  REQUIRE(array.Next(element));
  CHECK(element == "ab");
  REQUIRE(array.Next(element));
  CHECK(element.empty());
  CHECK_FALSE(array.done());
  REQUIRE(array.Next(element));
  CHECK(element == "c");
  CHECK(array.done());
  CHECK_FALSE(array.Next(element));
  // Cut anywhere it ends early and says so.
  for (size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    const std::string cut = bytes.substr(0, size);  // so that a sanitizer sees its end
    TextArray part(cut);
    int taken = 0;
    while (part.Next(element)) ++taken;
    CHECK(taken < 3);
    CHECK(part.done() == (size == 0));
  }
}

TEST_CASE("an empty array has no elements and another type is not taken") {
  std::string_view element;
  TextArray empty("\0\0\0\0\0\0\0\0\0\0\0\x19"sv);
  CHECK_FALSE(empty.Next(element));
  CHECK(empty.done());
  TextArray numbers("\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\1\0\0\0\1\0\0\0\4abcd"sv);
  CHECK_FALSE(numbers.Next(element));
  CHECK_FALSE(numbers.done());
  TextArray endless("\0\0\0\1\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\0\0\0\1\x7f\xff\xff\xff"sv);
  CHECK_FALSE(endless.Next(element));
  CHECK_FALSE(endless.done());
}

TEST_CASE("array literals escape quotes and backslashes") {
  CHECK(ArrayLiteral({}) == "{}");
  CHECK(ArrayLiteral({"a", "b c"}) == R"({"a","b c"})");
  CHECK(ArrayLiteral({R"(say "hi")", R"(back\slash)", "NULL", ""}) ==
        R"({"say \"hi\"","back\\slash","NULL",""})");
}
