// ListenAddress: what an entry of `listen` means. Pure: no name is ever looked up, so that a start
// never depends on DNS.
//
//   "127.0.0.1:9970" "[::1]:9970"     one address
//   "[::]:9970" ":9970" "*:9970"      all addresses, IPv6 and IPv4 (IPv4 alone without IPv6)
//   "0.0.0.0:9970"                    all IPv4 addresses
//   "localhost:9970"                  127.0.0.1
//   "unix:/run/pillion/metrics.sock"  a unix socket, by absolute path
// Port 0 lets the kernel pick one.
#pragma once

#include <pillion/result.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

struct sockaddr;

namespace pillion {

struct ListenAddress {
  enum class Kind { kIpv4, kIpv6, kUnix };
  Kind kind = Kind::kIpv4;
  std::array<uint8_t, 16> ip{};  // network byte order; the first 4 for IPv4
  uint16_t port = 0;
  std::string path;  // of a unix socket

  bool is_wildcard() const;
  bool is_loopback() const;  // 127.0.0.0/8 or ::1; a unix socket isn't
};

// The error names the text, for who has no position to tell.
Result<ListenAddress> ParseListenAddress(std::string_view text);

// Empty: it can be listened on. Otherwise what is wrong and what is accepted, without the text: a
// secret that was pasted into the wrong place must not come out again.
std::string WrongListenAddress(std::string_view text);

// The admin plane: "127.0.0.1:port" or "localhost:port" only.
std::string WrongAdminAddress(std::string_view text);

// The form that ParseListenAddress takes: "127.0.0.1:9970", "[::]:9970", "unix:/path".
std::string ToString(const ListenAddress& address);

// What a socket is bound to, from getsockname(). Families other than the three give 0.0.0.0:0.
ListenAddress FromSockaddr(const sockaddr* address, uint32_t length);

}  // namespace pillion
