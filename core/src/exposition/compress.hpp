// Compressing a page that arrives in pieces: gzip or zstd, at level 1.
//
// gzip is one member, because clients such as curl show only the first. Level 1 in both, because a
// page of metrics gains little above it (30 KB: 7,307 bytes of gzip in 0.11 ms, level 6 8 % less in
// three times the time; zstd 7,368 bytes in 0.07 ms).
//
// Up to kOneShotBytesMax the page is gathered and compressed at once, which for gzip is faster
// (libdeflate) and for zstd needs tables of its size only; beyond that it goes through a stream
// (zlib, and zstd with a window of 128 KiB: 1 MB of memory), so that neither form of a large page
// ever needs one piece of memory.
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

inline constexpr int kCompressionLevel = 1;

class CompressionStream {
 public:
  virtual ~CompressionStream() = default;
  virtual void Feed(std::string_view bytes) = 0;
  virtual std::vector<std::string> Finish() = 0;
};

class CompressingSink : public ByteSink {
 public:
  static constexpr size_t kOneShotBytesMax = size_t{1} << 20;  // of plain text

  void Write(std::string_view bytes) final;
  std::vector<std::string> Finish();  // the last call; chunks of at most kChunkBytes

 protected:
  virtual std::vector<std::string> AtOnce(std::string_view plain) const = 0;
  virtual std::unique_ptr<CompressionStream> MakeStream() const = 0;

 private:
  std::string gathered_;
  std::unique_ptr<CompressionStream> stream_;  // once kOneShotBytesMax is exceeded
};

class GzipSink final : public CompressingSink {
 private:
  std::vector<std::string> AtOnce(std::string_view plain) const override;
  std::unique_ptr<CompressionStream> MakeStream() const override;
};

class ZstdSink final : public CompressingSink {
 private:
  std::vector<std::string> AtOnce(std::string_view plain) const override;
  std::unique_ptr<CompressionStream> MakeStream() const override;
};

// `size` bytes at `data`, as chunks.
std::vector<std::string> InChunks(const char* data, size_t size);

}  // namespace pillion
