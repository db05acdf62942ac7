#include "big_keys.hpp"

#include "tables.hpp"

#include <algorithm>

namespace pillion::redis {
namespace {

constexpr size_t kKeysAtOnce = 500;
constexpr std::string_view kAcl = "+select +scan +type +memory|usage ~*";

}  // namespace

std::vector<KeyWalk::Target> BigKeys::Begin(KeyReader&) {
  found_.clear();
  targets_ = databases_;
  std::vector<KeyWalk::Target> targets;
  for (const int db : targets_) targets.push_back({.db = db});
  return targets;
}

Result<void> BigKeys::Visit(KeyReader& reader, size_t target,
                            std::span<const std::string_view> keys) {
  const int db = targets_[target];
  while (!keys.empty()) {
    const auto some = keys.first(std::min(keys.size(), kKeysAtOnce));
    keys = keys.subspan(some.size());
    Questions questions(db);
    for (const std::string_view key : some) questions.Add({"MEMORY", "USAGE", key});
    const auto replies = reader.Ask(questions, kAcl);
    if (!replies) return replies.error();
    std::vector<Row> rows;
    for (size_t i = 0; i < some.size(); ++i) {
      const auto bytes = IntegerOf((*replies)[i].get());
      if (!bytes) continue;  // it is gone
      Take({db, std::string(some[i]), {}, static_cast<double>(*bytes)},
           reader.settings().big_keys_max, rows);
    }
    if (auto taken = TakeLiving(reader, db, std::move(rows)); !taken) return taken;
  }
  return {};
}

// Of equal ones the names decide, so that each walk shows the same.
bool BigKeys::Before(const Row& a, const Row& b) {
  if (a.memory != b.memory) return a.memory > b.memory;
  return a.db != b.db ? a.db < b.db : a.key < b.key;
}

bool BigKeys::HasPlace(const Row& row, size_t rows_max, const std::vector<Row>& rows) {
  return rows.size() < rows_max || Before(row, rows.back());
}

void BigKeys::Take(Row row, size_t rows_max, std::vector<Row>& rows) {
  if (!HasPlace(row, rows_max, rows)) return;
  std::erase_if(rows, [&](const Row& old) {  // SCAN may give a key twice
    return old.db == row.db && old.key == row.key;
  });
  if (rows.size() == rows_max) rows.pop_back();
  rows.insert(std::upper_bound(rows.begin(), rows.end(), row, Before), std::move(row));
}

// One that has gone meanwhile must not take the place of another.
Result<void> BigKeys::TakeLiving(KeyReader& reader, int db, std::vector<Row> rows) {
  const size_t rows_max = reader.settings().big_keys_max;
  std::erase_if(rows, [&](const Row& row) { return !HasPlace(row, rows_max, found_); });
  if (rows.empty()) return {};
  Questions questions(db);
  for (const Row& row : rows) questions.Add({"TYPE", row.key});
  const auto replies = reader.Ask(questions, kAcl);
  if (!replies) return replies.error();
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].type = TextOf((*replies)[i].get());
    if (IsError((*replies)[i].get()) || rows[i].type.empty() || rows[i].type == "none") continue;
    Take(std::move(rows[i]), rows_max, found_);
  }
  return {};
}

void BigKeys::Done() {
  shown_ = std::move(found_);
  found_.clear();
}

void BigKeys::Emit(Sink& sink) const {
  const WalkTimes& times = shown();
  if (!times.complete) return;
  for (const Row& row : shown_) {
    const std::string db = "db" + std::to_string(row.db);
    sink.Add(FamilyOf(kBigKeyMemory), {db, row.key, row.type}, row.memory);
  }
  sink.Add(FamilyOf(kBigKeysScanTime), times.unix_seconds);
  sink.Add(FamilyOf(kBigKeysScanDuration), times.seconds);
  sink.Add(FamilyOf(kBigKeysScanKeys), times.keys);
}

}  // namespace pillion::redis
