#include "key_groups.hpp"

#include "tables.hpp"

#include <algorithm>

namespace pillion::redis {
namespace {

constexpr size_t kKeysAtOnce = 500;
constexpr std::string_view kAcl = "+select +scan +memory|usage ~*";
constexpr const char* kUnclassified = "unclassified";
constexpr const char* kOverflow = "overflow";

}  // namespace

std::vector<KeyWalk::Target> KeyGroups::Begin(KeyReader& reader) {
  found_.clear();
  targets_.clear();
  tracked_ = 0;
  std::vector<KeyWalk::Target> targets;
  if (reader.settings().key_groups.empty()) return targets;
  for (int db = 0; db < database_count_; ++db) found_[db];
  for (const int db : databases_) {
    targets.push_back({.db = db});
    targets_.push_back(db);
  }
  return targets;
}

Result<void> KeyGroups::Visit(KeyReader& reader, size_t target,
                              std::span<const std::string_view> keys) {
  Groups& groups = found_[targets_[target]];
  while (!keys.empty()) {
    const auto some = keys.first(std::min(keys.size(), kKeysAtOnce));
    keys = keys.subspan(some.size());
    Questions questions(targets_[target]);
    for (const std::string_view key : some) questions.Add({"MEMORY", "USAGE", key});
    const auto replies = reader.Ask(questions, kAcl);
    if (!replies) return replies.error();
    for (size_t i = 0; i < some.size(); ++i) {
      const auto bytes = IntegerOf((*replies)[i].get());
      Sums& sums = Find(reader.settings(), groups, some[i]);
      ++sums.count;
      sums.memory += static_cast<double>(bytes.value_or(0));  // none: it is gone
    }
  }
  return {};
}

KeyGroups::Sums& KeyGroups::Find(const KeySettings& settings, Groups& groups,
                                 std::string_view key) {
  const bool found =
      std::any_of(settings.key_groups.begin(), settings.key_groups.end(),
                  [&](const LuaPattern& pattern) { return pattern.Find(key, group_); });
  if (!found) group_ = kUnclassified;
  const auto known = groups.find(group_);
  if (known != groups.end()) return known->second;
  if (tracked_ == kTrackedMax) return groups[kOverflow];
  ++tracked_;
  return groups[group_];
}

void KeyGroups::Done() {
  shown_ = std::move(found_);
  found_.clear();
}

void KeyGroups::Emit(const KeySettings& settings, Sink& sink) const {
  const WalkTimes& times = shown();
  if (!times.complete || settings.key_groups.empty()) return;
  for (const auto& [number, groups] : shown_) {
    const std::string db = "db" + std::to_string(number);
    std::vector<const Groups::value_type*> order;
    for (const auto& group : groups) order.push_back(&group);
    // The order of the peers, down to which of two equal ones goes first.
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
      if (a->second.memory != b->second.memory) return a->second.memory > b->second.memory;
      if (a->second.count != b->second.count) return a->second.count < b->second.count;
      return a->first < b->first;
    });
    Sums rest;
    bool any_rest = false;
    for (size_t i = 0; i < order.size(); ++i) {
      const auto& [name, sums] = *order[i];
      if (i >= settings.key_groups_max || name == kOverflow) {
        any_rest = true;
        rest.count += sums.count;
        rest.memory += sums.memory;
        continue;
      }
      const Labels labels = sink.MakeLabels(FamilyOf(kKeyGroupCount), {db, name});
      sink.Add(FamilyOf(kKeyGroupCount), labels, sums.count);
      sink.Add(FamilyOf(kKeyGroupMemory), labels, sums.memory);
    }
    if (any_rest) {
      const Labels labels = sink.MakeLabels(FamilyOf(kKeyGroupCount), {db, kOverflow});
      sink.Add(FamilyOf(kKeyGroupCount), labels, rest.count);
      sink.Add(FamilyOf(kKeyGroupMemory), labels, rest.memory);
    }
    sink.Add(FamilyOf(kKeyGroupsDistinct), {db}, static_cast<double>(order.size()));
  }
  sink.Add(FamilyOf(kKeyGroupsDuration), times.seconds * 1000);
  sink.Add(FamilyOf(kKeyGroupsScanTime), times.unix_seconds);
  sink.Add(FamilyOf(kKeyGroupsScanKeys), times.keys);
}

}  // namespace pillion::redis
