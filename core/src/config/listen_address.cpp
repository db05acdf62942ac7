#include "config/listen_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

namespace pillion {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr size_t kUnixPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;
constexpr size_t kShownBytesMax = 200;  // of a wrong address in a message

Error Wrong(std::string what) { return {Reason::kInternal, std::move(what)}; }

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return port;
}

Result<ListenAddress> ParseUnix(std::string_view text) {
  const std::string_view path = text.substr(kUnixPrefix.size());
  if (path.empty() || path[0] != '/' || path.back() == '/') {
    return Wrong("expected an absolute path, as in unix:/run/pillion/metrics.sock");
  }
  if (path.size() > kUnixPathBytesMax) {
    return Wrong(fmt::format("the path has {} bytes, a unix socket's can have {}", path.size(),
                             kUnixPathBytesMax));
  }
  if (path.find('\0') != path.npos) return Wrong("the path contains a zero byte");
  ListenAddress address;
  address.kind = ListenAddress::Kind::kUnix;
  address.path = path;
  return address;
}

// inet_pton takes any string up to a zero byte: one inside would hide the rest.
bool ParseIp(int family, std::string_view host, ListenAddress* address) {
  if (host.find('\0') != host.npos) return false;
  return inet_pton(family, std::string(host).c_str(), address->ip.data()) == 1;
}

Result<ListenAddress> Parse(std::string_view text) {
  if (text.starts_with(kUnixPrefix)) return ParseUnix(text);
  const size_t colon = text.rfind(':');
  if (colon == text.npos) {
    return Wrong("expected HOST:PORT, [IPV6]:PORT, :PORT or unix:/PATH");
  }
  std::string_view host = text.substr(0, colon);
  const auto port = ParsePort(text.substr(colon + 1));
  if (!port) return Wrong("the port must be a number from 0 to 65535");

  ListenAddress address;
  address.port = *port;
  if (host.empty() || host == "*") {
    address.kind = ListenAddress::Kind::kIpv6;
    return address;
  }
  if (host == "localhost") host = "127.0.0.1";
  if (host.front() == '[' && host.back() == ']') {
    address.kind = ListenAddress::Kind::kIpv6;
    if (ParseIp(AF_INET6, host.substr(1, host.size() - 2), &address)) return address;
    return Wrong("not an IPv6 address between the brackets");
  }
  if (host.find(':') != host.npos) {
    return Wrong("an IPv6 address stands in brackets, as in [::]:9970");
  }
  if (ParseIp(AF_INET, host, &address)) return address;
  return Wrong("the host must be an IP address, localhost or * (names are not looked up)");
}

}  // namespace

bool ListenAddress::is_wildcard() const {
  return kind != Kind::kUnix && std::all_of(ip.begin(), ip.end(), [](uint8_t b) { return b == 0; });
}

bool ListenAddress::is_loopback() const {
  if (kind == Kind::kUnix) return false;
  if (kind == Kind::kIpv4) return ip[0] == 127;
  return ip[15] == 1 && std::all_of(ip.begin(), ip.end() - 1, [](uint8_t b) { return b == 0; });
}

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  Result<ListenAddress> address = Parse(text);
  if (address) return address;
  return Wrong(fmt::format("listen address \"{}\": {}", text.substr(0, kShownBytesMax),
                           address.error().message));
}

std::string WrongListenAddress(std::string_view text) {
  const Result<ListenAddress> address = Parse(text);
  return address ? std::string() : address.error().message;
}

std::string WrongAdminAddress(std::string_view text) {
  const Result<ListenAddress> address = Parse(text);
  const bool good = address && address->kind == ListenAddress::Kind::kIpv4 &&
                    (text.starts_with("127.0.0.1:") || text.starts_with("localhost:"));
  if (good) return {};
  return R"(only listens on loopback; write "127.0.0.1:9971", or "" to turn it off)";
}

std::string ToString(const ListenAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  switch (address.kind) {
    case ListenAddress::Kind::kUnix: return fmt::format("unix:{}", address.path);
    case ListenAddress::Kind::kIpv4:
      inet_ntop(AF_INET, address.ip.data(), text, sizeof(text));
      return fmt::format("{}:{}", text, address.port);
    case ListenAddress::Kind::kIpv6: break;
  }
  inet_ntop(AF_INET6, address.ip.data(), text, sizeof(text));
  return fmt::format("[{}]:{}", text, address.port);
}

ListenAddress FromSockaddr(const sockaddr* address, uint32_t length) {
  ListenAddress result;
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof(v4));
    std::memcpy(result.ip.data(), &v4.sin_addr, sizeof(v4.sin_addr));
    result.port = ntohs(v4.sin_port);
  } else if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof(v6));
    result.kind = ListenAddress::Kind::kIpv6;
    std::memcpy(result.ip.data(), &v6.sin6_addr, sizeof(v6.sin6_addr));
    result.port = ntohs(v6.sin6_port);
    // A client that reached a dual-stack socket by IPv4 shows as ::ffff:a.b.c.d.
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      result.kind = ListenAddress::Kind::kIpv4;
      result.ip = {};
      std::memcpy(result.ip.data(), v6.sin6_addr.s6_addr + 12, 4);
    }
  } else if (address->sa_family == AF_UNIX) {
    result.kind = ListenAddress::Kind::kUnix;
    if (length > offsetof(sockaddr_un, sun_path)) {
      const char* path = reinterpret_cast<const sockaddr_un*>(address)->sun_path;
      result.path.assign(path, strnlen(path, length - offsetof(sockaddr_un, sun_path)));
    }
  }
  return result;
}

}  // namespace pillion
