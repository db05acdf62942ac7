#include "plan.hpp"

#include <iterator>

namespace pillion::redis {
namespace {

constexpr size_t kRefusalBytesMax = 200;  // of a server's text in our message

struct AskDesc {
  Ask ask;
  std::string_view name;
  std::string_view acl;  // what ACL SETUSER must grant
};
constexpr AskDesc kAsks[] = {
    {Ask::kInfo, "INFO", "+info"},
    {Ask::kConfig, "CONFIG GET", "+config|get"},
    {Ask::kSlowlogLen, "SLOWLOG LEN", "+slowlog|len +slowlog|get"},
    {Ask::kSlowlogGet, "SLOWLOG GET", "+slowlog|len +slowlog|get"},
    {Ask::kCommandlogSlow, "COMMANDLOG LEN", "+commandlog|len"},
    {Ask::kCommandlogRequest, "COMMANDLOG LEN", "+commandlog|len"},
    {Ask::kCommandlogReply, "COMMANDLOG LEN", "+commandlog|len"},
    {Ask::kLatencyLatest, "LATENCY LATEST", "+latency|latest"},
    {Ask::kLatencyHistogram, "LATENCY HISTOGRAM", "+latency|histogram"},
    {Ask::kClusterInfo, "CLUSTER INFO", "+cluster|info"},
    {Ask::kSentinelMasters, "SENTINEL MASTERS",
     "+sentinel|masters +sentinel|ckquorum +sentinel|sentinels +sentinel|slaves"},
    {Ask::kClientList, "CLIENT LIST", "+client|list"},
    {Ask::kInfoModules, "INFO MODULES", "+info"},
    {Ask::kSearchList, "FT._LIST", "+ft._list +ft.info"},
    {Ask::kServerExt, "SERVER EXT", "+server"},
    {Ask::kSentinelConfig, "SENTINEL CONFIG GET", "+sentinel|config"},
};
static_assert(std::size(kAsks) == kAskCount);

struct RefusalDesc {
  std::string_view prefix;
  Reason reason;
  bool all;
  std::string_view advice = {};
};
constexpr RefusalDesc kRefusals[] = {
    {"NOPERM", Reason::kPermission, false},
    {"NOAUTH", Reason::kAuth, true, "set `password`, and `username` for an ACL user"},
    {"WRONGPASS", Reason::kAuth, true, "check `username` and `password`"},
    {"ERR invalid password", Reason::kAuth, true, "check `password`"},
    {"ERR max number of clients", Reason::kLimit, true, "raise the server's maxclients"},
    {"ERR unknown command", Reason::kVersion, false},
    {"ERR unknown subcommand", Reason::kVersion, false},
    {"ERR Unknown subcommand", Reason::kVersion, false},
    {"ERR Unknown sentinel subcommand", Reason::kVersion, false},
    {"ERR wrong number of arguments", Reason::kVersion, false},
    {"ERR Wrong number of arguments", Reason::kVersion, false},
    {"ERR This instance has cluster support disabled", Reason::kVersion, false},
    {"LOADING", Reason::kRefused, true, "the server loads its data: wait"},
    {"MASTERDOWN", Reason::kRefused, true, "the replica's link to its master is down"},
    {"BUSY", Reason::kRefused, true, "a script or function runs too long"},
    {"DENIED", Reason::kRefused, true, "the server is in protected mode: set a password on it"},
    {"OOM", Reason::kLimit, true, "the server is above maxmemory"},
};

const RefusalDesc* Find(std::string_view refusal) {
  for (const RefusalDesc& known : kRefusals) {
    if (refusal.starts_with(known.prefix)) return &known;
  }
  return nullptr;
}

// What a collector needs of INFO.
constexpr CollectorId kFedByInfo[] = {
    kInfo,    kKeyspace, kCommandstats, kLatencystats, kErrorstats, kReplication, kLatencyHistogram,
    kCluster, kSentinel, kCommandlog,   kClients,      kKeys,       kStreams,     kKeyGroups,
    kBigKeys, kRdbFile,  kScripts};

constexpr std::string_view kConfigNames[] = {"maxmemory",  "maxclients",
                                             "io-threads", "repl-backlog-size",
                                             "databases",  "client-output-buffer-limit"};

}  // namespace

Identity ReadIdentity(const Info& info) {
  Identity identity;
  std::string_view server_mode;
  const struct {
    std::string_view name;
    std::string_view* into;
  } wanted[] = {
      {"role", &identity.role},
      {"redis_version", &identity.redis_version},
      {"redis_build_id", &identity.redis_build_id},
      {"redis_mode", &identity.redis_mode},
      {"server_mode", &server_mode},
      {"os", &identity.os},
      {"maxmemory_policy", &identity.maxmemory_policy},
      {"tcp_port", &identity.tcp_port},
      {"run_id", &identity.run_id},
      {"process_id", &identity.process_id},
      {"master_replid", &identity.master_replid},
      {"valkey_version", &identity.valkey_version},
      {"valkey_release_stage", &identity.valkey_release_stage},
      {"cluster_enabled", &identity.cluster_enabled},
      {"master_host", &identity.master_host},
      {"master_port", &identity.master_port},
      {"slave_read_only", &identity.slave_read_only},
      {"connected_clients", &identity.connected_clients},
  };
  for (const Info::Part& part : info.parts()) {
    for (const InfoField& field : info.PlainFields(part)) {
      if (part.section == Section::kServer && field.name == "uptime_in_seconds") {
        identity.uptime_in_seconds = field.value;
      }
      for (const auto& want : wanted) {
        if (want.name == field.name) *want.into = field.value;
      }
    }
  }
  if (identity.redis_mode.empty()) identity.redis_mode = server_mode;
  return identity;
}

Server ReadServer(const Info& info, const Identity& identity) {
  Server server;
  server.known = !identity.redis_version.empty() || !info.parts().empty();
  server.version = ToVersion(identity.redis_version);
  server.valkey = ToVersion(identity.valkey_version);
  server.sentinel = identity.redis_mode == "sentinel" || info.Has(Section::kSentinel);
  server.cluster = identity.cluster_enabled == "1";
  server.config_takes_many = server.version.AtLeast(7);
  server.clients = ToDouble(identity.connected_clients).value_or(0);
  return server;
}

AskSet Plan(DueSet due, const Settings& settings, const Server& server) {
  AskSet asks;
  const auto ask = [&](Ask what, bool wanted) { asks[static_cast<size_t>(what)] = wanted; };
  bool info = !server.known && due.any();
  for (const CollectorId collector : kFedByInfo) info = info || due[collector];
  ask(Ask::kInfo, info);
  const bool databases =
      ((due[kKeyspace] && settings.empty_databases) || due[kKeyGroups]) && !server.cluster;
  const bool log_limits = due[kCommandlog] && server.has_commandlog();
  ask(Ask::kConfig, (due[kConfig] || due[kRdbFile] || databases || log_limits) &&
                        !server.sentinel && !settings.config_command.empty());
  ask(Ask::kSlowlogLen, due[kSlowlog] && !server.sentinel);
  ask(Ask::kSlowlogGet, due[kSlowlog] && !server.sentinel);
  ask(Ask::kCommandlogSlow, log_limits);
  ask(Ask::kCommandlogRequest, log_limits);
  ask(Ask::kCommandlogReply, log_limits);
  ask(Ask::kLatencyLatest, due[kLatency] && !server.sentinel);
  ask(Ask::kLatencyHistogram,
      due[kLatencyHistogram] && !server.sentinel && server.may_have_histogram());
  ask(Ask::kClusterInfo, due[kCluster] && server.cluster);
  ask(Ask::kSentinelMasters, due[kSentinel] && server.sentinel);
  ask(Ask::kInfoModules, due[kModules] && !server.sentinel);
  ask(Ask::kSearchList, due[kSearchIndexes] && server.known && !server.sentinel);
  ask(Ask::kServerExt, due[kTile38] && server.known && !server.sentinel);
  ask(Ask::kSentinelConfig,
      due[kConfig] && server.sentinel && settings.include_config && server.version.AtLeast(6, 2));
  ask(Ask::kClientList,
      due[kClients] && server.known && server.ClientListFits(settings.reply_bytes_max));
  return asks;
}

std::vector<std::string_view> WordsOf(Ask ask, DueSet due, const Settings& settings,
                                      const Server& server) {
  switch (ask) {
    case Ask::kInfo: return {"INFO", "ALL"};
    case Ask::kConfig: {
      std::vector<std::string_view> words = {settings.config_command, "GET"};
      if (!server.config_takes_many || (settings.include_config && due[kConfig])) {
        words.push_back("*");
        return words;
      }
      words.insert(words.end(), std::begin(kConfigNames), std::end(kConfigNames));
      if (due[kRdbFile]) words.insert(words.end(), {"dir", "dbfilename"});
      if (due[kCommandlog] && server.has_commandlog()) words.push_back("commandlog-*");
      return words;
    }
    case Ask::kSlowlogLen: return {"SLOWLOG", "LEN"};
    case Ask::kSlowlogGet: return {"SLOWLOG", "GET", "1"};
    case Ask::kCommandlogSlow: return {"COMMANDLOG", "LEN", "slow"};
    case Ask::kCommandlogRequest: return {"COMMANDLOG", "LEN", "large-request"};
    case Ask::kCommandlogReply: return {"COMMANDLOG", "LEN", "large-reply"};
    case Ask::kLatencyLatest: return {"LATENCY", "LATEST"};
    case Ask::kLatencyHistogram: return {"LATENCY", "HISTOGRAM"};
    case Ask::kClusterInfo: return {"CLUSTER", "INFO"};
    case Ask::kSentinelMasters: return {"SENTINEL", "MASTERS"};
    case Ask::kClientList: return {"CLIENT", "LIST"};
    case Ask::kInfoModules: return {"INFO", "MODULES"};
    case Ask::kSearchList: return {"FT._LIST"};
    case Ask::kServerExt: return {"SERVER", "EXT"};
    case Ask::kSentinelConfig: return {"SENTINEL", "CONFIG", "GET", "*"};
    case Ask::kCount: break;
  }
  return {};
}

bool MeansSameWords(const Server& one, const Server& other) {
  return one.config_takes_many == other.config_takes_many &&
         one.has_commandlog() == other.has_commandlog();
}

std::string_view NameOf(Ask ask) { return kAsks[static_cast<size_t>(ask)].name; }

Error ErrorOf(Ask ask, std::string_view refusal, std::string_view user) {
  const AskDesc& desc = kAsks[static_cast<size_t>(ask)];
  Error error = ErrorOfCommand(desc.name, desc.acl, refusal, user);
  if (error.reason == Reason::kVersion) {
    error.message.append(ask == Ask::kConfig
                             ? "; if the server calls it otherwise, set `config_command`; if it "
                               "has none, set it to `-`"
                             : "; if the server has none, switch the collector off");
  }
  return error;
}

Error ErrorOfCommand(std::string_view name, std::string_view acl, std::string_view refusal,
                     std::string_view user) {
  const RefusalDesc* known = Find(refusal);
  std::string text(name);
  text.append(": ").append(refusal.substr(0, kRefusalBytesMax));
  const Reason reason = ReasonOf(refusal);
  if (reason == Reason::kPermission) {
    text.append("; to allow it: ACL SETUSER ").append(user.empty() ? "default" : user);
    text.append(" ").append(acl);
  } else if (known != nullptr && !known->advice.empty()) {
    text.append("; ").append(known->advice);
  }
  return {reason, std::move(text)};
}

Reason ReasonOf(std::string_view refusal) {
  const RefusalDesc* known = Find(refusal);
  return known == nullptr ? Reason::kProtocol : known->reason;
}

bool ConcernsAll(std::string_view refusal) {
  const RefusalDesc* known = Find(refusal);
  return known != nullptr && known->all;
}

}  // namespace pillion::redis
