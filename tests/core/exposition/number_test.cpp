#include "exposition/number.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>

namespace pillion {
namespace {

template <typename Write>
std::string Call(Write write, double value) {
  char buffer[kNumberBytesMax];
  const char* const end = write(buffer, value);
  if (end - buffer > static_cast<ptrdiff_t>(kNumberBytesMax)) FAIL(value);
  return std::string(static_cast<const char*>(buffer), end);
}
std::string Value(double v) { return Call(WriteValue, v); }
std::string Canonical(double v) { return Call(WriteCanonical, v); }
std::string AsGiven(double v) { return Call(WriteAsGiven, v); }

constexpr double kInf = std::numeric_limits<double>::infinity();

TEST_CASE("values that are no numbers have the spelling of Prometheus") {
  CHECK(Value(std::nan("")) == "NaN");
  CHECK(Value(-std::nan("")) == "NaN");
  CHECK(Value(kInf) == "+Inf");
  CHECK(Value(-kInf) == "-Inf");
}

TEST_CASE("whole values are written as integers as long as doubles hold them") {
  CHECK(Value(0) == "0");
  CHECK(Value(-0.0) == "-0");
  CHECK(Value(-17) == "-17");
  CHECK(Value(100000) == "100000");
  CHECK(Value(1e15) == "1000000000000000");
  CHECK(Value(9007199254740991.0) == "9007199254740991");
  CHECK(Value(1e300) == "1e+300");
}

TEST_CASE("broken values have their shortest digits") {
  CHECK(Value(0.1) == "0.1");
  CHECK(Value(0.1 + 0.2) == "0.30000000000000004");
  CHECK(Value(1700000000.1234567) == "1700000000.1234567");
  CHECK(Value(5e-324) == "5e-324");
  CHECK(Value(-1.7976931348623157e308) == "-1.7976931348623157e+308");
}

TEST_CASE("every value reads back as the same double") {
  std::mt19937_64 random(20240229);
  for (int i = 0; i < 200'000; ++i) {
    uint64_t bits = random();
    if (i % 3 == 0) bits &= 0x43ffffffffffffffu;  // more numbers of everyday size
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (i % 7 == 0) value = std::floor(value);
    if (!std::isfinite(value)) continue;
    const std::string text = Value(value);
    const double back = std::strtod(text.c_str(), nullptr);
    if (std::bit_cast<uint64_t>(back) != std::bit_cast<uint64_t>(value)) FAIL(text);
    if (std::strtod(Canonical(value).c_str(), nullptr) != value) FAIL(Canonical(value));
    if (std::strtod(AsGiven(value).c_str(), nullptr) != value) FAIL(AsGiven(value));
  }
}

// The examples of OpenMetrics 1.0, "Canonical Numbers".
TEST_CASE("bounds are canonical") {
  CHECK(Canonical(0) == "0.0");
  CHECK(Canonical(0.001) == "0.001");
  CHECK(Canonical(0.95) == "0.95");
  CHECK(Canonical(1) == "1.0");
  CHECK(Canonical(1.7) == "1.7");
  CHECK(Canonical(10) == "10.0");
  CHECK(Canonical(1e-10) == "1e-10");
  CHECK(Canonical(1e-9) == "1e-09");
  CHECK(Canonical(1e-5) == "1e-05");
  CHECK(Canonical(0.0001) == "0.0001");
  CHECK(Canonical(100000) == "100000.0");
  CHECK(Canonical(1e6) == "1e+06");
  CHECK(Canonical(1e10) == "1e+10");
  CHECK(Canonical(kInf) == "+Inf");
  CHECK(Canonical(-2) == "-2.0");
  CHECK(Canonical(1234567) == "1.234567e+06");
  CHECK(Canonical(123456.5) == "123456.5");
}

TEST_CASE("labels that are no quantiles keep the spelling that Go gives them") {
  CHECK(AsGiven(50) == "50");
  CHECK(AsGiven(99) == "99");
  CHECK(AsGiven(99.9) == "99.9");
  CHECK(AsGiven(1e6) == "1e+06");
  CHECK(AsGiven(0.00001) == "1e-05");
}

}  // namespace
}  // namespace pillion
