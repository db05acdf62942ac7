#include "http/fetch.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <vector>

namespace pillion {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Stream = asio::generic::stream_protocol;
using Failure = boost::system::error_code;

constexpr uint32_t kHeaderBytesMax = 16 * 1024;
constexpr size_t kPieceBytes = 64 * 1024;
constexpr std::string_view kHttp = "http://", kUnix = "unix:";

bool IsPort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

Result<std::vector<Stream::endpoint>> Endpoints(asio::io_context& io, const HttpTarget& target) {
  std::vector<Stream::endpoint> endpoints;
  if (target.host.empty()) {
    if (target.socket.size() > 107) return Error{Reason::kRefused, "the socket's path is too long"};
    endpoints.push_back(asio::local::stream_protocol::endpoint(target.socket));
    return endpoints;
  }
  Failure failure;
  for (const auto& entry : asio::ip::tcp::resolver(io).resolve(target.host, target.port, failure)) {
    endpoints.push_back(entry.endpoint());
  }
  if (failure) return Error{Reason::kDns, target.host + ": " + failure.message()};
  return endpoints;
}

// The steps of one request; each starts the next one.
class Fetch {
 public:
  Fetch(asio::io_context& io, const HttpTarget& target, const std::string& accept,
        const FetchHandlers& handlers)
      : socket_(io), request_(http::verb::get, target.path, 11), handlers_(handlers) {
    request_.set(http::field::host, HostHeader(target));
    request_.set(http::field::accept, accept);
    request_.set(http::field::accept_encoding, "identity");
    request_.set(http::field::user_agent, "pillion-lint");
    request_.set(http::field::connection, "close");
    parser_.header_limit(kHeaderBytesMax);
    parser_.body_limit(boost::none);
  }

  void Start(std::vector<Stream::endpoint> endpoints) {
    endpoints_ = std::move(endpoints);
    Connect();
  }

  // What ended it; nothing: it is complete, or was not wanted.
  const Failure& failure() const { return failure_; }
  bool compressed() const { return compressed_; }

 private:
  void Connect() {
    const Stream::endpoint endpoint = endpoints_[next_++];
    Failure ignored;
    socket_.close(ignored);
    socket_.async_connect(endpoint, [this](Failure error) {
      if (error && next_ < endpoints_.size()) return Connect();
      if (Ended(error)) return;
      http::async_write(socket_, request_, [this](Failure failed, size_t) {
        if (!Ended(failed)) ReadHead();
      });
    });
  }

  void ReadHead() {
    http::async_read_header(socket_, buffer_, parser_, [this](Failure error, size_t) {
      if (Ended(error)) return;
      const auto& head = parser_.get();
      compressed_ = head.count(http::field::content_encoding) > 0 &&
                    head[http::field::content_encoding] != "identity";
      const bool wanted =
          !compressed_ && handlers_.on_head({static_cast<int>(head.result_int()),
                                             std::string(head[http::field::content_type])});
      if (wanted && !parser_.is_done()) return ReadBody();
      failure_ = {};
    });
  }

  void ReadBody() {
    parser_.get().body().data = piece_.data();
    parser_.get().body().size = piece_.size();
    http::async_read(socket_, buffer_, parser_, [this](Failure error, size_t) {
      if (error == http::error::need_buffer) error = {};
      const size_t bytes = piece_.size() - parser_.get().body().size;
      const bool wanted = bytes == 0 || handlers_.on_body({piece_.data(), bytes});
      if (Ended(error)) return;
      if (wanted && !parser_.is_done()) return ReadBody();
      failure_ = {};
    });
  }

  bool Ended(const Failure& error) {
    if (error) failure_ = error;
    return static_cast<bool>(error);
  }

  Stream::socket socket_;
  http::request<http::empty_body> request_;
  const FetchHandlers& handlers_;
  std::vector<Stream::endpoint> endpoints_;
  size_t next_ = 0;
  boost::beast::flat_buffer buffer_;
  http::response_parser<http::buffer_body> parser_;
  std::vector<char> piece_ = std::vector<char>(kPieceBytes);
  Failure failure_ = asio::error::timed_out;  // unless something else is heard
  bool compressed_ = false;
};

}  // namespace

Result<HttpTarget> ParseHttpTarget(std::string_view url) {
  const Error wrong{Reason::kProtocol,
                    "not an address: http://HOST[:PORT][/PATH] or unix:/SOCKET[:/PATH]"};
  HttpTarget target;
  if (url.starts_with(kUnix)) {
    const std::string_view rest = url.substr(kUnix.size());
    const size_t colon = std::min(rest.find(":/"), rest.size());
    target.socket = rest.substr(0, colon);
    if (colon < rest.size()) target.path = rest.substr(colon + 1);
    if (!target.socket.starts_with('/') || !IsPrintable(target.path)) return wrong;
    return target;
  }
  if (!url.starts_with(kHttp) || !IsPrintable(url)) return wrong;
  std::string_view authority = url.substr(kHttp.size());
  const size_t slash = std::min(authority.find_first_of("/?"), authority.size());
  if (slash < authority.size()) target.path = authority.substr(slash);
  if (target.path.starts_with('?')) target.path.insert(0, "/metrics");
  authority = authority.substr(0, slash);
  const size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return wrong;
  if (const size_t colon = authority.find(':', bracket); colon != std::string_view::npos) {
    target.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (bracket > 0) authority = authority.substr(1, bracket - 1);
  target.host = authority;
  if (target.host.empty() || !IsPort(target.port)) return wrong;
  return target;
}

std::string HostHeader(const HttpTarget& target) {
  if (target.host.empty()) return "localhost";
  const bool v6 = target.host.find(':') != std::string::npos;
  std::string host = v6 ? "[" + target.host + "]" : target.host;
  return target.port == "80" ? host : host + ":" + target.port;
}

Result<void> FetchHttp(const HttpTarget& target, const std::string& accept,
                       std::chrono::milliseconds timeout, const FetchHandlers& handlers) {
  asio::io_context io;
  Result<std::vector<Stream::endpoint>> endpoints = Endpoints(io, target);
  if (!endpoints) return endpoints.error();
  Fetch fetch(io, target, accept, handlers);
  fetch.Start(std::move(*endpoints));
  io.run_for(timeout);
  if (fetch.compressed()) {
    return Error{Reason::kProtocol, "the page is compressed, although that was not asked for"};
  }
  if (!fetch.failure()) return {};
  const bool late = fetch.failure() == asio::error::timed_out;
  return Error{late ? Reason::kTimeout : Reason::kRefused,
               late ? "the page was not complete in time" : fetch.failure().message()};
}

}  // namespace pillion
