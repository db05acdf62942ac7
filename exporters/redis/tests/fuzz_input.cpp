#include "fuzz_input.hpp"

#include "cluster_nodes.hpp"
#include "collect.hpp"
#include "fuzz_host.hpp"
#include "lua_pattern.hpp"
#include "password_map.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace pillion::redis::testing {
void TryInfo(std::string_view input) {
  const std::string text(input);  // of its own, so that a step beyond the end is seen
  const Settings settings;
  const Answers answers;
  redisReply reply{};
  reply.type = REDIS_REPLY_STRING;
  Reading reading{settings, {}, answers, &reply, Info(text), {}, {}};
  reading.identity = ReadIdentity(reading.info);
  const Server server = ReadServer(reading.info, reading.identity);
  reading.times = CommandTimes(reading.info.Body(Section::kCommandstats));
  Reading known{
      settings,     server,           answers,       &reply,
      reading.info, reading.identity, reading.times, StartTime(reading.identity, 1.7e9, 0)};
  BlindSink sink;
  for (const auto collect :
       {CollectInfo, CollectKeyspace, CollectCommandstats, CollectLatencystats, CollectErrorstats,
        CollectReplication, CollectCluster, CollectSentinel}) {
    (void)collect(known, *sink);
  }
}

void TryModules(std::string_view input) {
  const std::string text(input);
  BlindSink sink;
  AddModules(text, *sink);
}

void TryClients(std::string_view input) {
  const std::string text(input);
  Settings settings;
  settings.client_series = ClientSeries::kEach;
  settings.client_port = true;
  settings.client_groups_by = {ClientText::kName, ClientText::kHost, ClientText::kLibVer};
  settings.client_groups_max = 2;
  settings.clients_max = 3;
  BlindSink sink;
  AddClientList(settings, text, 1.7e9, *sink);
}

void TryLuaPattern(std::string_view input) {
  const size_t end = std::min(input.find('\n'), input.size());
  const std::string pattern(input.substr(0, end));
  const std::string text(input.substr(std::min(end + 1, input.size())));
  const auto compiled = LuaPattern::Compile(pattern);
  if (!compiled) {
    Must(!compiled.error().message.empty(), "what is refused has a reason");
    return;
  }
  std::string group;
  if (!compiled->Find(text, group)) return;
  Must(group.size() <= LuaPattern::kCapturesMax * (text.size() + 20), "captures are of the text");
}

void TryClusterInfo(std::string_view input) {
  std::string text(input);
  auto* bulk = static_cast<redisReply*>(hi_calloc(1, sizeof(redisReply)));
  bulk->type = REDIS_REPLY_STRING;
  bulk->len = text.size();
  bulk->str = static_cast<char*>(hi_malloc(text.size() + 1));
  std::memcpy(bulk->str, text.c_str(), text.size() + 1);
  Answers answers;
  answers.Put(Ask::kClusterInfo, Reply(bulk));
  const Settings settings;
  Server server;
  server.cluster = true;
  const redisReply info{};
  const Reading reading{settings, server, answers, &info, {}, {}, {}};
  BlindSink sink;
  Must(CollectCluster(reading, *sink).ok(), "any text is only text");
}

void TryClusterNodes(std::string_view input) {
  const std::string text(input);
  const auto nodes = ParseClusterNodes(text);
  Must(nodes.size() <= kClusterNodesMax, "no more nodes than the bound");
  size_t ranges = 0;
  for (const ClusterNode& node : nodes) {
    Must(!node.id.empty() && node.id.size() <= 64, "a node has an id");
    Must(node.slots <= kClusterSlots, "no more slots than there are");
    Must(node.endpoint.host.size() + node.hostname.size() + node.master.size() <= text.size(),
         "what is said of a node is part of the text");
    for (const SlotRange& range : node.ranges) {
      Must(range.first <= range.last && range.last < kClusterSlots, "a range is one of slots");
    }
    ranges += node.ranges.size();
  }
  Must(ranges <= kClusterSlots, "no more ranges than slots");
  Must(SlotOf(text) < kClusterSlots, "each key has a slot");
}

void TryPasswordMap(std::string_view input) {
  const std::string text(input);
  Endpoint address;
  address.host = "cache-1";
  for (const char* user : {"", "monitor"}) {
    const auto found = FindPassword(text, address, user);
    if (!found) Must(!found.error().message.empty(), "what is refused has a reason");
  }
}

}  // namespace pillion::redis::testing
