#include "exposition/output.hpp"

#include <algorithm>
#include <cstring>

namespace pillion {

Output::Output(ByteSink* sink)
    : sink_(sink),
      buffer_(new char[kChunkBytes]),
      at_(buffer_.get()),
      end_(buffer_.get() + kChunkBytes) {}

void Output::Append(std::string_view text) {
  while (!text.empty()) {
    if (at_ == end_) Flush();
    const size_t part = std::min(text.size(), static_cast<size_t>(end_ - at_));
    std::memcpy(at_, text.data(), part);
    at_ += part;
    text.remove_prefix(part);
  }
}

void Output::Flush() {
  if (at_ != buffer_.get()) {
    sink_->Write({buffer_.get(), static_cast<size_t>(at_ - buffer_.get())});
  }
  at_ = buffer_.get();
}

}  // namespace pillion
