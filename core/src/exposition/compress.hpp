// GzipSink: gzip, one member, level 1, for a page that arrives in pieces.
//
// One member, because clients such as curl show only the first; level 1, because a page of
// metrics gains little above it (25 MB: level 6 takes twice the time for a fifth less).
// Up to kOneShotBytesMax the page is gathered and compressed at once by libdeflate, which is
// faster; beyond that zlib takes over in a stream, so that neither form of a large page ever
// needs one piece of memory.
//
// Threads: one at a time. Allocation failures throw std::bad_alloc.
#pragma once

#include "exposition/output.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

inline constexpr int kGzipLevel = 1;

class GzipSink : public ByteSink {
 public:
  static constexpr size_t kOneShotBytesMax = size_t{1} << 20;  // of plain text

  GzipSink();
  ~GzipSink() override;
  GzipSink(const GzipSink&) = delete;
  GzipSink& operator=(const GzipSink&) = delete;

  void Write(std::string_view bytes) override;
  std::vector<std::string> Finish();  // the last call; chunks of at most kChunkBytes

 private:
  class Stream;
  std::string gathered_;
  std::unique_ptr<Stream> stream_;  // once kOneShotBytesMax is exceeded
};

}  // namespace pillion
