#include "address.hpp"

#include <sys/un.h>

#include <charconv>
#include <optional>

namespace pillion::redis {
namespace {

constexpr size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

Error Bad(std::string message) { return {Reason::kInternal, std::move(message)}; }

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

template <typename T>
std::optional<T> ToNumber(std::string_view digits) {
  T value{};
  const auto end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

Result<Address> ParsePath(std::string_view path) {
  if (path.empty() || path[0] != '/') return Bad("a unix socket needs an absolute path");
  if (path.size() > kPathBytesMax) {
    return Bad("the path of a unix socket has at most " + std::to_string(kPathBytesMax) + " bytes");
  }
  if (path.find('\0') != std::string_view::npos) return Bad("the path holds a NUL byte");
  Address address;
  address.path = path;
  return address;
}

Result<Address> ParseHostPort(std::string_view text) {
  Address address;
  std::string_view port;
  if (TakePrefix(text, "[")) {
    const size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return Bad("`]` is missing after the IPv6 address");
    address.host = text.substr(0, bracket);
    text.remove_prefix(bracket + 1);
    if (!text.empty() && !TakePrefix(text, ":")) return Bad("expected `:port` after `]`");
    port = text;
  } else {
    const size_t colon = text.find(':');
    if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) {
      return Bad("an IPv6 address is written in brackets: [::1]:6379");
    }
    address.host = text.substr(0, colon);
    if (colon != std::string_view::npos) {
      port = text.substr(colon + 1);
      if (port.empty()) return Bad("the port is missing after `:`");
    }
  }
  if (address.host.empty()) return Bad("the host is missing");
  if (port.empty()) return address;
  const auto number = ToNumber<uint16_t>(port);
  if (!number || *number == 0) return Bad("the port must be a number from 1 to 65535");
  address.port = *number;
  return address;
}

Result<Address> ParseUrl(std::string_view rest) {
  std::string user;
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view credentials = rest.substr(0, at);
    if (credentials.find(':') != std::string_view::npos) {
      return Bad(
          "a password does not belong into the URL: write it to the option `password`, "
          "for example password = \"${file:/run/secrets/redis-password}\"");
    }
    user = credentials;
    rest.remove_prefix(at + 1);
  }
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view database = rest.substr(slash + 1);
    if (!database.empty() && !ToNumber<uint32_t>(database)) {
      return Bad("what follows the host in a redis:// URL must be a database number");
    }
  }
  auto address = ParseHostPort(rest.substr(0, slash));
  if (address) address->user = std::move(user);
  return address;
}

}  // namespace

std::string Address::ToText() const {
  if (!path.empty()) return "unix:" + path;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Address> ParseAddress(std::string_view text) {
  if (text.starts_with("rediss://") || text.starts_with("valkeys://")) {
    return Bad(
        "TLS to the server (rediss://) is not supported yet: use a unix socket or "
        "loopback, or a TLS tunnel beside it");
  }
  if (TakePrefix(text, "redis://") || TakePrefix(text, "valkey://")) return ParseUrl(text);
  if (TakePrefix(text, "unix://") || TakePrefix(text, "unix:")) return ParsePath(text);
  if (text.starts_with('/')) return ParsePath(text);
  if (text.find("://") != std::string_view::npos) {
    return Bad("unknown scheme: use host:port, unix:/path or redis://host:port");
  }
  if (text.find('@') != std::string_view::npos) {
    return Bad("credentials belong into the options `username` and `password`");
  }
  return ParseHostPort(text);
}

}  // namespace pillion::redis
