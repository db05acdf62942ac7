#include "key_checks.hpp"

#include "info.hpp"
#include "tables.hpp"

#include <algorithm>

namespace pillion::redis {
namespace {

constexpr size_t kKeysAtOnce = 250;
constexpr std::string_view kAcl =
    "+select +scan +type +memory|usage +strlen +getrange +pfcount +llen +scard +zcard +hlen +xlen "
    "+arcount ~*";
constexpr std::string_view kHllBegin = "HYLL";

struct TypeDesc {
  std::string_view type;
  std::string_view command;
};
constexpr TypeDesc kTypes[] = {
    {"list", "LLEN"}, {"set", "SCARD"},   {"zset", "ZCARD"},
    {"hash", "HLEN"}, {"stream", "XLEN"}, {"array", "ARCOUNT"},
};

std::optional<double> CountOf(const Reply& reply) {
  const auto count = IntegerOf(reply.get());
  if (!count) return std::nullopt;
  return static_cast<double>(*count);
}

// A number as the peers read it: a plus sign is allowed.
std::optional<double> ValueOf(std::string_view text) {
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  return ToDouble(text);
}

}  // namespace

std::vector<KeyWalk::Target> KeyChecks::Begin(KeyReader& reader) {
  seen_.clear();
  found_ = {};
  check_dbs_.clear();
  count_dbs_.clear();
  std::vector<KeyWalk::Target> targets;
  for (const KeySpec& spec : reader.settings().check_keys) {
    if (!spec.pattern) continue;
    targets.push_back({.db = spec.db, .match = spec.key});
    check_dbs_.push_back(spec.db);
  }
  for (const KeySpec& spec : reader.settings().count_keys) {
    targets.push_back({.db = spec.db, .match = spec.key});
    count_dbs_.push_back(spec.db);
  }
  found_.counts.assign(count_dbs_.size(), 0);
  return targets;
}

Result<void> KeyChecks::VisitSingles(KeyReader& reader) {
  for (const KeySpec& spec : reader.settings().check_keys) {
    if (spec.pattern || !reader.Holds(spec.key)) continue;
    const std::string_view key = spec.key;
    const size_t begin = found_.rows.size();
    auto done = Check(reader, spec.db, {&key, 1});
    if (!done && reader.Lacks(spec.db)) {
      found_.rows.resize(begin);
      continue;
    }
    if (!done) return done;
    // One that is asked for by its name is shown also if it is not there.
    for (Row& row : std::span(found_.rows).subspan(begin)) {
      if (row.type == "none") row.size = 0;
    }
  }
  return {};
}

Result<void> KeyChecks::Visit(KeyReader& reader, size_t target,
                              std::span<const std::string_view> keys) {
  if (target < check_dbs_.size()) return Check(reader, check_dbs_[target], keys);
  *found_.counts[target - check_dbs_.size()] += static_cast<double>(keys.size());
  return {};
}

void KeyChecks::Done() {
  for (size_t i = 0; i < count_dbs_.size(); ++i) {
    if (Lacks(count_dbs_[i])) found_.counts[i].reset();
  }
  shown_ = std::move(found_);
  found_ = {};
  seen_.clear();
}

Result<void> KeyChecks::Check(KeyReader& reader, int db, std::span<const std::string_view> keys) {
  std::vector<std::string_view> fresh;
  for (const std::string_view key : keys) {
    if (found_.rows.size() + fresh.size() == reader.settings().keys_max) {
      ++found_.left_out;
    } else if (seen_.insert(std::to_string(db).append(":").append(key)).second) {
      fresh.push_back(key);
    }
  }
  std::span<const std::string_view> rest(fresh);
  while (!rest.empty()) {
    const size_t count = std::min(rest.size(), kKeysAtOnce);
    if (auto done = CheckSome(reader, db, rest.first(count)); !done) return done;
    rest = rest.subspan(count);
  }
  return {};
}

Result<void> KeyChecks::CheckSome(KeyReader& reader, int db,
                                  std::span<const std::string_view> keys) {
  const size_t begin = found_.rows.size();
  for (const std::string_view key : keys) {
    found_.rows.emplace_back();
    found_.rows.back().db = db;
    found_.rows.back().key = key;
  }
  const auto rows = std::span(found_.rows).subspan(begin);
  if (auto done = ReadTypes(reader, rows); !done) return done;
  if (auto done = ReadSizes(reader, rows); !done) return done;
  return ReadCardinalities(reader, rows);
}

Result<void> KeyChecks::ReadTypes(KeyReader& reader, std::span<Row> rows) {
  Questions questions(rows.front().db);
  for (const Row& row : rows) {
    questions.Add({"TYPE", row.key});
    questions.Add({"MEMORY", "USAGE", row.key});
  }
  const auto replies = reader.Ask(questions, kAcl);
  if (!replies) return replies.error();
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].type = TextOf((*replies)[2 * i].get());
    rows[i].memory = CountOf((*replies)[2 * i + 1]);
  }
  return {};
}

Result<void> KeyChecks::ReadSizes(KeyReader& reader, std::span<Row> rows) {
  const std::string last =
      std::to_string((reader.settings().export_values ? kValueBytesMax : kHllBegin.size()) - 1);
  Questions questions(rows.front().db);
  for (const Row& row : rows) {
    if (row.type == "string") {
      questions.Add({"STRLEN", row.key});
      questions.Add({"GETRANGE", row.key, "0", last});
    }
    for (const TypeDesc& desc : kTypes) {
      if (desc.type == row.type) questions.Add({desc.command, row.key});
    }
  }
  if (questions.count() == 0) return {};
  const auto replies = reader.Ask(questions, kAcl);
  if (!replies) return replies.error();
  auto next = replies->begin();
  for (Row& row : rows) {
    if (row.type == "string") {
      row.size = CountOf(*next++);
      if (!IsError(next->get())) TakeValue(reader.settings(), TextOf(next->get()), row);
      ++next;
    }
    for (const TypeDesc& desc : kTypes) {
      if (desc.type == row.type) row.size = CountOf(*next++);
    }
  }
  return {};
}

// A string that looks like one is a HyperLogLog: what it counts is its size, and it has no value.
void KeyChecks::TakeValue(const KeySettings& settings, std::string_view value, Row& row) {
  if (value.starts_with(kHllBegin)) row.type = "hll";
  if (!settings.export_values) return;
  row.value = ValueOf(value);
  if (!row.value) row.text = value;
}

Result<void> KeyChecks::ReadCardinalities(KeyReader& reader, std::span<Row> rows) {
  Questions questions(rows.front().db);
  for (const Row& row : rows) {
    if (row.type == "hll") questions.Add({"PFCOUNT", row.key});
  }
  if (questions.count() == 0) return {};
  const auto replies = reader.Ask(questions, kAcl);
  if (!replies) return replies.error();
  auto next = replies->begin();
  for (Row& row : rows) {
    if (row.type != "hll") continue;
    const auto count = CountOf(*next++);
    if (!count) continue;  // an ordinary string after all
    row.size = count;
    row.text.reset();
  }
  return {};
}

void KeyChecks::Emit(const KeySettings& settings, Sink& sink) const {
  const WalkTimes& times = shown();
  if (!times.complete) return;
  for (const Row& row : shown_.rows) {
    if (!row.size && !row.memory) continue;
    const std::string db = "db" + std::to_string(row.db);
    const Labels labels = sink.MakeLabels(FamilyOf(kKeySize), {db, row.key});
    if (row.memory) sink.Add(FamilyOf(kKeyMemory), labels, *row.memory);
    if (row.size) sink.Add(FamilyOf(kKeySize), labels, *row.size);
    if (row.value) sink.Add(FamilyOf(kKeyValue), labels, *row.value);
    if (row.text) sink.Add(FamilyOf(kKeyValueAsString), {db, row.key, *row.text}, 1);
  }
  for (size_t i = 0; i < shown_.counts.size() && i < settings.count_keys.size(); ++i) {
    const KeySpec& spec = settings.count_keys[i];
    if (!shown_.counts[i]) continue;
    sink.Add(FamilyOf(kKeysCount), {"db" + std::to_string(spec.db), spec.key}, *shown_.counts[i]);
  }
  sink.Add(FamilyOf(kKeysLeftOut), shown_.left_out);
  sink.Add(FamilyOf(kKeysScanTime), times.unix_seconds);
  sink.Add(FamilyOf(kKeysScanDuration), times.seconds);
}

}  // namespace pillion::redis
