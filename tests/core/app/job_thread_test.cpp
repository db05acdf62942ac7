#include "app/job_thread.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

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

TEST_CASE("a job that is run is done by the caller if nothing else is at work") {
  JobThread jobs;
  std::thread::id ran_by;
  jobs.Run([&] { ran_by = std::this_thread::get_id(); });
  CHECK(ran_by == std::this_thread::get_id());
}

TEST_CASE("a job that is run waits its turn behind others on the thread") {
  JobThread jobs;
  std::promise<void> go;
  const std::shared_future<void> may_go(go.get_future());
  std::string order;
  std::thread::id ran_by;
  jobs.Post([&] {
    may_go.wait();
    order += 'a';
  });
  jobs.Run([&] {
    order += 'b';
    ran_by = std::this_thread::get_id();
  });
  go.set_value();
  jobs.Stop();
  CHECK(order == "ab");
  CHECK(ran_by != std::this_thread::get_id());
}

TEST_CASE("what is posted while a caller runs its job comes after it") {
  JobThread jobs;
  std::string order;
  jobs.Run([&] {
    jobs.Post([&] { order += 'b'; });
    std::this_thread::yield();
    order += 'a';
  });
  jobs.Stop();
  CHECK(order == "ab");
}

TEST_CASE("stopping waits for a job that a caller runs and later ones are done by the thread") {
  JobThread jobs;
  std::promise<void> begun, go;
  std::atomic<bool> done = false;
  std::thread caller([&] {
    jobs.Run([&] {
      begun.set_value();
      go.get_future().wait();
      done = true;
    });
  });
  begun.get_future().wait();
  std::thread stopper([&] {
    jobs.Stop();
    CHECK(done);
  });
  go.set_value();
  stopper.join();
  caller.join();
}

TEST_CASE("jobs never overlap whoever runs them") {
  JobThread jobs;
  int at_work = 0, most = 0, ran = 0;  // of the jobs, which are one after another
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        const auto job = [&] {
          most = std::max(most, ++at_work);
          ++ran;
          --at_work;
        };
        if (i % 3 == 0) {
          jobs.Post(job);
        } else {
          jobs.Run(job);
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  jobs.Stop();
  CHECK(most == 1);
  CHECK(ran == 2000);
}
