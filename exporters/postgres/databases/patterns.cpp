#include "patterns.hpp"

#include <algorithm>

namespace pillion::postgres {
namespace {

// Bytes of the character that `text` begins with, as UTF-8; 1 where it is none.
size_t CharacterBytes(std::string_view text) {
  size_t bytes = 1;
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) ++bytes;
  return bytes;
}

}  // namespace

bool FitsPattern(std::string_view pattern, std::string_view name) {
  size_t p = 0;
  size_t n = 0;
  // Behind the last `*`, and what of the name it has not taken yet.
  size_t star = std::string_view::npos;
  size_t taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      taken = n;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      n += CharacterBytes(name.substr(n));
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star;
      taken += CharacterBytes(name.substr(taken));
      n = taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool FitsAny(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return FitsPattern(pattern, name); });
}

bool FitsList(const std::vector<std::string>& patterns, std::string_view name) {
  bool asks = false, fits = false;
  for (const std::string_view pattern : patterns) {
    if (pattern.starts_with('!')) {
      if (FitsPattern(pattern.substr(1), name)) return false;
    } else {
      asks = true;
      fits = fits || FitsPattern(pattern, name);
    }
  }
  return fits || (!asks && !patterns.empty());
}

std::vector<std::string> LikePatterns(const std::vector<std::string>& patterns) {
  std::vector<std::string> all;
  for (const std::string& pattern : patterns) {
    std::string& like = all.emplace_back();
    for (const char c : pattern) {
      if (c == '%' || c == '_' || c == '\\') like += '\\';
      like += c == '*' ? '%' : c == '?' ? '_' : c;
    }
  }
  return all;
}

}  // namespace pillion::postgres
