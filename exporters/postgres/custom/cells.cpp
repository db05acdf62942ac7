#include "cells.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "../value.hpp"

namespace pillion::postgres {
namespace {

enum TextTypeOid : uint32_t {
  kDateOid = 1082,
  kTimestampOid = 1114,
  kIntervalOid = 1186,
};

constexpr double kSecondsPerDay = 86400;
constexpr size_t kElementsMax = 10'000;  // of an array

// A whole number without a sign at the beginning of `text`.
std::optional<int64_t> TakeWhole(std::string_view& text, size_t digits_max) {
  int64_t value = 0;
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    if (digits == digits_max) return std::nullopt;
    value = value * 10 + (text[digits] - '0');
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool Take(std::string_view& text, std::string_view what) {
  if (text.substr(0, what.size()) != what) return false;
  text.remove_prefix(what.size());
  return true;
}

// Behind the seconds, as ".25".
double TakeFraction(std::string_view& text) {
  if (text.size() < 2 || text[0] != '.') return 0;
  double value = 0;
  double unit = 0.1;
  text.remove_prefix(1);
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    value += unit * (text[0] - '0');
    unit /= 10;
    text.remove_prefix(1);
  }
  return value;
}

// "04:05:06.5"; the hours of an interval may have many digits.
std::optional<double> TakeClock(std::string_view& text, size_t hour_digits) {
  const auto hours = TakeWhole(text, hour_digits);
  if (!hours || !Take(text, ":")) return std::nullopt;
  const auto minutes = TakeWhole(text, 2);
  if (!minutes) return std::nullopt;
  double seconds = static_cast<double>(*hours) * 3600 + static_cast<double>(*minutes) * 60;
  if (Take(text, ":")) {
    const auto whole = TakeWhole(text, 2);
    if (!whole) return std::nullopt;
    seconds += static_cast<double>(*whole) + TakeFraction(text);
  }
  return seconds;
}

// Days since 1970-01-01 in the calendar that PostgreSQL uses for all times.
int64_t DaysFromCivil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

// "+00", "-03:30", "+05:30:12"
std::optional<double> TakeZone(std::string_view& text) {
  const bool west = text[0] == '-';
  text.remove_prefix(1);
  const auto hours = TakeWhole(text, 2);
  if (!hours) return std::nullopt;
  double offset = static_cast<double>(*hours) * 3600;
  for (const double unit : {60.0, 1.0}) {
    if (!Take(text, ":")) break;
    const auto part = TakeWhole(text, 2);
    if (!part) return std::nullopt;
    offset += static_cast<double>(*part) * unit;
  }
  return west ? -offset : offset;
}

// Seconds of a unit of an interval, by its beginning: "mons", "mon", "days".
std::optional<double> UnitSeconds(std::string_view unit) {
  if (unit.substr(0, 4) == "year") return 365.25 * kSecondsPerDay;
  if (unit.substr(0, 3) == "mon") return 30 * kSecondsPerDay;
  if (unit.substr(0, 3) == "day") return kSecondsPerDay;
  return std::nullopt;
}

std::optional<double> ParseLsn(std::string_view text) {
  uint64_t halves[2] = {};
  for (size_t i = 0; i < 2; ++i) {
    if (i == 1 && !Take(text, "/")) return std::nullopt;
    const auto [end, failure] =
        std::from_chars(text.data(), text.data() + text.size(), halves[i], 16);
    if (failure != std::errc{} || halves[i] > 0xffffffffu) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
  }
  if (!text.empty()) return std::nullopt;
  return static_cast<double>(halves[0]) * 4294967296.0 + static_cast<double>(halves[1]);
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool IsTime(uint32_t type) {
  return type == kTimestamptzOid || type == kTimestampOid || type == kDateOid;
}

}  // namespace

std::optional<double> ParseTime(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "infinity") return kInfinity;
  if (text == "-infinity") return -kInfinity;
  const bool before_christ = text.size() > 3 && text.substr(text.size() - 3) == " BC";
  if (before_christ) text.remove_suffix(3);
  const auto year = TakeWhole(text, 7);
  if (!year || !Take(text, "-")) return std::nullopt;
  const auto month = TakeWhole(text, 2);
  if (!month || *month < 1 || *month > 12 || !Take(text, "-")) return std::nullopt;
  const auto day = TakeWhole(text, 2);
  if (!day || *day < 1 || *day > 31) return std::nullopt;
  const int64_t days = DaysFromCivil(before_christ ? 1 - *year : *year, *month, *day);
  double seconds = static_cast<double>(days) * kSecondsPerDay;
  if (Take(text, " ")) {
    const auto clock = TakeClock(text, 2);
    if (!clock) return std::nullopt;
    seconds += *clock;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
      const auto offset = TakeZone(text);
      if (!offset) return std::nullopt;
      seconds -= *offset;
    }
  }
  if (!text.empty()) return std::nullopt;
  return seconds;
}

std::optional<double> ParseInterval(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double seconds = 0;
  while (!text.empty()) {
    const bool negative = text[0] == '-';
    if (negative || text[0] == '+') text.remove_prefix(1);
    const size_t word = std::min(text.find(' '), text.size());
    std::optional<double> part;
    if (text.substr(0, word).find(':') != std::string_view::npos) {
      part = TakeClock(text, 12);
    } else if (const auto number = TakeWhole(text, 12); number && Take(text, " ")) {
      part = UnitSeconds(text);
      if (part) *part *= static_cast<double>(*number);
      text.remove_prefix(std::min(text.find(' '), text.size()));
    }
    if (!part) return std::nullopt;
    seconds += negative ? -*part : *part;
    if (!text.empty() && !Take(text, " ")) return std::nullopt;
  }
  return seconds;
}

std::optional<double> ParseGoDuration(std::string_view text) {
  static constexpr std::pair<std::string_view, double> kUnits[] = {
      {"ns", 1e-9}, {"us", 1e-6}, {"\u00b5s", 1e-6}, {"\u03bcs", 1e-6},
      {"ms", 1e-3}, {"h", 3600},  {"m", 60},         {"s", 1}};
  const bool negative = Take(text, "-");
  if (!negative) Take(text, "+");
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  double seconds = 0;
  while (!text.empty()) {
    const size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto number = digits == 0 ? std::nullopt : ParseNumber(text.substr(0, digits));
    if (!number) return std::nullopt;
    text.remove_prefix(digits);
    bool known = false;
    for (const auto& [unit, factor] : kUnits) {
      if (!Take(text, unit)) continue;
      seconds += *number * factor;
      known = true;
      break;
    }
    if (!known) return std::nullopt;
  }
  return negative ? -seconds : seconds;
}

std::optional<double> CellNumber(uint32_t type, std::string_view text) {
  if (type == kBoolOid) {
    if (text != "t" && text != "f") return std::nullopt;
    return text == "t" ? 1 : 0;
  }
  if (IsTime(type)) return ParseTime(text);
  if (type == kIntervalOid) return ParseInterval(text);
  if (type == kPgLsnOid) return ParseLsn(text);
  return ParseNumber(Trim(text));
}

std::string_view CellLabel(uint32_t type, std::string_view text, bool unix_times,
                           std::string& scratch) {
  if (type == kBoolOid) return text == "t" ? "true" : "false";
  if (!unix_times || !IsTime(type)) return text;
  const auto seconds = ParseTime(text);
  if (!seconds || !std::isfinite(*seconds)) return text;
  scratch = std::to_string(static_cast<int64_t>(std::floor(*seconds)));
  return scratch;
}

std::optional<std::vector<double>> CellNumbers(std::string_view text) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::vector<double> numbers;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view element = text.substr(0, comma);
    if (element.size() >= 2 && element.front() == '"' && element.back() == '"') {
      element = element.substr(1, element.size() - 2);
    }
    const auto number = ParseNumber(Trim(element));
    if (!number || numbers.size() == kElementsMax) return std::nullopt;
    numbers.push_back(*number);
    if (comma == text.size()) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) return std::nullopt;
  }
  return numbers;
}

}  // namespace pillion::postgres
