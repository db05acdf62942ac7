// Console: PgBouncer's admin console, asked one command after the other by the simple protocol,
// the only one that it knows. Nothing is sent that it refuses: no extra_float_digits, no settings.
//
// Threads: one at a time. Everything that waits does so in PollContext::Wait.
#pragma once

#include "answer.hpp"

#include "common/pq/connection.hpp"

#include <pillion/options.hpp>
#include <pillion/poll.hpp>
#include <pillion/result.hpp>

#include <string>
#include <string_view>

namespace pillion::pgbouncer {

class Console {
 public:
  static constexpr size_t kAnswerBytesMax = size_t{64} << 20;  // of one command

  // A dsn and what it leaves out. An error never quotes the dsn.
  static Result<postgres::Target> ParseTarget(std::string_view dsn, std::string_view user);

  bool open() const { return connection_.open(); }
  std::string version() const { return connection_.version(); }
  Result<void> Open(const PollContext& ctx, const postgres::Target& target,
                    const SecretText& password, MonoTime until);
  void Close() { connection_.Close(); }

  struct Asked {
    Result<void> outcome;  // of the command; the session goes on
    Answer answer;
  };
  // An error ends the session.
  Result<Asked> Ask(const PollContext& ctx, const char* command, MonoTime until);

 private:
  Result<bool> TakeResult(Asked& asked);

  postgres::Connection connection_{postgres::Protocol::kSimple};
};

}  // namespace pillion::pgbouncer
