#include "exposition/number.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pillion {
namespace {

constexpr double kIntegersBelow = 9007199254740992.0;  // 2^53: every integer is a double

char* Put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* WriteSpecial(char* out, double value) {
  if (std::isnan(value)) return Put(out, "NaN");
  return Put(out, value > 0 ? "+Inf" : "-Inf");
}

// Go's strconv.FormatFloat(value, 'g', -1, 64): shortest digits, an exponent below 1e-4 and from
// 1e+06 on. std::to_chars writes the same digits and the same form of exponent.
char* WriteG(char* out, double value) {
  char* const end = out + kNumberBytesMax;
  if (value >= 1 && value < 1e6 && value == static_cast<double>(static_cast<int32_t>(value))) {
    return std::to_chars(out, end, static_cast<int32_t>(value)).ptr;  // as most bounds are
  }
  char* const last = std::to_chars(out, end, value, std::chars_format::scientific).ptr;
  const char* e = last;
  while (*--e != 'e') {
  }
  int exponent = 0;
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, last, exponent);
  if (exponent < -4 || exponent >= 6) return last;
  return std::to_chars(out, end, value, std::chars_format::fixed).ptr;
}

}  // namespace

char* WriteValue(char* out, double value) {
  if (std::fabs(value) < kIntegersBelow) {  // false for NaN
    const auto integer = static_cast<int64_t>(value);
    if (static_cast<double>(integer) == value && (integer != 0 || !std::signbit(value))) {
      return std::to_chars(out, out + kNumberBytesMax, integer).ptr;
    }
  } else if (!std::isfinite(value)) {
    return WriteSpecial(out, value);
  }
  return std::to_chars(out, out + kNumberBytesMax, value).ptr;
}

char* WriteAsGiven(char* out, double value) {
  return std::isfinite(value) ? WriteG(out, value) : WriteSpecial(out, value);
}

char* WriteCanonical(char* out, double value) {
  char* end = WriteAsGiven(out, value);
  if (!std::isfinite(value)) return end;
  for (const char* c = out; c != end; ++c) {
    if (*c == '.' || *c == 'e') return end;
  }
  return Put(end, ".0");
}

}  // namespace pillion
