#include "poll/beat_watch.hpp"

#include <doctest/doctest.h>

using namespace pillion;
using namespace std::chrono_literals;

TEST_CASE("what beats is well") {
  BeatWatch watch(5s, 2s);
  CHECK_FALSE(watch.Stopped(10s, 11s));
  CHECK_FALSE(watch.Stopped(10s, 14s));
  CHECK_FALSE(watch.Stopped(100s, 101s));
}

TEST_CASE("what has stopped is known at the second look") {
  BeatWatch watch(5s, 2s);
  CHECK_FALSE(watch.Stopped(10s, 15s));
  CHECK_FALSE(watch.Stopped(10s, 16s));
  CHECK(watch.Stopped(10s, 17s));
  CHECK(watch.Stopped(10s, 30s));
  CHECK_FALSE(watch.Stopped(30s, 31s));
}

TEST_CASE("a pause of the whole process is nobody's fault") {
  BeatWatch watch(5s, 2s);
  CHECK_FALSE(watch.Stopped(10s, 11s));
  CHECK_FALSE(watch.Stopped(11s, 3600s));  // the first look after it
  CHECK_FALSE(watch.Stopped(3601s, 3602s));
  CHECK_FALSE(watch.Stopped(3602s, 9000s));  // and after another one
  CHECK_FALSE(watch.Stopped(3602s, 9001s));
}

TEST_CASE("a beat that is late and goes on is not one that stopped") {
  BeatWatch watch(5s, 2s);
  CHECK_FALSE(watch.Stopped(10s, 16s));
  CHECK_FALSE(watch.Stopped(17s, 23s));
  CHECK_FALSE(watch.Stopped(24s, 30s));
}
