#include "config/units.hpp"
#include "config/config.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace pillion {
namespace {

struct Case {
  const char* text;
  int64_t expected;
};

int64_t Nanoseconds(std::string_view text) {
  const auto duration = ParseDuration(text);
  return duration ? duration->count() : -1;
}

int64_t Bytes(std::string_view text) {
  const auto size = ParseSize(text);
  return size ? *size : -1;
}

TEST_CASE("a duration is a number and a unit") {
  const std::vector<Case> cases = {
      {"1ns", 1},
      {"7us", 7'000},
      {"500ms", 500'000'000},
      {"1s", 1'000'000'000},
      {"5m", 300'000'000'000},
      {"2h", 7'200'000'000'000},
      {"1d", 86'400'000'000'000},
      {"0s", 0},
      {"007s", 7'000'000'000},
      {"1.5s", 1'500'000'000},
      {"0.25h", 900'000'000'000},
      {"1.000000001s", 1'000'000'001},
      {"1.0000000010000s", 1'000'000'001},
      {"1.00ns", 1},
      {"3650d", kDurationMax.count()},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(Nanoseconds(c.text) == c.expected);
  }
}

TEST_CASE("what is not exactly a duration is refused") {
  for (const char* text : {"",       "s",    "5",    "5.",   "5.s",      ".5s",           "-5s",
                           "+5s",    " 5s",  "5s ",  "5 s",  "5S",       "5sec",          "5M",
                           "1h30m",  "1e3s", "1,5s", "0x5s", "1.5ns",    "1.0000000001s", "1.05ns",
                           "1.5.5s", "5w",   "inf",  "nan",  "\xD9\xA5s"}) {
    CAPTURE(text);
    CHECK(Nanoseconds(text) == -1);
  }
}

TEST_CASE("a duration that does not fit is refused and never wraps around") {
  for (const char* text :
       {"3650.000000001d", "3651d", "87600.1h", "9223372036854775807ns", "9223372036854775808ns",
        "9223372036854775807d", "106751d", "99999999999999999999s", "213503982334601d"}) {
    CAPTURE(text);
    CHECK(Nanoseconds(text) == -1);
  }
  const std::string nul("5\0s", 3);
  CHECK(Nanoseconds(nul) == -1);
}

TEST_CASE("an error about a duration says what is accepted but not what was written") {
  for (const char* text : {"hunter2", "5hunter2", "99999999999999999999hunter2", "1.hunter2"}) {
    const auto duration = ParseDuration(text);
    REQUIRE_FALSE(duration.ok());
    CHECK(duration.error().message.find("hunter2") == std::string::npos);
    CHECK(duration.error().message.find("\"500ms\"") != std::string::npos);
  }
}

TEST_CASE("a size is bytes or a whole number and a unit") {
  const std::vector<Case> cases = {
      {"0", 0},
      {"4096", 4096},
      {"4096B", 4096},
      {"64KiB", 65536},
      {"16MiB", 16777216},
      {"1GiB", 1073741824},
      {"1TiB", 1099511627776},
      {"10kB", 10000},
      {"10MB", 10000000},
      {"2GB", 2000000000},
      {"9223372036854775807", std::numeric_limits<int64_t>::max()},
      {"8388607TiB", 8388607 * int64_t{1099511627776}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(Bytes(c.text) == c.expected);
  }
}

TEST_CASE("what is not exactly a size is refused") {
  for (const char* text :
       {"", "B", "-1", "+1", " 1", "1 ", "1 KiB", "1.5MiB", "1kib", "1KB", "1K", "1k", "1M", "1mb",
        "0x10", "1e3", "9223372036854775808", "8388608TiB", "99999999999999999999999GiB"}) {
    CAPTURE(text);
    CHECK(Bytes(text) == -1);
  }
}

TEST_CASE("a duration is written with the largest unit that divides it") {
  using std::chrono::nanoseconds;
  CHECK(FormatDuration(nanoseconds(0)) == "0s");
  CHECK(FormatDuration(nanoseconds(1)) == "1ns");
  CHECK(FormatDuration(std::chrono::milliseconds(1500)) == "1500ms");
  CHECK(FormatDuration(std::chrono::seconds(60)) == "1m");
  CHECK(FormatDuration(std::chrono::seconds(90)) == "90s");
  CHECK(FormatDuration(std::chrono::hours(24)) == "1d");
  CHECK(FormatDuration(-std::chrono::seconds(5)) == "-5s");
  CHECK(FormatDuration(nanoseconds::min()) == "-9223372036854775808ns");
}

TEST_CASE("every duration that is written reads back as itself") {
  uint64_t state = 1;
  for (int i = 0; i < 20000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto value = static_cast<int64_t>(state >> (1 + i % 63)) % kDurationMax.count();
    REQUIRE(Nanoseconds(FormatDuration(std::chrono::nanoseconds(value))) == value);
    REQUIRE(Bytes(FormatSize(value)) == value);
  }
}

}  // namespace
}  // namespace pillion
