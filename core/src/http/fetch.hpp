// A GET of one page, read as it comes, for `pillion lint`.
#pragma once

#include <pillion/result.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace pillion {

struct HttpTarget {
  std::string host;         // a name or an address; empty: a unix socket
  std::string port = "80";  // digits
  std::string socket;       // path of the unix socket
  std::string path = "/metrics";
};

// "http://HOST[:PORT][/PATH]", "http://[V6]:PORT/PATH" or "unix:/SOCKET[:/PATH]"; without PATH it
// is /metrics. The error says what is accepted.
Result<HttpTarget> ParseHttpTarget(std::string_view url);

// What a request to it calls its host: "db:9121", "[::1]:9970", "db" at port 80.
std::string HostHeader(const HttpTarget& target);

struct FetchedHead {
  int status = 0;
  std::string content_type;
};

struct FetchHandlers {
  // False: the page is not wanted.
  std::function<bool(const FetchedHead&)> on_head;
  // A piece of the body, valid for the call. False: no more is wanted.
  std::function<bool(std::string_view)> on_body;
};

// Blocks until the page is complete, no more is wanted, or the time is over. A name is looked up by
// the system, with its own time-outs. Asks for no compression and refuses a page that has one.
Result<void> FetchHttp(const HttpTarget& target, const std::string& accept,
                       std::chrono::milliseconds timeout, const FetchHandlers& handlers);

}  // namespace pillion
