// GzipSink.
#include "exposition/compress.hpp"

#include <isa-l/igzip_lib.h>

#include <cstddef>
#include <stdexcept>
#include <utility>

namespace pillion {

// Neither state nor buffers are cleared beforehand: 230 KB that a small page touches little of.
struct GzipSink::Stream {
  isal_zstream z;
  // Larger ones gain nothing, with the smallest it takes half as long again.
  alignas(std::max_align_t) uint8_t level[ISAL_DEF_LVL1_SMALL];
  uint8_t out[kChunkBytes];
};

GzipSink::GzipSink() : stream_(std::make_unique_for_overwrite<Stream>()) {
  isal_zstream& z = stream_->z;
  isal_deflate_init(&z);
  z.level = 1;
  z.level_buf = stream_->level;
  z.level_buf_size = sizeof(stream_->level);
  z.gzip_flag = IGZIP_GZIP;
  z.next_out = stream_->out;
  z.avail_out = sizeof(stream_->out);
}

GzipSink::~GzipSink() = default;

void GzipSink::Write(std::string_view bytes) { Deflate(bytes, false); }

std::vector<std::string> GzipSink::Finish() {
  Deflate({}, true);
  Emit();
  return std::move(chunks_);
}

void GzipSink::Deflate(std::string_view bytes, bool last) {
  isal_zstream& z = stream_->z;
  z.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uint32_t>(bytes.size());
  z.end_of_stream = last ? 1 : 0;
  do {
    if (z.avail_out == 0) Emit();
    // It has no other failures than wrong settings.
    if (isal_deflate(&z) != COMP_OK) throw std::logic_error("isal_deflate");
  } while (z.avail_out == 0 || z.avail_in > 0);
}

void GzipSink::Emit() {
  isal_zstream& z = stream_->z;
  if (z.next_out > stream_->out) chunks_.emplace_back(stream_->out, z.next_out);
  z.next_out = stream_->out;
  z.avail_out = sizeof(stream_->out);
}

}  // namespace pillion
