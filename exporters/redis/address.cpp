#include "address.hpp"

#include <charconv>
#include <optional>

namespace pillion::redis {
namespace {

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

Result<Address> ParsePath(std::string_view text) {
  auto path = ParseSocketPath(text);
  if (!path) return path.error();
  Address address;
  address.path = std::move(*path);
  return address;
}

Result<Address> ParseTcp(std::string_view text, uint16_t default_port) {
  auto parsed = ParseHostPort(text);
  if (!parsed) return parsed.error();
  Address address;
  address.host = std::move(parsed->host);
  address.port = parsed->port == 0 ? default_port : parsed->port;
  return address;
}

Result<Address> ParseUrl(std::string_view rest, uint16_t default_port) {
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
  auto address = ParseTcp(rest.substr(0, slash), default_port);
  if (address) address->user = std::move(user);
  return address;
}

}  // namespace

Result<Address> ParseAddress(std::string_view text, uint16_t default_port) {
  if (TakePrefix(text, "rediss://") || TakePrefix(text, "valkeys://")) {
    auto address = ParseUrl(text, default_port);
    if (address) address->tls = true;
    return address;
  }
  if (TakePrefix(text, "redis://") || TakePrefix(text, "valkey://"))
    return ParseUrl(text, default_port);
  if (TakePrefix(text, "unix://") || TakePrefix(text, "unix:")) return ParsePath(text);
  if (text.starts_with('/')) return ParsePath(text);
  if (text.find("://") != std::string_view::npos) {
    return Bad(
        "unknown scheme: use host:port, unix:/path, redis://host:port or rediss://host:port (TLS)");
  }
  if (text.find('@') != std::string_view::npos) {
    return Bad("credentials belong into the options `username` and `password`");
  }
  return ParseTcp(text, default_port);
}

}  // namespace pillion::redis
