// Search indexes of RediSearch: FT._LIST, then FT.INFO of each whose name fits. In a cluster each
// node is asked for its own account.
//
// Threads: one at a time.
#pragma once

#include "collect.hpp"
#include "node_failures.hpp"

#include <pillion/poll.hpp>
#include <pillion/sink.hpp>

#include <regex.h>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pillion::redis {

class SearchIndexes {
 public:
  static constexpr size_t kIndexesMax = 1000;  // that are shown, of a server
  static constexpr size_t kFieldCount = 24;

  struct Index {
    std::string name;
    std::array<std::optional<double>, kFieldCount> numbers;
  };

  // Throws OptionError if the pattern cannot be used.
  explicit SearchIndexes(const Settings& settings);

  Result<void> Collect(const PollContext& ctx, Session& session, const Reading& reading,
                       Sink& sink) const;
  // The same on all nodes at the same time; what they say has the label `node`.
  Result<void> CollectNodes(const PollContext& ctx, std::span<const NodeReading> nodes,
                            NodeFailures& failures) const;
  // What FT.INFO said; any reply is taken. Nothing: it names no index.
  static std::optional<Index> ReadIndex(const redisReply* reply);
  static void Emit(std::span<const Index> indexes, Sink& sink);

 private:
  Result<std::vector<Index>> Ask(const PollContext& ctx, Session& session,
                                 const Reading& reading) const;

  struct FreePattern {
    void operator()(regex_t* pattern) const {
      regfree(pattern);
      delete pattern;
    }
  };
  std::unique_ptr<regex_t, FreePattern> pattern_;
};

}  // namespace pillion::redis
