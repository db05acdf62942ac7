// Numbers as scrapers read them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pillion::parse {

// A decimal number with optional sign, fraction and exponent, or nan, inf, infinity in any case:
// what Prometheus takes in every format. Hexadecimal numbers, underscores, and what is too large
// for a double are none; what is too small is 0 or the nearest denormal.
std::optional<double> ParseNumber(std::string_view text);

// Whole, with an optional minus, within 64 bits.
std::optional<int64_t> ParseInteger(std::string_view text);

// How `le` and `quantile` are spelled in OpenMetrics: shortest digits, an exponent below 1e-4 and
// from 1e+06 on, never like an integer: 0.005, 1.0, 1e+06, +Inf.
std::string CanonicalNumber(double value);

}  // namespace pillion::parse
