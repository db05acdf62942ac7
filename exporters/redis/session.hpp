// Session: the conversation with one server. A poll is one round trip: all questions are sent at
// once. A second one happens when INFO shows, on a new connection, that there is more to ask (a
// cluster node, Valkey's command log), and on a sentinel, whose masters must be known first.
//
// A command that the server denies or doesn't know is not sent again for kDenialTime: its
// collector fails meanwhile with what was said, and the server's ACL log stays quiet.
//
// Threads: one at a time.
#pragma once

#include "connection.hpp"
#include "plan.hpp"
#include "settings.hpp"

#include <pillion/options.hpp>
#include <pillion/poll.hpp>
#include <pillion/result.hpp>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::redis {

// What a poll learned. Views into it live as long as it does.
class Answers {
 public:
  // The reply, which is no error; or why there is none.
  Result<const redisReply*> Get(Ask ask) const;

  struct SentinelMaster {
    const redisReply* master = nullptr;  // its element of the reply to Ask::kSentinelMasters
    Reply ckquorum, sentinels, slaves;   // ckquorum may be an error reply
  };
  std::vector<SentinelMaster> sentinel_masters;

 private:
  friend class Session;
  struct Slot {
    bool asked = false;
    Reply reply;
    Error error;
  };
  Slot& At(Ask ask) { return slots_[static_cast<size_t>(ask)]; }

  std::array<Slot, kAskCount> slots_;
};

class Session {
 public:
  static constexpr std::chrono::nanoseconds kDenialTime = std::chrono::minutes(1);
  // For a second connection beside one that works: scrapes wait meanwhile.
  static constexpr std::chrono::nanoseconds kRenewMax = std::chrono::seconds(1);
  static constexpr size_t kSentinelMastersMax = 256;  // asked about in one poll

  // `settings` must outlive the session. `options` is kept for the password.
  Session(const Settings& settings, const Options& options);

  // Fails if the target as a whole could not be read. `answers` must be new.
  Result<void> Poll(const PollContext& ctx, DueSet due, Answers& answers);
  // A password that changed is tried on a second connection, which takes the place of the first
  // if it is accepted. To be called when all answers are read; forgets the server.
  void Renew(const PollContext& ctx);

  const Server& server() const { return server_; }
  // How long connecting took in the last poll; 0 if the connection was still there.
  std::chrono::nanoseconds connect_time() const { return connect_time_; }

 private:
  struct Denial {
    MonoTime until{0};
    Error error;
  };

  Result<void> Begin(const PollContext& ctx, DueSet due, Answers& answers);
  Result<void> Connect(const PollContext& ctx);
  void ForgetServer();
  Result<void> LogIn(const PollContext& ctx, Connection& connection);
  Result<void> RoundTrip(const PollContext& ctx, AskSet asks, DueSet due, Answers& answers);
  Result<size_t> Greet(Pipeline& pipeline);
  Result<void> ReadGreeting(const redisReply* reply);
  Error Note(const PollContext& ctx, Ask ask, const redisReply* reply);
  Result<void> Learn(const Answers& answers);
  void WidenConfig(Answers& answers);
  Result<void> AskSentinel(const PollContext& ctx, Answers& answers);
  Result<void> CheckAnyAnswer(const Answers& answers) const;

  const Settings& settings_;
  Options options_;
  Connection connection_;
  bool greeted_ = false;  // AUTH and CLIENT SETNAME went out on this connection
  bool auth_sent_ = false;
  Server server_;
  std::string run_id_;
  std::array<Denial, kAskCount> denials_;
  std::chrono::nanoseconds connect_time_{0};
};

}  // namespace pillion::redis
