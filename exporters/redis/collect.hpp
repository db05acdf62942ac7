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

// A node of a cluster that was read in this poll. Borrowed for it, too.
struct NodeReading {
  std::string_view name;  // host:port, the label `node`
  Session* session = nullptr;
  bool is_master = false;
  Reading reading;
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
Result<void> CollectClients(const Reading& reading, Sink& sink);
// What CollectClients does with the text of CLIENT LIST. `now` in Unix time.
void AddClientList(const Settings& settings, std::string_view list, double now, Sink& sink);

Result<void> CollectModules(const Reading& reading, Sink& sink);
Result<void> CollectTile38(const Reading& reading, Sink& sink);
Result<void> CollectRdbFile(const Reading& reading, Sink& sink);
// What CollectModules does with the text of INFO MODULES.
void AddModules(std::string_view text, Sink& sink);
// Adds a field of INFO or CLUSTER INFO that has a line in the table, for this collector.
bool AddField(Sink& sink, uint32_t collector, const InfoField& field);

// Databases that are shown, empty ones among them.
int DatabaseCount(const Reading& reading);

// Needs no Reading: it is about all nodes.
class Cluster;
Result<void> CollectNodes(Cluster& cluster, Sink& sink);

// The Unix time at which the server started, or 0. A value that is within a second of `before`
// gives `before`: server and exporter round differently, and the start doesn't move.
double StartTime(const Identity& identity, double now, double before);

}  // namespace pillion::redis
