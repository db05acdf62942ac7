// Relay: stands between libpq and the server, and moves bytes in pieces whose size is known.
//
// Two things libpq does with a socket are kept from the network by this:
//   - It reads as long as something comes. A message announced with a gigabyte is read to its end
//     in one call, whatever the clock says. Here it finds one piece at a time.
//   - It sends at each Sync of a pipeline, which wakes the server each time. Here all that it has
//     written goes out at once.
//
// The socket's number is kept: libpq's end of a pair takes its place, and the relay holds the
// socket itself. Encrypted sessions pass through as they are.
//
// Threads: one at a time. Never waits, never raises SIGPIPE; failures of the socket show as its
// end. Needs three descriptors instead of one, and up to 64 KiB.
#pragma once

#include <pillion/result.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace pillion::postgres {

class Relay {
 public:
  static constexpr size_t kPieceBytes = 64 * 1024;

  Relay() = default;
  ~Relay() { Close(); }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Goes between the connected, non-blocking `socket` and its other side; what was between
  // another one is closed. Fails when descriptors run out; `socket` is then as it was.
  Result<void> Insert(int socket);

  // Whether it stands behind `socket`: libpq may have closed that and made another, perhaps of
  // the same number.
  bool IsBehind(int socket) const;

  // The socket itself, to be waited on; -1: none.
  int server() const { return server_; }

  // Sends all that was written to the client's end. True: the server takes no more for now; call
  // again when it is writable.
  bool Send();

  // Takes one piece from the server and says how many bytes that are. 0: nothing has come, or it
  // was the end. The client's end reads the end behind all that came before.
  // REQUIRES: the client has read what came before; see HasUnread().
  size_t Receive();

  // Whether Receive() found the end, or the connection broken.
  bool ended() const { return ended_; }

  // Whether there is something to be read at the client's end, which is `socket`.
  bool HasUnread(int socket);

  // Sends what the client has written last if it can be sent at once, and closes the connection.
  void Close();

 private:
  void Deliver(std::string_view bytes);

  int server_ = -1;
  int near_ = -1;           // our end of the pair
  unsigned long pair_ = 0;  // the client's end, as fstat() numbers it
  bool lost_ = false;       // sending failed
  bool ended_ = false;
  std::unique_ptr<char[]> piece_;
  std::string unsent_;       // taken from the client, and the server took no more
  std::string undelivered_;  // taken from the server, and the pair took no more
};

}  // namespace pillion::postgres
