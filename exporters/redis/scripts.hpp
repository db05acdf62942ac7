// Scripts: Lua scripts of the operator, run on the server, and what they return.
//
// A script returns a list. Texts in it are the keys and values of redis_script_values:
//   return {"orders", "12", "lost", "3"}
// An element that is a list itself is a sample with a name of its own: name, value, type, HELP,
// then names and values of labels. What follows the value may be missing:
//   return {{"shop_orders", "12", "gauge", "Open orders.", "state", "paid"}}
// Both may stand in one reply. Numbers are given as text, for Lua's own lose their fraction.
//
// In a cluster they are run on each master, and what they return has the label `node`. One that
// asks for a key that another node has concerns the other node only.
//
// Threads: one at a time.
#pragma once

#include "collect.hpp"

#include <pillion/options.hpp>
#include <pillion/poll.hpp>
#include <pillion/sink.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::redis {

class Scripts {
 public:
  static constexpr size_t kScriptsMax = 100;
  static constexpr size_t kBytesMax = size_t{1} << 20;  // of a script
  static constexpr size_t kLabelsMax = 10;              // of a sample
  static constexpr size_t kSamplesMax = 10'000;         // of a script

  // Reads the files. Throws OptionError if one cannot be read.
  explicit Scripts(const Options& options);

  Result<void> Collect(const PollContext& ctx, Session& session, const Settings& settings,
                       Sink& sink);
  // On the masters among them, at the same time.
  Result<void> CollectNodes(const PollContext& ctx, std::span<const NodeReading> nodes,
                            const Settings& settings);

  // Adds what a script returned, or nothing: then the result says what is wrong with it.
  // `taken`: a label that samples must not have of their own.
  static Result<void> AddReply(const redisReply* reply, std::string_view file, Sink& sink,
                               std::string_view taken = {});

 private:
  struct Script {
    std::string file;
    std::string text;
    std::set<std::string> failed;  // nodes on which it did last time; a server alone is ""
  };
  using Outcomes = std::vector<Result<void>>;  // one for each script
  using Take = std::function<Result<void>(const redisReply* reply, std::string_view file)>;
  using Failures = std::map<std::string_view, Error>;  // of one script, by node

  Outcomes NotRun() const;
  void RunAll(const PollContext& ctx, Session& session, const Settings& settings, const Take& take,
              Outcomes& outcomes) const;
  Result<Reply> Run(const PollContext& ctx, Session& session, const Script& script) const;
  void Tell(Script& script, const Failures& failures) const;

  Options options_;
  bool read_only_ = false;
  std::chrono::nanoseconds timeout_{0};
  std::vector<Script> scripts_;
};

}  // namespace pillion::redis
