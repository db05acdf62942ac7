#include "http/text_escape.hpp"

#include "text/utf8.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>

namespace pillion {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Calls `ascii` for each ASCII character and copies the well-formed rest.
template <typename Ascii>
void ForEachCharacter(std::string_view text, std::string* out, Ascii ascii) {
  while (!text.empty()) {
    const size_t length = DecodeUtf8(text).length;
    if (length == 1) {
      ascii(text[0]);
    } else if (length == 0) {
      out->append(kReplacement);
    } else {
      out->append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  ForEachCharacter(text, &out, [&](char c) {
    switch (c) {
      case '&': out += "&amp;"; return;
      case '<': out += "&lt;"; return;
      case '>': out += "&gt;"; return;
      case '"': out += "&quot;"; return;
      case '\'': out += "&#39;"; return;
      case '\n':
      case '\t': out += c; return;
      default: break;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += kReplacement;
    } else {
      out += c;
    }
  });
  return out;
}

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  out.reserve(text.size() + 2);
  ForEachCharacter(text, &out, [&](char c) {
    switch (c) {
      case '"': out += "\\\""; return;
      case '\\': out += "\\\\"; return;
      case '\n': out += "\\n"; return;
      case '\r': out += "\\r"; return;
      case '\t': out += "\\t"; return;
      default: break;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '<' || c == '>' || c == '&') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  });
  out += '"';
  return out;
}

std::string JsonNumber(double value) {
  if (!std::isfinite(value)) return "0";
  return fmt::format("{}", value);
}

}  // namespace pillion
