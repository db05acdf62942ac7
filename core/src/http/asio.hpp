// The part of Boost.Asio that the scrape plane uses. Internal to this folder, whose
// CMakeLists.txt configures Asio for all its sources alike.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace pillion {

namespace asio = boost::asio;
// TCP over IPv4 and IPv6 and unix sockets alike.
using StreamSocket = asio::generic::stream_protocol::socket;

}  // namespace pillion
