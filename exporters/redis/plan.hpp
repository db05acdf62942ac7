// What a poll asks the server, and what its refusals mean. Pure; any thread.
#pragma once

#include "info.hpp"
#include "settings.hpp"
#include "tables.hpp"

#include <pillion/result.hpp>

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::redis {

// The questions, in the order in which they are sent.
enum class Ask : uint8_t {
  kInfo,
  kConfig,
  kSlowlogLen,
  kSlowlogGet,
  kCommandlogSlow,
  kCommandlogRequest,
  kCommandlogReply,
  kLatencyLatest,
  kLatencyHistogram,
  kClusterInfo,
  kSentinelMasters,
  kClientList,
  kInfoModules,
  kSearchList,
  kServerExt,
  kSentinelConfig,
  kCount,
};
inline constexpr size_t kAskCount = static_cast<size_t>(Ask::kCount);
using AskSet = std::bitset<kAskCount>;
using DueSet = std::bitset<kCollectorCount>;

// What is known of the server, from its INFO. Forgotten with the connection.
struct Server {
  bool known = false;
  Version version;  // of Redis, or what the server claims to be compatible with
  Version valkey;   // {0, 0}: it is not Valkey
  bool sentinel = false;
  bool cluster = false;
  bool config_takes_many = false;  // CONFIG GET a b c: 7.0 or later
  double clients = 0;              // connected at the last INFO

  bool has_commandlog() const { return valkey.AtLeast(8, 1); }
  // Before INFO came: perhaps.
  bool may_have_histogram() const { return !known || version.AtLeast(7); }
  // A reply that is larger than allowed would cost the whole poll.
  bool ClientListFits(size_t reply_bytes_max) const {
    return clients * kClientBytes <= static_cast<double>(reply_bytes_max) / 2;
  }
  static constexpr double kClientBytes = 512;  // of a client in CLIENT LIST; mostly 300 to 400
};

// The fields of INFO that say what the server is. Views into the INFO text.
struct Identity {
  std::string_view role, redis_version, redis_build_id, redis_mode, os, maxmemory_policy, tcp_port,
      run_id, process_id, master_replid, valkey_version, valkey_release_stage, cluster_enabled,
      master_host, master_port, slave_read_only, connected_clients, uptime_in_seconds;
};
Identity ReadIdentity(const Info& info);
Server ReadServer(const Info& info, const Identity& identity);

// The questions that serve the collectors that are due. While the server is not known, what
// nearly every server answers is asked as well; the rest when INFO has come.
AskSet Plan(DueSet due, const Settings& settings, const Server& server);

// The words of a question.
std::vector<std::string_view> WordsOf(Ask ask, DueSet due, const Settings& settings,
                                      const Server& server);
// Whether WordsOf gives the same for both, whatever the question.
bool MeansSameWords(const Server& one, const Server& other);

// What a question is called in messages and in redis_exporter_commands_denied: "CONFIG GET".
std::string_view NameOf(Ask ask);

// The error of a refusal: the reason, and a text that says what to do about it.
Error ErrorOf(Ask ask, std::string_view refusal, std::string_view user);
// The same for a command that is none of these questions; `acl` is what it needs.
Error ErrorOfCommand(std::string_view name, std::string_view acl, std::string_view refusal,
                     std::string_view user);
// The reason alone, of any error reply.
Reason ReasonOf(std::string_view refusal);
// Whether the refusal is about the server or the log-in and not about one command.
bool ConcernsAll(std::string_view refusal);

}  // namespace pillion::redis
