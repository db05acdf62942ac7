#include "reply_guard.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace pillion::redis {
namespace {

Error TooLarge(size_t bytes_max) {
  return {Reason::kLimit,
          "the reply is larger than reply_bytes_max (" + std::to_string(bytes_max) + " bytes)"};
}

Error NotRedis(std::string message) {
  return {Reason::kProtocol, "not a Redis reply: " + std::move(message)};
}

constexpr char kTlsAlert = 0x15;  // how a TLS server answers who speaks plainly

bool IsNumberLine(char type) { return type == '$' || type == '*' || type == ':'; }

}  // namespace

Result<void> ReplyGuard::Take(std::string_view bytes) {
  bytes_ += bytes.size();
  if (bytes_ > limits_.bytes_max) return TooLarge(limits_.bytes_max);
  while (!bytes.empty()) {
    if (awaited_ == 0) return NotRedis("more came than was asked for");
    if (skip_ > 0) {
      const size_t step = std::min(skip_, bytes.size());
      bytes.remove_prefix(step);
      skip_ -= step;
      if (skip_ == 0) ItemDone();
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (type_ == 0) {
      if (!IsNumberLine(c) && c != '+' && c != '-') {
        if (c == kTlsAlert) return NotRedis("it speaks TLS: use rediss:// in `address`");
        const auto byte = static_cast<unsigned>(static_cast<unsigned char>(c));
        return NotRedis("unexpected first byte " + std::to_string(byte));
      }
      type_ = c;
      line_size_ = 0;
    } else if (after_cr_ && c == '\n') {  // as for the reader, nothing else ends a line
      after_cr_ = false;
      if (auto done = Header(); !done) return done;
    } else if (c == '\r') {
      if (after_cr_ && IsNumberLine(type_)) return NotRedis("a length is not a number");
      after_cr_ = true;
    } else if (IsNumberLine(type_)) {
      if (after_cr_) return NotRedis("a length is not a number");
      if (line_size_ == line_.size()) return NotRedis("a length has too many digits");
      line_[line_size_++] = c;
    } else {  // the rest of a text line needs no look
      after_cr_ = false;
      bytes.remove_prefix(std::min(bytes.find('\r'), bytes.size()));
    }
  }
  return {};
}

Result<void> ReplyGuard::Header() {
  const char type = type_;
  type_ = 0;
  if (!IsNumberLine(type)) {
    ItemDone();
    return {};
  }
  int64_t number = 0;
  const char* end = line_.data() + line_size_;
  const auto [stop, error] = std::from_chars(line_.data(), end, number);
  if (error != std::errc() || stop != end) return NotRedis("a length is not a number");
  if (type == '$') return BeginBulk(number);
  if (type == '*') return BeginArray(number);
  ItemDone();
  return {};
}

Result<void> ReplyGuard::BeginBulk(int64_t length) {
  if (length < -1) return NotRedis("a negative length");
  if (length == -1) {
    ItemDone();
    return {};
  }
  if (static_cast<uint64_t>(length) > limits_.bytes_max) return TooLarge(limits_.bytes_max);
  skip_ = static_cast<size_t>(length) + 2;
  return {};
}

Result<void> ReplyGuard::BeginArray(int64_t length) {
  if (length < -1) return NotRedis("a negative number of elements");
  if (length <= 0) {
    ItemDone();
    return {};
  }
  const auto count = static_cast<uint64_t>(length);
  if (count > limits_.elements_max - elements_) {
    return Error{Reason::kLimit, "the reply has more than " + std::to_string(limits_.elements_max) +
                                     " array elements"};
  }
  if (depth_ == open_.size()) return NotRedis("arrays are nested too deep");
  elements_ += static_cast<size_t>(count);
  open_[depth_++] = count;
  return {};
}

void ReplyGuard::ItemDone() {
  while (depth_ > 0) {
    if (--open_[depth_ - 1] > 0) return;
    --depth_;  // the array is complete, which completes an element of the one around it
  }
  --awaited_;
}

}  // namespace pillion::redis
