#include "collect.hpp"
#include "fuzz_host.hpp"
#include "fuzz_input.hpp"
#include "reply.hpp"
#include "reply_guard.hpp"
#include "scripts.hpp"
#include "search.hpp"
#include "sentinel_finder.hpp"
#include "streams.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace pillion::redis::testing {
namespace {

constexpr size_t kBytesMax = 4096;  // of a reply
constexpr size_t kElementsMax = 256;

constexpr const char* kServerInfo =
    "# Server\r\nredis_version:7.2.4\r\nvalkey_version:8.1.1\r\n# Commandstats\r\n"
    "cmdstat_get:calls=2,usec=3,usec_per_call=1.5,rejected_calls=0,failed_calls=0\r\n";

// Each owner of a tree has one of its own, in blocks of the exact size.
Reply Copy(const redisReply* from) {
  if (from == nullptr) return nullptr;
  auto* to = static_cast<redisReply*>(hi_calloc(1, sizeof(redisReply)));
  to->type = from->type;
  to->integer = from->integer;
  if (from->str != nullptr) {
    to->len = from->len;
    to->str = static_cast<char*>(hi_malloc(from->len + 1));
    std::memcpy(to->str, from->str, from->len);
    to->str[from->len] = '\0';
  }
  if (from->elements > 0) {
    to->elements = from->elements;
    to->element = static_cast<redisReply**>(hi_calloc(from->elements, sizeof(redisReply*)));
    for (size_t i = 0; i < from->elements; ++i) to->element[i] = Copy(from->element[i]).release();
  }
  return Reply(to);
}

// The first replies as what was asked of a sentinel.
void TrySentinel(const std::vector<Reply>& replies, const Settings& settings) {
  Answers answers;
  answers.Put(Ask::kSentinelMasters, Copy(replies[0].get()));
  answers.Put(Ask::kSentinelConfig, Copy(replies[0].get()));
  const auto at = [&](size_t i) { return Copy(replies[i % replies.size()].get()); };
  const auto masters = ElementsOf(replies[0].get());
  for (const redisReply* master : masters.first(std::min<size_t>(masters.size(), 4))) {
    answers.sentinel_masters.push_back({master, at(1), at(2), at(3)});
  }
  Server server;
  server.known = server.sentinel = true;
  server.version = {7, 0};
  const redisReply info{};
  const Reading reading{settings, server, answers, &info, {}, {}, {}};
  BlindSink sink;
  (void)CollectSentinel(reading, *sink);
  (void)CollectConfig(reading, *sink);
  Settings of_finder;
  of_finder.topology.prefer_replica = true;
  const SentinelFinder finder(of_finder, Options(nullptr, nullptr));
  if (replies.size() < 2) return;
  const auto found = finder.Read(replies, 0);
  if (found) Must(!found->host.empty() && found->port != 0, "an address is one");
}

// What reads trees of replies: they take any.
void TryReaders(const redisReply* reply, const Settings& settings) {
  BlindSink sink;
  if (const auto index = SearchIndexes::ReadIndex(reply)) SearchIndexes::Emit({&*index, 1}, *sink);
  (void)Scripts::AddReply(reply, "file", *sink);
  Streams::Stream stream;
  Streams::ReadStream(reply, stream);
  (void)Streams::ReadGroup(reply);
  (void)Streams::ReadConsumer(reply);

  Answers answers;
  for (const Ask ask :
       {Ask::kConfig, Ask::kSlowlogLen, Ask::kSlowlogGet, Ask::kCommandlogSlow,
        Ask::kCommandlogRequest, Ask::kCommandlogReply, Ask::kLatencyLatest, Ask::kLatencyHistogram,
        Ask::kClusterInfo, Ask::kClientList, Ask::kInfoModules, Ask::kServerExt}) {
    answers.Put(ask, Copy(reply));
  }
  const redisReply info{};
  Reading reading{settings, {}, answers, &info, Info(kServerInfo), {}, {}};
  reading.identity = ReadIdentity(reading.info);
  const Server server = ReadServer(reading.info, reading.identity);
  reading.times = CommandTimes(reading.info.Body(Section::kCommandstats));
  const Reading known{settings,     server,           answers,       &info,
                      reading.info, reading.identity, reading.times, 0};
  for (const auto collect :
       {CollectKeyspace, CollectConfig, CollectSlowlog, CollectCommandlog, CollectLatency,
        CollectLatencyHistogram, CollectClients, CollectModules, CollectTile38}) {
    (void)collect(known, *sink);
  }
}

}  // namespace

void TryReplies(std::string_view input) {
  struct FreeReader {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };
  const std::unique_ptr<redisReader, FreeReader> reader(redisReaderCreate());
  const size_t awaited = input.empty() ? 1 : 1 + static_cast<unsigned char>(input[0]) % 4;
  const size_t piece = input.size() < 2 ? 1 : 1 + static_cast<unsigned char>(input[1]) % 64;
  input.remove_prefix(std::min<size_t>(input.size(), 2));
  ReplyGuard guard({.bytes_max = kBytesMax, .elements_max = kElementsMax}, awaited);
  bool accepted = true;
  while (!input.empty() && !guard.complete()) {
    const std::string chunk(input.substr(0, piece));
    input.remove_prefix(chunk.size());
    accepted = guard.Take(chunk).ok();
    if (!accepted) break;
    Must(guard.bytes() <= kBytesMax, "no more bytes than allowed");
    if (redisReaderFeed(reader.get(), chunk.data(), chunk.size()) != REDIS_OK) return;
  }
  Settings settings;
  settings.include_config = settings.include_sentinel_peers = true;
  settings.reply_bytes_max = kBytesMax;
  settings.client_groups_max = settings.clients_max = 8;
  std::vector<Reply> replies;
  while (true) {
    void* raw = nullptr;
    if (redisReaderGetReply(reader.get(), &raw) != REDIS_OK || raw == nullptr) break;
    replies.emplace_back(static_cast<redisReply*>(raw));
    Must(ElementsOf(replies.back().get()).size() <= kElementsMax, "no more elements than allowed");
    TryReaders(replies.back().get(), settings);
  }
  if (!replies.empty()) TrySentinel(replies, settings);
  Must(replies.size() <= awaited, "no more replies than awaited");
  Must(!accepted || !guard.complete() || replies.size() == awaited || reader->err != 0,
       "what is complete for the guard is complete for the reader");
}

}  // namespace pillion::redis::testing
