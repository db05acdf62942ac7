#include "poll/prefetcher.hpp"

#include "support/fake_time.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace pillion;
using namespace pillion::test;

namespace {

struct Bench {
  Prefetcher::Page Page(MonoTime lead = 200ms) {
    return {.lead = [lead] { return lead; },
            .prepare =
                [this](MonoTime expected, std::function<void(bool)> done) {
                  prepared.push_back({time.Now(), expected});
                  done(polls);
                }};
  }
  // A scraper that comes `count` times, the first one `period` from now.
  void Come(MonoTime period, int count, const std::string& key = "page") {
    for (int i = 0; i < count; ++i) {
      time.Advance(period);
      prefetcher.Arrived(key, Page());
    }
  }
  struct Prepared {
    MonoTime at, expected;
  };

  FakeTime time;
  bool polls = true;
  std::vector<Prepared> prepared;
  Prefetcher prefetcher{&time, &time};
};

}  // namespace

TEST_CASE("a page is prepared ahead of its next scrape by the time that takes") {
  Bench bench;
  bench.Come(15s, 3);
  CHECK(bench.prepared.empty());
  const MonoTime last = bench.time.Now();
  bench.Come(15s, 1);
  REQUIRE(bench.prepared.size() == 1);
  CHECK(bench.prepared[0].expected == last + 15s);
  CHECK(bench.prepared[0].at <= last + 15s - 200ms - Beats::kMarginMin);
  CHECK(bench.prepared[0].at >= last + 15s - 200ms - Beats::kMarginMax);
  bench.Come(15s, 10);
  CHECK(bench.prepared.size() == 11);
  CHECK(bench.prefetcher.stats().prefetches == 11);
  CHECK(bench.prefetcher.stats().unused == 0);
}

TEST_CASE("a regular scraper costs one wake-up per scrape whatever its jitter") {
  Bench bench;
  bench.Come(15s, 3);
  int jitter = 1;
  const size_t before = bench.time.wakes();
  MonoTime late{0};
  for (int i = 0; i < 100; ++i) {
    jitter = jitter * 7 % 11;  // 1 to 10, in no order
    const MonoTime before_grid = std::exchange(late, jitter * 60us);
    bench.time.Advance(15s - before_grid + late);
    bench.prefetcher.Arrived("page", bench.Page(200ms + jitter * 20us));
  }
  CHECK(bench.prepared.size() == 100);
  CHECK(bench.time.wakes() - before == 100);
}

TEST_CASE("pages have beats of their own") {
  Bench bench;
  for (int i = 0; i < 4; ++i) {
    bench.Come(10s, 1, "a");
    bench.Come(5s, 1, "b");
  }
  CHECK(bench.prepared.size() == 2);
  CHECK(bench.prefetcher.stats().beats == 2);
}

TEST_CASE("an arrival soon behind another one makes both polls begin earlier") {
  Bench bench;
  const auto come = [&](int count) {
    for (int i = 0; i < count; ++i) {
      bench.time.Advance(14s);
      bench.prefetcher.Arrived("a", bench.Page(2s));
      bench.time.Advance(1s);
      bench.prefetcher.Arrived("b", bench.Page(2s));
    }
  };
  come(4);
  bench.prepared.clear();
  const MonoTime last = bench.time.Now();
  come(1);
  REQUIRE(bench.prepared.size() == 2);
  CHECK(bench.prepared[0].expected == last + 14s);
  // Two polls, of which one in a hundred takes 2 s, are done within 3 s as a rule.
  CHECK(bench.prepared[0].at <= last + 15s - 3s - Beats::kMarginMin);
  CHECK(bench.prepared[0].at >= last + 15s - 3s - Beats::kMarginMax);
  // Nobody comes behind that one.
  CHECK(bench.prepared[1].expected == last + 15s);
  CHECK(bench.prepared[1].at <= last + 15s - 2s - Beats::kMarginMin);
  CHECK(bench.prepared[1].at >= last + 15s - 2s - Beats::kMarginMax);
}

TEST_CASE("an arrival so soon behind another one that one poll serves both changes nothing") {
  Bench bench;
  for (int i = 0; i < 5; ++i) {
    bench.time.Advance(15s - 300ms);
    if (i == 4) bench.prepared.clear();
    bench.prefetcher.Arrived("a", bench.Page(2s));
    bench.time.Advance(300ms);
    bench.prefetcher.Arrived("b", bench.Page(2s));
  }
  const MonoTime last = bench.time.Now();
  bench.prepared.clear();
  bench.time.Advance(15s - 300ms);
  REQUIRE(!bench.prepared.empty());
  CHECK(bench.prepared[0].expected == last + 15s - 300ms);
  CHECK(bench.prepared[0].at >= last + 15s - 300ms - 2s - Beats::kMarginMax);
}

TEST_CASE("a scraper that stops costs two prefetches") {
  Bench bench;
  bench.Come(15s, 10);
  const size_t before = bench.prepared.size();
  bench.time.Advance(1h);
  CHECK(bench.prepared.size() == before + 2);
  CHECK(bench.prefetcher.stats().unused == 2);
  CHECK(bench.time.timers() == 0);
}

TEST_CASE("prefetches that read nothing are not counted as unused") {
  Bench bench;
  bench.polls = false;
  bench.Come(15s, 10);
  bench.time.Advance(1h);
  CHECK(bench.prefetcher.stats().unused == 0);
}

TEST_CASE("prefetches that nobody comes for are bounded whatever the arrivals") {
  Bench bench;
  // Comes often enough to be a beat, then stays away, again and again.
  int arrivals = 0;
  for (int round = 0; round < 200; ++round) {
    bench.Come(5s, 3);
    arrivals += 3;
    bench.time.Advance(1h);
  }
  const auto stats = bench.prefetcher.stats();
  CHECK(stats.unused > 0);
  CHECK(static_cast<double>(stats.unused) <=
        Prefetcher::kUnusedAtOnce + arrivals * Prefetcher::kUnusedPerArrival);
}

TEST_CASE("whoever asks for ever new pages does not make us forget a regular scraper") {
  Bench bench;
  bench.Come(15s, 5);
  for (int i = 0; i < 100; ++i)
    bench.prefetcher.Arrived("stranger " + std::to_string(i), bench.Page());
  CHECK(bench.prefetcher.stats().pages == Prefetcher::kPagesMax);
  const size_t before = bench.prepared.size();
  bench.Come(15s, 3);
  CHECK(bench.prepared.size() == before + 3);
}

TEST_CASE("scrapers of many pages that all stop cost no more than the allowance") {
  Bench bench;
  const auto come = [&](int rounds) {
    for (int i = 0; i < rounds; ++i) {
      for (size_t page = 0; page < Prefetcher::kPagesMax; ++page) {
        bench.time.Advance(MonoTime(15s) / Prefetcher::kPagesMax);
        bench.prefetcher.Arrived(std::to_string(page), bench.Page());
      }
    }
  };
  come(6);
  CHECK(bench.prefetcher.stats().prefetches == 3 * Prefetcher::kPagesMax);
  CHECK(bench.prefetcher.stats().unused == 0);
  bench.time.Advance(1h);
  CHECK(static_cast<double>(bench.prefetcher.stats().unused) <= Prefetcher::kUnusedAtOnce + 1);
}

TEST_CASE("a timer that was due when its scrape came leaves no second one behind") {
  Bench bench;
  bench.Come(15s, 4);
  // The scheduler has taken it, but comes to call it only after the scrape.
  auto due = bench.time.TakeDue(15s);
  REQUIRE(due.size() == 1);
  bench.prefetcher.Arrived("page", bench.Page());
  for (auto& callback : due) callback();
  CHECK(bench.time.timers() == 1);
}

TEST_CASE("nothing is prepared after a stop") {
  Bench bench;
  bench.Come(15s, 5);
  const size_t before = bench.prepared.size();
  bench.prefetcher.Stop();
  bench.time.Advance(1min);
  CHECK(bench.prepared.size() == before);
  CHECK(bench.time.timers() == 0);
}

TEST_CASE("a page that takes longer than its interval is prepared once per scrape") {
  Bench bench;
  for (int i = 0; i < 10; ++i) {
    bench.time.Advance(5s);
    bench.prefetcher.Arrived("page", bench.Page(20s));
  }
  bench.time.Advance(4s);
  CHECK(bench.prepared.size() == 8);
}
