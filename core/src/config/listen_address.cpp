#include "config/listen_address.hpp"

#include <fmt/format.h>

#include <sys/un.h>
#include <charconv>
#include <cstdint>

namespace pillion {
namespace {

constexpr std::string_view kForm =
    R"(write "127.0.0.1:9970", "[::]:9970" or "unix:/run/pillion/metrics.sock")";
constexpr size_t kUnixPathBytesMax = sizeof(sockaddr_un{}.sun_path) - 1;
constexpr size_t kHostBytesMax = 255;

bool IsPort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failure == std::errc{} && end == text.data() + text.size() && !text.empty();
}

}  // namespace

std::string WrongListenAddress(std::string_view address) {
  if (address.substr(0, 5) == "unix:") {
    const std::string_view path = address.substr(5);
    if (path.empty() || path[0] != '/') return R"(needs an absolute path behind "unix:")";
    if (path.find('\0') != std::string_view::npos) return "the path holds a NUL";
    if (path.size() <= kUnixPathBytesMax) return {};
    return fmt::format("the path of a unix socket is at most {} bytes", kUnixPathBytesMax);
  }
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return fmt::format("not an address to listen on; {}", kForm);
  if (!IsPort(address.substr(colon + 1)))
    return fmt::format("needs a port from 0 to 65535; {}", kForm);
  const std::string_view host = address.substr(0, colon);
  if (host.empty()) return R"(needs a host; write "[::]:9970" to listen everywhere)";
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (!bracketed && host.find_first_of(":[] /\t\n") != std::string_view::npos) {
    return fmt::format("an IPv6 address needs brackets; {}", kForm);
  }
  if (host.size() > kHostBytesMax) return fmt::format("not an address to listen on; {}", kForm);
  return {};
}

std::string WrongAdminAddress(std::string_view address) {
  for (const std::string_view host : {"127.0.0.1:", "localhost:"}) {
    if (address.substr(0, host.size()) == host && IsPort(address.substr(host.size()))) return {};
  }
  return R"(only listens on loopback; write "127.0.0.1:9971", or "" to turn it off)";
}

}  // namespace pillion
