#include "parse/number.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace pillion::parse {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

TEST_CASE("decimal numbers are read to the last bit") {
  CHECK(ParseNumber("0") == 0);
  CHECK(ParseNumber("+5") == 5);
  CHECK(ParseNumber("-12") == -12);
  CHECK(ParseNumber("007") == 7);
  CHECK(ParseNumber("999999999999999") == 999999999999999.0);
  CHECK(ParseNumber("9007199254740993") == 9007199254740992.0);
  CHECK(ParseNumber("18446744073709551616") == 18446744073709551616.0);
  CHECK(ParseNumber("0.1") == 0.1);
  CHECK(ParseNumber("5.") == 5);
  CHECK(ParseNumber(".5") == 0.5);
  CHECK(ParseNumber("1e3") == 1000);
  CHECK(ParseNumber("1E+3") == 1000);
  CHECK(ParseNumber("-1.5e-07") == -1.5e-07);
  CHECK(ParseNumber("1.7976931348623157e308") == std::numeric_limits<double>::max());
  CHECK(ParseNumber("4.9406564584124654e-324") == std::numeric_limits<double>::denorm_min());
  CHECK(ParseNumber("1e-999") == 0);
  CHECK(std::signbit(*ParseNumber("-0")));
  CHECK(std::signbit(*ParseNumber("-1e-999")));
}

TEST_CASE("words for no number and for infinity are read in any case") {
  for (const char* text : {"NaN", "nan", "NAN"}) CHECK(std::isnan(*ParseNumber(text)));
  for (const char* text : {"Inf", "+Inf", "inf", "+INF", "Infinity", "+infinity"}) {
    CHECK(ParseNumber(text) == kInf);
  }
  for (const char* text : {"-Inf", "-inf", "-Infinity"}) CHECK(ParseNumber(text) == -kInf);
}

TEST_CASE("what Prometheus does not take is no number") {
  for (const char* text :
       {"",      "+",    "-",      ".",       "e5",   "1e",  "1e+",   "0x10",  "0x1p3",
        "1_000", "1,5",  "1 ",     " 1",      "--1",  "+-1", "-+1",   "1e999", "-1e999",
        "+NaN",  "-nan", "nan(1)", "infinit", "info", "1f",  "1.2.3", "\xFF"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseNumber(text).has_value());
  }
}

TEST_CASE("integers fit 64 bits") {
  CHECK(ParseInteger("9223372036854775807") == std::numeric_limits<int64_t>::max());
  CHECK(ParseInteger("-9223372036854775808") == std::numeric_limits<int64_t>::min());
  CHECK(ParseInteger("-5") == -5);
  for (const char* text : {"", "+5", "-", "--5", "9223372036854775808", "1.0", "1e3", " 1", "1 "}) {
    CAPTURE(text);
    CHECK_FALSE(ParseInteger(text).has_value());
  }
}

TEST_CASE("canonical numbers never look like integers") {
  CHECK(CanonicalNumber(0) == "0.0");
  CHECK(CanonicalNumber(1) == "1.0");
  CHECK(CanonicalNumber(-2.5) == "-2.5");
  CHECK(CanonicalNumber(0.005) == "0.005");
  CHECK(CanonicalNumber(1e-5) == "1e-05");
  CHECK(CanonicalNumber(999999) == "999999.0");
  CHECK(CanonicalNumber(1e6) == "1e+06");
  CHECK(CanonicalNumber(1.5e300) == "1.5e+300");
  CHECK(CanonicalNumber(kInf) == "+Inf");
  CHECK(CanonicalNumber(-kInf) == "-Inf");
  CHECK(CanonicalNumber(std::nan("")) == "NaN");
}

}  // namespace
}  // namespace pillion::parse
