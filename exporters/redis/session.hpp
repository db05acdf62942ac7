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
#include "login_pause.hpp"
#include "plan.hpp"
#include "sentinel_finder.hpp"
#include "settings.hpp"

#include <pillion/options.hpp>
#include <pillion/poll.hpp>
#include <pillion/result.hpp>

#include <array>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace pillion::redis {

// What a poll learned. Views into it live as long as it does.
class Answers {
 public:
  // The reply, which is no error; or why there is none.
  Result<const redisReply*> Get(Ask ask) const;
  // Takes a reply that is no error as the answer.
  void Put(Ask ask, Reply reply) {
    At(ask).asked = true;
    At(ask).reply = std::move(reply);
  }

  struct SentinelMaster {
    const redisReply* master = nullptr;  // its element of the reply to Ask::kSentinelMasters
    Reply ckquorum, sentinels, slaves;   // ckquorum may be an error reply
  };
  std::vector<SentinelMaster> sentinel_masters;

  // Of the reply to Ask::kInfo, if there is one.
  Info info;
  Identity identity;

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
  // Between tries with TLS files that changed and don't work.
  static constexpr std::chrono::nanoseconds kRenewPause = std::chrono::seconds(30);
  // Between questions for a replica, while the master is read for want of one.
  static constexpr std::chrono::nanoseconds kFindPause = std::chrono::seconds(30);
  static constexpr size_t kSentinelMastersMax = 256;  // asked about in one poll

  // `settings` must outlive the session. `options` is kept for the password.
  Session(const Settings& settings, const Options& options);

  // Fails if the target as a whole could not be read. `answers` must be new.
  Result<void> Poll(const PollContext& ctx, DueSet due, Answers& answers);
  // One command for itself, with its reply, which is no error.
  Result<Reply> AskOne(const PollContext& ctx, std::initializer_list<std::string_view> words);
  // A password or a TLS file that changed is tried on a second connection, which takes the place of
  // the first if it is accepted. To be called when all answers are read; forgets the server.
  void Renew(const PollContext& ctx);
  // The same for who asks the host for all sessions: `secrets`: there is another password. How the
  // log-in went; nothing: there was none.
  std::optional<Result<void>> RenewBeside(const PollContext& ctx, bool secrets);

  // Further questions of a poll that went well, over the same connection.
  // `until`: an earlier end than the poll's; 0: none.
  Result<std::vector<Reply>> Exchange(const PollContext& ctx, const Pipeline& pipeline,
                                      MonoTime until = MonoTime(0));

  const Server& server() const { return server_; }
  // Whom it reads now, and how often another server took the place of the one before.
  void SetAddress(const Address& address) { connection_.SetAddress(address); }
  bool connected() const { return connection_.open() && greeted_; }
  // Of a node of a cluster: how it takes the password; null elsewhere.
  const LoginPause* pause() const { return pause_ ? &*pause_ : nullptr; }
  bool logs_in() const { return auth_sent_; }
  // Hashes of `password` and `password_map` together: when and as they were read last, and as they
  // were when the connection logged in.
  uint64_t secret_read() const { return secret_read_; }
  MonoTime secret_read_at() const { return secret_read_at_; }
  uint64_t secret_in_use() const { return secret_in_use_; }
  // An earlier end for all that waits; 0: the poll's deadline.
  void SetUntil(MonoTime until) { connection_.SetUntil(until); }
  const Address& address() const { return connection_.address(); }
  uint64_t moves() const { return moves_; }
  // The commands that were denied when they were sent last; one of several questions may be there
  // again.
  struct Denied {
    std::string_view command;
    Reason reason;
    bool operator<(const Denied& other) const {
      return std::tie(command, reason) < std::tie(other.command, other.reason);
    }
  };
  std::vector<Denied> DeniedNow() const;
  // How long connecting took in the last poll; 0 if the connection was still there.
  std::chrono::nanoseconds connect_time() const { return connect_time_; }

 private:
  struct Denial {
    MonoTime until{0};  // it is not sent; 0: it was not denied
    Error error;
  };
  // The questions that were made last, and of what.
  struct Questioned {
    AskSet asks;
    DueSet due;
    Server server;
    std::unique_ptr<const Pipeline> pipeline;
  };

  Result<void> Begin(const PollContext& ctx, DueSet due, Answers& answers);
  Result<void> Connect(const PollContext& ctx);
  Result<void> Find(const PollContext& ctx);
  Result<void> Follow(const PollContext& ctx, DueSet due, Answers& answers);
  void ForgetServer();
  Result<void> LogIn(const PollContext& ctx, Connection& connection);
  Result<void> RoundTrip(const PollContext& ctx, AskSet asks, DueSet due, Answers& answers);
  Result<size_t> Greet(const PollContext& ctx, Pipeline& pipeline);
  void AddQuestions(AskSet asks, DueSet due, Pipeline& pipeline) const;
  const Pipeline& Questions(AskSet asks, DueSet due);
  Result<SecretText> ReadPassword(const PollContext& ctx);
  Result<void> ReadGreeting(const PollContext& ctx, const redisReply* reply);
  Error Note(const PollContext& ctx, Ask ask, const redisReply* reply);
  Result<void> Learn(Answers& answers);
  void WidenConfig(Answers& answers);
  Result<void> AskSentinel(const PollContext& ctx, Answers& answers);
  Result<void> CheckAnyAnswer(const Answers& answers) const;

  const Settings& settings_;
  Options options_;
  std::optional<SentinelFinder> finder_;
  std::optional<LoginPause> pause_;  // of a node of a cluster
  Connection connection_;
  std::string role_;    // that the server has; empty: it has not said
  bool found_ = false;  // finder_ has named a server before
  uint64_t moves_ = 0;
  MonoTime find_after_{0};  // a better server
  bool greeted_ = false;    // AUTH and CLIENT SETNAME went out on this connection
  bool auth_sent_ = false;
  uint64_t secret_read_ = 0, secret_in_use_ = 0;
  MonoTime secret_read_at_{0};
  MonoTime renew_files_after_{0};
  Server server_;
  Questioned questioned_;
  std::string run_id_;
  std::array<Denial, kAskCount> denials_;
  std::chrono::nanoseconds connect_time_{0};
};

}  // namespace pillion::redis
