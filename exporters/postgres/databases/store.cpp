#include "store.hpp"

#include <algorithm>
#include <utility>

namespace pillion::postgres {

DatabaseRecord* Place::Find(uint32_t collector) {
  const auto found =
      std::find_if(records.begin(), records.end(),
                   [&](const DatabaseRecord& record) { return record.collector == collector; });
  return found == records.end() ? nullptr : &*found;
}

Place& DatabaseStore::At(std::string_view name) {
  const auto found = places_.find(name);
  if (found != places_.end()) return found->second;
  return places_.emplace(name, Place{.name = std::string(name)}).first->second;
}

void DatabaseStore::Erase(Places::iterator place) {
  for (const DatabaseRecord& record : place->second.records) bytes_ -= record.bytes;
  places_.erase(place);
}

void DatabaseStore::Put(Place& place, uint32_t collector, Tape tape, Result<void> outcome,
                        const PollContext& ctx) {
  DatabaseRecord* record = place.Find(collector);
  if (record == nullptr) {
    record = &place.records.emplace_back(DatabaseRecord{.collector = collector});
  } else {
    bytes_ -= std::exchange(record->bytes, 0);  // what was added, whatever became of the tape
  }
  tape.Trim();
  if (outcome.ok() && (tape.IsFull() || bytes_ + tape.bytes() > kBytesMax)) {
    outcome = Error{Reason::kLimit, "more than can be kept of all databases"};
  }
  if (!outcome.ok()) tape = {};
  std::swap(record->tape, tape);  // a string that is moved a short one into keeps its old room
  record->bytes = record->tape.bytes();
  bytes_ += record->bytes;
  record->outcome = std::move(outcome);
  record->tried = ctx.Now();
  record->number = ++number_;
  record->unix_seconds = ctx.UnixSeconds();
}

Result<void> DatabaseStore::Show(uint32_t collector, std::string_view name,
                                 std::chrono::nanoseconds shown_max, const PollContext& ctx,
                                 Sink& sink) {
  const Family success =
      sink.Declare({.name = "pg_scrape_database_success",
                    .help = "1 if the collector could read the database when it last tried.",
                    .labels = "datname,collector",
                    .collector = collector});
  const Family time = sink.Declare({.name = "pg_scrape_database_timestamp_seconds",
                                    .help = "Unix time at which the collector last tried to.",
                                    .labels = "datname,collector",
                                    .collector = collector});
  const MonoTime oldest = ctx.Now() - std::max(shown_max, kShownMax);
  Result<void> outcome;
  bool any = false;
  for (auto& [database, place] : places_) {
    DatabaseRecord* const record = place.Find(collector);
    if (record == nullptr || record->tried.count() == 0 || record->tried < oldest) continue;
    const Labels labels = sink.MakeLabels(success, {database, name});
    sink.Add(success, labels, record->outcome.ok() ? 1 : 0);
    sink.Add(time, labels, record->unix_seconds);
    record->tape.Play(sink);
    any = any || record->outcome.ok();
    if (!record->outcome.ok() && outcome.ok()) {
      const Error& error = record->outcome.error();
      outcome = Error{error.reason, "database \"" + database + "\": " + error.message};
    }
  }
  if (any) return {};
  return outcome;
}

}  // namespace pillion::postgres
