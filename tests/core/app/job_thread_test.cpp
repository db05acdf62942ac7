#include "app/job_thread.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pillion;

TEST_CASE("jobs run in order and stopping runs what is queued") {
  std::string order;
  JobThread thread;
  for (const char c : {'a', 'b', 'c'}) thread.Post([&order, c] { order += c; });
  thread.Stop();
  CHECK(order == "abc");
}

TEST_CASE("stopping twice is harmless") {
  JobThread thread;
  thread.Stop();
  thread.Stop();
}
