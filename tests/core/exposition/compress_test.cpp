#include "exposition/compress.hpp"

#include "core/exposition/gunzip.hpp"

#include <doctest/doctest.h>

#include <zstd.h>

#include <random>
#include <string>

namespace pillion {
namespace {

std::string Joined(const std::vector<std::string>& chunks) {
  std::string compressed;
  for (const std::string& chunk : chunks) {
    CHECK(chunk.size() <= kChunkBytes);
    CHECK(!chunk.empty());
    compressed += chunk;
  }
  return compressed;
}

// One frame and nothing after it; browsers refuse windows above 8 MiB.
std::string Unzstd(const std::string& compressed, size_t size_max) {
  CHECK(ZSTD_findFrameCompressedSize(compressed.data(), compressed.size()) == compressed.size());
  std::string plain(size_max + 1, '\0');
  ZSTD_DCtx* const context = ZSTD_createDCtx();
  REQUIRE(!ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 23)));
  const size_t size = ZSTD_decompressDCtx(context, plain.data(), plain.size(), compressed.data(),
                                          compressed.size());
  ZSTD_freeDCtx(context);
  REQUIRE(!ZSTD_isError(size));
  plain.resize(size);
  return plain;
}

std::string Page(size_t bytes, bool random) {
  std::mt19937 engine(7);
  std::string page;
  page.reserve(bytes);
  while (page.size() < bytes) {
    page += random ? static_cast<char>(engine()) : "metric{a=\"b\"} 1\n"[page.size() % 16];
  }
  return page;
}

template <typename Sink>
std::string Compressed(const std::string& page) {
  Sink sink;
  for (size_t at = 0; at < page.size(); at += kChunkBytes) {
    sink.Write(std::string_view(page).substr(at, kChunkBytes));
  }
  return Joined(sink.Finish());
}

TEST_CASE("pages of every size come back whole from one gzip member and one zstd frame") {
  constexpr size_t kLimit = ZstdSink::kOneShotBytesMax;
  for (const size_t bytes : {size_t{0}, size_t{1}, kChunkBytes, kChunkBytes + 1, kLimit - 1, kLimit,
                             kLimit + 1, 3 * kLimit}) {
    CAPTURE(bytes);
    for (const bool random : {false, true}) {  // and what does not shrink
      const std::string page = Page(bytes, random);
      CHECK((test::Gunzip(Compressed<GzipSink>(page)) == page));
      CHECK((Unzstd(Compressed<ZstdSink>(page), page.size()) == page));
    }
  }
}

GzipPiece PieceOf(const std::string& text, std::shared_ptr<const HuffmanCodes> codes) {
  GzipPieceSink sink(std::move(codes));
  for (size_t at = 0; at < text.size(); at += kChunkBytes) {
    sink.Write(std::string_view(text).substr(at, kChunkBytes));
  }
  return sink.Finish();
}

TEST_CASE("a piece may follow anything and what follows it is stored") {
  std::vector<std::string> texts;
  for (const size_t bytes :
       {size_t{0}, size_t{1}, size_t{5000}, kChunkBytes, 3 * kChunkBytes + 1}) {
    for (const bool random : {false, true}) texts.push_back(Page(bytes, random));
  }
  std::shared_ptr<const HuffmanCodes> codes;  // of the text before, which is quite another
  for (const std::string& after : texts) {
    const auto own = std::make_shared<const GzipPiece>(PieceOf(after, nullptr));
    const auto piece = std::make_shared<const GzipPiece>(PieceOf(after, codes));
    CHECK(Joined(piece->chunks) == Joined(own->chunks));
    codes = own->codes;
    for (const std::string& before : texts) {
      for (const std::string& end : {std::string(), std::string("# EOF\n"), Page(65'535, true)}) {
        CAPTURE(before.size());
        CAPTURE(after.size());
        CAPTURE(end.size());
        GzipSink sink(piece, end);
        for (size_t at = 0; at < before.size(); at += kChunkBytes) {
          sink.Write(std::string_view(before).substr(at, kChunkBytes));
        }
        CHECK((test::Gunzip(Joined(sink.Finish())) == before + after + end));
      }
    }
  }
}

TEST_CASE("compressing the same page twice gives the same bytes") {
  const std::string page = Page(2 * ZstdSink::kOneShotBytesMax, false);
  CHECK((Compressed<GzipSink>(page) == Compressed<GzipSink>(page)));
  CHECK((Compressed<ZstdSink>(page) == Compressed<ZstdSink>(page)));
}

}  // namespace
}  // namespace pillion
