#include "stream.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

namespace pillion {
namespace {

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

Error OfErrno(const char* what, int error) {
  return {ReasonOfErrno(error), std::string(what) + TextOfErrno(error)};
}

Error Bad(std::string message) { return {Reason::kInternal, std::move(message)}; }

}  // namespace

std::string Endpoint::ToText() const {
  if (!path.empty()) return "unix:" + path;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void Stream::Swap(Stream& other) noexcept {
  std::swap(fd_, other.fd_);
  channel_.swap(other.channel_);
}

void Stream::Close() {
  if (channel_) channel_->End();
  channel_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<void> Stream::Connect(const PollContext& ctx, const Endpoint& to,
                             const std::optional<tls::Config>& tls, MonoTime end) {
  Close();
  Result<void> last;
  if (!to.path.empty()) {
    last = ConnectUnix(ctx, to.path, end);
  } else {
    auto addresses = ctx.Resolve(to.host);
    if (!addresses) return addresses.error();
    last = Error{Reason::kDns, "`" + to.host + "` has no address"};
    for (size_t i = 0; i < addresses->size(); ++i) {
      // An address that swallows packets must leave time for those after it.
      const auto share = (end - ctx.Now()) / static_cast<int64_t>(addresses->size() - i);
      last = ConnectTcp(ctx, to, (*addresses)[i], ctx.Now() + share);
      if (last) break;
      Close();
    }
  }
  if (last && tls) last = Secure(ctx, *tls, to.host, end);
  if (last) return {};
  Close();
  return Error{last.error().reason, "connecting to " + to.ToText() + ": " + last.error().message};
}

Result<void> Stream::ConnectTcp(const PollContext& ctx, const Endpoint& to, const std::string& ip,
                                MonoTime end) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const bool is_v4 = inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1;
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  v4.sin_port = v6.sin6_port = htons(to.port);
  if (!is_v4 && inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr) != 1) {
    return Bad("`" + ip + "` is not a numeric address");
  }
  fd_ = ::socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return OfErrno("socket: ", errno);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return is_v4 ? Finish(ctx, &v4, sizeof v4, end) : Finish(ctx, &v6, sizeof v6, end);
}

Result<void> Stream::ConnectUnix(const PollContext& ctx, const std::string& path, MonoTime end) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return OfErrno("socket: ", errno);
  return Finish(ctx, &address, sizeof address, end);
}

// Connects the new socket to `address`.
Result<void> Stream::Finish(const PollContext& ctx, const void* address, unsigned size,
                            MonoTime end) {
  int error = 0;
  if (::connect(fd_, static_cast<const sockaddr*>(address), size) != 0) error = errno;
  if (error == EINPROGRESS || error == EINTR) {
    auto ready = ctx.Wait(fd_, PILLION_WRITABLE, end);
    if (!ready) return ready.error();
    socklen_t length = sizeof error;
    if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  }
  if (error != 0) return OfErrno("", error);
  return {};
}

Result<void> Stream::Secure(const PollContext& ctx, const tls::Config& config,
                            std::string_view host, MonoTime end) {
  auto channel = tls::Open(fd_, config, host);
  if (!channel) return channel.error();
  channel_ = std::move(*channel);
  while (true) {
    const tls::Step step = channel_->Handshake();
    if (step == tls::Step::kDone) return {};
    if (auto going = After(ctx, step, end); !going) {
      const bool late = going.error().reason == Reason::kTimeout;
      return late ? Error{Reason::kTimeout, "TLS handshake: " + going.error().message}
                  : going.error();
    }
  }
}

Result<void> Stream::After(const PollContext& ctx, tls::Step step, MonoTime end) const {
  if (step == tls::Step::kFailed) return channel_->error();
  if (step == tls::Step::kClosed) {
    return Error{Reason::kRefused, "the server closed the connection"};
  }
  const uint32_t wanted = step == tls::Step::kWantWrite ? PILLION_WRITABLE : PILLION_READABLE;
  auto ready = ctx.Wait(fd_, wanted, end);
  if (!ready) return ready.error();
  return {};
}

Result<void> Stream::Send(const PollContext& ctx, std::string_view bytes, MonoTime end) {
  while (!bytes.empty()) {
    if (channel_) {
      size_t put = 0;
      const tls::Step step = channel_->Write(bytes, put);
      if (step == tls::Step::kDone) {
        bytes.remove_prefix(put);
      } else if (auto going = After(ctx, step, end); !going) {
        return going;
      }
      continue;
    }
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      return Error{Reason::kRefused, TextOfErrno(errno)};
    }
    if (auto ready = ctx.Wait(fd_, PILLION_WRITABLE, end); !ready) return ready.error();
  }
  return {};
}

Result<size_t> Stream::Receive(const PollContext& ctx, char* into, size_t size, MonoTime end) {
  while (channel_) {  // it may hold bytes that the descriptor no longer shows
    size_t got = 0;
    const tls::Step step = channel_->Read(into, size, got);
    if (step == tls::Step::kDone) return got;
    if (step == tls::Step::kClosed) return size_t{0};
    if (auto going = After(ctx, step, end); !going) return going.error();
  }
  while (true) {
    if (auto ready = ctx.Wait(fd_, PILLION_READABLE, end); !ready) return ready.error();
    const ssize_t got = ::recv(fd_, into, size, MSG_DONTWAIT);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) continue;
    return Error{Reason::kRefused, TextOfErrno(errno)};
  }
}

Result<std::string> ParseSocketPath(std::string_view path) {
  constexpr size_t kBytesMax = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty() || path[0] != '/') return Bad("a unix socket needs an absolute path");
  if (path.size() > kBytesMax) {
    return Bad("the path of a unix socket has at most " + std::to_string(kBytesMax) + " bytes");
  }
  if (path.find('\0') != std::string_view::npos) return Bad("the path holds a NUL byte");
  return std::string(path);
}

Result<HostPort> ParseHostPort(std::string_view text) {
  HostPort parsed;
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    const size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return Bad("`]` is missing after the IPv6 address");
    parsed.host = text.substr(1, bracket - 1);
    text.remove_prefix(bracket + 1);
    if (!text.empty() && text[0] != ':') return Bad("expected `:port` after `]`");
    if (!text.empty()) port = text.substr(1);
  } else {
    const size_t colon = text.find(':');
    if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) {
      return Bad("an IPv6 address is written in brackets: [::1]:6379");
    }
    parsed.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
  }
  if (parsed.host.empty()) return Bad("the host is missing");
  if (!port) return parsed;
  if (port->empty()) return Bad("the port is missing after `:`");
  const auto [stop, error] =
      std::from_chars(port->data(), port->data() + port->size(), parsed.port);
  if (error != std::errc() || stop != port->data() + port->size() || parsed.port == 0) {
    return Bad("the port must be a number from 1 to 65535");
  }
  return parsed;
}

}  // namespace pillion
