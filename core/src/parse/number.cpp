#include "parse/number.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace pillion::parse {
namespace {

constexpr size_t kExactDigits = 15;  // so many decimal digits always fit a double

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

std::optional<double> ParseWord(std::string_view text) {
  if (EqualsIgnoringCase(text, "inf") || EqualsIgnoringCase(text, "infinity")) {
    return std::numeric_limits<double>::infinity();
  }
  return std::nullopt;
}

// from_chars says the same of what is too large and what is too small; strtod tells them apart.
std::optional<double> ParseExtreme(std::string_view text) {
  const double value = std::strtod(std::string(text).c_str(), nullptr);
  if (std::isinf(value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<double> ParseNumber(std::string_view text) {
  if (EqualsIgnoringCase(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  if (!IsDigit(text[0]) && text[0] != '.') {
    const std::optional<double> word = ParseWord(text);
    return word && negative ? -*word : word;
  }
  double value = 0;
  const char* const end = text.data() + text.size();
  if (text.size() <= kExactDigits) {
    uint64_t whole = 0;
    const char* at = text.data();
    while (at != end && IsDigit(*at)) whole = whole * 10 + static_cast<uint64_t>(*at++ - '0');
    if (at == end) {
      value = static_cast<double>(whole);
      return negative ? -value : value;
    }
  }
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    const std::optional<double> extreme = ParseExtreme(text);
    if (!extreme) return std::nullopt;
    value = *extreme;
  }
  return negative ? -value : value;
}

std::optional<int64_t> ParseInteger(std::string_view text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop != end || error != std::errc()) return std::nullopt;
  return value;
}

std::string CanonicalNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char digits[32];
  char* end = std::to_chars(digits, std::end(digits), value, std::chars_format::scientific).ptr;
  std::string text(digits, end);
  const int exponent = std::atoi(text.c_str() + text.find('e') + 1);
  if (exponent >= -4 && exponent < 6) {
    end = std::to_chars(digits, std::end(digits), value, std::chars_format::fixed).ptr;
    text.assign(digits, end);
    if (text.find('.') == std::string::npos) text += ".0";
  }
  return text;
}

}  // namespace pillion::parse
