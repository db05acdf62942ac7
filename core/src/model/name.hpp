// Names and label text: what is valid, and how it is escaped. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pillion {

inline constexpr size_t kNameBytesMax = 1024;

// Prometheus 3 takes any UTF-8 as a name. Those of the alphabet that everything understands are
// legacy names; formats quote or escape the others.
enum class NameKind : uint8_t { kInvalid, kLegacy, kUtf8 };

// Legacy: [a-zA-Z_:][a-zA-Z0-9_:]*. Invalid: empty, over kNameBytesMax, with a NUL, not UTF-8.
NameKind KindOfMetricName(std::string_view name);

// Legacy: [a-zA-Z_][a-zA-Z0-9_]*. Invalid also: starting with __ (reserved for Prometheus itself).
NameKind KindOfLabelName(std::string_view name);

inline bool IsMetricName(std::string_view name) {
  return KindOfMetricName(name) != NameKind::kInvalid;
}
inline bool IsLabelName(std::string_view name) {
  return KindOfLabelName(name) != NameKind::kInvalid;
}
bool IsLegacyMetricName(std::string_view name);
bool IsLegacyLabelName(std::string_view name);

// Appends a name as it stands in a label block, and in text: bare if it is a legacy one, else
// quoted and escaped like a label value.
void AppendLabelName(std::string& out, std::string_view name);
void AppendQuoted(std::string& out, std::string_view text);

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
