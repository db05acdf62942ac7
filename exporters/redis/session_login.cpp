// What a session does about its log-in, and about passwords and TLS files that change.
#include "password_map.hpp"
#include "session.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace pillion::redis {

void Session::Renew(const PollContext& ctx) {
  if (!connection_.open() || ctx.Left().count() <= 0) return;
  const bool secrets = options_.SecretsChanged();
  const auto tried = RenewBeside(ctx, secrets);
  if (secrets && tried) options_.SecretsTried(*tried);
}

std::optional<Result<void>> Session::RenewBeside(const PollContext& ctx, bool secrets) {
  if (!connection_.open() || ctx.Left().count() <= 0) return std::nullopt;
  const bool files = connection_.FilesChanged() && renew_files_after_ <= ctx.Now();
  if (!secrets && !files) return std::nullopt;
  Connection second(connection_.address(), settings_.tls, settings_.reply_bytes_max);
  second.SetUntil(ctx.Now() + std::min(ctx.Left() / 2, kRenewMax));
  auto done = second.Connect(ctx);  // before a secret is fetched: its failure says nothing of them
  const bool asked = done.ok();
  if (done) done = LogIn(ctx, second);
  if (!done && files) {
    renew_files_after_ = ctx.Now() + kRenewPause;
    options_.Log(PILLION_LOG_WARN,
                 "the TLS files have changed, and a connection with them failed; "
                 "the present one is kept: " +
                     done.error().message);
  }
  if (done) {
    connection_.TakeOver(second);
    ForgetServer();
    greeted_ = true;
  }
  return asked ? std::optional(std::move(done)) : std::nullopt;
}

Result<void> Session::LogIn(const PollContext& ctx, Connection& connection) {
  Pipeline pipeline;
  if (const auto count = Greet(ctx, pipeline); !count) return count.error();
  // Without a log-in anything shows whether one is wanted.
  if (!auth_sent_) pipeline.Add({"PING"});
  const auto replies = connection.Exchange(ctx, pipeline);
  if (!replies) return replies.error();
  if (auth_sent_) return ReadGreeting(ctx, replies->front().get());
  const redisReply* said = (connection.open() ? replies->back() : replies->front()).get();
  if (!IsError(said) || ReasonOf(TextOf(said)) == Reason::kPermission) return {};
  return Error{ReasonOf(TextOf(said)),
               connection.address().ToText() + ": " + std::string(TextOf(said).substr(0, 200))};
}

Result<SecretText> Session::ReadPassword(const PollContext& ctx) {
  auto password = options_.Secret("password");
  // Fetched in any case: the host compares what was fetched together.
  auto map = options_.Secret("password_map");
  if (pause_ && password && map) {
    secret_read_ = HashOfSecret(map->view(), HashOfSecret(password->view()));
    secret_read_at_ = ctx.Now();
  }
  if (!password || !password->empty()) return password;
  if (!map || map->empty()) return map;
  return FindPassword(map->view(), connection_.address(), settings_.user);
}

// Adds what a new connection begins with; gives the number of commands.
Result<size_t> Session::Greet(const PollContext& ctx, Pipeline& pipeline) {
  auto password = ReadPassword(ctx);
  if (!password) return password.error();
  if (pause_ && pause_->Holds(password->view(), ctx.Now())) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(pause_->until() - ctx.Now());
    return Error{Reason::kAuth,
                 connection_.address().ToText() +
                     ": it refused this password; tried again when it changes, or in " +
                     std::to_string(left.count()) + " s"};
  }
  auth_sent_ = !password->empty() || !settings_.user.empty();
  if (auth_sent_ && settings_.user.empty()) pipeline.Add({"AUTH", password->view()});
  if (auth_sent_ && !settings_.user.empty()) {
    pipeline.Add({"AUTH", settings_.user, password->view()});
  }
  if (!settings_.client_name.empty()) pipeline.Add({"CLIENT", "SETNAME", settings_.client_name});
  return pipeline.count();
}

Result<void> Session::ReadGreeting(const PollContext& ctx, const redisReply* reply) {
  if (!IsError(reply)) {
    secret_in_use_ = secret_read_;
    if (pause_ && pause_->Accepted()) {
      options_.Log(PILLION_LOG_INFO, connection_.address().ToText() + " takes the password now");
    }
    return {};
  }
  const std::string_view text = TextOf(reply);
  const Reason reason = ConcernsAll(text) ? ReasonOf(text) : Reason::kAuth;
  const std::string who = settings_.user.empty() ? "the default user" : "`" + settings_.user + "`";
  Error error{reason, connection_.address().ToText() + ": AUTH as " + who + ": " +
                          std::string(text.substr(0, 200))};
  // Of a poll that reads other nodes the host tells nothing.
  if (reason == Reason::kAuth && pause_ && pause_->Refused(ctx.Now())) {
    options_.Log(PILLION_LOG_WARN, error.message);
  }
  return error;
}

}  // namespace pillion::redis
