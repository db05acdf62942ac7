// The part of Boost.Asio that the scrape plane uses, configured once. Internal to this folder.
#pragma once

#define BOOST_ASIO_NO_DEPRECATED
#define BOOST_ASIO_DISABLE_BOOST_COROUTINE

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
