// Where a page goes while it is written: a buffer of one chunk in front of a sink.
//
// Threads: one at a time. Allocation failures throw std::bad_alloc.
#pragma once

#include "exposition/body.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void Write(std::string_view bytes) = 0;  // at most kChunkBytes at a time
};

// Keeps the bytes as chunks of a body.
class ChunkSink : public ByteSink {
 public:
  void Write(std::string_view bytes) override { chunks_.emplace_back(bytes); }
  std::vector<std::string> Take() { return std::move(chunks_); }

 private:
  std::vector<std::string> chunks_;
};

class Output {
 public:
  explicit Output(ByteSink* sink);

  // At least `bytes` (at most kChunkBytes) of room; nothing is written until Advance.
  char* Room(size_t bytes) {
    if (static_cast<size_t>(end_ - at_) < bytes) Flush();
    return at_;
  }
  void Advance(char* end) { at_ = end; }

  void Append(std::string_view text);  // of any length
  void Append(char c) {
    *Room(1) = c;
    ++at_;
  }
  void Flush();  // the last call

 private:
  ByteSink* sink_;
  std::unique_ptr<char[]> buffer_;
  char* at_;
  char* end_;
};

}  // namespace pillion
