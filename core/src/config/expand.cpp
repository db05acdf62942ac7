#include "config/expand.hpp"

#include "config/config.hpp"
#include "config/problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace pillion {
namespace {

struct Piece {
  enum class Kind { kPlain, kVariable, kFile };
  Kind kind = Kind::kPlain;
  std::string_view text;  // plain text, a variable's name or a path
};

Error BadPattern(std::string_view what) {
  return {Reason::kInternal,
          fmt::format("{}; write ${{env:NAME}} or ${{file:PATH}}, and $${{ for a plain ${{", what)};
}

bool IsVariableName(std::string_view name) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), is_word);
}

// A path is told when it cannot be read, so it must not be what a forgotten } made of the rest.
bool IsPath(std::string_view path) {
  const bool control = std::any_of(path.begin(), path.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  return !path.empty() && !control && path.find("${") == std::string_view::npos;
}

// Takes the first piece off a pattern that is not empty.
Result<Piece> TakePiece(std::string_view& pattern) {
  if (pattern.substr(0, 3) == "$${") {
    pattern.remove_prefix(3);
    return Piece{Piece::Kind::kPlain, "${"};
  }
  if (pattern.substr(0, 2) != "${") {
    size_t end = 1;
    while (end < pattern.size() && pattern[end] != '$') ++end;
    const Piece piece{Piece::Kind::kPlain, pattern.substr(0, end)};
    pattern.remove_prefix(end);
    return piece;
  }
  const size_t close = pattern.find('}');
  if (close == std::string_view::npos) return BadPattern("a ${ is not closed with }");
  const std::string_view inside = pattern.substr(2, close - 2);
  pattern.remove_prefix(close + 1);
  if (inside.substr(0, 4) == "env:") {
    if (!IsVariableName(inside.substr(4))) return BadPattern("${env: needs a variable's name");
    return Piece{Piece::Kind::kVariable, inside.substr(4)};
  }
  if (inside.substr(0, 5) == "file:") {
    if (!IsPath(inside.substr(5))) return BadPattern("${file: needs a path");
    return Piece{Piece::Kind::kFile, inside.substr(5)};
  }
  return BadPattern("a ${ is neither ${env: nor ${file:");
}

void Wipe(std::string& text) {
  volatile char* p = text.data();
  for (size_t i = 0; i < text.size(); ++i) p[i] = 0;
}

Result<void> Append(std::string& out, std::string_view text, size_t bytes_max) {
  if (text.size() > bytes_max - out.size()) {
    return Error{Reason::kLimit, fmt::format("longer than {} bytes when expanded", bytes_max)};
  }
  out.append(text);
  return {};
}

Result<void> AppendPiece(std::string& out, const Piece& piece, const Outside& outside,
                         size_t bytes_max) {
  switch (piece.kind) {
    case Piece::Kind::kPlain: return Append(out, piece.text, bytes_max);
    case Piece::Kind::kVariable: {
      const std::string name(piece.text);
      const char* value = outside.variable(name.c_str());
      if (value == nullptr) {
        return Error{Reason::kInternal,
                     fmt::format("environment variable `{}` is not set", Printable(name))};
      }
      return Append(out, value, bytes_max);
    }
    case Piece::Kind::kFile: break;
  }
  Result<std::string> text = outside.file(std::string(piece.text));
  if (!text) return text.error();
  std::string_view content = *text;
  if (!content.empty() && content.back() == '\n') content.remove_suffix(1);
  if (!content.empty() && content.back() == '\r') content.remove_suffix(1);
  Result<void> done = Append(out, content, bytes_max);
  Wipe(*text);
  return done;
}

}  // namespace

Result<std::string> Expand(std::string_view pattern, const Outside& outside, size_t bytes_max) {
  std::string out;
  while (!pattern.empty()) {
    const Result<Piece> piece = TakePiece(pattern);
    if (!piece) return piece.error();
    if (auto done = AppendPiece(out, *piece, outside, bytes_max); !done) return done.error();
  }
  return out;
}

Result<void> CheckPattern(std::string_view pattern) {
  while (!pattern.empty()) {
    if (const Result<Piece> piece = TakePiece(pattern); !piece) return piece.error();
  }
  return {};
}

Result<std::string> Secret::Read() const {
  const Outside system{
      [](const char* name) -> const char* { return std::getenv(name); },
      [](const std::string& path) { return ReadSecretFile(path, kFileBytesMax); },
  };
  return Expand(pattern_, system, kFileBytesMax);
}

}  // namespace pillion
