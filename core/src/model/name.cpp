#include "model/name.hpp"

#include "text/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace pillion {
namespace {

constexpr bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// What may stand in a legacy name: one look-up per character, since each page asks for each family.
constexpr auto kNameCharacters = [] {
  std::array<bool, 256> is{};
  for (int c = 0; c < 256; ++c) {
    const char character = static_cast<char>(c);
    is[static_cast<size_t>(c)] =
        IsAlpha(character) || IsDigit(character) || character == '_' || character == ':';
  }
  return is;
}();

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The length of the valid UTF-8 sequence at the start of `text`, or 0.
size_t Utf8Length(std::string_view text) { return DecodeUtf8(text).length; }

// How many bytes at the start of `text` are ASCII and none of \\, \n and ". Eight at a time: help
// texts are a third of a page, and nearly all of them are plain.
size_t PlainLength(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101u, kHighs = 0x8080808080808080u;
  const auto has_byte = [&](uint64_t word, char c) {
    const uint64_t difference = word ^ (kOnes * static_cast<uint8_t>(c));
    return (difference - kOnes) & ~difference & kHighs;  // a byte of it is zero
  };
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if ((word & kHighs) | has_byte(word, '\\') | has_byte(word, '\n') | has_byte(word, '"')) break;
  }
  return i;
}

void AppendEscaped(std::string& out, std::string_view text, bool quotes) {
  size_t plain = 0;  // start of the run that needs no change
  size_t i = PlainLength(text);
  while (i < text.size()) {
    const char c = text[i];
    const bool ascii = static_cast<uint8_t>(c) < 0x80;
    if (ascii && c != '\\' && c != '\n' && (c != '"' || !quotes)) {
      ++i;
      continue;
    }
    const size_t length = ascii ? 1 : Utf8Length(text.substr(i));
    if (!ascii && length > 0) {
      i += length;
      continue;
    }
    out.append(text, plain, i - plain);
    if (!ascii) {
      out.append(kReplacement);
    } else {
      out.push_back('\\');
      out.push_back(c == '\n' ? 'n' : c);
    }
    plain = ++i;
  }
  out.append(text, plain, i - plain);
}

bool IsUtf8Name(std::string_view name) {
  if (name.empty() || name.find('\0') != std::string_view::npos) return false;
  while (!name.empty()) {
    const size_t length = Utf8Length(name);
    if (length == 0) return false;
    name.remove_prefix(length);
  }
  return true;
}

}  // namespace

bool IsLegacyMetricName(std::string_view name) {
  if (name.empty() || IsDigit(name[0])) return false;
  bool all = true;
  for (const char c : name) all = all && kNameCharacters[static_cast<uint8_t>(c)];
  return all;
}

bool IsLegacyLabelName(std::string_view name) {
  return IsLegacyMetricName(name) && name.find(':') == std::string_view::npos;
}

NameKind KindOfMetricName(std::string_view name) {
  if (name.size() > kNameBytesMax) return NameKind::kInvalid;
  if (IsLegacyMetricName(name)) return NameKind::kLegacy;
  return IsUtf8Name(name) ? NameKind::kUtf8 : NameKind::kInvalid;
}

NameKind KindOfLabelName(std::string_view name) {
  if (name.size() > kNameBytesMax || name.starts_with("__")) return NameKind::kInvalid;
  if (IsLegacyLabelName(name)) return NameKind::kLegacy;
  return IsUtf8Name(name) ? NameKind::kUtf8 : NameKind::kInvalid;
}

void AppendLabelName(std::string& out, std::string_view name) {
  if (IsLegacyLabelName(name)) {
    out.append(name);
  } else {
    AppendQuoted(out, name);
  }
}

void AppendQuoted(std::string& out, std::string_view text) {
  out.push_back('"');
  AppendLabelValue(out, text);
  out.push_back('"');
}

void AppendLabelValue(std::string& out, std::string_view value) {
  AppendEscaped(out, value, /*quotes=*/true);
}

void AppendHelp(std::string& out, std::string_view help, HelpEscape escape) {
  AppendEscaped(out, help, escape == HelpEscape::kOpenMetrics);
}

void AppendUtf8(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    out.append(length > 0 ? text.substr(0, length) : kReplacement);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
}

std::string_view CutAtCharacter(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  const size_t lowest = bytes_max < 3 ? 0 : bytes_max - 3;  // a character has up to four bytes
  while (end > lowest && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  const bool is_text = (static_cast<uint8_t>(text[end]) & 0xC0) != 0x80;
  return text.substr(0, is_text ? end : bytes_max);
}

std::string UnescapeLabelValue(std::string_view escaped) {
  std::string out;
  out.reserve(escaped.size());
  for (size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '\\' || i + 1 == escaped.size()) {
      out.push_back(escaped[i]);
      continue;
    }
    ++i;
    out.push_back(escaped[i] == 'n' ? '\n' : escaped[i]);
  }
  return out;
}

}  // namespace pillion
