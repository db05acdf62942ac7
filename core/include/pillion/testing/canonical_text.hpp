// The canonical text of samples, as described in poll_report.hpp. Used by the recorder.
#pragma once

#include <pillion/tables.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion::testing::detail {

using LabelList = std::vector<std::pair<std::string, std::string>>;

inline std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == 0) return "0";
  char text[64];
  if (value == std::trunc(value) && std::fabs(value) < 9007199254740992.0) {
    std::snprintf(text, sizeof text, "%.0f", value);
    return text;
  }
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

inline std::string_view TypeText(uint32_t type) {
  constexpr std::string_view kTexts[] = {"",        "counter",   "gauge",
                                         "untyped", "histogram", "gaugehistogram",
                                         "summary", "info",      "stateset"};
  return type < std::size(kTexts) ? kTexts[type] : "";
}

// The length of the UTF-8 sequence at the start of `text`, 0 if there is none.
inline size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool too_high = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_high ? 0 : length;
}

inline std::string Escaped(std::string_view text, bool quotes) {
  std::string out;
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (text[0] == '\n') {
      out += "\\n";
    } else {
      if (text[0] == '\\' || (quotes && text[0] == '"')) out += '\\';
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

// [a-zA-Z_:][a-zA-Z0-9_:]*
inline bool IsLegacyName(std::string_view name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:";
  if (name.empty() || kLetters.find(name[0]) == std::string_view::npos) return false;
  for (const char c : name) {
    if (kLetters.find(c) == std::string_view::npos && (c < '0' || c > '9')) return false;
  }
  return true;
}

// UTF-8 without NUL, of a bounded length.
inline bool IsMetricName(std::string_view name) {
  constexpr size_t kNameBytesMax = 1024;
  if (name.empty() || name.size() > kNameBytesMax) return false;
  while (!name.empty()) {
    const size_t length = name[0] == '\0' ? 0 : Utf8Length(name);
    if (length == 0) return false;
    name.remove_prefix(length);
  }
  return true;
}

inline bool IsLabelName(std::string_view name) {
  return IsMetricName(name) && name.substr(0, 2) != "__";
}

// `{a="x",b="y"}`, or nothing if there are no labels.
inline std::string LabelText(const LabelList& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    const bool bare = IsLegacyName(name) && name.find(':') == std::string::npos;
    out += (out.empty() ? "{" : ",") + (bare ? name : "\"" + Escaped(name, true) + "\"");
    out += "=\"" + Escaped(value, true) + "\"";
  }
  return out.empty() ? out : out + "}";
}

// `name{a="x"}`, or `{"my.name",a="x"}` where the name must be quoted.
inline std::string SeriesText(const std::string& name, const LabelList& labels) {
  const std::string text = LabelText(labels);
  if (IsLegacyName(name)) return name + text;
  return "{\"" + Escaped(name, true) + "\"" + (text.empty() ? "}" : "," + text.substr(1));
}

inline std::string SeriesText(const std::string& name, LabelList labels, std::string_view label,
                              double value) {
  labels.emplace_back(label, NumberText(value));
  return SeriesText(name, labels);
}

}  // namespace pillion::testing::detail
