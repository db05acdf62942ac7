#include "exposition/compress.hpp"

#include <algorithm>
#include <utility>

namespace pillion {

void CompressingSink::Write(std::string_view bytes) {
  if (stream_ == nullptr && gathered_.size() + bytes.size() <= kOneShotBytesMax) {
    gathered_.append(bytes);
    return;
  }
  if (stream_ == nullptr) {
    stream_ = MakeStream();
    stream_->Feed(gathered_);
    std::string().swap(gathered_);
  }
  stream_->Feed(bytes);
}

std::vector<std::string> CompressingSink::Finish() {
  return stream_ != nullptr ? stream_->Finish() : AtOnce(gathered_);
}

std::vector<std::string> InChunks(const char* data, size_t size) {
  std::vector<std::string> chunks;
  for (size_t at = 0; at < size; at += kChunkBytes) {
    chunks.emplace_back(data + at, std::min(kChunkBytes, size - at));
  }
  return chunks;
}

}  // namespace pillion
