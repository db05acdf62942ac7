// ZstdSink.
#include "exposition/compress.hpp"

#include <zstd.h>

#include <algorithm>
#include <new>
#include <utility>

namespace pillion {
namespace {

constexpr int kCompressionLevel = 1;
constexpr int kStreamWindowLog =
    17;  // the full window, 512 KiB, gains 0.5 % for half as much again

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
using Context = std::unique_ptr<ZSTD_CCtx, Free>;

// With these parameters and buffers of ours the one thing that can fail is an allocation.
size_t Checked(size_t result) {
  if (ZSTD_isError(result)) throw std::bad_alloc();
  return result;
}

Context MakeContext() {
  Context context(ZSTD_createCCtx());
  if (context == nullptr) throw std::bad_alloc();
  Checked(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kCompressionLevel));
  Checked(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1));
  return context;
}

std::vector<std::string> AtOnce(std::string_view plain) {
  const Context context = MakeContext();
  const size_t bound = ZSTD_compressBound(plain.size());
  const std::unique_ptr<char[]> buffer(new char[bound]);
  const size_t size =
      Checked(ZSTD_compress2(context.get(), buffer.get(), bound, plain.data(), plain.size()));
  std::vector<std::string> chunks;
  for (size_t at = 0; at < size; at += kChunkBytes) {
    chunks.emplace_back(buffer.get() + at, std::min(kChunkBytes, size - at));
  }
  return chunks;
}

}  // namespace

class ZstdStream {
 public:
  ZstdStream() : context_(MakeContext()), buffer_(new char[kChunkBytes]) {
    Checked(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, kStreamWindowLog));
  }

  void Feed(std::string_view bytes) { Compress(bytes, ZSTD_e_continue); }

  std::vector<std::string> Finish() {
    Compress({}, ZSTD_e_end);
    if (used_ > 0) Emit();
    return std::move(chunks_);
  }

 private:
  void Compress(std::string_view bytes, ZSTD_EndDirective mode) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{buffer_.get(), kChunkBytes, used_};
      const size_t left = Checked(ZSTD_compressStream2(context_.get(), &out, &in, mode));
      used_ = out.pos;
      if (used_ == kChunkBytes) Emit();
      if (mode == ZSTD_e_end ? left == 0 : in.pos == in.size) return;
    }
  }

  void Emit() {
    chunks_.emplace_back(buffer_.get(), used_);
    used_ = 0;
  }

  Context context_;
  std::unique_ptr<char[]> buffer_;
  size_t used_ = 0;
  std::vector<std::string> chunks_;
};

ZstdSink::ZstdSink() = default;
ZstdSink::~ZstdSink() = default;

void ZstdSink::Write(std::string_view bytes) {
  if (stream_ == nullptr && gathered_.size() + bytes.size() <= kOneShotBytesMax) {
    gathered_.append(bytes);
    return;
  }
  if (stream_ == nullptr) {
    stream_ = std::make_unique<ZstdStream>();
    stream_->Feed(gathered_);
    std::string().swap(gathered_);
  }
  stream_->Feed(bytes);
}

std::vector<std::string> ZstdSink::Finish() {
  return stream_ != nullptr ? stream_->Finish() : AtOnce(gathered_);
}

}  // namespace pillion
