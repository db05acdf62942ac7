// The collectors of what a server consists of and belongs to: databases, replicas, sentinels.
#include "collect.hpp"
#include "tables.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace pillion::redis {
namespace {

constexpr int kEmptyDatabasesMax = 1024;  // rows of zeros
constexpr int kDatabasesDefault = 16;     // Redis' own default, when CONFIG can't be had

}  // namespace

int DatabaseCount(const Reading& reading) {
  if (reading.server.sentinel) return 0;
  if (reading.server.cluster) return 1;
  const auto config = reading.answers.Get(Ask::kConfig);
  if (!config) return kDatabasesDefault;
  const auto count = ToDouble(ValueIn(*config, "databases"));
  if (!count || !(*count >= 1)) return kDatabasesDefault;
  return static_cast<int>(std::min<double>(*count, kEmptyDatabasesMax));
}

namespace {

// Adds a database; false if the line is not one.
bool AddDatabase(Sink& sink, const InfoField& field) {
  if (!IsNumbered(field.name, "db")) return false;
  std::optional<double> keys, expires, avg_ttl, cached;
  for (PairCursor pairs(field.value); auto pair = pairs.Next();) {
    if (pair->name == "keys") keys = ToDouble(pair->value);
    if (pair->name == "expires") expires = ToDouble(pair->value);
    if (pair->name == "avg_ttl") avg_ttl = ToDouble(pair->value);
    if (pair->name == "cached_keys") cached = ToDouble(pair->value);
  }
  if (!keys || !expires) return false;
  const Labels labels = sink.MakeLabels(FamilyOf(kDbKeys), {field.name});
  sink.Add(FamilyOf(kDbKeys), labels, *keys);
  sink.Add(FamilyOf(kDbKeysExpiring), labels, *expires);
  if (avg_ttl) sink.Add(FamilyOf(kDbAvgTtl), labels, *avg_ttl / 1000);
  if (cached) sink.Add(FamilyOf(kDbKeysCached), labels, *cached);
  return true;
}

// "master_link_status" and, with several masters (KeyDB), "master_1_link_status": what follows.
std::string_view AfterMaster(std::string_view name) {
  constexpr std::string_view kPrefix = "master_";
  if (!name.starts_with(kPrefix)) return {};
  name.remove_prefix(kPrefix.size());
  const size_t digits = name.find_first_not_of("0123456789");
  if (digits != 0 && digits != std::string_view::npos && name[digits] == '_') {
    name.remove_prefix(digits + 1);
  }
  return name;
}

void AddSlave(Sink& sink, std::string_view value) {
  std::string_view ip, port, state;
  std::optional<double> offset, lag;
  for (PairCursor pairs(value); auto pair = pairs.Next();) {
    if (pair->name == "ip") ip = pair->value;
    if (pair->name == "port") port = pair->value;
    if (pair->name == "state") state = pair->value;
    if (pair->name == "offset") offset = ToDouble(pair->value);
    if (pair->name == "lag") lag = ToDouble(pair->value);
  }
  if (!offset) return;
  const Labels labels = sink.MakeLabels(FamilyOf(kSlaveOffset), {ip, port, state});
  sink.Add(FamilyOf(kSlaveOffset), labels, *offset);
  if (lag && *lag > -1) sink.Add(FamilyOf(kSlaveLag), labels, *lag);
}

// -- sentinel --

bool IsDown(std::string_view flags) {
  return flags.find("o_down") != std::string_view::npos ||
         flags.find("s_down") != std::string_view::npos;
}

double CountUp(const redisReply* nodes) {
  double up = 0;
  for (const redisReply* node : ElementsOf(nodes)) {
    const std::string_view flags = ValueIn(node, "flags");
    if (!flags.empty() && !IsDown(flags)) ++up;
  }
  return up;
}

void AddWatchedMaster(Sink& sink, std::string_view value) {
  std::string_view name, status, address;
  std::optional<double> slaves, sentinels;
  for (PairCursor pairs(value); auto pair = pairs.Next();) {
    if (pair->name == "name") name = pair->value;
    if (pair->name == "status") status = pair->value;
    if (pair->name == "address") address = pair->value;
    if (pair->name == "slaves") slaves = ToDouble(pair->value);
    if (pair->name == "sentinels") sentinels = ToDouble(pair->value);
  }
  if (!slaves || !sentinels) return;
  sink.Add(FamilyOf(kSentinelStatus), {name, address, status}, status == "ok" ? 1 : 0);
  const Labels labels = sink.MakeLabels(FamilyOf(kSentinelSlaves), {name, address});
  sink.Add(FamilyOf(kSentinelSlaves), labels, *slaves);
  sink.Add(FamilyOf(kSentinelSentinels), labels, *sentinels);
}

void AddSentinelFields(const Reading& reading, Sink& sink) {
  constexpr struct {
    std::string_view field;
    MetricId metric;
  } kFields[] = {
      {"sentinel_masters", kSentinelMasters},
      {"sentinel_tilt", kSentinelTilt},
      {"sentinel_running_scripts", kSentinelRunningScripts},
      {"sentinel_scripts_queue_length", kSentinelScriptsQueue},
      {"sentinel_simulate_failure_flags", kSentinelSimulateFailure},
  };
  for (FieldCursor at(reading.info.Body(Section::kSentinel)); auto field = at.Next();) {
    if (IsNumbered(field->name, "master")) AddWatchedMaster(sink, field->value);
    for (const auto& known : kFields) {
      if (known.field != field->name) continue;
      if (const auto value = ToDouble(field->value)) sink.Add(FamilyOf(known.metric), *value);
    }
  }
}

void AddSentinelSettings(const redisReply* master, std::string_view name, std::string_view address,
                         Sink& sink) {
  constexpr struct {
    std::string_view field;
    MetricId metric;
    double divisor;
  } kFields[] = {
      {"quorum", kSentinelSetCkquorum, 1},
      {"failover-timeout", kSentinelSetFailoverTimeout, 1},
      {"parallel-syncs", kSentinelSetParallelSyncs, 1},
      {"down-after-milliseconds", kSentinelSetDownAfter, 1},
      {"config-epoch", kSentinelConfigEpoch, 1},
      {"last-ok-ping-reply", kSentinelLastOkPing, 1000},
  };
  const Labels labels = sink.MakeLabels(FamilyOf(kSentinelSlaves), {name, address});
  for (const auto& known : kFields) {
    if (const auto value = ToDouble(ValueIn(master, known.field))) {
      sink.Add(FamilyOf(known.metric), labels, *value / known.divisor);
    }
  }
}

void AddSentinelMaster(const Reading& reading, const Answers::SentinelMaster& details, Sink& sink) {
  const redisReply* master = details.master;
  const std::string_view name = ValueIn(master, "name");
  std::string address(ValueIn(master, "ip"));
  address.append(":").append(ValueIn(master, "port"));
  AddSentinelSettings(master, name, address, sink);
  sink.Add(FamilyOf(kSentinelCkquorum), {name, TextOf(details.ckquorum.get())},
           IsError(details.ckquorum.get()) ? 0 : 1);
  const Labels labels = sink.MakeLabels(FamilyOf(kSentinelSlaves), {name, address});
  if (!IsError(details.sentinels.get())) {
    sink.Add(FamilyOf(kSentinelOkSentinels), labels, 1 + CountUp(details.sentinels.get()));
  }
  if (!IsError(details.slaves.get())) {
    sink.Add(FamilyOf(kSentinelOkSlaves), labels, CountUp(details.slaves.get()));
  }
  if (!reading.settings.include_sentinel_peers) return;
  for (const redisReply* peer : ElementsOf(details.sentinels.get())) {
    sink.Add(FamilyOf(kSentinelPeerInfo),
             {name, address, ValueIn(peer, "name"), ValueIn(peer, "ip"), ValueIn(peer, "port"),
              ValueIn(peer, "runid"), ValueIn(peer, "flags")},
             1);
  }
}

}  // namespace

Result<void> CollectKeyspace(const Reading& reading, Sink& sink) {
  if (auto state = reading.InfoState(); !state) return state;
  const int databases = reading.settings.empty_databases ? DatabaseCount(reading) : 0;
  std::vector<bool> seen(static_cast<size_t>(databases));
  for (FieldCursor at(reading.info.Body(Section::kKeyspace)); auto field = at.Next();) {
    if (!AddDatabase(sink, *field)) continue;
    const auto number = ToDouble(field->name.substr(2));
    if (number && *number < static_cast<double>(databases)) {
      seen[static_cast<size_t>(*number)] = true;
    }
  }
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i]) continue;
    const std::string name = "db" + std::to_string(i);
    const Labels labels = sink.MakeLabels(FamilyOf(kDbKeys), {name});
    sink.Add(FamilyOf(kDbKeys), labels, 0);
    sink.Add(FamilyOf(kDbKeysExpiring), labels, 0);
  }
  return {};
}

Result<void> CollectReplication(const Reading& reading, Sink& sink) {
  if (auto state = reading.InfoState(); !state) return state;
  std::string_view host, port;  // of the master whose lines these are
  const auto add = [&](MetricId metric, std::optional<double> value) {
    if (value) sink.Add(FamilyOf(metric), {host, port}, *value);
  };
  for (FieldCursor at(reading.info.Body(Section::kReplication)); auto field = at.Next();) {
    if (IsNumbered(field->name, "slave")) AddSlave(sink, field->value);
    if (field->name == "slave_repl_offset") add(kSlaveReplOffset, ToDouble(field->value));
    const std::string_view rest = AfterMaster(field->name);
    if (rest == "host") host = field->value;
    if (rest == "port") port = field->value;
    if (rest == "link_status") add(kMasterLinkUp, field->value == "up" ? 1.0 : 0.0);
    if (rest == "last_io_seconds_ago") add(kMasterLastIo, ToDouble(field->value));
    if (rest == "sync_in_progress") add(kMasterSync, ToDouble(field->value));
  }
  const Identity& id = reading.identity;
  if (id.role == "slave") {
    sink.Add(FamilyOf(kSlaveInfo), {id.master_host, id.master_port, id.slave_read_only}, 1);
  }
  return {};
}

Result<void> CollectSentinel(const Reading& reading, Sink& sink) {
  if (auto state = reading.InfoState(); !state) return state;
  if (!reading.server.sentinel) return {};
  AddSentinelFields(reading, sink);
  const auto masters = reading.answers.Get(Ask::kSentinelMasters);
  if (!masters) return masters.error();
  for (const Answers::SentinelMaster& master : reading.answers.sentinel_masters) {
    AddSentinelMaster(reading, master, sink);
  }
  return {};
}

}  // namespace pillion::redis
