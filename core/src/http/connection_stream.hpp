// ConnectionStream: the bytes of one connection, plain or through a TLS channel.
//
// Internal to this folder; the loop's thread. A handler is called once, never from inside the call
// that it was given to; it keeps alive whoever owns this stream and the buffers.
#pragma once

#include "http/asio.hpp"
#include "http/page_guard.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace pillion {

class ConnectionStream {
 public:
  using ErrorCode = boost::system::error_code;
  using Handler = std::function<void(ErrorCode, size_t)>;
  // With chunks of 64 KiB a turn of one plain connection is 1 MiB at most.
  static constexpr size_t kPieces = 16;
  // A turn of a connection under TLS, which costs more CPU.
  static constexpr size_t kTlsTurnBytes = size_t{256} << 10;
  using Pieces = std::array<asio::const_buffer, kPieces>;  // unused ones are empty
  enum class Hello : uint8_t {
    kSecure,  // the handshake is done
    kPlain,   // the client speaks HTTP: the stream is plain from here on
    kFailed,
  };

  // `channel`: null for a plain connection; else Handshake comes first.
  ConnectionStream(StreamSocket socket, std::unique_ptr<TlsChannel> channel)
      : socket_(std::move(socket)), channel_(std::move(channel)) {}

  bool secure() const { return channel_ != nullptr; }
  StreamSocket& socket() { return socket_; }

  void Handshake(std::function<void(Hello)> done);

  template <typename Done>
  void ReadSome(asio::mutable_buffer into, Done done) {
    if (!channel_) return socket_.async_read_some(into, std::move(done));
    ReadSecure(into, std::move(done));
  }
  template <typename Done>
  void WriteSome(const Pieces& pieces, Done done) {
    if (!channel_) return socket_.async_write_some(pieces, std::move(done));
    WriteSecure(pieces, std::move(done));
  }
  // What the client sends from here on is of no interest: it may be read by the socket.
  void EndWriting();
  // What is pending ends with an error.
  void Close();

 private:
  void Shake(std::function<void(Hello)> done);
  void ReadSecure(asio::mutable_buffer into, Handler done);
  void WriteSecure(const Pieces& pieces, Handler done);
  // Calls `again` when the socket is ready for what the step wants, else `done` with an error.
  void Await(TlsChannel::Step step, const Handler& done, std::function<void()> again);
  void Post(const Handler& done, ErrorCode error, size_t bytes);

  StreamSocket socket_;
  std::unique_ptr<TlsChannel> channel_;
};

}  // namespace pillion
