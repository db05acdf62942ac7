// Which databases a tour goes to, and what it says and shows of them.
#include <algorithm>
#include <utility>

#include "bounds.hpp"
#include "patterns.hpp"
#include "tour.hpp"

namespace pillion::postgres {

bool DatabaseTour::IsChosen(const std::string& database, bool& whole) const {
  if (!wanted_.shape.Fits(database)) return false;
  whole = FitsList(patterns_, database);
  return whole || !custom_.SeveralOf(database, false).empty();
}

void DatabaseTour::TakeList(const DatabaseList& list) {
  std::set<std::string_view> chosen;
  std::vector<std::string> barred;
  left_out_ = 0;
  for (const auto& [name, open] : list.all) {
    bool whole = false;
    if (!IsChosen(name, whole)) continue;
    if (!open) {
      barred.push_back(name);
    } else if (chosen.size() == kDatabasesMax) {
      ++left_out_;
    } else {
      chosen.insert(name);
      store_.At(name).whole = whole;
    }
  }
  barred_ = barred.size();
  TellBarred(barred);
  store_.EraseUnless(
      [&](const Place& place) { return place.name == own_ || chosen.count(place.name) != 0; });
  std::erase_if(kept_, [&](const auto& slot) { return chosen.count(slot->database) == 0; });
}

void DatabaseTour::TellBarred(const std::vector<std::string>& barred) {
  std::string names;
  size_t count = 0;
  for (const std::string& name : barred) {
    if (barred_told_.count(name) != 0) continue;
    if (++count <= kDatabasesNamedMax) names.append(count == 1 ? "" : ", ").append(name);
  }
  barred_told_ = {barred.begin(), barred.end()};
  if (count == 0) return;
  if (count > kDatabasesNamedMax) {
    names += " and " + std::to_string(count - kDatabasesNamedMax) + " more";
  }
  options_.Log(PILLION_LOG_INFO,
               "databases that take no connections of this role are left out: " + names +
                   "; to mend it: GRANT CONNECT ON DATABASE, ALLOW_CONNECTIONS true");
}

void DatabaseTour::Tell(Place& place, const std::vector<uint32_t>& collectors) {
  const Error* error = nullptr;
  std::string name;
  for (const uint32_t id : collectors) {
    const DatabaseRecord* record = place.Find(id);
    if (error != nullptr || record == nullptr || record->outcome.ok()) continue;
    error = &record->outcome.error();
    name = NameOf(id);
  }
  const bool told = std::exchange(place.told, error != nullptr);
  if (error != nullptr && !told) {
    options_.Log(PILLION_LOG_WARN,
                 "database " + place.name + ", collector " + name + ": " + error->message);
  } else if (error == nullptr && told) {
    options_.Log(PILLION_LOG_INFO, "database " + place.name + " is read again");
  }
}

std::string DatabaseTour::NameOf(uint32_t collector) const {
  if (collector < kCollectorCount) return std::string(kCollectors[collector].name);
  return custom_.NameOf(collector);
}

std::chrono::nanoseconds DatabaseTour::ShownMax(uint32_t collector) const {
  if (collector >= kCollectorCount) return 6 * custom_.EveryOf(collector);
  return std::chrono::nanoseconds(6 * kCollectors[collector].default_every);
}

void DatabaseTour::Show(const PollContext& ctx, Sink& sink) {
  Tell(own(), DueIn(ctx, own()));
  const auto show = [&](uint32_t id) {
    sink.End(store_.Show(id, NameOf(id), ShownMax(id), ctx, sink));
  };
  const uint32_t holder = Holder(ctx);  // begun already
  if (holder != *collector_) show(holder);
  for (const uint32_t id : AllDue(ctx)) {
    if (id == holder) continue;
    sink.Begin(id);
    show(id);
  }
  if (!ctx.Due(*collector_)) return;
  if (holder != *collector_) sink.Begin(*collector_);
  const Family family =
      sink.Declare({.name = "pg_scrape_databases",
                    .help = "Databases that are chosen, by whether they can be read.",
                    .labels = "state",
                    .collector = *collector_});
  const auto add = [&](const char* state, size_t count) {
    sink.Add(family, {state}, static_cast<double>(count));
  };
  size_t waiting = 0;
  size_t failing = 0;
  size_t read = 0;
  for (const auto& [name, place] : store_.places()) {
    if (!place.whole && custom_.SeveralOf(name, false).empty()) continue;  // the own one
    const bool fails =
        std::any_of(place.records.begin(), place.records.end(),
                    [](const DatabaseRecord& record) { return !record.outcome.ok(); });
    ++(fails ? failing : place.records.empty() ? waiting : read);
  }
  add("read", read);
  add("failing", failing);
  add("waiting", waiting);
  add("barred", barred_);
  add("left_out", left_out_);
  sink.End({});
}

}  // namespace pillion::postgres
