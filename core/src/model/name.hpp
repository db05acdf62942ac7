// Names and label text: what is valid, and how it is escaped. Pure.
#pragma once

#include <string>
#include <string_view>

namespace pillion {

// [a-zA-Z_:][a-zA-Z0-9_:]*
bool IsMetricName(std::string_view name);

// [a-zA-Z_][a-zA-Z0-9_]*, and not starting with __ (reserved for Prometheus itself).
bool IsLabelName(std::string_view name);

// Appends a label value escaped for every text format: \\, \", \n. Bytes that are not UTF-8
// become U+FFFD: one bad byte would cost Prometheus the whole page.
void AppendLabelValue(std::string& out, std::string_view value);

// Appends HELP text: \\ and \n for text 0.0.4, also \" for OpenMetrics. Bytes that are not UTF-8
// become U+FFFD.
enum class HelpEscape { kText, kOpenMetrics };
void AppendHelp(std::string& out, std::string_view help, HelpEscape escape);

// Appends text as it is, but for bytes that are not UTF-8: they become U+FFFD.
void AppendUtf8(std::string& out, std::string_view text);

// The longest part of `text` that has at most `bytes_max` bytes and does not end inside a
// character.
std::string_view CutAtCharacter(std::string_view text, size_t bytes_max);

// Undoes AppendLabelValue, for formats that carry raw text.
std::string UnescapeLabelValue(std::string_view escaped);

}  // namespace pillion
