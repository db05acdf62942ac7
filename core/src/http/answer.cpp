#include "http/answer.hpp"

#include <fmt/format.h>

#include <utility>

namespace pillion {
namespace {

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Status";
  }
}

}  // namespace

std::string HttpDate(std::time_t time) {
  // By hand: strftime would follow the locale.
  static constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&time, &utc);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[utc.tm_wday], utc.tm_mday,
                     kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string AnswerHead(const Answer& answer, Persistence persistence, std::time_t now) {
  std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n", answer.status,
      ReasonPhrase(answer.status), HttpDate(now), answer.content_type, answer.body_bytes());
  if (answer.exposition && answer.exposition->encoding != Encoding::kIdentity) {
    head += fmt::format("Content-Encoding: {}\r\n", ToString(answer.exposition->encoding));
  }
  if (answer.varies) head += "Vary: Accept, Accept-Encoding\r\n";
  if (answer.names_methods) head += "Allow: GET, HEAD\r\n";
  const std::string_view own = answer.headers ? *answer.headers : std::string_view();
  if (answer.asks_password) head += "WWW-Authenticate: Basic realm=\"pillion\"\r\n";
  if (answer.asks_patience) head += "Retry-After: 1\r\n";
  if (answer.is_page && own.find("Content-Security-Policy:") == own.npos) {
    head +=
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n";
  }
  if (answer.never_stored) head += "Cache-Control: no-store\r\n";
  if (own.find("X-Content-Type-Options:") == own.npos) {
    head += "X-Content-Type-Options: nosniff\r\n";
  }
  head += own;
  if (persistence == Persistence::kClose) head += "Connection: close\r\n";
  if (persistence == Persistence::kKeepAndSay) head += "Connection: keep-alive\r\n";
  head += "\r\n";
  return head;
}

Answer TextAnswer(int status, std::string text) {
  Answer answer;
  answer.status = status;
  answer.text = std::move(text);
  answer.text += '\n';
  return answer;
}

}  // namespace pillion
