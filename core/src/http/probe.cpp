#include "http/probe.hpp"

#include "config/listen_address.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>

namespace pillion {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Stream = asio::generic::stream_protocol;

constexpr uint32_t kHeaderBytesMax = 16 * 1024;

Stream::endpoint ToEndpoint(const ListenAddress& address) {
  if (address.kind == ListenAddress::Kind::kUnix) {
    return asio::local::stream_protocol::endpoint(address.path);
  }
  asio::ip::address ip = asio::ip::address_v4::loopback();
  if (address.kind == ListenAddress::Kind::kIpv4 && !address.is_wildcard()) {
    asio::ip::address_v4::bytes_type bytes;
    std::copy_n(address.ip.begin(), bytes.size(), bytes.begin());
    ip = asio::ip::address_v4(bytes);
  } else if (address.kind == ListenAddress::Kind::kIpv6 && !address.is_wildcard()) {
    ip = asio::ip::address_v6(address.ip);
  }
  return asio::ip::tcp::endpoint(ip, address.port);
}

}  // namespace

Result<int> ProbeHttp(const std::string& address, const std::string& path,
                      std::chrono::milliseconds timeout) {
  const Result<ListenAddress> parsed = ParseListenAddress(address);
  if (!parsed) return parsed.error();

  asio::io_context io;
  Stream::socket socket(io);
  http::request<http::empty_body> request(http::verb::get, path, 11);
  request.set(http::field::host, "localhost");
  request.set(http::field::connection, "close");
  boost::beast::flat_buffer buffer;
  http::response_parser<http::empty_body> parser;
  parser.header_limit(kHeaderBytesMax);
  boost::system::error_code failure = asio::error::timed_out;  // unless something else is heard
  int status = 0;

  const auto on_header = [&](boost::system::error_code error, size_t) {
    failure = error;
    if (!error) status = static_cast<int>(parser.get().result_int());
  };
  const auto on_written = [&](boost::system::error_code error, size_t) {
    failure = error;
    if (error) return;
    failure = asio::error::timed_out;
    http::async_read_header(socket, buffer, parser, on_header);
  };
  socket.async_connect(ToEndpoint(*parsed), [&](boost::system::error_code error) {
    failure = error;
    if (error) return;
    failure = asio::error::timed_out;
    http::async_write(socket, request, on_written);
  });
  io.run_for(timeout);
  if (failure) {
    const bool late = failure == asio::error::timed_out;
    return Error{late ? Reason::kTimeout : Reason::kRefused,
                 late ? "no answer in time" : failure.message()};
  }
  return status;
}

}  // namespace pillion
