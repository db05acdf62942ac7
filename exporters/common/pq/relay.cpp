#include "common/pq/relay.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace pillion::postgres {
namespace {

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }

ssize_t Read(int fd, char* bytes, size_t size) {
  ssize_t n = 0;
  do {
    n = recv(fd, bytes, size, MSG_DONTWAIT);
  } while (n < 0 && errno == EINTR);
  return n;
}

// Writes what fits: the number of bytes, or -1 if it failed for good.
ssize_t Write(int fd, const char* bytes, size_t size) {
  size_t written = 0;
  while (written < size) {
    const ssize_t n = send(fd, bytes + written, size - written, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) {
      written += static_cast<size_t>(n);
    } else if (WouldBlock()) {
      break;
    } else if (errno != EINTR) {
      return -1;
    }
  }
  return static_cast<ssize_t>(written);
}

unsigned long NumberOf(int fd) {
  struct stat about {};
  return fstat(fd, &about) == 0 ? about.st_ino : 0;
}

Error NoDescriptor() {
  return {Reason::kInternal, std::string("no descriptors for a session: ") + std::strerror(errno)};
}

}  // namespace

Result<void> Relay::Insert(int socket) {
  Close();
  int pair[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
    return NoDescriptor();
  }
  server_ = fcntl(socket, F_DUPFD_CLOEXEC, 0);
  near_ = pair[0];
  const bool replaced = server_ >= 0 && dup3(pair[1], socket, O_CLOEXEC) >= 0;
  const Error failure = NoDescriptor();
  close(pair[1]);
  if (!replaced) {
    Close();
    return failure;
  }
  pair_ = NumberOf(socket);
  if (!piece_) piece_.reset(new char[kPieceBytes]);
  return {};
}

bool Relay::IsBehind(int socket) const { return near_ >= 0 && NumberOf(socket) == pair_; }

bool Relay::Send() {
  if (!unsent_.empty()) {
    const ssize_t n = Write(server_, unsent_.data(), unsent_.size());
    lost_ = lost_ || n < 0;
    unsent_.erase(0, n < 0 ? unsent_.size() : static_cast<size_t>(n));
    if (!unsent_.empty()) return true;
  }
  while (true) {
    const ssize_t taken = Read(near_, piece_.get(), kPieceBytes);
    if (taken <= 0) return false;
    const auto size = static_cast<size_t>(taken);
    const ssize_t sent = lost_ ? taken : Write(server_, piece_.get(), size);
    lost_ = lost_ || sent < 0;
    if (sent >= 0 && sent < taken) {
      unsent_.assign(piece_.get() + sent, static_cast<size_t>(taken - sent));
      return true;
    }
    if (size < kPieceBytes) return false;
  }
}

size_t Relay::Receive() {
  if (ended_ || !undelivered_.empty()) return 0;
  const ssize_t taken = Read(server_, piece_.get(), kPieceBytes);
  if (taken > 0) {
    Deliver({piece_.get(), static_cast<size_t>(taken)});
    return static_cast<size_t>(taken);
  }
  // Where nothing can be sent any more, nothing more will come.
  if (taken == 0 || !WouldBlock() || lost_) {
    ended_ = true;
    shutdown(near_, SHUT_WR);
  }
  return 0;
}

void Relay::Deliver(std::string_view bytes) {
  const ssize_t n = Write(near_, bytes.data(), bytes.size());
  if (n >= 0) undelivered_ = bytes.substr(static_cast<size_t>(n));
}

bool Relay::HasUnread(int socket) {
  if (!undelivered_.empty()) Deliver(std::exchange(undelivered_, {}));
  int bytes = 0;
  return ioctl(socket, FIONREAD, &bytes) == 0 && bytes > 0;
}

void Relay::Close() {
  if (near_ >= 0 && server_ >= 0) Send();
  if (near_ >= 0) close(near_);
  if (server_ >= 0) close(server_);
  near_ = server_ = -1;
  lost_ = ended_ = false;
  unsent_.clear();
  undelivered_.clear();
}

}  // namespace pillion::postgres
