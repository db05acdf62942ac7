// Beats: finds the regular beats in the arrivals of scrapes, and says when the next of each is due.
//
// Prometheus scrapes on a grid: same interval, same phase, also after a restart of its own. What
// comes through one address may be several scrapers, so beats are looked for in the times alone:
// three arrivals with equal gaps are a beat, two if the gap is that of a beat we know. A beat
// follows drift; one arrival that is late (the scraper was held up) does not move it. It falls
// asleep after two arrivals that did not come, wakes when one comes on its grid, and is forgotten
// after a while.
//
// Pure: time is what the caller says. Threads: one at a time.
#pragma once

#include <pillion/poll.hpp>  // MonoTime

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace pillion {

class Beats {
 public:
  static constexpr size_t kBeatsMax = 8;    // known ones; the one that came longest ago goes
  static constexpr size_t kStraysMax = 16;  // arrivals of no beat that are remembered
  static constexpr MonoTime kPeriodMin = std::chrono::milliseconds(500);
  static constexpr MonoTime kPeriodMax = std::chrono::minutes(10);
  // Arrivals so soon after another are answered from the same data: they are the same to us.
  static constexpr MonoTime kTogether = std::chrono::milliseconds(100);
  // How far an arrival may be from when it was expected: at most this, and a part of the period.
  static constexpr MonoTime kEarlyMax = std::chrono::milliseconds(100);
  static constexpr MonoTime kLateMax = std::chrono::milliseconds(600);
  static constexpr uint32_t kMissesToSleep = 2;  // in a row
  static constexpr int kMissesToForget = 3;      // of the last eight: not its period any more
  static constexpr MonoTime kForgetAfter = std::chrono::minutes(15);  // asleep, and three periods
  // How long before it is expected an arrival may well come: between these two.
  static constexpr MonoTime kMarginMin = std::chrono::milliseconds(5);
  static constexpr MonoTime kMarginMax = std::chrono::milliseconds(50);

  struct Expected {
    uint64_t beat = 0;
    MonoTime at{0};
    MonoTime period{0};
    MonoTime margin{0};  // it may come that much earlier
    MonoTime until{0};   // then it did not come
  };

  // An arrival. Gives the beat that it belongs to, 0 if none; nothing if it came together with
  // another one.
  std::optional<uint64_t> Arrived(MonoTime now);
  // What each beat that is awake waits for. Arrivals that did not come by `now` are given up first.
  std::vector<Expected> Coming(MonoTime now);

  size_t size() const { return beats_.size(); }

 private:
  struct Beat {
    uint64_t id = 0;
    MonoTime period{0};
    MonoTime next{0};                  // when it is expected
    MonoTime last{0};                  // when it came
    uint32_t misses = 0;               // in a row
    uint8_t history = 0;               // of the last eight, newest lowest; 1: did not come
    double deviation_ns = 2e6;         // of arrivals, those held up aside
    std::array<MonoTime, 3> errors{};  // of the last arrivals, against the grid as it is now
    size_t errors_known = 0;

    bool asleep() const { return misses >= kMissesToSleep; }
    MonoTime early() const { return std::min(kEarlyMax, period / 8); }
    MonoTime late() const { return std::min(kLateMax, period / 4); }
    MonoTime margin() const;
    void GiveUp(MonoTime now);
    void Follow(MonoTime now);
  };

  void GiveUp(MonoTime now);
  Beat* Match(MonoTime now);
  uint64_t Learn(MonoTime now);
  void AddStray(MonoTime at);
  std::optional<MonoTime> FindPeriod(MonoTime now) const;
  bool HasStray(MonoTime at, MonoTime tolerance) const;

  std::vector<Beat> beats_;
  std::vector<MonoTime> strays_;  // ascending
  MonoTime last_arrival_{MonoTime::min() / 2};
  uint64_t last_id_ = 0;
};

}  // namespace pillion
