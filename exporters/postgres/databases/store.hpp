// DatabaseStore: what is known of each database that is read, by collector, and its showing.
//
// A poll that cannot read all databases shows of the others what was read last, and when that was.
// Of one that could not be read nothing is shown. Threads: one at a time.
#pragma once

#include <pillion/poll.hpp>
#include <pillion/result.hpp>
#include <pillion/sink.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tape.hpp"

namespace pillion::postgres {

// What one collector read in one database.
struct DatabaseRecord {
  uint32_t collector;
  Tape tape = {};    // empty if it failed
  size_t bytes = 0;  // of the tape, as they were added to those of the store
  Result<void> outcome = {};
  MonoTime tried{0};        // 0: never
  uint64_t number = 0;      // of the Put() that it is from
  double unix_seconds = 0;  // of the wall clock then
};

struct Place {  // a database
  std::string name;
  // It is read by the table's collectors, not only by queries that ask for it.
  bool whole = false;
  std::vector<DatabaseRecord> records = {};  // few
  int failures = 0;                          // to reach it, in a row
  MonoTime retry{0};                         // not before then
  bool told = false;                         // that something is wrong with it

  DatabaseRecord* Find(uint32_t collector);
};

class DatabaseStore {
 public:
  static constexpr size_t kBytesMax = 256 * 1024 * 1024;  // of all tapes of an instance's lane
  // What was read longer ago, or six times the collector's interval, is shown no more.
  static constexpr std::chrono::nanoseconds kShownMax = std::chrono::hours(1);

  using Places = std::map<std::string, Place, std::less<>>;
  Places& places() { return places_; }
  // Of a name; made if it is new.
  Place& At(std::string_view name);
  void Erase(Places::iterator place);
  // Of the places that `keep` says no to.
  template <typename Keep>
  void EraseUnless(Keep keep) {
    for (auto it = places_.begin(); it != places_.end();) {
      const auto next = std::next(it);
      if (!keep(it->second)) Erase(it);
      it = next;
    }
  }

  // Of the last Put().
  uint64_t number() const { return number_; }
  // What came of a collector in the place; takes the place of what was known.
  void Put(Place& place, uint32_t collector, Tape tape, Result<void> outcome,
           const PollContext& ctx);

  // Gives what is known of the collector to the sink, between its Begin and End: the samples of
  // each place, whether it could be read and when. kShownMax or more than that, `shown_max`.
  // A failure if no place could be read and at least one was tried.
  Result<void> Show(uint32_t collector, std::string_view name, std::chrono::nanoseconds shown_max,
                    const PollContext& ctx, Sink& sink);

 private:
  Places places_;
  size_t bytes_ = 0;
  uint64_t number_ = 0;
};

}  // namespace pillion::postgres
