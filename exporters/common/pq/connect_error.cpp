#include "common/pq/connect_error.hpp"

#include <algorithm>

namespace pillion::postgres {
namespace {

constexpr size_t kMessageBytesMax = 400;

bool IsSqlstate(std::string_view text) {
  return text.size() == 5 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
         });
}

}  // namespace

Reason ConnectReason(std::string_view sqlstate) {
  const std::string_view group = sqlstate.substr(0, 2);
  if (group == "28") return Reason::kAuth;
  if (group == "53") return Reason::kLimit;  // too many connections, out of memory
  if (group == "08") return Reason::kProtocol;
  if (group == "0A") return Reason::kVersion;     // protocol or parameter not supported
  if (group == "42") return Reason::kPermission;  // no CONNECT privilege
  return Reason::kRefused;  // starting up, shutting down, no such database, not taking sessions
}

std::string_view FindSqlstate(std::string_view message) {
  for (size_t at = message.find(":  "); at != std::string_view::npos;
       at = message.find(":  ", at + 1)) {
    const std::string_view behind = message.substr(at + 3);
    if (behind.size() > 6 && behind[5] == ':' && IsSqlstate(behind.substr(0, 5))) {
      return behind.substr(0, 5);
    }
  }
  return {};
}

std::string OneLine(std::string_view message) {
  std::string line;
  while (!message.empty()) {
    const size_t end = std::min(message.find('\n'), message.size());
    std::string_view part = message.substr(0, end);
    message.remove_prefix(std::min(end + 1, message.size()));
    while (!part.empty() && (part.front() == '\t' || part.front() == ' ')) part.remove_prefix(1);
    while (!part.empty() && (part.back() == ' ' || part.back() == '\r')) part.remove_suffix(1);
    if (part.empty() || part.starts_with("LOCATION:")) continue;
    if (!line.empty()) line += "; ";
    line += part;
  }
  if (line.size() > kMessageBytesMax) line.resize(kMessageBytesMax);
  return line;
}

}  // namespace pillion::postgres
