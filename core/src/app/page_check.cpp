#include "app/page_check.hpp"

#include "lint/lint.hpp"
#include "log/log.hpp"

#include <zlib.h>

#include <algorithm>
#include <functional>
#include <string_view>

namespace pillion {
namespace {

constexpr size_t kPieceBytes = 64 * 1024;

parse::Syntax SyntaxOf(Format format) {
  switch (format) {
    case Format::kText004: return parse::Syntax::kText;
    case Format::kOpenMetrics100: return parse::Syntax::kOpenMetrics;
    case Format::kProtobuf: break;
  }
  return parse::Syntax::kProtobuf;
}

// Hands the plain page on, piece by piece. False: the body cannot be decompressed.
bool Inflate(const Body& body, const std::function<void(std::string_view)>& take) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return false;
  std::vector<char> piece(kPieceBytes);
  int state = Z_OK;
  for (const std::string& chunk : body.chunks) {
    // zlib reads through a pointer that is not const.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(chunk.data()));
    stream.avail_in = static_cast<uInt>(chunk.size());
    while (state == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0)) {
      stream.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream.avail_out = static_cast<uInt>(piece.size());
      state = inflate(&stream, Z_NO_FLUSH);
      take({piece.data(), piece.size() - stream.avail_out});
      if (state == Z_BUF_ERROR) state = Z_OK;  // it only wants the next chunk
    }
  }
  const bool whole = state == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return whole;
}

}  // namespace

std::string WhatIsInvalid(const Body& body) {
  std::string wrong;
  lint::PageLint lint({.syntax = SyntaxOf(body.format), .warnings = false},
                      [&](const lint::Violation& violation) {
                        wrong = std::to_string(violation.position.line) + ": " +
                                std::string(violation.rule->id) + ": " + violation.message;
                        return false;
                      });
  if (body.encoding == Encoding::kIdentity) {
    for (const std::string& chunk : body.chunks) lint.Feed(chunk);
  } else if (body.encoding != Encoding::kGzip) {
    return {};  // the same page in another encoding will do
  } else if (!Inflate(body, [&](std::string_view piece) { lint.Feed(piece); })) {
    return "the body cannot be decompressed";
  }
  lint.Finish();
  return wrong;
}

void PageCheck::Check(const BodyPtr& body) {
  if (body == nullptr) return;
  const bool known = std::any_of(seen_.begin(), seen_.end(),
                                 [&](const auto& other) { return other.lock() == body; });
  if (known) return;
  if (seen_.size() < kRemembered) seen_.emplace_back();
  seen_[next_++ % kRemembered] = body;
  if (body->size > kLargeBytes && large_++ % kLargeEvery != 0) return;
  const std::string wrong = WhatIsInvalid(*body);
  if (wrong.empty()) return;
  Log(LogLevel::kError, "invalid exposition",
      {{"format", std::string(ToString(body->format))}, {"first", wrong}});
}

}  // namespace pillion
