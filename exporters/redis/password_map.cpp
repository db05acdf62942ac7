#include "password_map.hpp"

#include <charconv>
#include <optional>
#include <string>

namespace pillion::redis {
namespace {

// Reads the strings of {"a": "b", ...}, and nothing else of JSON.
class MapReader {
 public:
  explicit MapReader(std::string_view text) : text_(text) {}

  size_t position() const { return at_; }

  bool Take(char wanted) {
    SkipSpace();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  bool AtEnd() {
    SkipSpace();
    return at_ == text_.size();
  }

  std::optional<std::string> TakeString() {
    if (!Take('"')) return std::nullopt;
    std::string value;
    value.reserve(text_.size() - at_);  // so that growing leaves no copy behind
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return value;
      if (static_cast<unsigned char>(c) < 0x20) break;
      if (c != '\\') {
        value.push_back(c);
      } else if (!TakeEscape(value)) {
        break;
      }
    }
    const SecretText wipe(std::move(value));
    return std::nullopt;
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }

  bool TakeEscape(std::string& into) {
    if (at_ == text_.size()) return false;
    const char c = text_[at_++];
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    if (const size_t i = kNames.find(c); i != kNames.npos) {
      into.push_back(kValues[i]);
      return true;
    }
    uint32_t code = 0;
    if (c != 'u' || !TakeHex(code)) return false;
    if (code >= 0xd800 && code < 0xdc00) {  // the first half of a pair
      uint32_t low = 0;
      if (text_.substr(at_, 2) != "\\u") return false;
      at_ += 2;
      if (!TakeHex(low) || low < 0xdc00 || low > 0xdfff) return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
      return false;
    }
    AddUtf8(into, code);
    return true;
  }

  bool TakeHex(uint32_t& code) {
    if (text_.size() - at_ < 4) return false;
    const char* begin = text_.data() + at_;
    const auto [stop, error] = std::from_chars(begin, begin + 4, code, 16);
    at_ += 4;
    return error == std::errc() && stop == begin + 4;
  }

  static void AddUtf8(std::string& into, uint32_t code) {
    const auto add = [&](uint32_t byte) { into.push_back(static_cast<char>(byte)); };
    if (code < 0x80) return add(code);
    if (code < 0x800) {
      add(0xc0 | code >> 6);
    } else if (code < 0x10000) {
      add(0xe0 | code >> 12);
      add(0x80 | (code >> 6 & 0x3f));
    } else {
      add(0xf0 | code >> 18);
      add(0x80 | (code >> 12 & 0x3f));
      add(0x80 | (code >> 6 & 0x3f));
    }
    add(0x80 | (code & 0x3f));
  }

  std::string_view text_;
  size_t at_ = 0;
};

Error NotAMap(size_t position) {
  return {Reason::kAuth,
          "password_map is not a JSON object of strings: see byte " + std::to_string(position)};
}

}  // namespace

Result<SecretText> FindPassword(std::string_view map, const Endpoint& address,
                                std::string_view user) {
  MapReader reader(map);
  SecretText own, anyone;
  if (!reader.Take('{')) return NotAMap(reader.position());
  bool more = !reader.Take('}');
  while (more) {
    const auto key = reader.TakeString();
    if (!key || !reader.Take(':')) return NotAMap(reader.position());
    auto value = reader.TakeString();
    if (!value) return NotAMap(reader.position());
    SecretText password(std::move(*value));
    const auto parsed = ParseAddress(*key);
    if (parsed && static_cast<const Endpoint&>(*parsed) == address) {
      if (parsed->user == user) {
        own = std::move(password);
      } else if (parsed->user.empty()) {
        anyone = std::move(password);
      }
    }
    more = reader.Take(',');
    if (!more && !reader.Take('}')) return NotAMap(reader.position());
  }
  if (!reader.AtEnd()) return NotAMap(reader.position());
  return own.empty() ? std::move(anyone) : std::move(own);
}

}  // namespace pillion::redis
