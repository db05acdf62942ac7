// The three servers of the simulation, which answer the same scrapes from the same target:
// Pillion's own scheduling, a cache with a timer of its own, and an exporter that reads at each
// scrape.
#pragma once

#include "arrivals.hpp"

#include "support/fake_time.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pillion::freshness {

// How long polls take: log-normal, `median` and as much more or less as real ones vary.
class Costs {
 public:
  static constexpr double kDeviation = 0.5;  // of the logarithm: one in a hundred takes 3.2 medians
  static constexpr MonoTime kMax = std::chrono::seconds(3);  // longer ones are drawn anew

  Costs(MonoTime median, uint64_t seed) : median_(median), random_(seed) {}
  MonoTime Next();

 private:
  MonoTime median_;
  Random random_;
};

// A poll that has ended.
struct Reading {
  MonoTime begun{0};
  MonoTime ended{0};
  // When the counters were read, so to say: no poll reads all of them at one moment.
  MonoTime read() const { return begun + (ended - begun) / 2; }
};

// Calls back once, with what the answer's data comes from; nullptr: an answer without data.
using Answered = std::function<void(const Reading*)>;

// Threads: one. Polls begin and end on the timers of the FakeTime.
class Server {
 public:
  virtual ~Server() = default;
  virtual void Scrape(const std::string& address, Answered answered) = 0;
  virtual uint64_t polls() const = 0;
};

struct ServerParts {
  test::FakeTime* time;
  Costs costs;
  MonoTime interval{0};  // of the cache's timer
  MonoTime phase{0};     // when it is first due
};

std::unique_ptr<Server> MakePillion(ServerParts parts);
std::unique_ptr<Server> MakeCache(ServerParts parts);
std::unique_ptr<Server> MakeScrapeTime(ServerParts parts);

}  // namespace pillion::freshness
