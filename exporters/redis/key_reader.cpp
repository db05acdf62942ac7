#include "key_reader.hpp"

#include "plan.hpp"

#include <algorithm>

namespace pillion::redis {
namespace {

constexpr double kScanShare = 0.1;  // of a command, for each key that SCAN looks at
constexpr std::string_view kScanAcl = "+select +scan";

// What SELECT says of a database that there is not ("DB index is out of range", "SELECT is not
// allowed in cluster mode"). There is always number 0.
bool IsMissing(int db, std::string_view refusal) {
  return db != 0 && refusal.starts_with("ERR ") && ReasonOf(refusal) == Reason::kProtocol;
}

// Part of the poll's time that is kept for the answers under way.
MonoTime Until(const PollContext& ctx, const KeySettings& settings) {
  return std::min(ctx.Now() + settings.time, ctx.Now() + ctx.Left() * 3 / 4);
}

std::chrono::nanoseconds Seconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(seconds));
}

}  // namespace

KeyReader::KeyReader(const PollContext& ctx, Session& session, const Settings& settings,
                     MissingDatabases& missing, const ClusterNode* owner)
    : ctx_(ctx),
      session_(session),
      settings_(settings),
      missing_(missing),
      owner_(owner),
      until_(Until(ctx, settings.keys)),
      next_(ctx.Now()) {}

const KeySettings& KeyReader::settings() const { return settings_.keys; }

Result<std::vector<Reply>> KeyReader::Ask(const Questions& questions, std::string_view acl) {
  if (next_ > ctx_.Now()) (void)ctx_.Wait(-1, 0, next_);  // ends at next_, as "no answer" in time
  auto replies = session_.Exchange(ctx_, questions.pipeline_);
  if (!replies) return replies.error();
  next_ =
      std::max(next_, ctx_.Now()) + Seconds(questions.cost_ / settings_.keys.commands_per_second);
  for (const Reply& reply : *replies) {
    if (!IsError(reply.get())) continue;
    const std::string_view text = TextOf(reply.get());
    const Reason reason = ReasonOf(text);
    const bool first = &reply == &replies->front();
    if (first && IsMissing(questions.db_, text)) {
      missing_.Tell(questions.db_, session_.address().ToText(), text);
      lacking_.insert(questions.db_);
    }
    if (!first && reason != Reason::kPermission && reason != Reason::kVersion) continue;
    return ErrorOfCommand("reading keys", acl, text, settings_.user);
  }
  answered_ = true;
  replies->erase(replies->begin());
  return replies;
}

void KeyWalk::Begin(std::vector<Target> targets) {
  targets_ = std::move(targets);
  at_ = 0;
  cursor_ = "0";
  keys_ = 0;
}

Result<void> KeyWalk::Continue(KeyReader& reader, const Visit& visit) {
  const std::string count = std::to_string(reader.settings().batch);
  const double cost = 1 + kScanShare * static_cast<double>(reader.settings().batch);
  while (!done() && reader.HasTime()) {
    const Target& target = targets_[at_];
    const std::string_view match = target.match.empty() ? "*" : std::string_view(target.match);
    Questions questions(target.db);
    if (target.streams && reader.server().version.AtLeast(6)) {
      questions.Add({"SCAN", cursor_, "MATCH", match, "COUNT", count, "TYPE", "stream"}, cost);
    } else if (target.match.empty()) {
      questions.Add({"SCAN", cursor_, "COUNT", count}, cost);
    } else {
      questions.Add({"SCAN", cursor_, "MATCH", match, "COUNT", count}, cost);
    }
    const auto replies = reader.Ask(questions, kScanAcl);
    if (!replies && reader.Lacks(target.db)) {
      ++at_;
      continue;
    }
    if (!replies) return replies.error();
    const auto parts = ElementsOf(replies->front().get());
    if (parts.size() != 2 || TextOf(parts[0]).empty()) {
      return Error{Reason::kProtocol, "SCAN: the reply has an unknown form"};
    }
    std::vector<std::string_view> keys;
    for (const redisReply* key : ElementsOf(parts[1])) keys.push_back(TextOf(key));
    keys_ += static_cast<double>(keys.size());
    if (!keys.empty()) {
      if (auto done = visit(at_, keys); !done) return done;
    }
    cursor_ = TextOf(parts[0]);
    if (cursor_ == "0") ++at_;
  }
  return {};
}

Result<void> KeyJob::Run(KeyReader& reader) {
  const MonoTime begin = reader.ctx().Now();
  auto done = Step(reader);
  lacking_.insert(reader.lacking().begin(), reader.lacking().end());
  answered_ = answered_ || reader.answered();
  seconds_ += std::chrono::duration<double>(reader.ctx().Now() - begin).count();
  if (!done) begun_ = false;
  if (!done || !walk_.done()) return done;
  begun_ = false;
  if (!answered_ && !lacking_.empty()) {
    return Error{Reason::kProtocol, "the server has none of the databases that keys are named in"};
  }
  Done();
  shown_ = {true, reader.ctx().UnixSeconds(), seconds_, walk_.keys()};
  return {};
}

Result<void> KeyJob::Step(KeyReader& reader) {
  if (!begun_) {
    seconds_ = 0;
    lacking_.clear();
    answered_ = false;
    walk_.Begin(Begin(reader));
    if (auto done = VisitSingles(reader); !done) return done;
    begun_ = true;
  }
  return walk_.Continue(reader, [&](size_t target, std::span<const std::string_view> keys) {
    return Visit(reader, target, keys);
  });
}

}  // namespace pillion::redis
