#include "connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

namespace pillion::redis {
namespace {

constexpr size_t kReadBytes = 16 * 1024;  // at once; an INFO reply is 6 KiB

void Wipe(char* bytes, size_t size) {
  volatile char* p = bytes;
  for (size_t i = 0; i < size; ++i) p[i] = 0;
}

std::string TextOfErrno(int error) { return std::generic_category().message(error); }

Reason ReasonOfErrno(int error) {
  switch (error) {
    case ETIMEDOUT: return Reason::kTimeout;
    case EACCES:
    case EPERM: return Reason::kPermission;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EAGAIN: return Reason::kLimit;  // EAGAIN: the backlog of a unix socket is full
    default: return Reason::kRefused;
  }
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

Connection::Connection(Address address, size_t reply_bytes_max)
    : address_(std::move(address)), limits_{.bytes_max = reply_bytes_max} {}

Connection::~Connection() { Close(); }

void Connection::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Connection::TakeOver(Connection& other) {
  Close();
  fd_ = std::exchange(other.fd_, -1);
}

Result<void> Connection::Connect(const PollContext& ctx) {
  Close();
  if (!address_.path.empty()) return ConnectUnix(ctx);
  auto addresses = ctx.Resolve(address_.host);
  if (!addresses) return addresses.error();
  Result<void> last = Error{Reason::kDns, "`" + address_.host + "` has no address"};
  for (size_t i = 0; i < addresses->size(); ++i) {
    // An address that swallows packets must leave time for those after it.
    const auto share = (End(ctx) - ctx.Now()) / static_cast<int64_t>(addresses->size() - i);
    last = ConnectTcp(ctx, (*addresses)[i], ctx.Now() + share);
    if (last.ok()) return last;
    Close();
  }
  return last;
}

Result<void> Connection::ConnectTcp(const PollContext& ctx, const std::string& ip, MonoTime until) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const bool is_v4 = inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1;
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  v4.sin_port = v6.sin6_port = htons(address_.port);
  if (!is_v4 && inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr) != 1) {
    return Error{Reason::kInternal, "`" + ip + "` is not a numeric address"};
  }
  fd_ = ::socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return Error{ReasonOfErrno(errno), "socket: " + TextOfErrno(errno)};
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return is_v4 ? Finish(ctx, &v4, sizeof v4, until) : Finish(ctx, &v6, sizeof v6, until);
}

Result<void> Connection::ConnectUnix(const PollContext& ctx) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.path.data(), address_.path.size());
  fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return Error{ReasonOfErrno(errno), "socket: " + TextOfErrno(errno)};
  auto done = Finish(ctx, &address, sizeof address, End(ctx));
  if (!done) Close();
  return done;
}

// Connects the new socket to `address`, waiting until `until`.
Result<void> Connection::Finish(const PollContext& ctx, const void* address, unsigned size,
                                MonoTime until) {
  int error = 0;
  if (::connect(fd_, static_cast<const sockaddr*>(address), size) != 0) error = errno;
  if (error == EINPROGRESS || error == EINTR) {
    auto ready = ctx.Wait(fd_, PILLION_WRITABLE, until);
    if (!ready) {
      return Error{ready.error().reason, "connecting to " + To() + ": " + ready.error().message};
    }
    socklen_t length = sizeof error;
    if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  }
  if (error == 0) return {};
  return Error{ReasonOfErrno(error), "connecting to " + To() + ": " + TextOfErrno(error)};
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
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      return Error{Reason::kRefused, "sending to " + To() + ": " + TextOfErrno(errno)};
    }
    if (auto ready = ctx.Wait(fd_, PILLION_WRITABLE, End(ctx)); !ready) {
      return Error{ready.error().reason, "sending to " + To() + ": " + ready.error().message};
    }
  }
  return {};
}

Result<void> Connection::Receive(const PollContext& ctx, ReplyGuard& guard, redisReader* reader) {
  std::array<char, kReadBytes> bytes;
  while (!guard.complete()) {
    if (auto ready = ctx.Wait(fd_, PILLION_READABLE, End(ctx)); !ready) {
      return Error{ready.error().reason, To() + ": " + ready.error().message};
    }
    const ssize_t size = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size == 0) return Lost(guard, "the server closed the connection");
    if (size < 0) {
      if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) continue;
      return Lost(guard, TextOfErrno(errno));
    }
    const std::string_view chunk(bytes.data(), static_cast<size_t>(size));
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
