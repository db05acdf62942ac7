#include "answers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

namespace pillion::memcached {
namespace {

constexpr size_t kShownMax = 100;  // bytes of a server's words in a message

// What came may be anything.
std::string Shown(std::string_view line) {
  std::string shown(line.substr(0, kShownMax));
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  return shown;
}

Reason ReasonOf(std::string_view line) {
  if (line.find("authenticat") != std::string_view::npos) return Reason::kAuth;
  if (line.starts_with("SERVER_ERROR") || line.starts_with("ERROR Too many")) {
    return Reason::kLimit;
  }
  // An older server, or one that stands in for memcached.
  return line.starts_with("ERROR") ? Reason::kVersion : Reason::kProtocol;
}

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<void> AnswerReader::Take(std::string_view bytes) {
  bytes_ += bytes.size();
  if (bytes_ > kBytesMax) return Error{Reason::kLimit, "the answers are larger than 1 MiB"};
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    line_.append(bytes.substr(0, end));
    if (line_.size() > kLineBytesMax) {
      return Error{Reason::kLimit, "a line is longer than 16 KiB: `" + Shown(line_) + "...`"};
    }
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    if (auto taken = TakeLine(line_); !taken) return taken;
    line_.clear();
  }
  return {};
}

Result<void> AnswerReader::TakeLine(std::string_view line) {
  if (complete()) return Error{Reason::kProtocol, "more than was asked: `" + Shown(line) + "`"};
  Answer& answer = answers_[current_];
  constexpr std::string_view kStat = "STAT ";
  if (!login_ && line.starts_with(kStat)) {
    answer.stats.append(line.substr(kStat.size())).push_back('\n');
    return {};
  }
  if (line.starts_with("ERROR") || line.starts_with("CLIENT_ERROR") ||
      line.starts_with("SERVER_ERROR")) {
    answer.stats.clear();
    answer.outcome = Error{ReasonOf(line), "the server says `" + Shown(line) + "`"};
  } else if (line != (login_ ? "STORED" : "END")) {
    const char* hint = line.starts_with("\x15\x03") ? " (it wants TLS)" : "";
    return Error{Reason::kProtocol, "no answer of memcached: `" + Shown(line) + "`" + hint};
  }
  answer.complete = true;
  ++current_;
  return {};
}

std::optional<Stat> StatCursor::Next() {
  while (!rest_.empty()) {
    std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    if (line.starts_with("items:")) line.remove_prefix(6);
    const size_t blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    Stat stat{{}, line.substr(0, blank), line.substr(blank + 1)};
    const size_t colon = stat.field.find(':');
    if (colon != std::string_view::npos && IsDigits(stat.field.substr(0, colon))) {
      stat.slab = stat.field.substr(0, colon);
      stat.field.remove_prefix(colon + 1);
    }
    return stat;
  }
  return std::nullopt;
}

std::optional<double> ToValue(std::string_view text) {
  if (text == "yes" || text == "on") return 1;
  if (text == "no" || text == "off") return 0;
  double value = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace pillion::memcached
