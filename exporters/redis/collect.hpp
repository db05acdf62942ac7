// The collectors: each puts what a poll read into the sink, or says why it can't. They do no I/O.
//
// A value that is no number, a line that is not understood: that sample is left out, never zero.
#pragma once

#include "info.hpp"
#include "plan.hpp"
#include "session.hpp"
#include "settings.hpp"

#include <pillion/result.hpp>
#include <pillion/sink.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace pillion::redis {

// Calls and time of each command, from INFO commandstats; the latency families need them as well.
class CommandTimes {
 public:
  struct Entry {
    std::string_view cmd;
    double calls = 0;
    double usec = 0;
    std::optional<double> rejected;
    std::optional<double> failed;
  };

  CommandTimes() = default;
  explicit CommandTimes(std::string_view commandstats);

  const std::vector<Entry>& entries() const { return entries_; }  // by name
  const Entry* Find(std::string_view cmd) const;
  // Microseconds of the command and its subcommands ("config" has "config|get").
  double UsecOf(std::string_view cmd) const;

 private:
  std::vector<Entry> entries_;
};

// What a poll read. Everything is borrowed for the poll.
struct Reading {
  const Settings& settings;
  const Server& server;
  const Answers& answers;
  Result<const redisReply*> info_reply;
  Info info;
  Identity identity;
  CommandTimes times;
  double now = 0;         // Unix time
  double start_time = 0;  // of the server, Unix time; 0: not known

  // Why the families from INFO can't be had; ok if they can.
  Result<void> InfoState() const;
};

Result<void> CollectInfo(const Reading& reading, Sink& sink);
Result<void> CollectKeyspace(const Reading& reading, Sink& sink);
Result<void> CollectCommandstats(const Reading& reading, Sink& sink);
Result<void> CollectLatencystats(const Reading& reading, Sink& sink);
Result<void> CollectErrorstats(const Reading& reading, Sink& sink);
Result<void> CollectReplication(const Reading& reading, Sink& sink);
Result<void> CollectConfig(const Reading& reading, Sink& sink);
Result<void> CollectSlowlog(const Reading& reading, Sink& sink);
Result<void> CollectCommandlog(const Reading& reading, Sink& sink);
Result<void> CollectLatency(const Reading& reading, Sink& sink);
Result<void> CollectLatencyHistogram(const Reading& reading, Sink& sink);
Result<void> CollectCluster(const Reading& reading, Sink& sink);
Result<void> CollectSentinel(const Reading& reading, Sink& sink);

// The Unix time at which the server started, or 0. A value that is within a second of `before`
// gives `before`: server and exporter round differently, and the start doesn't move.
double StartTime(const Info& info, double now, double before);

}  // namespace pillion::redis
