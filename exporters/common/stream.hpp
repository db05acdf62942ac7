// Stream: a connection to a target, over TCP or a unix socket, with TLS if wanted. It waits only
// in the host, so that the poll's deadline bounds each call, however slowly bytes drip, and never
// raises SIGPIPE.
//
// Threads: one at a time.
#pragma once

#include "tls.hpp"

#include <pillion/poll.hpp>
#include <pillion/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pillion {

struct Endpoint {
  std::string path;  // of a unix socket; empty: TCP
  std::string host;  // a name or a numeric address, without brackets
  uint16_t port = 0;

  // For messages: "127.0.0.1:6379", "[::1]:6379", "unix:/run/redis.sock".
  std::string ToText() const;
  bool operator==(const Endpoint&) const = default;
};

class Stream {
 public:
  Stream() = default;
  ~Stream() { Close(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  Stream(Stream&& other) noexcept { Swap(other); }
  Stream& operator=(Stream&& other) noexcept {
    Close();
    Swap(other);
    return *this;
  }

  bool open() const { return fd_ >= 0; }

  // Tries each address of the host, until `end`; with `tls` the handshake belongs to it.
  Result<void> Connect(const PollContext& ctx, const Endpoint& to,
                       const std::optional<tls::Config>& tls, MonoTime end);
  void Close();

  // Fails with kRefused when the other side is gone.
  Result<void> Send(const PollContext& ctx, std::string_view bytes, MonoTime end);
  // Waits for bytes; 0: the other side has ended the connection. kRefused: it broke it off.
  Result<size_t> Receive(const PollContext& ctx, char* into, size_t size, MonoTime end);

 private:
  void Swap(Stream& other) noexcept;
  Result<void> ConnectTcp(const PollContext& ctx, const Endpoint& to, const std::string& ip,
                          MonoTime end);
  Result<void> ConnectUnix(const PollContext& ctx, const std::string& path, MonoTime end);
  Result<void> Finish(const PollContext& ctx, const void* address, unsigned size, MonoTime end);
  Result<void> Secure(const PollContext& ctx, const tls::Config& config, std::string_view host,
                      MonoTime end);
  // Waits for what the channel wants; fails if it wants nothing more.
  Result<void> After(const PollContext& ctx, tls::Step step, MonoTime end) const;

  int fd_ = -1;
  std::unique_ptr<tls::Channel> channel_;  // null: no TLS
};

// A port with a number of its own is wanted: 1 to 65535.
struct HostPort {
  std::string host;
  uint16_t port = 0;  // 0: none was given
};
// host, host:port, [v6], [v6]:port. The error's text does not repeat what was read.
Result<HostPort> ParseHostPort(std::string_view text);
// The path of a unix socket, absolute and short enough.
Result<std::string> ParseSocketPath(std::string_view path);

}  // namespace pillion
