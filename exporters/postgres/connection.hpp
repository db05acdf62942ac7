// Connection: one session with a server, opened, read and closed without ever blocking.
//
// Threads: one at a time. Everything that waits does so in PollContext::Wait.
// After any failure the connection is closed; open it again for the next try.
#pragma once

#include <libpq-fe.h>
#include <pillion/options.hpp>
#include <pillion/poll.hpp>
#include <pillion/result.hpp>

#include <memory>
#include <string>

#include "target.hpp"

namespace pillion::postgres {

class Connection {
 public:
  // Bytes that may arrive while connecting. A server's greeting is about half a kilobyte.
  static constexpr size_t kGreetingBytesMax = 256 * 1024;

  // Bytes of answers that may wait in the kernel; see pipeline.hpp.
  static constexpr int kWaitingBytesMax = 256 * 1024;

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

  // Never waits for the other side: a stopped server would not answer.
  void Close() { handle_.reset(); }

 private:
  struct Closer {
    void operator()(PGconn* handle) const;
  };
  using Handle = std::unique_ptr<PGconn, Closer>;

  Result<void> Try(const PollContext& ctx, const Target& target, const Endpoint& endpoint,
                   const SecretText& password, MonoTime until);

  Handle handle_;
};

}  // namespace pillion::postgres
