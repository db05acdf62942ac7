// GzipSink: libdeflate for a page at once, zlib for a stream.
#include "exposition/compress.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <new>
#include <utility>

namespace pillion {
namespace {

class GzipStream final : public CompressionStream {
 public:
  GzipStream() : buffer_(new char[kChunkBytes]) {
    constexpr int kGzipWrapper = 15 + 16;  // the largest window, and a gzip header
    if (deflateInit2(&z_, kCompressionLevel, Z_DEFLATED, kGzipWrapper, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw std::bad_alloc();  // the only reason with these constants
    }
    Rewind();
  }
  ~GzipStream() override { deflateEnd(&z_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  void Feed(std::string_view bytes) override { Deflate(bytes, Z_NO_FLUSH); }

  std::vector<std::string> Finish() override {
    Deflate({}, Z_FINISH);
    Emit();
    return std::move(chunks_);
  }

 private:
  // `flush` is Z_NO_FLUSH, or Z_FINISH for the last piece.
  void Deflate(std::string_view bytes, int flush) {
    z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z_.avail_in = static_cast<uInt>(bytes.size());
    for (;;) {
      const int result = deflate(&z_, flush);
      if (z_.avail_out == 0) {
        Emit();
      } else if (flush == Z_NO_FLUSH || result == Z_STREAM_END) {
        break;
      }
    }
  }

  void Rewind() {
    z_.next_out = reinterpret_cast<Bytef*>(buffer_.get());
    z_.avail_out = static_cast<uInt>(kChunkBytes);
  }

  void Emit() {
    if (z_.avail_out < kChunkBytes) {
      chunks_.emplace_back(buffer_.get(), kChunkBytes - z_.avail_out);
    }
    Rewind();
  }

  z_stream z_{};
  std::unique_ptr<char[]> buffer_;
  std::vector<std::string> chunks_;
};

}  // namespace

std::vector<std::string> GzipSink::AtOnce(std::string_view plain) const {
  struct Free {
    void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
  };
  const std::unique_ptr<libdeflate_compressor, Free> compressor(
      libdeflate_alloc_compressor(kCompressionLevel));
  if (compressor == nullptr) throw std::bad_alloc();
  const size_t bound = libdeflate_gzip_compress_bound(compressor.get(), plain.size());
  const std::unique_ptr<char[]> buffer(new char[bound]);
  const size_t size =
      libdeflate_gzip_compress(compressor.get(), plain.data(), plain.size(), buffer.get(), bound);
  return InChunks(buffer.get(), size);
}

std::unique_ptr<CompressionStream> GzipSink::MakeStream() const {
  return std::make_unique<GzipStream>();
}

}  // namespace pillion
