// What a server's answers were worth: how long scrapes waited, how old the data was, how far off
// the rates are that a Prometheus computes from it.
#pragma once

#include "arrivals.hpp"
#include "servers.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace pillion::freshness {

double Seconds(MonoTime time);
// Of sorted numbers; 0 if there are none.
double Quantile(const std::vector<double>& sorted, double q);

// Of a day, or of several. Only sorted ones are in order.
struct Summary {
  size_t scrapes = 0;
  size_t waited = 0;
  size_t without_data = 0;  // or without an answer
  double polls_per_scrape = 0;
  std::vector<double> waits;   // seconds, one for each answer
  std::vector<double> ages;    // seconds: from the end of the poll to the answer
  std::vector<double> excess;  // how much older than it may be (Bound)
  // Relative errors of rate(): of a counter that grows steadily, and of one whose rate
  // goes up and down by half within ten minutes.
  std::vector<double> steady_errors;
  std::vector<double> wave_errors;

  double share_without_wait() const;
  void Add(const Summary& day);
  void Sort();
};

// How old an answer's data may be: as old as one poll in a hundred takes long, and 100 ms. Where
// another scrape came within the freshness before, one poll may serve both: then as old as the data
// was allowed to be at that scrape, or the freshness if that is more.
struct Bound {
  MonoTime alone{0};
  MonoTime freshness{0};
};

class Tally {
 public:
  explicit Tally(const Stream& stream) : stream_(stream), answers_(stream.arrivals.size()) {}

  // The answer to scrape number `scrape`; `reading` null: one without data.
  void Answered(size_t scrape, MonoTime now, const Reading* reading);
  Summary Summarize(uint64_t polls, Bound bound) const;

 private:
  struct Answer {
    bool given = false;
    bool has_data = false;
    MonoTime waited{0};
    MonoTime age{0};
    MonoTime read{0};
  };

  void AddRates(Summary& summary) const;

  const Stream& stream_;
  std::vector<Answer> answers_;
};

}  // namespace pillion::freshness
