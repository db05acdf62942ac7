#include "connection.hpp"

#include <array>
#include <cassert>
#include <new>
#include <utility>

namespace pillion::redis {
namespace {

constexpr size_t kReadBytes = 16 * 1024;  // at once; an INFO reply is 6 KiB

void Wipe(char* bytes, size_t size) {
  volatile char* p = bytes;
  for (size_t i = 0; i < size; ++i) p[i] = 0;
}

struct FreeReader {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
};
using ReaderPtr = std::unique_ptr<redisReader, FreeReader>;

// Takes the replies that the reader holds, at most `count`.
std::vector<Reply> TakeReplies(redisReader* reader, size_t count) {
  std::vector<Reply> replies;
  replies.reserve(count);
  while (replies.size() < count) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader, &reply) != REDIS_OK || reply == nullptr) break;
    replies.emplace_back(static_cast<redisReply*>(reply));
  }
  return replies;
}

}  // namespace

Pipeline::~Pipeline() { Wipe(bytes_.data(), bytes_.size()); }

void Pipeline::Add(std::span<const std::string_view> words) {
  assert(!words.empty() && words.size() <= kWordsMax);
  std::array<const char*, kWordsMax> data{};
  std::array<size_t, kWordsMax> sizes{};
  for (size_t i = 0; i < words.size(); ++i) {
    data[i] = words[i].data() == nullptr ? "" : words[i].data();
    sizes[i] = words[i].size();
  }
  char* formatted = nullptr;
  const auto argc = static_cast<int>(words.size());
  const int size =
      static_cast<int>(redisFormatCommandArgv(&formatted, argc, data.data(), sizes.data()));
  if (size < 0) throw std::bad_alloc();
  if (bytes_.size() + static_cast<size_t>(size) > bytes_.capacity()) {
    // Growing by hand: std::string would leave the old bytes, AUTH among them, on the heap.
    std::string larger;
    larger.reserve(2 * (bytes_.size() + static_cast<size_t>(size)));
    larger.append(bytes_);
    Wipe(bytes_.data(), bytes_.size());
    bytes_.swap(larger);
  }
  bytes_.append(formatted, static_cast<size_t>(size));
  Wipe(formatted, static_cast<size_t>(size));
  redisFreeCommand(formatted);
  ++count_;
}

Connection::Connection(Address address, std::optional<tls::Config> tls, size_t reply_bytes_max)
    : address_(std::move(address)), tls_(std::move(tls)), limits_{.bytes_max = reply_bytes_max} {}

void Connection::TakeOver(Connection& other) {
  stream_ = std::move(other.stream_);
  stamp_ = other.stamp_;
}

Result<void> Connection::Connect(const PollContext& ctx) {
  if (tls_) stamp_ = tls::StampOf(*tls_);  // before the files are read: a change meanwhile is seen
  return stream_.Connect(ctx, address_, tls_, End(ctx));
}

Result<std::vector<Reply>> Connection::Exchange(const PollContext& ctx, const Pipeline& pipeline) {
  lost_before_answer_ = false;
  auto replies = TryExchange(ctx, pipeline);
  if (!replies) Close();
  return replies;
}

Result<std::vector<Reply>> Connection::TryExchange(const PollContext& ctx,
                                                   const Pipeline& pipeline) {
  const ReaderPtr reader(redisReaderCreate());
  if (!reader) throw std::bad_alloc();
  ReplyGuard guard(limits_, pipeline.count());
  const Result<void> sent = Send(ctx, pipeline.bytes());
  if (!sent && sent.error().reason != Reason::kRefused) return sent.error();
  // A server that closes at once may have said why ("max number of clients reached").
  const Result<void> received = Receive(ctx, guard, reader.get());
  std::vector<Reply> replies = TakeReplies(reader.get(), pipeline.count());
  if (received && replies.size() == pipeline.count()) return replies;
  if (reader->err != 0) {
    return Error{Reason::kProtocol, To() + ": not a Redis reply: " + reader->errstr};
  }
  if (received) return Error{Reason::kProtocol, To() + ": replies are missing"};
  if (received.error().reason == Reason::kRefused && replies.size() == 1 &&
      IsError(replies[0].get())) {
    replies.resize(pipeline.count());  // a refusal, then the end: the caller reads the refusal
    Close();
    return replies;
  }
  return received.error();
}

Result<void> Connection::Send(const PollContext& ctx, std::string_view bytes) {
  if (auto sent = stream_.Send(ctx, bytes, End(ctx)); !sent) {
    return Error{sent.error().reason, "sending to " + To() + ": " + sent.error().message};
  }
  return {};
}

Result<void> Connection::Receive(const PollContext& ctx, ReplyGuard& guard, redisReader* reader) {
  std::array<char, kReadBytes> bytes;
  while (!guard.complete()) {
    const auto size = stream_.Receive(ctx, bytes.data(), bytes.size(), End(ctx));
    if (!size) {
      if (size.error().reason == Reason::kRefused) return Lost(guard, size.error().message);
      return Error{size.error().reason, To() + ": " + size.error().message};
    }
    if (*size == 0) return Lost(guard, "the server closed the connection");
    const std::string_view chunk(bytes.data(), *size);
    if (auto good = guard.Take(chunk); !good) {
      return Error{good.error().reason, To() + ": " + good.error().message};
    }
    if (redisReaderFeed(reader, chunk.data(), chunk.size()) != REDIS_OK) {
      return Error{Reason::kProtocol, To() + ": " + reader->errstr};
    }
  }
  return {};
}

Error Connection::Lost(const ReplyGuard& guard, std::string_view why) {
  lost_before_answer_ = guard.bytes() == 0;
  return {Reason::kRefused, To() + ": " + std::string(why)};
}

}  // namespace pillion::redis
