#include "exposition/compress.hpp"

#include <doctest/doctest.h>

#include <zlib.h>

#include <random>
#include <string>

namespace pillion {
namespace {

// What a client sees that reads one member and no more, as curl does.
std::string Inflate(const std::vector<std::string>& chunks) {
  std::string compressed, plain;
  for (const std::string& chunk : chunks) {
    CHECK(chunk.size() <= kChunkBytes);
    CHECK(!chunk.empty());
    compressed += chunk;
  }
  z_stream z{};
  REQUIRE(inflateInit2(&z, 15 + 16) == Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(compressed.data());
  z.avail_in = static_cast<uInt>(compressed.size());
  std::string buffer(1 << 16, '\0');
  int result = Z_OK;
  while (result == Z_OK) {
    z.next_out = reinterpret_cast<Bytef*>(buffer.data());
    z.avail_out = static_cast<uInt>(buffer.size());
    result = inflate(&z, Z_NO_FLUSH);
    plain.append(buffer, 0, buffer.size() - z.avail_out);
  }
  CHECK(result == Z_STREAM_END);
  CHECK(z.avail_in == 0);  // one member, and nothing after it
  inflateEnd(&z);
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

void CheckRoundTrip(const std::string& page) {
  CAPTURE(page.size());
  GzipSink sink;
  for (size_t at = 0; at < page.size(); at += kChunkBytes) {
    sink.Write(std::string_view(page).substr(at, kChunkBytes));
  }
  CHECK((Inflate(sink.Finish()) == page));
}

TEST_CASE("pages of every size come back whole from one gzip member") {
  constexpr size_t kLimit = GzipSink::kOneShotBytesMax;
  for (const size_t bytes : {size_t{0}, size_t{1}, kChunkBytes, kChunkBytes + 1, kLimit - 1, kLimit,
                             kLimit + 1, 3 * kLimit}) {
    CheckRoundTrip(Page(bytes, false));
    CheckRoundTrip(Page(bytes, true));  // what does not shrink
  }
}

TEST_CASE("compressing the same page twice gives the same bytes") {
  const std::string page = Page(2 * GzipSink::kOneShotBytesMax, false);
  GzipSink one, two;
  one.Write(page);
  two.Write(page);
  CHECK((one.Finish() == two.Finish()));
}

}  // namespace
}  // namespace pillion
