#include "log/line_builder.hpp"

#include "text/utf8.hpp"

#include <fmt/format.h>

#include <utility>

namespace pillion {
namespace {

constexpr std::string_view kLogfmtMark = " cut=true\n";
constexpr std::string_view kJsonMark = ",\"cut\":true}\n";

// Characters that a terminal or a log viewer acts upon: C0 and C1 controls, line and paragraph
// separators, and those that change the direction of what follows.
bool IsControl(uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0x061C ||
         c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

// One character (or one bad byte) as it stands inside quotes.
std::string_view Escape(LogFormat format, const Utf8Character& c, std::string_view bytes,
                        fmt::memory_buffer& buffer) {
  if (c.length == 0) {
    // JSON has no bytes, only characters.
    if (format == LogFormat::kJson) return "\xEF\xBF\xBD";
    fmt::format_to(std::back_inserter(buffer), "\\x{:02x}", static_cast<uint8_t>(bytes[0]));
    return {buffer.data(), buffer.size()};
  }
  switch (c.code_point) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
  }
  if (!IsControl(c.code_point)) return bytes.substr(0, c.length);
  fmt::format_to(std::back_inserter(buffer), "\\u{:04x}", c.code_point);
  return {buffer.data(), buffer.size()};
}

bool NeedsQuotes(std::string_view value) {
  if (value.empty()) return true;
  while (!value.empty()) {
    const Utf8Character c = DecodeUtf8(value);
    if (c.length == 0 || c.code_point == ' ' || c.code_point == '=' || c.code_point == '"' ||
        IsControl(c.code_point)) {
      return true;
    }
    value.remove_prefix(c.length);
  }
  return false;
}

char LogfmtKeyCharacter(char c) {
  const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '.' || c == '-';
  return word ? c : '_';
}

}  // namespace

LineBuilder::LineBuilder(LogFormat format) : format_(format) {
  if (format_ == LogFormat::kJson) line_.push_back('{');
}

void LineBuilder::Add(std::string_view key, std::string_view value) {
  if (cut_) return;
  if (format_ == LogFormat::kJson) {
    AddJson(key, value);
  } else {
    AddLogfmt(key, value);
  }
}

std::string LineBuilder::Take() {
  if (cut_) {
    line_.append(format_ == LogFormat::kJson ? kJsonMark : kLogfmtMark);
  } else {
    line_.append(format_ == LogFormat::kJson ? "}\n" : "\n");
  }
  return std::move(line_);
}

void LineBuilder::AddLogfmt(std::string_view key, std::string_view value) {
  const bool quotes = NeedsQuotes(value);
  std::string head;
  if (!line_.empty()) head.push_back(' ');
  for (const char c : key) head.push_back(LogfmtKeyCharacter(c));
  head.append(quotes ? "=\"" : "=");
  const size_t reserved = quotes ? 1 : 0;  // the closing quote
  if (!Append(head, reserved)) return;
  if (!quotes) {
    while (!value.empty()) {
      const size_t length = DecodeUtf8(value).length;
      if (!Append(value.substr(0, length), reserved)) return;
      value.remove_prefix(length);
    }
    return;
  }
  AppendEscaped(value, reserved);
  line_.push_back('"');
}

void LineBuilder::AddJson(std::string_view key, std::string_view value) {
  std::string head = line_.size() > 1 ? ",\"" : "\"";
  for (const char c : key) head.push_back(LogfmtKeyCharacter(c));
  head.append("\":\"");
  if (!Append(head, 1)) return;
  AppendEscaped(value, 1);
  line_.push_back('"');
}

bool LineBuilder::Append(std::string_view piece, size_t reserved) {
  const size_t mark = format_ == LogFormat::kJson ? kJsonMark.size() : kLogfmtMark.size();
  if (line_.size() + piece.size() + reserved + mark > kLineBytesMax) {
    cut_ = true;
    return false;
  }
  line_.append(piece);
  return true;
}

void LineBuilder::AppendEscaped(std::string_view value, size_t reserved) {
  while (!value.empty()) {
    const Utf8Character c = DecodeUtf8(value);
    fmt::memory_buffer buffer;
    if (!Append(Escape(format_, c, value, buffer), reserved)) return;
    value.remove_prefix(c.length == 0 ? 1 : c.length);
  }
}

}  // namespace pillion
