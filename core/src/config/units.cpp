#include "config/units.hpp"

#include "config/config.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <span>

namespace pillion {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

constexpr Unit kDurationUnits[] = {
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
};

constexpr Unit kSizeUnits[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1'000},
    {"KiB", 1024},
    {"MB", 1'000'000},
    {"MiB", 1024 * 1024},
    {"GB", 1'000'000'000},
    {"GiB", 1024 * 1024 * 1024},
    {"TB", 1'000'000'000'000},
    {"TiB", int64_t{1024} * 1024 * 1024 * 1024},
};

// These texts never hold what was written: it may be a secret in the wrong place.
constexpr std::string_view kDurationForm =
    R"(write a number and a unit, such as "500ms", "1.5s", "5m", "2h" or "1d")";
constexpr std::string_view kSizeForm =
    R"(write bytes or a whole number and a unit, such as "4096", "64KiB", "16MiB" or "10MB")";

Error NotA(std::string_view what, std::string_view why, std::string_view form) {
  return {Reason::kInternal, fmt::format("not a {}: {}; {}", what, why, form)};
}

const Unit* FindUnit(std::span<const Unit> units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits at the start; false: there is none, or the number does not fit.
enum class Digits { kOk, kNone, kTooLarge };
Digits TakeDigits(std::string_view& text, int64_t& value) {
  if (text.empty() || !IsDigit(text[0])) return Digits::kNone;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{}) return Digits::kTooLarge;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return Digits::kOk;
}

// value = whole * factor, if that is at most `maximum`.
bool Multiply(int64_t whole, int64_t factor, int64_t maximum, int64_t& value) {
  return !__builtin_mul_overflow(whole, factor, &value) && value <= maximum;
}

}  // namespace

Result<std::chrono::nanoseconds> ParseDuration(std::string_view text) {
  int64_t whole = 0;
  switch (TakeDigits(text, whole)) {
    case Digits::kNone: return NotA("duration", "it does not start with a digit", kDurationForm);
    case Digits::kTooLarge: return NotA("duration", "it is too long", kDurationForm);
    case Digits::kOk: break;
  }
  std::string_view fraction;
  if (!text.empty() && text[0] == '.') {
    size_t end = 1;
    while (end < text.size() && IsDigit(text[end])) ++end;
    fraction = text.substr(1, end - 1);
    if (fraction.empty()) return NotA("duration", "no digit after the dot", kDurationForm);
    text.remove_prefix(end);
  }
  if (text.empty()) return NotA("duration", "it has no unit", kDurationForm);
  const Unit* unit = FindUnit(kDurationUnits, text);
  if (unit == nullptr) return NotA("duration", "unknown unit", kDurationForm);

  int64_t value = 0;
  if (!Multiply(whole, unit->factor, kDurationMax.count(), value)) {
    return NotA("duration", fmt::format("longer than {}", FormatDuration(kDurationMax)),
                kDurationForm);
  }
  int64_t place = unit->factor;
  for (const char digit : fraction) {
    if (place % 10 != 0) {  // smaller than 1ns from here on
      if (digit != '0') return NotA("duration", "finer than 1ns", kDurationForm);
      continue;
    }
    place /= 10;
    value += (digit - '0') * place;
  }
  if (value > kDurationMax.count()) {
    return NotA("duration", fmt::format("longer than {}", FormatDuration(kDurationMax)),
                kDurationForm);
  }
  return std::chrono::nanoseconds(value);
}

Result<int64_t> ParseSize(std::string_view text) {
  int64_t whole = 0;
  switch (TakeDigits(text, whole)) {
    case Digits::kNone: return NotA("size", "it does not start with a digit", kSizeForm);
    case Digits::kTooLarge: return NotA("size", "it is too large", kSizeForm);
    case Digits::kOk: break;
  }
  const Unit* unit = FindUnit(kSizeUnits, text);
  if (unit == nullptr) return NotA("size", "unknown unit", kSizeForm);
  int64_t value = 0;
  if (!Multiply(whole, unit->factor, std::numeric_limits<int64_t>::max(), value)) {
    return NotA("size", "it is too large", kSizeForm);
  }
  return value;
}

std::string FormatDuration(std::chrono::nanoseconds duration) {
  const int64_t value = duration.count();
  if (value == 0) return "0s";
  const Unit* best = kDurationUnits;
  for (const Unit& unit : kDurationUnits) {
    if (value % unit.factor == 0) best = &unit;
  }
  return fmt::format("{}{}", value / best->factor, best->name);
}

std::string FormatSize(int64_t bytes) {
  if (bytes == 0) return "0B";
  const Unit* best = FindUnit(kSizeUnits, "B");
  for (const char* name : {"KiB", "MiB", "GiB", "TiB"}) {
    const Unit* unit = FindUnit(kSizeUnits, name);
    if (bytes % unit->factor == 0) best = unit;
  }
  return fmt::format("{}{}", bytes / best->factor, best->name);
}

}  // namespace pillion
