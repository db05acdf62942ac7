// Connection: one socket to a Redis server, kept between polls.
//
// hiredis formats the commands and reads the replies; the socket is ours (common/stream.hpp: one
// deadline for all of an exchange, TLS), with a bound on what the server may send. RESP2 only:
// HELLO is never sent.
//
// After any failure the connection is closed: what a half-read exchange left behind would answer
// the next question.
//
// Threads: one at a time.
#pragma once

#include "address.hpp"
#include "reply.hpp"
#include "reply_guard.hpp"

#include "common/stream.hpp"

#include <pillion/poll.hpp>
#include <pillion/result.hpp>

#include <hiredis/hiredis.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::redis {

// Commands that are sent together. Wiped when it goes, because AUTH may be among them.
class Pipeline {
 public:
  Pipeline() = default;
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;
  ~Pipeline();

  // Words must not be empty lists. At most kWordsMax words.
  void Add(std::span<const std::string_view> words);
  void Add(std::initializer_list<std::string_view> words) {
    Add(std::span(words.begin(), words.size()));
  }

  std::string_view bytes() const { return bytes_; }
  size_t count() const { return count_; }

 private:
  static constexpr size_t kWordsMax = 16;
  std::string bytes_;
  size_t count_ = 0;
};

class Connection {
 public:
  Connection(Address address, std::optional<tls::Config> tls, size_t reply_bytes_max);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool open() const { return stream_.open(); }
  const Address& address() const { return address_; }

  // Another server, for the next Connect; closes.
  void SetAddress(Address address) {
    Close();
    address_ = std::move(address);
  }
  // Tries each address of the host, within the poll's deadline; the TLS handshake belongs to it.
  Result<void> Connect(const PollContext& ctx);
  void Close() { stream_.Close(); }
  // Whether the files that TLS was opened with have changed since.
  bool FilesChanged() const { return tls_ && open() && tls::StampOf(*tls_) != stamp_; }
  // An earlier end for all that waits; 0: the poll's deadline.
  void SetUntil(MonoTime until) { until_ = until; }
  // Closes its own socket and takes that of the other, which has then none.
  void TakeOver(Connection& other);

  // Sends the pipeline and reads one reply for each of its commands. Closes on failure.
  // An error reply of the server is a reply, not a failure. When the server says no and closes
  // (too many clients), the other replies are null and the connection is closed.
  Result<std::vector<Reply>> Exchange(const PollContext& ctx, const Pipeline& pipeline);

  // After a failed Exchange: the server had closed the connection before it answered anything,
  // as it does with an idle connection or at its restart. A new connection may well work.
  bool lost_before_answer() const { return lost_before_answer_; }

 private:
  Result<std::vector<Reply>> TryExchange(const PollContext& ctx, const Pipeline& pipeline);
  Result<void> Send(const PollContext& ctx, std::string_view bytes);
  Result<void> Receive(const PollContext& ctx, ReplyGuard& guard, redisReader* reader);
  Error Lost(const ReplyGuard& guard, std::string_view why);
  MonoTime End(const PollContext& ctx) const {
    return until_.count() == 0 ? ctx.Deadline() : std::min(until_, ctx.Deadline());
  }
  std::string To() const { return address_.ToText(); }

  Address address_;
  std::optional<tls::Config> tls_;
  ReplyLimits limits_;
  Stream stream_;
  std::string stamp_;  // of the files of tls_
  MonoTime until_{0};
  bool lost_before_answer_ = false;
};

}  // namespace pillion::redis
