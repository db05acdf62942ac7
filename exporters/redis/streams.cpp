#include "streams.hpp"

#include "info.hpp"
#include "tables.hpp"

#include <algorithm>
#include <iterator>

namespace pillion::redis {
namespace {

constexpr size_t kStreamsAtOnce = 16;  // each reply holds two whole entries of the stream
constexpr size_t kGroupsAtOnce = 100;
constexpr size_t kPartsPerStream = 10;  // groups and consumers, on average
constexpr std::string_view kAcl = "+select +scan +xinfo|stream +xinfo|groups +xinfo|consumers ~*";

enum class Form : uint8_t { kNumber, kId, kEntry };
struct FieldDesc {
  std::string_view field;
  MetricId metric;
  Form form = Form::kNumber;
};
constexpr FieldDesc kStreamFields[] = {
    {"length", kStreamLength},
    {"radix-tree-keys", kStreamRadixKeys},
    {"radix-tree-nodes", kStreamRadixNodes},
    {"last-generated-id", kStreamLastGenerated, Form::kId},
    {"groups", kStreamGroups},
    {"max-deleted-entry-id", kStreamMaxDeleted, Form::kId},
    {"first-entry", kStreamFirstEntry, Form::kEntry},
    {"last-entry", kStreamLastEntry, Form::kEntry},
    {"entries-added", kStreamEntriesAdded},
};
static_assert(std::size(kStreamFields) == kStreamFieldCount);
constexpr FieldDesc kGroupFields[] = {
    {"consumers", kStreamGroupConsumers},
    {"pending", kStreamGroupPending},
    {"last-delivered-id", kStreamGroupLastDelivered, Form::kId},
    {"entries-read", kStreamGroupEntriesRead},
    {"lag", kStreamGroupLag},
};
static_assert(std::size(kGroupFields) == kStreamGroupFieldCount);

std::optional<double> NumberOf(const redisReply* reply) {
  const auto number = IntegerOf(reply);
  if (!number) return std::nullopt;
  return static_cast<double>(*number);
}

// The value of a field. An entry that is not there, of a stream without entries, is 0.
std::optional<double> ValueOf(const redisReply* reply, Form form) {
  if (form == Form::kNumber) return NumberOf(reply);
  if (form == Form::kId) return StreamTime(TextOf(reply));
  const auto entry = ElementsOf(reply);
  if (entry.empty()) return 0;
  return StreamTime(TextOf(entry[0]));
}

template <size_t N>
void ReadFields(const redisReply* reply, const FieldDesc (&fields)[N],
                std::array<std::optional<double>, N>& numbers) {
  const auto parts = ElementsOf(reply);
  for (size_t i = 0; i + 1 < parts.size(); i += 2) {
    const std::string_view name = TextOf(parts[i]);
    for (size_t field = 0; field < N; ++field) {
      if (fields[field].field == name) numbers[field] = ValueOf(parts[i + 1], fields[field].form);
    }
  }
}

const redisReply* Part(const redisReply* pairs, std::string_view name) {
  const auto parts = ElementsOf(pairs);
  for (size_t i = 0; i + 1 < parts.size(); i += 2) {
    if (TextOf(parts[i]) == name) return parts[i + 1];
  }
  return nullptr;
}

}  // namespace

std::optional<double> StreamTime(std::string_view id) {
  return ToDouble(id.substr(0, id.find('-')));
}

void Streams::ReadStream(const redisReply* reply, Stream& stream) {
  ReadFields(reply, kStreamFields, stream.numbers);
}

Streams::Group Streams::ReadGroup(const redisReply* reply) {
  Group group;
  group.name = TextOf(Part(reply, "name"));
  ReadFields(reply, kGroupFields, group.numbers);
  return group;
}

Streams::Consumer Streams::ReadConsumer(const redisReply* reply) {
  Consumer consumer;
  consumer.name = TextOf(Part(reply, "name"));
  consumer.pending = NumberOf(Part(reply, "pending"));
  consumer.idle = NumberOf(Part(reply, "idle"));
  if (consumer.idle) *consumer.idle /= 1000;
  return consumer;
}

std::vector<KeyWalk::Target> Streams::Begin(KeyReader& reader) {
  found_ = {};
  seen_.clear();
  parts_ = 0;
  target_dbs_.clear();
  std::vector<KeyWalk::Target> targets;
  for (const KeySpec& spec : reader.settings().check_streams) {
    if (!spec.pattern) continue;
    targets.push_back({.db = spec.db, .match = spec.key, .streams = true});
    target_dbs_.push_back(spec.db);
  }
  return targets;
}

Result<void> Streams::VisitSingles(KeyReader& reader) {
  for (const KeySpec& spec : reader.settings().check_streams) {
    if (spec.pattern || !reader.Holds(spec.key)) continue;
    const std::string_view key = spec.key;
    auto done = Read(reader, spec.db, {&key, 1});
    if (!done && !reader.Lacks(spec.db)) return done;
  }
  return {};
}

Result<void> Streams::Visit(KeyReader& reader, size_t target,
                            std::span<const std::string_view> keys) {
  return Read(reader, target_dbs_[target], keys);
}

void Streams::Done() {
  shown_ = std::move(found_);
  found_ = {};
  seen_.clear();
}

bool Streams::Fits(const KeySettings& settings) {
  if (parts_ == kPartsPerStream * settings.streams_max) {
    ++found_.left_out;
    return false;
  }
  ++parts_;
  return true;
}

Result<void> Streams::Read(KeyReader& reader, int db, std::span<const std::string_view> keys) {
  std::vector<std::string_view> fresh;
  for (const std::string_view key : keys) {
    if (found_.streams.size() + fresh.size() == reader.settings().streams_max) {
      ++found_.left_out;
    } else if (seen_.insert(std::to_string(db).append(":").append(key)).second) {
      fresh.push_back(key);
    }
  }
  std::span<const std::string_view> rest(fresh);
  while (!rest.empty()) {
    const size_t count = std::min(rest.size(), kStreamsAtOnce);
    if (auto done = ReadSome(reader, db, rest.first(count)); !done) return done;
    rest = rest.subspan(count);
  }
  return {};
}

Result<void> Streams::ReadSome(KeyReader& reader, int db, std::span<const std::string_view> keys) {
  Questions questions(db);
  for (const std::string_view key : keys) {
    questions.Add({"XINFO", "STREAM", key});
    questions.Add({"XINFO", "GROUPS", key});
  }
  const auto replies = reader.Ask(questions, kAcl);
  if (!replies) return replies.error();
  for (size_t i = 0; i < keys.size(); ++i) {
    const redisReply* stream_reply = (*replies)[2 * i].get();
    if (ElementsOf(stream_reply).empty()) continue;  // no stream, or gone
    Stream stream;
    stream.db = db;
    stream.key = keys[i];
    ReadStream(stream_reply, stream);
    for (const redisReply* group : ElementsOf((*replies)[2 * i + 1].get())) {
      if (Fits(reader.settings())) stream.groups.push_back(ReadGroup(group));
    }
    if (reader.settings().consumers) {
      if (auto done = ReadConsumers(reader, stream); !done) return done;
    }
    found_.streams.push_back(std::move(stream));
  }
  return {};
}

Result<void> Streams::ReadConsumers(KeyReader& reader, Stream& stream) {
  std::span<Group> rest(stream.groups);
  while (!rest.empty()) {
    const auto some = rest.first(std::min(rest.size(), kGroupsAtOnce));
    rest = rest.subspan(some.size());
    Questions questions(stream.db);
    for (const Group& group : some) {
      questions.Add({"XINFO", "CONSUMERS", stream.key, group.name});
    }
    const auto replies = reader.Ask(questions, kAcl);
    if (!replies) return replies.error();
    for (size_t i = 0; i < some.size(); ++i) {
      for (const redisReply* consumer : ElementsOf((*replies)[i].get())) {
        if (Fits(reader.settings())) some[i].consumers.push_back(ReadConsumer(consumer));
      }
    }
  }
  return {};
}

void Streams::Emit(Sink& sink) const {
  const WalkTimes& times = shown();
  if (!times.complete) return;
  for (const Stream& stream : shown_.streams) {
    const std::string db = "db" + std::to_string(stream.db);
    const Labels labels = sink.MakeLabels(FamilyOf(kStreamLength), {db, stream.key});
    for (size_t i = 0; i < kStreamFieldCount; ++i) {
      if (!stream.numbers[i]) continue;
      sink.Add(FamilyOf(kStreamFields[i].metric), labels, *stream.numbers[i]);
    }
    for (const Group& group : stream.groups) {
      const Labels of_group =
          sink.MakeLabels(FamilyOf(kStreamGroupLag), {db, stream.key, group.name});
      for (size_t i = 0; i < kStreamGroupFieldCount; ++i) {
        if (!group.numbers[i]) continue;
        sink.Add(FamilyOf(kGroupFields[i].metric), of_group, *group.numbers[i]);
      }
      for (const Consumer& consumer : group.consumers) {
        const Labels of_consumer = sink.MakeLabels(FamilyOf(kStreamConsumerIdle),
                                                   {db, stream.key, group.name, consumer.name});
        if (consumer.pending) {
          sink.Add(FamilyOf(kStreamConsumerPending), of_consumer, *consumer.pending);
        }
        if (consumer.idle) sink.Add(FamilyOf(kStreamConsumerIdle), of_consumer, *consumer.idle);
      }
    }
  }
  sink.Add(FamilyOf(kStreamsLeftOut), shown_.left_out);
  sink.Add(FamilyOf(kStreamsScanTime), times.unix_seconds);
  sink.Add(FamilyOf(kStreamsScanDuration), times.seconds);
}

}  // namespace pillion::redis
