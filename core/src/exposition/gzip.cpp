// GzipSink and GzipPieceSink.
#include "exposition/compress.hpp"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <utility>

namespace pillion {
namespace {

constexpr std::array<uint8_t, 10> kHeader = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};

// The CRC of what `before` is of, followed by `size` bytes whose own CRC is `crc`: as CRCs are
// affine, zeros in their place tell what `before` becomes.
uint32_t JoinCrc(uint32_t before, uint32_t crc, uint64_t size) {
  static constexpr std::array<uint8_t, 4096> kZeros{};
  uint32_t both = before, none = 0;
  for (uint64_t left = size; left > 0;) {
    const uint64_t part = std::min<uint64_t>(left, kZeros.size());
    both = crc32_gzip_refl(both, kZeros.data(), part);
    none = crc32_gzip_refl(none, kZeros.data(), part);
    left -= part;
  }
  return both ^ none ^ crc;
}

}  // namespace

struct HuffmanCodes {
  isal_hufftables tables;
};

struct CodeCounts {
  isal_huff_histogram counts;
};

// Raw deflate, and what a gzip member says of it. Neither state nor buffers are cleared beforehand:
// 230 KB that a small page touches little of.
struct Deflater {
  isal_zstream z;
  uint32_t crc = 0;
  uint64_t plain_bytes = 0;
  std::vector<std::string> chunks;
  // Larger ones gain nothing, with the smallest it takes half as long again.
  alignas(std::max_align_t) uint8_t level[ISAL_DEF_LVL1_SMALL];
  uint8_t out[kChunkBytes];

  // With `codes`: level 0, and they must outlive it.
  explicit Deflater(const HuffmanCodes* codes = nullptr) {
    isal_deflate_init(&z);
    if (codes == nullptr) {
      z.level = 1;
      z.level_buf = level;
      z.level_buf_size = sizeof(level);
    } else {
      auto* tables = const_cast<isal_hufftables*>(&codes->tables);  // which it only reads
      isal_deflate_set_hufftables(&z, tables, IGZIP_HUFFTABLE_CUSTOM);
    }
    z.gzip_flag = IGZIP_DEFLATE;
    z.next_out = out;
    z.avail_out = sizeof(out);
  }

  void Add(std::string_view bytes) {
    const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
    crc = crc32_gzip_refl(crc, data, bytes.size());
    plain_bytes += bytes.size();
    Run(bytes, NO_FLUSH, false);
  }
  // To a byte's border; what follows does not refer to what was.
  void Align() { Run({}, FULL_FLUSH, false); }
  void End() { Run({}, NO_FLUSH, true); }

  // Ends with a block that is not compressed, after Align: one that is needs tables, which cost
  // more than a small page.
  void StoreLast(std::string_view bytes) {
    const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
    const auto size = static_cast<uint16_t>(bytes.size());
    const auto low = static_cast<uint8_t>(size), high = static_cast<uint8_t>(size >> 8);
    const std::array<uint8_t, 5> head = {1, low, high, static_cast<uint8_t>(~low),
                                         static_cast<uint8_t>(~high)};
    Put(head.data(), head.size());
    Put(data, bytes.size());
    crc = crc32_gzip_refl(crc, data, bytes.size());
    plain_bytes += bytes.size();
  }

  void Put(const uint8_t* bytes, size_t size) {  // as they are
    if (z.avail_out < size) Emit();
    std::copy_n(bytes, size, z.next_out);
    z.next_out += size;
    z.avail_out -= static_cast<uint32_t>(size);
  }

  void Emit() {
    if (z.next_out > out) chunks.emplace_back(out, z.next_out);
    z.next_out = out;
    z.avail_out = sizeof(out);
  }

 private:
  void Run(std::string_view bytes, uint16_t flush, bool last) {
    z.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(bytes.data()));
    z.avail_in = static_cast<uint32_t>(bytes.size());
    z.flush = flush;
    z.end_of_stream = last ? 1 : 0;
    do {
      if (z.avail_out == 0) Emit();
      // It has no other failures than wrong settings.
      if (isal_deflate(&z) != COMP_OK) throw std::logic_error("isal_deflate");
    } while (z.avail_out == 0 || z.avail_in > 0);
  }
};

GzipSink::GzipSink() : GzipSink(nullptr, {}) {}

GzipSink::GzipSink(std::shared_ptr<const GzipPiece> piece, std::string_view end)
    : piece_(std::move(piece)), end_(end) {
  // Not make_unique, which would clear it.
  deflater_.reset(new Deflater(piece_ == nullptr ? nullptr : piece_->codes.get()));
  deflater_->Put(kHeader.data(), kHeader.size());
}

GzipSink::~GzipSink() = default;

void GzipSink::Write(std::string_view bytes) { deflater_->Add(bytes); }

std::vector<std::string> GzipSink::Finish() {
  Deflater& all = *deflater_;
  if (piece_ == nullptr) {
    all.End();
  } else {
    all.Align();
    all.Emit();
    all.chunks.insert(all.chunks.end(), piece_->chunks.begin(), piece_->chunks.end());
    all.crc = JoinCrc(all.crc, piece_->crc, piece_->plain_bytes);
    all.plain_bytes += piece_->plain_bytes;
    all.StoreLast(end_);
  }
  std::array<uint8_t, 8> trailer;
  const auto size = static_cast<uint32_t>(all.plain_bytes);  // modulo 2^32, as gzip has it
  for (size_t i = 0; i < 4; ++i) {
    trailer[i] = static_cast<uint8_t>(all.crc >> (8 * i));
    trailer[i + 4] = static_cast<uint8_t>(size >> (8 * i));
  }
  all.Put(trailer.data(), trailer.size());
  all.Emit();
  return std::move(all.chunks);
}

GzipPieceSink::GzipPieceSink(std::shared_ptr<const HuffmanCodes> codes)
    : deflater_(new Deflater()), codes_(std::move(codes)) {
  if (codes_ == nullptr) counts_ = std::make_unique<CodeCounts>();
}

GzipPieceSink::~GzipPieceSink() = default;

void GzipPieceSink::Write(std::string_view bytes) {
  deflater_->Add(bytes);
  if (counts_ == nullptr) return;
  auto* data = reinterpret_cast<uint8_t*>(const_cast<char*>(bytes.data()));  // which it only reads
  isal_update_histogram(data, static_cast<int>(bytes.size()), &counts_->counts);
}

GzipPiece GzipPieceSink::Finish() {
  deflater_->Align();
  deflater_->Emit();
  if (counts_ != nullptr) {
    auto made = std::make_shared<HuffmanCodes>();
    if (isal_create_hufftables(&made->tables, &counts_->counts) != 0) {
      throw std::logic_error("isal_create_hufftables");
    }
    codes_ = std::move(made);
  }
  return {std::move(deflater_->chunks), deflater_->crc, deflater_->plain_bytes, codes_};
}

}  // namespace pillion
