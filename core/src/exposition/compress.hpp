// Compressing a page that arrives in pieces: gzip or zstd, at level 1.
//
// gzip is one member, because clients such as curl show only the first. Level 1 in both, because a
// page of metrics gains little above it.
//
// gzip is a stream of ISA-L: 250 KB for a page of any size. What stands in front of a piece is
// compressed with the piece's Huffman codes, at level 0: looking at it once is enough, and 3 % more
// bytes take half the time. zstd
// gathers pages of up to kOneShotBytesMax, for at once it needs tables of their size only; larger
// ones go through a stream with a window of 128 KiB (1 MB of memory). So no form of a large page
// ever needs one piece of memory.
//
// Threads: one at a time. Allocation failures throw std::bad_alloc.
#pragma once

#include "exposition/output.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

class CompressingSink : public ByteSink {
 public:
  virtual std::vector<std::string> Finish() = 0;  // the last call; chunks of at most kChunkBytes
};

struct Deflater;
struct HuffmanCodes;  // for text like that which they were made of
struct CodeCounts;

// Text that was compressed for itself, so that it can stand in the middle of any gzip member.
struct GzipPiece {
  std::vector<std::string> chunks;  // deflated, up to a byte's border; at most kChunkBytes each
  uint32_t crc = 0;                 // of the text
  uint64_t plain_bytes = 0;
  std::shared_ptr<const HuffmanCodes> codes;
};

class GzipSink final : public CompressingSink {
 public:
  GzipSink();
  // A piece follows what is written, and after it `end`, at most 65,535 bytes.
  GzipSink(std::shared_ptr<const GzipPiece> piece, std::string_view end);
  ~GzipSink() override;
  GzipSink(const GzipSink&) = delete;
  GzipSink& operator=(const GzipSink&) = delete;

  void Write(std::string_view bytes) override;
  std::vector<std::string> Finish() override;

 private:
  std::shared_ptr<const GzipPiece> piece_;  // may be null
  std::string end_;
  std::unique_ptr<Deflater> deflater_;
};

class GzipPieceSink final : public ByteSink {
 public:
  // `codes`: of an earlier piece of such text; null: there is none.
  explicit GzipPieceSink(std::shared_ptr<const HuffmanCodes> codes = nullptr);
  ~GzipPieceSink() override;
  GzipPieceSink(const GzipPieceSink&) = delete;
  GzipPieceSink& operator=(const GzipPieceSink&) = delete;

  void Write(std::string_view bytes) override;
  GzipPiece Finish();  // the last call

 private:
  std::unique_ptr<Deflater> deflater_;
  std::shared_ptr<const HuffmanCodes> codes_;
  std::unique_ptr<CodeCounts> counts_;  // null: codes_ are there
};

class ZstdStream;

class ZstdSink final : public CompressingSink {
 public:
  static constexpr size_t kOneShotBytesMax = size_t{1} << 20;  // of plain text

  ZstdSink();
  ~ZstdSink() override;
  ZstdSink(const ZstdSink&) = delete;
  ZstdSink& operator=(const ZstdSink&) = delete;

  void Write(std::string_view bytes) override;
  std::vector<std::string> Finish() override;

 private:
  std::string gathered_;
  std::unique_ptr<ZstdStream> stream_;  // once kOneShotBytesMax is exceeded
};

}  // namespace pillion
