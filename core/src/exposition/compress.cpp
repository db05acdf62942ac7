#include "exposition/compress.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <new>

namespace pillion {
namespace {

std::vector<std::string> CompressAtOnce(std::string_view plain) {
  struct Free {
    void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
  };
  const std::unique_ptr<libdeflate_compressor, Free> compressor(
      libdeflate_alloc_compressor(kGzipLevel));
  if (compressor == nullptr) throw std::bad_alloc();
  const size_t bound = libdeflate_gzip_compress_bound(compressor.get(), plain.size());
  const std::unique_ptr<char[]> buffer(new char[bound]);
  const size_t size =
      libdeflate_gzip_compress(compressor.get(), plain.data(), plain.size(), buffer.get(), bound);
  std::vector<std::string> chunks;
  for (size_t at = 0; at < size; at += kChunkBytes) {
    chunks.emplace_back(buffer.get() + at, std::min(kChunkBytes, size - at));
  }
  return chunks;
}

}  // namespace

class GzipSink::Stream {
 public:
  Stream() : buffer_(new char[kChunkBytes]) {
    constexpr int kGzipWrapper = 15 + 16;  // the largest window, and a gzip header
    if (deflateInit2(&z_, kGzipLevel, Z_DEFLATED, kGzipWrapper, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();  // the only reason with these constants
    }
    Rewind();
  }
  ~Stream() { deflateEnd(&z_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // `flush` is Z_NO_FLUSH, or Z_FINISH for the last piece.
  void Feed(std::string_view bytes, int flush) {
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

  std::vector<std::string> Finish() {
    Feed({}, Z_FINISH);
    Emit();
    return std::move(chunks_);
  }

 private:
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

GzipSink::GzipSink() = default;
GzipSink::~GzipSink() = default;

void GzipSink::Write(std::string_view bytes) {
  if (stream_ == nullptr && gathered_.size() + bytes.size() <= kOneShotBytesMax) {
    gathered_.append(bytes);
    return;
  }
  if (stream_ == nullptr) {
    stream_ = std::make_unique<Stream>();
    stream_->Feed(gathered_, Z_NO_FLUSH);
    std::string().swap(gathered_);
  }
  stream_->Feed(bytes, Z_NO_FLUSH);
}

std::vector<std::string> GzipSink::Finish() {
  return stream_ != nullptr ? stream_->Finish() : CompressAtOnce(gathered_);
}

}  // namespace pillion
