#include "session.hpp"

#include <algorithm>
#include <utility>

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
      connection_(settings.address, settings.tls, settings.reply_bytes_max) {
  if (settings.topology.kind == Topology::Kind::kSentinel) finder_.emplace(settings, options);
  if (settings.topology.kind == Topology::Kind::kCluster) pause_.emplace();
}

Result<void> Session::Poll(const PollContext& ctx, DueSet due, Answers& answers) {
  connect_time_ = {};
  if (auto begun = Begin(ctx, due, answers); !begun) return begun;
  WidenConfig(answers);
  if (auto learned = Learn(answers); !learned) return learned;
  if (finder_) {
    if (auto right = Follow(ctx, due, answers); !right) return right;
  }
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

Result<std::vector<Reply>> Session::Exchange(const PollContext& ctx, const Pipeline& pipeline,
                                             MonoTime until) {
  if (!connection_.open()) {
    return Error{Reason::kRefused, connection_.address().ToText() + ": the connection was lost"};
  }
  connection_.SetUntil(until);
  auto replies = connection_.Exchange(ctx, pipeline);
  connection_.SetUntil(MonoTime(0));
  return replies;
}

// It may be another one now, which INFO would tell if it is asked.
void Session::ForgetServer() {
  role_.clear();
  server_ = Server();
  denials_[static_cast<size_t>(Ask::kInfo)] = {};
}

Result<void> Session::Connect(const PollContext& ctx) {
  const MonoTime begin = ctx.Now();
  if (finder_) {
    if (auto found = Find(ctx); !found) return found;
  }
  ForgetServer();
  if (greeted_ && pause_) pause_->Lift();
  greeted_ = false;
  auto connected = connection_.Connect(ctx);
  connect_time_ = ctx.Now() - begin;
  return connected;
}

Result<void> Session::Find(const PollContext& ctx) {
  auto found = finder_->Find(ctx);
  if (!found) return found.error();
  if (*found == connection_.address() && found_) return {};
  if (found_) ++moves_;
  found_ = true;
  connection_.SetAddress(std::move(*found));
  return {};
}

// After a fail-over the server that was the master is a replica, and the sentinels know another.
// What was read of the wrong one is forgotten, and the right one is read within the same poll.
Result<void> Session::Follow(const PollContext& ctx, DueSet due, Answers& answers) {
  const bool replica = settings_.topology.prefer_replica;
  const bool right = role_.empty() || (role_ == "master") != replica;
  if (right || (replica && ctx.Now() < find_after_)) return {};
  find_after_ = ctx.Now() + kFindPause;
  const Address before = connection_.address();
  auto found = finder_->Find(ctx);
  if (found && *found == before) found = Error{Reason::kRefused, "the sentinels name no other"};
  if (!found && replica) return {};  // the master, for want of a replica
  if (!found) {
    connection_.Close();
    return Error{found.error().reason, before.ToText() + " says that it is a " + role_ +
                                           " and not the master; " + found.error().message};
  }
  ++moves_;
  connection_.SetAddress(std::move(*found));
  answers = Answers();
  ForgetServer();
  greeted_ = false;
  if (auto connected = connection_.Connect(ctx); !connected) return connected;
  if (auto done = RoundTrip(ctx, Plan(due, settings_, server_), due, answers); !done) return done;
  return Learn(answers);
}

void Session::AddQuestions(AskSet asks, DueSet due, Pipeline& pipeline) const {
  for (size_t i = 0; i < kAskCount; ++i) {
    if (asks[i]) pipeline.Add(WordsOf(static_cast<Ask>(i), due, settings_, server_));
  }
}

// Most polls ask what the one before asked.
const Pipeline& Session::Questions(AskSet asks, DueSet due) {
  const Questioned& last = questioned_;
  const bool same =
      last.pipeline && asks == last.asks && due == last.due && MeansSameWords(server_, last.server);
  if (!same) {
    auto pipeline = std::make_unique<Pipeline>();
    AddQuestions(asks, due, *pipeline);
    questioned_ = {asks, due, server_, std::move(pipeline)};
  }
  return *questioned_.pipeline;
}

Result<void> Session::RoundTrip(const PollContext& ctx, AskSet asks, DueSet due, Answers& answers) {
  Pipeline greeted;
  size_t greeting = 0;
  if (!greeted_) {
    auto count = Greet(ctx, greeted);
    if (!count) return count.error();
    greeting = *count;
  }
  std::vector<Ask> sent;
  for (size_t i = 0; i < kAskCount; ++i) {
    if (!asks[i]) continue;
    answers.slots_[i].asked = true;
    if (denials_[i].until > ctx.Now()) {
      answers.slots_[i].error = denials_[i].error;
      asks.reset(i);
    } else {
      sent.push_back(static_cast<Ask>(i));
    }
  }
  if (!greeted_) AddQuestions(asks, due, greeted);
  const Pipeline& pipeline = greeted_ ? Questions(asks, due) : greeted;
  if (pipeline.count() == 0) return {};
  auto replies = connection_.Exchange(ctx, pipeline);
  if (!replies) return replies.error();
  const redisReply* first = (*replies)[0].get();
  if (!greeted_ && auth_sent_) {
    if (auto welcome = ReadGreeting(ctx, first); !welcome) {
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
      answers.Put(sent[i], std::move(reply));
      denials_[static_cast<size_t>(sent[i])] = {};
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

std::vector<Session::Denied> Session::DeniedNow() const {
  std::vector<Denied> denied;
  const AskSet wanted = Plan(DueSet().set(), settings_, server_);
  for (size_t i = 0; i < kAskCount; ++i) {
    if (denials_[i].until == MonoTime(0) || !wanted[i]) continue;
    denied.push_back({NameOf(static_cast<Ask>(i)), denials_[i].error.reason});
  }
  return denied;
}

// What INFO says of the server. It stays known as long as the connection.
Result<void> Session::Learn(Answers& answers) {
  const auto info = answers.Get(Ask::kInfo);
  if (!info) return {};
  answers.info = Info(TextOf(*info));
  if (answers.info.parts().empty()) {
    connection_.Close();
    return Error{Reason::kProtocol,
                 connection_.address().ToText() + ": INFO was answered without any text"};
  }
  answers.identity = ReadIdentity(answers.info);
  const Identity& identity = answers.identity;
  const bool one_name_only = server_.known && !server_.config_takes_many;
  server_ = ReadServer(answers.info, identity);
  if (one_name_only) server_.config_takes_many = false;
  role_ = identity.role;
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

Result<Reply> Session::AskOne(const PollContext& ctx,
                              std::initializer_list<std::string_view> words) {
  bool again = connection_.open();  // it may have been closed while it was idle
  while (true) {
    if (!connection_.open()) {
      if (auto connected = Connect(ctx); !connected) return connected.error();
    }
    Pipeline pipeline;
    const bool greets = !greeted_;
    if (greets) {
      if (const auto count = Greet(ctx, pipeline); !count) return count.error();
    }
    pipeline.Add(words);
    auto replies = connection_.Exchange(ctx, pipeline);
    if (!replies) {
      if (!std::exchange(again, false) || !connection_.lost_before_answer()) return replies.error();
      continue;
    }
    if (greets && auth_sent_) {
      if (auto welcome = ReadGreeting(ctx, replies->front().get()); !welcome) {
        connection_.Close();
        return welcome.error();
      }
    }
    Reply& last = connection_.open() ? replies->back() : replies->front();
    const std::string text(TextOf(last.get()).substr(0, 200));
    if (!IsError(last.get()) && connection_.open()) {
      greeted_ = true;
      return std::move(last);
    }
    connection_.Close();
    return Error{ReasonOf(text), connection_.address().ToText() + ": " + text};
  }
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
