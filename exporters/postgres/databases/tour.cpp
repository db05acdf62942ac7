#include "tour.hpp"

#include <algorithm>
#include <utility>

#include "../failure.hpp"
#include "bounds.hpp"
#include "patterns.hpp"

namespace pillion::postgres {
namespace {

using std::chrono::nanoseconds;

std::vector<std::string> Copy(const std::vector<std::string_view>& views) {
  return {views.begin(), views.end()};
}

bool IsPerDatabase(uint32_t collector) {
  return collector < kCollectorCount && (kTraits[collector].needs & kPerDatabase);
}

}  // namespace

DatabaseTour::DatabaseTour(const Options& options, const Wanted& wanted, CustomQueries& custom)
    : options_(options),
      wanted_(wanted),
      custom_(custom),
      patterns_(Copy(options.StringList("databases"))),
      passing_(wanted) {
  if (patterns_.empty() && custom.Several().empty()) return;
  const uint32_t added = options.AddCollector(
      {.name = "databases", .help = "How many databases are read, and how many are not."});
  if (added != PILLION_NO_COLLECTOR) collector_ = added;
}

std::vector<uint32_t> DatabaseTour::AllDue(const PollContext& ctx) const {
  std::vector<uint32_t> due;
  for (uint32_t id = 0; is_whole() && id < kCollectorCount; ++id) {
    if (IsPerDatabase(id) && ctx.Due(id)) due.push_back(id);
  }
  for (const uint32_t id : custom_.Several()) {
    if (ctx.Due(id)) due.push_back(id);
  }
  return due;
}

std::vector<uint32_t> DatabaseTour::DueIn(const PollContext& ctx, const Place& place) const {
  std::vector<uint32_t> due;
  for (uint32_t id = 0; place.whole && id < kCollectorCount; ++id) {
    if (IsPerDatabase(id) && ctx.Due(id)) due.push_back(id);
  }
  for (const uint32_t id : custom_.SeveralOf(place.name, place.whole)) {
    if (ctx.Due(id)) due.push_back(id);
  }
  return due;
}

bool DatabaseTour::IsDue(const PollContext& ctx) const {
  return on() && (ctx.Due(*collector_) || !AllDue(ctx).empty());
}

uint32_t DatabaseTour::Holder(const PollContext& ctx) const {
  // One without a time-out of its own, or else the longest: it must not cut the others short.
  uint32_t holder = *collector_;
  nanoseconds longest{-1};
  for (const uint32_t id : AllDue(ctx)) {
    const nanoseconds timeout = ctx.CollectorTimeout(id);
    if (timeout.count() == 0) return id;
    if (timeout > longest) {
      longest = timeout;
      holder = id;
    }
  }
  return holder;
}

void DatabaseTour::Begin(const PollContext& ctx, const std::string& own) {
  own_ = own;
  Place& place = this->own();
  place.whole = is_whole();
  for (const uint32_t id : DueIn(ctx, place)) {
    store_.Put(place, id, {}, Error{Reason::kInternal, "it was not read in this poll"}, ctx);
  }
}

DatabaseTour::Times DatabaseTour::TimesFor(const Trip& trip) const {
  const std::vector<uint32_t> due = AllDue(trip.ctx);
  // No scrape waits for those that run by themselves.
  const bool in_background = std::all_of(due.begin(), due.end(), [&](uint32_t id) {
    if (id < kCollectorCount) return kCollectors[id].default_every > 0;
    return custom_.EveryOf(id).count() > 0;
  });
  const MonoTime now = trip.ctx.Now();
  const nanoseconds half = (trip.until - now) / 2;
  const nanoseconds wanted = options_.Duration("databases_timeout");
  const nanoseconds all = in_background ? half : std::min(wanted, half);
  nanoseconds visit = all;
  for (const uint32_t id : due) visit = std::max(visit, trip.ctx.CollectorTimeout(id));
  return {now + all, visit};
}

std::vector<Place*> DatabaseTour::InOrder(const PollContext& ctx) {
  struct Candidate {
    MonoTime tried;  // the longest ago of what is due
    Place* place;
  };
  std::vector<Candidate> candidates;
  for (auto& [name, place] : store_.places()) {
    if (name == own_ || place.retry > ctx.Now()) continue;
    const std::vector<uint32_t> due = DueIn(ctx, place);
    if (due.empty()) continue;
    MonoTime oldest = MonoTime::max();
    for (const uint32_t id : due) {
      const DatabaseRecord* record = place.Find(id);
      oldest = std::min(oldest, record == nullptr ? MonoTime(0) : record->tried);
    }
    candidates.push_back({oldest, &place});
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.tried < b.tried; });
  std::vector<Place*> places;
  for (const Candidate& candidate : candidates) places.push_back(candidate.place);
  return places;
}

void DatabaseTour::Go(const Trip& trip) {
  if (trip.list.fresh) TakeList(trip.list);
  if (!trip.main.open()) return;
  const Times times = TimesFor(trip);
  int unreachable = 0;
  for (Place* place : InOrder(trip.ctx)) {
    if (trip.ctx.Now() >= times.end || unreachable == kUnreachableMax) break;
    const Went went = Visit(trip, times, *place);
    if (went == Went::kStop) break;
    unreachable = went == Went::kUnreachable ? unreachable + 1 : 0;
  }
  password_.reset();
}

DatabaseTour::Slot& DatabaseTour::SlotFor(const std::string& database) {
  for (const auto& slot : kept_) {
    if (slot->database == database) return *slot;
  }
  if (kept_.size() < static_cast<size_t>(options_.Int("database_connections"))) {
    kept_.push_back(std::make_unique<Slot>(wanted_));
    kept_.back()->database = database;
    return *kept_.back();
  }
  passing_.connection.Close();
  passing_.database = database;
  return passing_;
}

Result<void> DatabaseTour::Open(const Trip& trip, const Place& place, Slot& slot, MonoTime until) {
  if (!password_) {
    auto password = options_.Secret("password");
    if (!password) return password.error();
    password_ = *std::move(password);
  }
  // The very server that the main session is with, whatever else the dsn allows.
  PGconn* const main = trip.main.handle();
  const char* address = PQhostaddr(main);
  Target target{.parameters = trip.target.parameters,
                .endpoints = {{PQhost(main), address == nullptr ? "" : address, PQport(main)}}};
  std::erase_if(target.parameters, [](const auto& parameter) {
    return parameter.first == "dbname" || parameter.first == "target_session_attrs";
  });
  target.parameters.emplace_back("dbname", place.name);
  const MonoTime now = trip.ctx.Now();
  if (auto opened = slot.connection.Open(trip.ctx, target, *password_, until); !opened.ok()) {
    return opened;
  }
  const nanoseconds left = trip.until - now;
  slot.server = {};
  slot.session.Start(
      slot.connection.major(), std::string(PQhost(main)) + ":" + PQport(main), place.name,
      {InMilliseconds(std::min({options_.Duration("statement_timeout"), until - now, left / 2})),
       InMilliseconds(options_.Duration("lock_timeout"))});
  if (trip.pooled) {
    slot.session.SetPooled();
    slot.session.TakeFresh();
  }
  return {};
}

Result<void> DatabaseTour::Read(const Trip& trip, Place& place, Slot& slot, MonoTime& until) {
  if (!slot.connection.open()) {
    // One that hung the last time gets less: the others need the time.
    const MonoTime now = trip.ctx.Now();
    const MonoTime patience = place.failures == 0 ? until : now + (until - now) / 4;
    if (auto opened = Open(trip, place, slot, patience); !opened.ok()) {
      until = patience;
      return opened;
    }
  }
  trip.tapes.SetPlace(place);
  Session& session = slot.session;
  if (place.whole && IsAnyDue(trip.ctx, kPerDatabase)) {
    session.PollBegins();
    Collecting collecting(trip.ctx, trip.tapes.sink(), nullptr, session.extensions(),
                          slot.connection.role());
    std::vector<uint32_t> unasked;
    auto ran = RunCollectors({.ctx = trip.ctx,
                              .connection = slot.connection,
                              .session = session,
                              .collecting = collecting,
                              .until = until,
                              .only = kPerDatabase},
                             unasked);
    if (!ran.ok()) return ran;
    if (!collecting.session().ok()) return collecting.session();
    hidden_.Tell(collecting, options_);
    if (!session.PollEnded(trip.ctx, collecting)) slot.connection.Close();
  }
  const auto queries = custom_.SeveralOf(place.name, place.whole);
  const bool asks =
      std::any_of(queries.begin(), queries.end(), [&](uint32_t id) { return trip.ctx.Due(id); });
  if (!asks || !slot.connection.open()) return {};
  return custom_.Poll(trip.ctx, trip.tapes.sink(),
                      {.connection = slot.connection,
                       .server = slot.server,
                       .prepares = false,
                       .database = &place.name,
                       .is_read = place.whole},
                      until);
}

DatabaseTour::Went DatabaseTour::Visit(const Trip& trip, const Times& times, Place& place) {
  const PollContext& ctx = trip.ctx;
  const MonoTime began = ctx.Now();
  const uint64_t before = store_.number();
  MonoTime until = std::min(began + times.visit, trip.until);
  const std::vector<uint32_t> due = DueIn(ctx, place);
  Slot& slot = SlotFor(place.name);
  const bool kept = slot.connection.open();
  auto outcome = Read(trip, place, slot, until);
  if (!outcome.ok()) slot.connection.Close();
  if (kept && !outcome.ok() && outcome.error().reason == Reason::kRefused) {
    outcome = Read(trip, place, slot, until);  // the server may have been restarted meanwhile
    if (!outcome.ok()) slot.connection.Close();
  }
  if (&slot == &passing_) slot.connection.Leave(ctx, trip.until);
  Went went = Went::kOn;
  if (outcome.ok()) {
    place.failures = 0;
    if (std::exchange(refused_, false)) options_.SecretsTried({});
  } else {
    // The poll's time is over, not the database's.
    const MonoTime now = ctx.Now();
    if (outcome.error().reason == Reason::kTimeout && (now >= trip.until || now < until)) {
      return Went::kStop;
    }
    went = Failed(trip, place, outcome.error());
  }
  for (const uint32_t id : due) {
    const DatabaseRecord* record = place.Find(id);
    if (record != nullptr && record->number > before) continue;
    const Error none{Reason::kInternal, "it was not asked"};
    store_.Put(place, id, {}, outcome.ok() ? none : outcome.error(), ctx);
  }
  Tell(place, due);
  return went;
}

DatabaseTour::Went DatabaseTour::Failed(const Trip& trip, Place& place, const Error& error) {
  const std::string_view sqlstate = FindSqlstate(error.message);
  if (sqlstate == "3D000") return Went::kOn;  // dropped meanwhile: the next list says so
  place.failures = std::min(place.failures + 1, 30);
  nanoseconds pause = kDatabasePause;
  for (int i = 1; i < place.failures && pause < kDatabasePauseMax; ++i) pause *= 2;
  place.retry = trip.ctx.Now() + std::min(pause, kDatabasePauseMax);
  if (error.reason != Reason::kAuth) return Went::kUnreachable;
  // The server may bar a role from one database, which is that one's; a refused password is the
  // account's, and counts.
  if (sqlstate.starts_with("28") && sqlstate != "28P01") return Went::kUnreachable;
  if (sqlstate == "28P01" && !std::exchange(refused_, true)) options_.SecretsTried(error);
  return Went::kStop;
}

}  // namespace pillion::postgres
