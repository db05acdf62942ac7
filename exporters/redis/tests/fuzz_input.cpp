#include "fuzz_input.hpp"

#include "collect.hpp"
#include "reply.hpp"
#include "reply_guard.hpp"

#include <pillion/sink.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace pillion::redis::testing {
namespace {

constexpr size_t kBytesMax = 4096;  // of a reply
constexpr size_t kElementsMax = 256;

void Must(bool rule, const char* text) {
  if (rule) return;
  std::fprintf(stderr, "broken: %s\n", text);
  std::abort();
}

// A host that reads every byte it is given and keeps nothing.
struct Eyes {
  uint64_t seen = 0;
  void Look(pillion_str text) {
    for (size_t i = 0; i < text.size; ++i) seen += static_cast<unsigned char>(text.data[i]);
  }
};

Eyes& Of(pillion_poll* poll) { return *reinterpret_cast<Eyes*>(poll); }

pillion_host MakeHost() {
  pillion_host host{};
  host.size = sizeof host;
  host.declare = [](pillion_poll* poll, const pillion_metric* metric) -> pillion_family {
    Of(poll).Look(metric->name);
    Must(metric->name.size < 100'000, "names are no longer than their line");
    return 1'000'000;
  };
  host.labels = [](pillion_poll* poll, pillion_family family, const pillion_str* values,
                   size_t count) -> pillion_labels {
    Must(family < MetricTable().size(), "the family is in the table");
    const std::string_view names = MetricTable()[family].labels;
    Must(count == 1 + static_cast<size_t>(std::count(names.begin(), names.end(), ',')),
         "as many values as labels");
    for (size_t i = 0; i < count; ++i) Of(poll).Look(values[i]);
    return 1;
  };
  host.labels_named = [](pillion_poll* poll, const pillion_str* names, const pillion_str* values,
                         size_t count) -> pillion_labels {
    for (size_t i = 0; i < count; ++i) {
      Of(poll).Look(names[i]);
      Of(poll).Look(values[i]);
    }
    return 1;
  };
  host.add = [](pillion_poll*, pillion_family family, pillion_labels, double) {
    Must(family < MetricTable().size() || family == 1'000'000, "the family is in the table");
  };
  host.add_summary = [](pillion_poll*, pillion_family, pillion_labels,
                        const pillion_summary* summary) {
    for (size_t i = 1; i < summary->quantile_count; ++i) {
      Must(summary->quantiles[i - 1] < summary->quantiles[i], "quantiles ascend");
    }
  };
  return host;
}

}  // namespace

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
  Reading known{settings,     server,           answers,       &reply,
                reading.info, reading.identity, reading.times, StartTime(reading.info, 1.7e9, 0)};
  const pillion_host host = MakeHost();
  Eyes eyes;
  Sink sink(&host, reinterpret_cast<pillion_poll*>(&eyes));
  for (const auto collect :
       {CollectInfo, CollectKeyspace, CollectCommandstats, CollectLatencystats, CollectErrorstats,
        CollectReplication, CollectCluster, CollectSentinel}) {
    (void)collect(known, sink);
  }
}

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
  size_t complete = 0;
  while (true) {
    void* raw = nullptr;
    if (redisReaderGetReply(reader.get(), &raw) != REDIS_OK || raw == nullptr) break;
    const Reply reply(static_cast<redisReply*>(raw));
    Must(ElementsOf(reply.get()).size() <= kElementsMax, "no more elements than allowed");
    ++complete;
  }
  Must(complete <= awaited, "no more replies than awaited");
  Must(!accepted || !guard.complete() || complete == awaited || reader->err != 0,
       "what is complete for the guard is complete for the reader");
}

}  // namespace pillion::redis::testing
