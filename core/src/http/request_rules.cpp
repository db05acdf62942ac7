#include "http/request_rules.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace pillion {
namespace {

constexpr size_t kHostBytesMax = 255 + 6;  // a DNS name and ":65535"

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'f'); }

int HexValue(char c) { return IsDigit(c) ? c - '0' : Lower(c) - 'a' + 10; }

// Splits off ":PORT". False if what follows the colon is no port.
bool SplitPort(std::string_view host, std::string_view* name) {
  const size_t bracket = host.rfind(']');
  const size_t colon = host.rfind(':');
  if (colon == host.npos || (bracket != host.npos && colon < bracket)) {
    *name = host;
    return true;
  }
  *name = host.substr(0, colon);
  const std::string_view port = host.substr(colon + 1);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number != 0;
}

}  // namespace

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || !IsHex(text[i + 1]) || !IsHex(text[i + 2])) return {};
    const int value = HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]);
    if (value == 0) return {};
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

RequestTarget ParseRequestTarget(std::string_view target, const ScrapePaths& paths) {
  if (!target.empty() && target[0] != '/') {
    const size_t scheme_end = target.find("://");
    if (scheme_end == target.npos) return {};
    const size_t path = target.find_first_of("/?", scheme_end + 3);
    // A query without a path belongs to the landing page, which has none.
    target = path == target.npos || target[path] == '?' ? "/" : target.substr(path);
  }
  target = target.substr(0, target.find('#'));
  const size_t path_end = std::min(target.find('?'), target.size());
  const std::string_view query = target.substr(std::min(path_end + 1, target.size()));
  target = target.substr(0, path_end);
  if (target == paths.metrics) return {Route::kMetrics, {}, query};
  if (target == "/") return {Route::kLanding, {}, query};
  // Two names of one page: what it replaces have one each.
  if (target == "/probe" || target == "/scrape") return {Route::kProbe, {}, query};
  if (target == "/sd") return {Route::kSd, {}, query};
  if (target == "/-/healthy") return {Route::kHealthy, {}, query};
  if (target == "/-/ready") return {Route::kReady, {}, query};
  if (std::find(paths.health.begin(), paths.health.end(), target) != paths.health.end()) {
    return {Route::kHealthy, {}, query};
  }
  const std::string prefix = paths.InstancePrefix();
  if (target.starts_with(prefix) && target.size() > prefix.size()) {
    auto name = PercentDecode(target.substr(prefix.size()));
    if (name) return {Route::kInstance, std::move(*name), query};
  }
  return {};
}

std::string_view ToString(Route route) {
  switch (route) {
    case Route::kLanding: return "/";
    case Route::kMetrics: return "/metrics";
    case Route::kInstance: return "/metrics/NAME";
    case Route::kProbe: return "/probe";
    case Route::kSd: return "/sd";
    case Route::kHealthy: return "/-/healthy";
    case Route::kReady: return "/-/ready";
    case Route::kOther: break;
  }
  return "other";
}

std::optional<double> ParseScrapeTimeout(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  if (!std::isfinite(seconds) || seconds <= 0) return {};
  return seconds;
}

bool IsValidHost(std::string_view host) {
  if (host.empty() || host.size() > kHostBytesMax) return false;
  std::string_view name;
  if (!SplitPort(host, &name) || name.empty()) return false;
  if (name.front() == '[') {
    if (name.size() < 4 || name.back() != ']') return false;
    name = name.substr(1, name.size() - 2);
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return IsHex(c) || c == ':' || c == '.'; });
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'z') || c == '-' || c == '.' || c == '_';
  });
}

bool IsLoopbackHost(std::string_view host) {
  std::string_view name;
  if (!IsValidHost(host) || !SplitPort(host, &name)) return false;
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower == "127.0.0.1" || lower == "localhost" || lower == "[::1]";
}

}  // namespace pillion
