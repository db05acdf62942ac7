#include "config/toml_guard.hpp"

#include <fmt/format.h>

namespace pillion {
namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool IsBareKeyOrSpace(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == ' ' || c == '\t';
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;  // a byte order mark
  }

  std::optional<TomlObjection> Run() {
    size_t dots = 0;  // in the run of characters that may be one dotted key
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        SkipString(c);
        continue;
      }
      if (c == '#') {
        SkipComment();
        continue;
      }
      if (static_cast<unsigned char>(c) >= 0x80) {
        return TomlObjection{position_, "a character outside ASCII needs quotes around it"};
      }
      if (c == '.') {
        if (++dots >= TomlResult::kKeyPartsMax) {
          return TomlObjection{
              position_, fmt::format("a key has more than {} parts", TomlResult::kKeyPartsMax)};
        }
      } else if (!IsBareKeyOrSpace(c)) {
        dots = 0;
      }
      Advance();
    }
    return std::nullopt;
  }

 private:
  void Advance() {
    const char c = text_[at_++];
    if (c == '\n') {
      ++position_.line;
      position_.column = 1;
    } else if (at_ == text_.size() || !IsContinuation(text_[at_])) {
      ++position_.column;
    }
  }

  void Advance(size_t count) {
    while (count-- > 0 && at_ < text_.size()) Advance();
  }

  void SkipComment() {
    while (at_ < text_.size() && text_[at_] != '\n') Advance();
  }

  // From the opening quote to behind the closing one. A one-line string that is not closed ends
  // with its line: a syntax error, which the library reports.
  void SkipString(char quote) {
    const bool multi_line =
        text_.substr(at_, 3) == std::string_view(quote == '"' ? R"(""")" : "'''");
    const size_t width = multi_line ? 3 : 1;
    Advance(width);
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n' && !multi_line) return;
      if (c == '\\' && quote == '"') {
        Advance(2);
        continue;
      }
      if (c == quote && Closes(quote, width)) {
        Advance(width);
        // Up to two quotes may stand directly before the closing three.
        while (multi_line && at_ < text_.size() && text_[at_] == quote) Advance();
        return;
      }
      Advance();
    }
  }

  bool Closes(char quote, size_t width) const {
    for (size_t i = 0; i < width; ++i) {
      if (at_ + i >= text_.size() || text_[at_ + i] != quote) return false;
    }
    return true;
  }

  const std::string_view text_;
  size_t at_ = 0;
  TomlPosition position_{1, 1};
};

}  // namespace

std::optional<TomlObjection> CheckToml(std::string_view text) { return Scanner(text).Run(); }

}  // namespace pillion
