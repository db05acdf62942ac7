// DatabaseTour: reads, after the database of the connection, what belongs to each of the others.
//
// One after another, by one connection that hops from database to database: beside the main session
// there is one more at a time, and never two statements at once. `database_connections` of them are
// kept between polls instead. The database that was read longest ago comes first, and when the time
// is over the rest is left to the next poll: so none starves, and a new one is read at once.
//
// What comes goes to a DatabaseStore, that of the connection's own database too, and is shown at
// the end: a collector's samples must come together. Threads: one at a time.
#pragma once

#include <pillion/options.hpp>
#include <pillion/poll.hpp>
#include <pillion/sink.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../custom/custom.hpp"
#include "../session.hpp"
#include "../session_run.hpp"
#include "common/pq/connection.hpp"
#include "common/pq/target.hpp"
#include "list.hpp"
#include "store.hpp"
#include "tape_sink.hpp"

namespace pillion::postgres {

class DatabaseTour {
 public:
  // In create. Adds the collector `databases` if there is anything to do. `custom` must outlive it.
  DatabaseTour(const Options& options, const Wanted& wanted, CustomQueries& custom);

  // Whether more than the connection's own database is read.
  bool on() const { return collector_.has_value(); }
  // Whether the table's collectors are asked in others too: what they give goes to the store then.
  bool is_whole() const { return !patterns_.empty(); }
  // Whether this poll reads anything of this kind.
  bool IsDue(const PollContext& ctx) const;

  // In a poll with on(), in this order. First, with the connection's own database; what is due and
  // not read after this has failed there.
  void Begin(const PollContext& ctx, const std::string& own);
  DatabaseStore& store() { return store_; }
  Place& own() { return store_.At(own_); }
  // When the main session is another one: it may be with another server.
  void StartSession() { kept_.clear(); }
  // Goes to the others. `main`: the session with the own one. It ends early only where it must:
  // whatever happens to a database is told in the store.
  struct Trip {
    PollContext& ctx;
    TapeSink& tapes;
    const Target& target;
    const Connection& main;
    bool pooled;
    const DatabaseList& list;
    MonoTime until;  // of the poll
  };
  void Go(const Trip& trip);
  // Gives what is due to the sink. REQUIRES: Go() was called.
  void Show(const PollContext& ctx, Sink& sink);
  // The collector under which all the time until Show() is to count; REQUIRES: IsDue(ctx).
  uint32_t Holder(const PollContext& ctx) const;

 private:
  struct Slot {  // a connection
    explicit Slot(const Wanted& wanted) : session(wanted) {}
    std::string database;
    Connection connection;
    Session session;
    CustomQueries::Server server;
  };
  struct Times {
    MonoTime end;                    // no further database after this
    std::chrono::nanoseconds visit;  // longest time for one
  };
  enum class Went { kOn, kUnreachable, kStop };

  std::vector<uint32_t> DueIn(const PollContext& ctx, const Place& place) const;
  std::vector<uint32_t> AllDue(const PollContext& ctx) const;
  void TakeList(const DatabaseList& list);
  bool IsChosen(const std::string& database, bool& whole) const;
  void TellBarred(const std::vector<std::string>& barred);
  Times TimesFor(const Trip& trip) const;
  std::vector<Place*> InOrder(const PollContext& ctx);
  Went Visit(const Trip& trip, const Times& times, Place& place);
  Result<void> Open(const Trip& trip, const Place& place, Slot& slot, MonoTime until);
  // `until`: how long at most; becomes sooner where opening it was given less.
  Result<void> Read(const Trip& trip, Place& place, Slot& slot, MonoTime& until);
  Slot& SlotFor(const std::string& database);
  Went Failed(const Trip& trip, Place& place, const Error& error);
  void Tell(Place& place, const std::vector<uint32_t>& collectors);
  std::string NameOf(uint32_t collector) const;
  std::chrono::nanoseconds ShownMax(uint32_t collector) const;

  const Options options_;
  const Wanted wanted_;
  CustomQueries& custom_;
  const std::vector<std::string> patterns_;
  std::optional<uint32_t> collector_;  // `databases`
  DatabaseStore store_;
  std::string own_;
  size_t barred_ = 0;
  size_t left_out_ = 0;
  std::set<std::string> barred_told_;
  HiddenNotes hidden_;
  std::vector<std::unique_ptr<Slot>> kept_;
  Slot passing_;
  std::optional<SecretText> password_;  // during Go()
  bool refused_ = false;                // the password, the last time
};

}  // namespace pillion::postgres
