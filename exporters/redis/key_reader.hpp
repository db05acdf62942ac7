// KeyReader and KeyWalk: questions about keys, within a budget, over as many polls as it takes.
//
// Only SCAN is used to find keys, and only commands that neither block nor change anything. A poll
// spends `time` at most, and sends no more commands a second than it may; a SCAN counts as a tenth
// of its COUNT. What is not done goes on in the next poll, where the cursor stands.
//
// Threads: one at a time. A KeyReader lives for one poll, a KeyWalk as long as the exporter.
#pragma once

#include "cluster_nodes.hpp"
#include "key_settings.hpp"
#include "missing_databases.hpp"
#include "session.hpp"

#include <pillion/poll.hpp>
#include <pillion/result.hpp>

#include <functional>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::redis {

// Commands about keys of one database.
class Questions {
 public:
  explicit Questions(int db) : db_(db) { pipeline_.Add({"SELECT", std::to_string(db)}); }
  void Add(std::initializer_list<std::string_view> words, double cost = 1) {
    pipeline_.Add(words);
    cost_ += cost;
  }
  size_t count() const { return pipeline_.count() - 1; }

 private:
  friend class KeyReader;
  const int db_;
  Pipeline pipeline_;
  double cost_ = 0;
};

class KeyReader {
 public:
  // All must outlive it. `owner`: the node of a cluster whose keys the server has; null: it has
  // all.
  KeyReader(const PollContext& ctx, Session& session, const Settings& settings,
            MissingDatabases& missing, const ClusterNode* owner = nullptr);

  const PollContext& ctx() const { return ctx_; }
  const KeySettings& settings() const;
  const Server& server() const { return session_.server(); }
  // Whether this server is the one to ask for a key.
  bool Holds(std::string_view key) const {
    return owner_ == nullptr || owner_->Serves(SlotOf(key));
  }
  // Whether there is time for another batch.
  bool HasTime() const { return ctx_.Now() < until_; }
  // One reply for each question, in order; error replies among them, but none that says that a
  // command is not allowed or not known: that is the result then.
  // Fails as well if the server does not have the database: then it Lacks it.
  Result<std::vector<Reply>> Ask(const Questions& questions, std::string_view acl);
  bool Lacks(int db) const { return lacking_.count(db) > 0; }
  const std::set<int>& lacking() const { return lacking_; }
  // Whether any question was answered.
  bool answered() const { return answered_; }

 private:
  const PollContext& ctx_;
  Session& session_;
  const Settings& settings_;
  MissingDatabases& missing_;
  const ClusterNode* const owner_;
  MonoTime until_;
  MonoTime next_;  // not to send before
  std::set<int> lacking_;
  bool answered_ = false;
};

class KeyWalk {
 public:
  struct Target {
    int db = 0;
    std::string match;  // empty: all keys
    bool streams = false;
  };
  // Keys of targets[target], which last for the call. A key may come twice.
  using Visit = std::function<Result<void>(size_t target, std::span<const std::string_view> keys)>;

  void Begin(std::vector<Target> targets);
  // Walks on until all is done or there is no time left. After a failure, begin anew.
  Result<void> Continue(KeyReader& reader, const Visit& visit);
  bool done() const { return at_ == targets_.size(); }
  double keys() const { return keys_; }

 private:
  std::vector<Target> targets_;
  size_t at_ = 0;
  std::string cursor_ = "0";
  double keys_ = 0;  // that came
};

// When a walk over all keys was done, and what it took.
struct WalkTimes {
  bool complete = false;
  double unix_seconds = 0;
  double seconds = 0;  // of polls
  double keys = 0;
};

// A collector's walks, one after the other: what the last complete one found is shown meanwhile.
class KeyJob {
 public:
  virtual ~KeyJob() = default;
  // Goes on with the walk, or begins one. After a failure the next one begins anew.
  Result<void> Run(KeyReader& reader);
  // Of the last complete walk.
  const WalkTimes& shown() const { return shown_; }

 protected:
  // Forgets what an earlier walk gathered and says what to walk.
  virtual std::vector<KeyWalk::Target> Begin(KeyReader& reader) = 0;
  // Before the walk: keys that need no SCAN.
  virtual Result<void> VisitSingles(KeyReader& reader) = 0;
  virtual Result<void> Visit(KeyReader& reader, size_t target,
                             std::span<const std::string_view> keys) = 0;
  // What was gathered becomes what is shown.
  virtual void Done() = 0;
  // Whether the walk found that the server does not have the database.
  bool Lacks(int db) const { return lacking_.count(db) > 0; }

 private:
  Result<void> Step(KeyReader& reader);

  KeyWalk walk_;
  bool begun_ = false;
  double seconds_ = 0;
  std::set<int> lacking_;
  bool answered_ = false;
  WalkTimes shown_;
};

}  // namespace pillion::redis
