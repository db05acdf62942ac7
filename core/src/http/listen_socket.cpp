#include "http/listen_socket.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

namespace pillion {
namespace {

// Connections that the kernel holds for us until they are accepted; it lowers this to
// net.core.somaxconn.
constexpr int kBacklog = 1024;
constexpr int kSocketType = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
constexpr mode_t kUnixSocketMode = 0660;

Error Failed(const ListenAddress& address, std::string_view what, int number) {
  return {Reason::kInternal, fmt::format("listen on {}: {}: {}", ToString(address), what,
                                         std::generic_category().message(number))};
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress ToSockaddr(const ListenAddress& address) {
  SocketAddress result;
  switch (address.kind) {
    case ListenAddress::Kind::kIpv4: {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      v4.sin_port = htons(address.port);
      std::memcpy(&v4.sin_addr, address.ip.data(), sizeof(v4.sin_addr));
      std::memcpy(&result.storage, &v4, sizeof(v4));
      result.length = sizeof(v4);
      break;
    }
    case ListenAddress::Kind::kIpv6: {
      sockaddr_in6 v6{};
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(address.port);
      std::memcpy(&v6.sin6_addr, address.ip.data(), sizeof(v6.sin6_addr));
      std::memcpy(&result.storage, &v6, sizeof(v6));
      result.length = sizeof(v6);
      break;
    }
    case ListenAddress::Kind::kUnix: {
      sockaddr_un un{};
      un.sun_family = AF_UNIX;
      address.path.copy(un.sun_path, sizeof(un.sun_path) - 1);
      std::memcpy(&result.storage, &un, sizeof(un));
      result.length = sizeof(un);
      break;
    }
  }
  return result;
}

bool MeansNoIpv6(int number) { return number == EAFNOSUPPORT || number == EADDRNOTAVAIL; }

// Removes what a dead process left at the path. An error if the path is someone else's: a
// living listener's, or no socket at all.
std::optional<Error> RemoveStale(const ListenAddress& address, const SocketAddress& where) {
  struct stat file {};
  if (lstat(address.path.c_str(), &file) != 0) {
    if (errno == ENOENT) return {};
    return Failed(address, "stat", errno);
  }
  if (!S_ISSOCK(file.st_mode)) {
    return Error{Reason::kInternal,
                 fmt::format("listen on {}: the file exists and is no socket", ToString(address))};
  }
  const int probe = ::socket(AF_UNIX, kSocketType, 0);
  if (probe < 0) return Failed(address, "socket", errno);
  const int number = connect(probe, where.get(), where.length) == 0 ? 0 : errno;
  close(probe);
  if (number == ENOENT) return {};
  if (number == 0 || number == EAGAIN) {
    return Error{Reason::kInternal,
                 fmt::format("listen on {}: another process listens on it", ToString(address))};
  }
  if (number != ECONNREFUSED) return Failed(address, "is another process there", number);
  if (unlink(address.path.c_str()) != 0 && errno != ENOENT) {
    return Failed(address, "remove the stale socket", errno);
  }
  return {};
}

}  // namespace

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      address_(std::move(other.address_)),
      device_(other.device_),
      inode_(std::exchange(other.inode_, 0)) {}

ListenSocket::~ListenSocket() {
  if (inode_ != 0) {
    struct stat file {};
    if (lstat(address_.path.c_str(), &file) == 0 && file.st_dev == device_ &&
        file.st_ino == inode_) {
      unlink(address_.path.c_str());
    }
  }
  if (fd_ >= 0) close(fd_);
}

Result<ListenSocket> ListenSocket::Open(const ListenAddress& address) {
  return Open(address, &::socket);
}

Result<ListenSocket> ListenSocket::Open(const ListenAddress& address, SocketFunction socket) {
  if (address.kind == ListenAddress::Kind::kUnix) return OpenUnix(address);
  return OpenTcp(address, socket);
}

Result<ListenSocket> ListenSocket::OpenTcp(const ListenAddress& address, SocketFunction socket) {
  const bool v6 = address.kind == ListenAddress::Kind::kIpv6;
  ListenAddress v4_instead;  // 0.0.0.0
  v4_instead.port = address.port;
  const auto failed = [&](std::string_view what) -> Result<ListenSocket> {
    const int number = errno;
    if (v6 && address.is_wildcard() && MeansNoIpv6(number)) return OpenTcp(v4_instead, socket);
    return Failed(address, what, number);
  };

  ListenSocket result(socket(v6 ? AF_INET6 : AF_INET, kSocketType, 0));
  if (result.fd_ < 0) return failed("socket");
  const int on = 1;
  const int off = 0;
  setsockopt(result.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (v6 && setsockopt(result.fd_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0) {
    return failed("dual stack");
  }
  SocketAddress where = ToSockaddr(address);
  if (bind(result.fd_, where.get(), where.length) != 0) return failed("bind");
  if (listen(result.fd_, kBacklog) != 0) return failed("listen");
  if (getsockname(result.fd_, reinterpret_cast<sockaddr*>(&where.storage), &where.length) != 0) {
    return failed("getsockname");
  }
  result.address_ = FromSockaddr(where.get(), where.length);
  return result;
}

Result<ListenSocket> ListenSocket::OpenUnix(const ListenAddress& address) {
  const SocketAddress where = ToSockaddr(address);
  if (auto error = RemoveStale(address, where)) return *error;
  ListenSocket result(::socket(AF_UNIX, kSocketType, 0));
  if (result.fd_ < 0) return Failed(address, "socket", errno);
  result.address_ = address;
  if (bind(result.fd_, where.get(), where.length) != 0) return Failed(address, "bind", errno);
  struct stat file {};
  if (lstat(address.path.c_str(), &file) != 0) return Failed(address, "stat", errno);
  result.device_ = file.st_dev;
  result.inode_ = file.st_ino;
  // Before listen(): until then a connect is refused, so nobody gets in under the old mode.
  if (chmod(address.path.c_str(), kUnixSocketMode) != 0) return Failed(address, "chmod", errno);
  if (listen(result.fd_, kBacklog) != 0) return Failed(address, "listen", errno);
  return result;
}

}  // namespace pillion
