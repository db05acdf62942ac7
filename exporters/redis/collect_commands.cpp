// The collectors that read commands of their own: CONFIG, SLOWLOG, COMMANDLOG, LATENCY.
#include "collect.hpp"
#include "tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace pillion::redis {
namespace {

struct Named {
  std::string_view name;
  MetricId metric;
};

constexpr Named kConfigValues[] = {
    {"maxmemory", kConfigMaxmemory},
    {"maxclients", kConfigMaxclients},
    {"io-threads", kConfigIoThreads},
    {"repl-backlog-size", kConfigReplBacklogSize},
};

constexpr Named kCommandlogLimits[] = {
    {"commandlog-execution-slower-than", kCommandlogSlowerThan},
    {"commandlog-slow-execution-max-len", kCommandlogSlowMaxLen},
    {"commandlog-request-larger-than", kCommandlogRequestLarger},
    {"commandlog-large-request-max-len", kCommandlogRequestMaxLen},
    {"commandlog-reply-larger-than", kCommandlogReplyLarger},
    {"commandlog-large-reply-max-len", kCommandlogReplyMaxLen},
};

// Settings that hold a password; they are never exported.
bool IsSecret(std::string_view name) {
  return name == "requirepass" || name == "masterauth" || name == "tls-key-file-pass" ||
         name == "tls-client-key-file-pass" || name == "sentinel-pass";
}

template <size_t N>
void AddNamed(Sink& sink, const Named (&known)[N], std::string_view name, std::string_view text) {
  for (const Named& entry : known) {
    if (entry.name != name) continue;
    if (const auto value = ToDouble(text)) sink.Add(FamilyOf(entry.metric), *value);
  }
}

std::string_view TakeWord(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

// "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"
void AddOutputLimits(Sink& sink, std::string_view text) {
  while (true) {
    const std::string_view client_class = TakeWord(text);
    const std::string_view hard = TakeWord(text);
    const std::string_view soft = TakeWord(text);
    const std::string_view seconds = TakeWord(text);
    if (seconds.empty()) return;
    if (const auto value = ToDouble(hard)) {
      sink.Add(FamilyOf(kConfigOutputLimit), {client_class, "hard"}, *value);
    }
    if (const auto value = ToDouble(soft)) {
      sink.Add(FamilyOf(kConfigOutputLimit), {client_class, "soft"}, *value);
    }
    if (const auto value = ToDouble(seconds)) {
      sink.Add(FamilyOf(kConfigOutputOvercome), {client_class, "soft"}, *value);
    }
  }
}

// One command of LATENCY HISTOGRAM: ["calls", n, "histogram_usec", [bound, count, ...]].
bool AddHistogram(const Reading& reading, std::string_view cmd, const redisReply* details,
                  std::vector<double>& numbers, Sink& sink) {
  const auto parts = ElementsOf(details);
  if (parts.size() < 4) return false;
  const auto calls = IntegerOf(parts[1]);
  const auto pairs = ElementsOf(parts[3]);
  if (!calls || pairs.size() % 2 != 0) return false;
  const size_t buckets = pairs.size() / 2;
  numbers.resize(2 * buckets);
  for (size_t i = 0; i < buckets; ++i) {
    const auto bound = IntegerOf(pairs[2 * i]);
    const auto count = IntegerOf(pairs[2 * i + 1]);
    if (!bound || !count) return false;
    numbers[i] = static_cast<double>(*bound);
    numbers[buckets + i] = static_cast<double>(*count);
  }
  const double sum = reading.info_reply.ok() ? reading.times.UsecOf(cmd)
                                             : std::numeric_limits<double>::quiet_NaN();
  const std::span<const double> all(numbers);
  sink.Add(FamilyOf(kCommandsLatencies), sink.MakeLabels(FamilyOf(kCommandsLatencies), {cmd}),
           Histogram{all.first(buckets), all.subspan(buckets), static_cast<double>(*calls), sum});
  return true;
}

}  // namespace

namespace {

Result<void> CollectSentinelConfig(const Reading& reading, Sink& sink) {
  if (!reading.settings.include_config || !reading.server.version.AtLeast(6, 2)) return {};
  const auto config = reading.answers.Get(Ask::kSentinelConfig);
  if (!config) return config.error();
  const auto pairs = ElementsOf(*config);
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const std::string_view name = TextOf(pairs[i]);
    const std::string_view value = TextOf(pairs[i + 1]);
    if (IsSecret(name)) continue;
    sink.Add(FamilyOf(kSentinelConfigKeyValue), {name, value}, 1);
    if (const auto number = ToDouble(value)) {
      sink.Add(FamilyOf(kSentinelConfigValue), {name}, *number);
    }
  }
  return {};
}

}  // namespace

Result<void> CollectConfig(const Reading& reading, Sink& sink) {
  if (reading.server.sentinel) return CollectSentinelConfig(reading, sink);
  if (reading.settings.config_command.empty()) return {};
  const auto config = reading.answers.Get(Ask::kConfig);
  if (!config) return config.error();
  const auto pairs = ElementsOf(*config);
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const std::string_view name = TextOf(pairs[i]);
    const std::string_view value = TextOf(pairs[i + 1]);
    AddNamed(sink, kConfigValues, name, value);
    if (name == "client-output-buffer-limit") AddOutputLimits(sink, value);
    if (!reading.settings.include_config || IsSecret(name)) continue;
    sink.Add(FamilyOf(kConfigKeyValue), {name, value}, 1);
    if (const auto number = ToDouble(value)) sink.Add(FamilyOf(kConfigValue), {name}, *number);
  }
  return {};
}

Result<void> CollectSlowlog(const Reading& reading, Sink& sink) {
  if (reading.server.sentinel) return {};
  const auto length = reading.answers.Get(Ask::kSlowlogLen);
  if (!length) return length.error();
  const auto last = reading.answers.Get(Ask::kSlowlogGet);
  if (!last) return last.error();
  if (const auto count = IntegerOf(*length)) {
    sink.Add(FamilyOf(kSlowlogLength), static_cast<double>(*count));
  }
  int64_t id = 0;
  int64_t usec = 0;
  if (const auto entries = ElementsOf(*last); !entries.empty()) {
    const auto entry = ElementsOf(entries[0]);
    if (!entry.empty()) id = IntegerOf(entry[0]).value_or(0);
    if (entry.size() > 2) usec = IntegerOf(entry[2]).value_or(0);
  }
  sink.Add(FamilyOf(kSlowlogLastId), static_cast<double>(id));
  sink.Add(FamilyOf(kSlowlogLastDuration), static_cast<double>(usec) / 1e6);
  return {};
}

Result<void> CollectCommandlog(const Reading& reading, Sink& sink) {
  if (auto state = reading.InfoState(); !state) return state;
  if (!reading.server.has_commandlog()) return {};
  constexpr struct {
    Ask ask;
    MetricId metric;
  } kLengths[] = {
      {Ask::kCommandlogSlow, kCommandlogSlowLength},
      {Ask::kCommandlogRequest, kCommandlogRequestLength},
      {Ask::kCommandlogReply, kCommandlogReplyLength},
  };
  for (const auto& entry : kLengths) {
    const auto length = reading.answers.Get(entry.ask);
    if (!length) return length.error();
    if (const auto count = IntegerOf(*length)) {
      sink.Add(FamilyOf(entry.metric), static_cast<double>(*count));
    }
  }
  // The limits are a bonus: without CONFIG the lengths stand alone.
  const auto config = reading.answers.Get(Ask::kConfig);
  if (!config) return {};
  const auto pairs = ElementsOf(*config);
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    AddNamed(sink, kCommandlogLimits, TextOf(pairs[i]), TextOf(pairs[i + 1]));
  }
  return {};
}

Result<void> CollectLatency(const Reading& reading, Sink& sink) {
  if (reading.server.sentinel) return {};
  const auto latest = reading.answers.Get(Ask::kLatencyLatest);
  if (!latest) return latest.error();
  for (const redisReply* event : ElementsOf(*latest)) {
    const auto parts = ElementsOf(event);
    if (parts.size() < 3) continue;
    const auto when = IntegerOf(parts[1]);
    const auto milliseconds = IntegerOf(parts[2]);
    if (!when || !milliseconds) continue;
    const Labels labels = sink.MakeLabels(FamilyOf(kLatencySpikeLast), {TextOf(parts[0])});
    sink.Add(FamilyOf(kLatencySpikeLast), labels, static_cast<double>(*when));
    sink.Add(FamilyOf(kLatencySpikeDuration), labels, static_cast<double>(*milliseconds) / 1e3);
  }
  return {};
}

Result<void> CollectLatencyHistogram(const Reading& reading, Sink& sink) {
  if (reading.server.sentinel || !reading.server.may_have_histogram()) return {};
  const auto all = reading.answers.Get(Ask::kLatencyHistogram);
  if (!all) return all.error();
  const auto pairs = ElementsOf(*all);
  std::vector<double> numbers;
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (!AddHistogram(reading, TextOf(pairs[i]), pairs[i + 1], numbers, sink)) {
      return Error{Reason::kProtocol, "LATENCY HISTOGRAM: the reply has an unknown form"};
    }
  }
  return {};
}

}  // namespace pillion::redis
