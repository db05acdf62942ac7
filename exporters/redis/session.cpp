#include "session.hpp"

#include <algorithm>

namespace pillion::redis {
Result<const redisReply*> Answers::Get(Ask ask) const {
  const Slot& slot = slots_[static_cast<size_t>(ask)];
  if (slot.reply) return static_cast<const redisReply*>(slot.reply.get());
  if (slot.asked) return slot.error;
  return Error{Reason::kInternal, "the question was not asked"};
}

Session::Session(const Settings& settings, const Options& options)
    : settings_(settings),
      options_(options),
      connection_(settings.address, settings.reply_bytes_max) {}

Result<void> Session::Poll(const PollContext& ctx, DueSet due, Answers& answers) {
  connect_time_ = {};
  if (auto begun = Begin(ctx, due, answers); !begun) return begun;
  WidenConfig(answers);
  if (auto learned = Learn(answers); !learned) return learned;
  AskSet more = Plan(due, settings_, server_);
  for (size_t i = 0; i < kAskCount; ++i) {
    if (answers.slots_[i].asked) more.reset(i);
  }
  if (more.any() && connection_.open()) {
    if (auto done = RoundTrip(ctx, more, due, answers); !done) return done;
  }
  if (server_.sentinel && due[kSentinel]) {
    if (auto done = AskSentinel(ctx, answers); !done) return done;
  }
  return CheckAnyAnswer(answers);
}

// The first round trip. A connection that was lost since the last poll is made anew, once.
Result<void> Session::Begin(const PollContext& ctx, DueSet due, Answers& answers) {
  const bool kept = connection_.open();
  if (kept) {
    auto done = RoundTrip(ctx, Plan(due, settings_, server_), due, answers);
    if (done || !connection_.lost_before_answer()) return done;
    answers = Answers();
  }
  if (auto connected = Connect(ctx); !connected) return connected;
  return RoundTrip(ctx, Plan(due, settings_, server_), due, answers);
}

void Session::Renew(const PollContext& ctx) {
  if (!connection_.open() || ctx.Left().count() <= 0 || !options_.SecretsChanged()) return;
  Connection second(settings_.address, settings_.reply_bytes_max);
  second.SetUntil(ctx.Now() + std::min(ctx.Left() / 2, kRenewMax));
  const auto done = LogIn(ctx, second);
  options_.SecretsTried(done);
  if (!done) return;
  connection_.TakeOver(second);
  ForgetServer();
  greeted_ = true;
}

Result<void> Session::LogIn(const PollContext& ctx, Connection& connection) {
  Pipeline pipeline;
  if (const auto count = Greet(pipeline); !count) return count.error();
  // Without a log-in anything shows whether one is wanted.
  if (!auth_sent_) pipeline.Add({"PING"});
  if (auto connected = connection.Connect(ctx); !connected) return connected;
  const auto replies = connection.Exchange(ctx, pipeline);
  if (!replies) return replies.error();
  if (auth_sent_) return ReadGreeting(replies->front().get());
  const redisReply* said = (connection.open() ? replies->back() : replies->front()).get();
  if (!IsError(said) || ReasonOf(TextOf(said)) == Reason::kPermission) return {};
  return Error{ReasonOf(TextOf(said)),
               connection.address().ToText() + ": " + std::string(TextOf(said).substr(0, 200))};
}

// It may be another one now, which INFO would tell if it is asked.
void Session::ForgetServer() {
  server_ = Server();
  denials_[static_cast<size_t>(Ask::kInfo)] = {};
}

Result<void> Session::Connect(const PollContext& ctx) {
  ForgetServer();
  greeted_ = false;
  const MonoTime begin = ctx.Now();
  auto connected = connection_.Connect(ctx);
  connect_time_ = ctx.Now() - begin;
  return connected;
}

// Adds what a new connection begins with; gives the number of commands.
Result<size_t> Session::Greet(Pipeline& pipeline) {
  auto password = options_.Secret("password");
  if (!password) return password.error();
  auth_sent_ = !password->empty() || !settings_.user.empty();
  if (auth_sent_ && settings_.user.empty()) pipeline.Add({"AUTH", password->view()});
  if (auth_sent_ && !settings_.user.empty()) {
    pipeline.Add({"AUTH", settings_.user, password->view()});
  }
  if (!settings_.client_name.empty()) pipeline.Add({"CLIENT", "SETNAME", settings_.client_name});
  return pipeline.count();
}

Result<void> Session::ReadGreeting(const redisReply* reply) {
  if (!IsError(reply)) return {};
  const std::string_view text = TextOf(reply);
  const Reason reason = ReasonOf(text);
  const std::string who = settings_.user.empty() ? "the default user" : "`" + settings_.user + "`";
  const std::string message =
      connection_.address().ToText() + ": AUTH as " + who + ": " + std::string(text.substr(0, 200));
  return Error{ConcernsAll(text) ? reason : Reason::kAuth, message};
}

Result<void> Session::RoundTrip(const PollContext& ctx, AskSet asks, DueSet due, Answers& answers) {
  Pipeline pipeline;
  size_t greeting = 0;
  if (!greeted_) {
    auto count = Greet(pipeline);
    if (!count) return count.error();
    greeting = *count;
  }
  std::vector<Ask> sent;
  for (size_t i = 0; i < kAskCount; ++i) {
    if (!asks[i]) continue;
    answers.slots_[i].asked = true;
    if (denials_[i].until > ctx.Now()) {
      answers.slots_[i].error = denials_[i].error;
      continue;
    }
    pipeline.Add(WordsOf(static_cast<Ask>(i), due, settings_, server_));
    sent.push_back(static_cast<Ask>(i));
  }
  if (pipeline.count() == 0) return {};
  auto replies = connection_.Exchange(ctx, pipeline);
  if (!replies) return replies.error();
  const redisReply* first = (*replies)[0].get();
  if (!greeted_ && auth_sent_) {
    if (auto welcome = ReadGreeting(first); !welcome) {
      connection_.Close();
      return welcome;
    }
  }
  greeted_ = true;
  if (!connection_.open()) {  // the one reply that came is a refusal
    return Error{ReasonOf(TextOf(first)),
                 connection_.address().ToText() + ": " + std::string(TextOf(first).substr(0, 200))};
  }
  for (size_t i = 0; i < sent.size(); ++i) {
    Reply& reply = (*replies)[greeting + i];
    Answers::Slot& slot = answers.At(sent[i]);
    if (!IsError(reply.get())) {
      slot.reply = std::move(reply);
      continue;
    }
    slot.error = Note(ctx, sent[i], reply.get());
    const bool all = i == 0 ? ConcernsAll(TextOf(reply.get())) : slot.error.reason == Reason::kAuth;
    if (!all) continue;
    connection_.Close();  // with the next poll comes a new log-in
    return slot.error;
  }
  return {};
}

// Makes the error of a refusal, and remembers it if it will be the same next time.
Error Session::Note(const PollContext& ctx, Ask ask, const redisReply* reply) {
  Error error = ErrorOf(ask, TextOf(reply), settings_.user);
  if (error.reason == Reason::kPermission || error.reason == Reason::kVersion) {
    denials_[static_cast<size_t>(ask)] = {ctx.Now() + kDenialTime, error};
  }
  return error;
}

// What INFO says of the server. It stays known as long as the connection.
Result<void> Session::Learn(const Answers& answers) {
  const auto info = answers.Get(Ask::kInfo);
  if (!info) return {};
  const Info parsed(TextOf(*info));
  if (parsed.parts().empty()) {
    connection_.Close();
    return Error{Reason::kProtocol,
                 connection_.address().ToText() + ": INFO was answered without any text"};
  }
  const Identity identity = ReadIdentity(parsed);
  const bool one_name_only = server_.known && !server_.config_takes_many;
  server_ = ReadServer(parsed, identity);
  if (one_name_only) server_.config_takes_many = false;
  if (run_id_ != identity.run_id) {  // another process: it may allow something else
    if (!run_id_.empty()) denials_ = {};
    run_id_ = identity.run_id;
  }
  return {};
}

// Some servers claim to be Redis 7 and take one name only: they are asked again, for all.
void Session::WidenConfig(Answers& answers) {
  Answers::Slot& config = answers.At(Ask::kConfig);
  const bool refused = config.asked && !config.reply && config.error.reason == Reason::kVersion;
  if (!refused || !server_.known || !server_.config_takes_many) return;
  server_.config_takes_many = false;
  denials_[static_cast<size_t>(Ask::kConfig)] = {};
  config = {};
}

Result<void> Session::AskSentinel(const PollContext& ctx, Answers& answers) {
  const auto masters = answers.Get(Ask::kSentinelMasters);
  if (!masters) return {};  // the collector says why
  Pipeline pipeline;
  for (const redisReply* master : ElementsOf(*masters)) {
    const std::string_view name = ValueIn(master, "name");
    if (name.empty()) continue;
    if (answers.sentinel_masters.size() == kSentinelMastersMax) break;
    answers.sentinel_masters.push_back({master, nullptr, nullptr, nullptr});
    pipeline.Add({"SENTINEL", "CKQUORUM", name});
    pipeline.Add({"SENTINEL", "SENTINELS", name});
    pipeline.Add({"SENTINEL", "SLAVES", name});
  }
  if (pipeline.count() == 0) return {};
  auto replies = connection_.Exchange(ctx, pipeline);
  if (!replies) return replies.error();
  auto next = replies->begin();
  for (Answers::SentinelMaster& master : answers.sentinel_masters) {
    master.ckquorum = std::move(*next++);
    master.sentinels = std::move(*next++);
    master.slaves = std::move(*next++);
  }
  return {};
}

// When each question was refused, there is nothing to show: the poll has failed.
Result<void> Session::CheckAnyAnswer(const Answers& answers) const {
  const Error* first = nullptr;
  for (const Answers::Slot& slot : answers.slots_) {
    if (slot.reply) return {};
    if (slot.asked && first == nullptr) first = &slot.error;
  }
  if (first == nullptr) return {};
  return *first;
}

}  // namespace pillion::redis
