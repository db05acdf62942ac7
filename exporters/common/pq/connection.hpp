// Connection: one session with a server, opened, read and closed without ever blocking.
//
// From the server's first answer on, a relay stands between libpq and the server.
//
// Threads: one at a time. Everything that waits does so in PollContext::Wait.
// After any failure the connection is closed; open it again for the next try.
#pragma once

#include <libpq-fe.h>
#include <pillion/options.hpp>
#include <pillion/poll.hpp>
#include <pillion/result.hpp>

#include <chrono>
#include <memory>
#include <string>

#include "common/pq/relay.hpp"
#include "common/pq/target.hpp"

namespace pillion::postgres {

// How statements are sent: the console of a pooler knows the simple protocol only.
enum class Protocol { kPipeline, kSimple };

class Connection {
 public:
  // Bytes that may arrive while connecting. A server's greeting is about half a kilobyte.
  static constexpr size_t kGreetingBytesMax = 256 * 1024;
  static constexpr std::chrono::milliseconds kLeaveMax{100};

  explicit Connection(Protocol protocol = Protocol::kPipeline) : protocol_(protocol) {}
  ~Connection() { Close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool open() const { return handle_ != nullptr; }
  // REQUIRES: open()
  PGconn* handle() const { return handle_.get(); }
  int major() const;            // of the server, as in 15
  std::string version() const;  // as it calls itself, "15.8 (Debian 15.8-1)"
  std::string role() const;
  std::string database() const;

  // Tries the target's endpoints in order, each address of each name, until one takes us; what
  // is left until `until` is shared among them. A refused password ends it: the next address
  // would count as another wrong try.
  Result<void> Open(const PollContext& ctx, const Target& target, const SecretText& password,
                    MonoTime until);

  // Sends what libpq has to send. True: some is left; go on when socket() is writable.
  // REQUIRES: open(), for this and what follows
  Result<bool> Send();
  // Gives libpq what has come, at most Relay::kPieceBytes, and says how many bytes that were.
  // kRefused: the server is gone.
  Result<size_t> Receive();
  // Sends what is left to send and waits until something has come, which it takes: how many bytes.
  // kTimeout: nothing came until `until`. Else as Send and Receive.
  Result<size_t> Exchange(const PollContext& ctx, MonoTime until);
  // What to wait on; not what libpq calls its socket.
  int socket() const { return relay_.server(); }

  // Says goodbye to the server if it can be said at once, and never waits: a stopped server would
  // not listen. A backend in the middle of our pipeline ends when it finds that nobody takes its
  // answers, at the latest at the statement's time limit.
  void Close();
  // The same, and waits until the server has ended the session, kLeaveMax or until `until` at most:
  // whoever opens another one then never has both. Nothing may be in flight.
  void Leave(const PollContext& ctx, MonoTime until);

 private:
  struct Closer {
    void operator()(PGconn* handle) const { PQfinish(handle); }
  };
  using Handle = std::unique_ptr<PGconn, Closer>;

  Result<void> Try(const PollContext& ctx, const Target& target, const Endpoint& endpoint,
                   const SecretText& password, MonoTime until);
  void Start(const Target& target, const Endpoint& endpoint, const SecretText& password);
  Result<void> Greet(const PollContext& ctx, const Endpoint& endpoint, MonoTime until);

  const Protocol protocol_;
  Relay relay_;
  Handle handle_;
};

}  // namespace pillion::postgres
