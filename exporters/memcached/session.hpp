// Session: the connection to one memcached, kept between polls, logged in where that is wanted.
// The text protocol only. Threads: one at a time.
#pragma once

#include "answers.hpp"

#include "common/stream.hpp"

#include <pillion/options.hpp>
#include <pillion/poll.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace pillion::memcached {

class Session {
 public:
  // Throws OptionError for options that cannot be used.
  explicit Session(const Options& options);

  // Sends the commands (lines, with their ends) and reads until `answers` is complete. Connects if
  // need be; a connection that the server has closed since the last time is made anew, once. What
  // has come stays in `answers` when it fails, and the connection is closed.
  Result<void> Ask(const PollContext& ctx, std::string_view commands, MonoTime until,
                   AnswerReader& answers);

  // At the end of a good poll: tries a password or TLS files that have changed beside the
  // connection that works.
  void Renew(const PollContext& ctx, MonoTime until);

  void Close() { stream_.Close(); }

 private:
  Result<void> Open(const PollContext& ctx, MonoTime until, Stream& stream) const;
  Result<void> LogIn(const PollContext& ctx, MonoTime until, Stream& stream) const;
  Result<void> Exchange(const PollContext& ctx, std::string_view commands, MonoTime until,
                        Stream& stream, AnswerReader& answers) const;
  Result<void> Connect(const PollContext& ctx, MonoTime until);

  const Options options_;
  Endpoint endpoint_;
  std::string user_;
  std::optional<tls::Config> tls_;
  Stream stream_;
  std::string stamp_;    // of the TLS files of stream_
  std::string refused_;  // of those that did not work since
};

// Where `address` says that the server listens.
Result<Endpoint> ParseAddress(std::string_view text);

}  // namespace pillion::memcached
