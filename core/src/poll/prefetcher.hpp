// Prefetcher: has pages ready just before the scrapers come that take them regularly.
//
// For each page (what a scrape asks for, format and encoding included) it keeps the Beats of its
// arrivals. Ahead of the next arrival of each beat, by the time that the page's polls take, it has
// the page prepared. A beat that stopped costs a prefetch or two; over all, prefetches that nobody
// came for are bounded by an allowance that scrapes earn.
//
// Threads: any. `lead` is called under its lock, `prepare` never. Ownership: timers hold a weak
// reference to what they need, so it may go while they are set.
#pragma once

#include "poll/beats.hpp"
#include "poll/timer_queue.hpp"

#include "plugin/clock.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace pillion {

class Prefetcher {
 public:
  static constexpr size_t kPagesMax = 16;
  // Prefetches that nobody came for: so many at once, and so many more per arrival. Those whose
  // scrape may still come are not counted yet.
  static constexpr double kUnusedAtOnce = 8;
  static constexpr double kUnusedPerArrival = 0.02;

  struct Page {
    // How long it takes until the page is ready, as a rule.
    std::function<MonoTime()> lead;
    // Reads what will be too old at `expected`, and renders. `done` is told whether anything was
    // read for it; it may be called at once, from any thread.
    std::function<void(MonoTime expected, std::function<void(bool polled)> done)> prepare;
  };

  Prefetcher(Timers* timers, const Clock* clock);
  ~Prefetcher();  // Stop()s

  // A scrape arrived that asks for the page `key`. `page` is used if it is a new one.
  void Arrived(const std::string& key, const Page& page);
  // No `prepare` runs after it. Not to be called from one.
  void Stop();

  struct Stats {
    size_t pages = 0;
    size_t beats = 0;
    uint64_t prefetches = 0;  // that read something
    uint64_t unused = 0;      // of these, nobody came for
  };
  Stats stats() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace pillion
