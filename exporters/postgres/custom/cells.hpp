// Cells: values as PostgreSQL writes them in text form, as numbers. Pure, safe on any bytes.
//
// DateStyle must be ISO and IntervalStyle postgres.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::postgres {

// A value of this type (pg_type's number) as a number: booleans are 0 and 1, times Unix seconds (a
// timestamp without a zone is taken for UTC), intervals seconds, positions in the WAL bytes. A text
// is a number if it is written like one. Nothing: it is none.
std::optional<double> CellNumber(uint32_t type, std::string_view text);

// The same as a label: booleans are true and false. With `unix_times` times are Unix seconds.
std::string_view CellLabel(uint32_t type, std::string_view text, bool unix_times,
                           std::string& scratch);

// The numbers of an array such as {1,2.5,Infinity}; nothing if one of them is NULL or no number.
std::optional<std::vector<double>> CellNumbers(std::string_view text);

// "2026-11-23 01:43:17.25+00", "2026-11-23", "infinity".
std::optional<double> ParseTime(std::string_view text);
// "1 year 2 mons -3 days 04:05:06.5", in seconds; a month has 30 days and a year 365.25.
std::optional<double> ParseInterval(std::string_view text);
// As Go writes one: "1h2m3.5s", "100ms"; in seconds.
std::optional<double> ParseGoDuration(std::string_view text);

}  // namespace pillion::postgres
