#include "poll/beats.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace pillion;
using namespace std::chrono_literals;

namespace {

// Lets a scraper come on its grid: `count` times from `from` on. The time of the last.
MonoTime Come(Beats& beats, MonoTime from, MonoTime period, int count) {
  MonoTime at = from;
  for (int i = 0; i < count; ++i) {
    at = from + i * period;
    beats.Arrived(at);
  }
  return at;
}

}  // namespace

TEST_CASE("three arrivals with equal gaps are a beat") {
  Beats beats;
  Come(beats, 10s, 15s, 2);
  CHECK(beats.Coming(25s).empty());
  Come(beats, 40s, 15s, 1);
  const auto coming = beats.Coming(40s);
  REQUIRE(coming.size() == 1);
  CHECK(coming[0].at == 55s);
  CHECK(coming[0].margin >= Beats::kMarginMin);
  CHECK(coming[0].margin <= Beats::kMarginMax);
}

TEST_CASE("arrivals without a rhythm are no beat") {
  Beats beats;
  for (const MonoTime at : {1s, 3s, 9s, 28s, 67s}) beats.Arrived(at);
  CHECK(beats.size() == 0);
}

TEST_CASE("two scrapers of one interval behind one address are two beats") {
  Beats beats;
  for (int i = 0; i < 3; ++i) {
    beats.Arrived(15s * i + 1s);
    beats.Arrived(15s * i + 5s);
  }
  const auto coming = beats.Coming(36s);
  REQUIRE(coming.size() == 2);
  CHECK(coming[0].at == 46s);
  CHECK(coming[1].at == 50s);
}

TEST_CASE("an arrival soon after another is not counted again") {
  Beats beats;
  CHECK(beats.Arrived(1s).has_value());
  CHECK_FALSE(beats.Arrived(1s + Beats::kTogether - 1ms).has_value());
  CHECK(beats.Arrived(1s + Beats::kTogether).has_value());
}

TEST_CASE("one arrival that was held up moves nothing") {
  Beats beats;
  Come(beats, 15s, 15s, 6);
  CHECK(beats.Arrived(105s + 400ms) != 0);
  const auto coming = beats.Coming(106s);
  REQUIRE(coming.size() == 1);
  CHECK(coming[0].at == 120s);
}

TEST_CASE("a phase that jumped is followed after two arrivals") {
  Beats beats;
  Come(beats, 15s, 15s, 6);
  Come(beats, 105s + 90ms, 15s, 3);
  const auto coming = beats.Coming(136s);
  REQUIRE(coming.size() == 1);
  CHECK(coming[0].at > 150s + 85ms);
  CHECK(coming[0].at < 150s + 95ms);
}

TEST_CASE("a clock that drifts is followed") {
  Beats beats;
  const MonoTime period = 15s + 3ms;  // 200 ppm beside what it calls fifteen seconds
  const MonoTime last = Come(beats, 15s, period, 200);
  const auto coming = beats.Coming(last);
  REQUIRE(coming.size() == 1);
  CHECK(coming[0].at - (last + period) < 2ms);
  CHECK(coming[0].at - (last + period) > -2ms);
}

TEST_CASE("a beat that stopped is waited for twice and comes back on its grid at once") {
  Beats beats;
  Come(beats, 15s, 15s, 6);  // until 90 s
  CHECK(beats.Coming(106s)[0].at == 120s);
  CHECK(beats.Coming(121s).empty());
  CHECK(beats.Coming(200s).empty());
  CHECK(beats.Arrived(210s) != 0);
  REQUIRE(beats.Coming(210s).size() == 1);
  CHECK(beats.Coming(210s)[0].at == 225s);
}

TEST_CASE("a beat that stopped for long is forgotten") {
  Beats beats;
  Come(beats, 15s, 15s, 6);
  beats.Coming(90s + Beats::kForgetAfter);
  CHECK(beats.size() == 1);
  beats.Coming(91s + Beats::kForgetAfter + 45s);
  CHECK(beats.size() == 0);
}

TEST_CASE("an interval that doubled is learnt anew") {
  Beats beats;
  Come(beats, 15s, 15s, 8);  // until 120 s
  Come(beats, 150s, 30s, 8);
  const auto coming = beats.Coming(360s);
  REQUIRE(coming.size() == 1);
  CHECK(coming[0].at == 390s);
}

TEST_CASE("an interval that was halved is two beats of the old one") {
  Beats beats;
  Come(beats, 30s, 30s, 4);  // until 120 s
  const MonoTime last = Come(beats, 135s, 15s, 8);
  const auto coming = beats.Coming(last);
  REQUIRE(coming.size() == 2);
  CHECK(std::min(coming[0].at, coming[1].at) == last + 15s);
  CHECK(std::max(coming[0].at, coming[1].at) == last + 30s);
}

TEST_CASE("whatever comes and what is remembered stays bounded") {
  Beats beats;
  std::mt19937 random(7);
  MonoTime now{0};
  for (int i = 0; i < 20'000; ++i) {
    now += std::chrono::milliseconds(random() % 3000);
    beats.Arrived(now);
    for (const auto& coming : beats.Coming(now)) REQUIRE(coming.until >= now);
    REQUIRE(beats.size() <= Beats::kBeatsMax);
  }
}
