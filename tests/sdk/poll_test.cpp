// Time, waiting, names and due collectors, as an exporter sees them.
#include "sdk/lambda_exporter.hpp"

#include <doctest/doctest.h>
#include <pillion/testing/scripted_server.hpp>
#include <pillion/testing/test_host.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using pillion::Collector;
using pillion::Options;
using pillion::PollContext;
using pillion::Reason;
using pillion::Result;
using pillion::Sink;
using pillion::testing::ExporterOf;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

struct Pipe {
  Pipe() { REQUIRE(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0); }
  ~Pipe() {
    close(fds[0]);
    close(fds[1]);
  }
  int fds[2];
};

constexpr Collector kCollectors[] = {
    {.name = "cheap"},
    {.name = "dear", .flags = PILLION_COLLECTOR_OFF},
    {.name = "other"},
};

// Waits on a descriptor and returns the outcome as poll's.
template <int kTag>
const pillion_plugin* Waiter(int fd_in, std::chrono::nanoseconds until_in = 0s) {
  static int fd;
  static std::chrono::nanoseconds until;
  fd = fd_in;
  until = until_in;
  return ExporterOf({.type = "t"}, [](const Options&, PollContext& c, Sink&) -> Result<void> {
    const auto ready = c.Wait(fd, PILLION_READABLE, until == 0s ? until : c.Now() + until);
    if (!ready) return ready.error();
    CHECK(*ready == PILLION_READABLE);
    return {};
  });
}

}  // namespace

TEST_CASE("the deadline is the timeout after now") {
  TestHost host(ExporterOf({.type = "t"},
                           [](const Options&, PollContext& c, Sink&) -> Result<void> {
                             CHECK(c.Now() == 1s);
                             CHECK(c.Deadline() == 4s);
                             CHECK(c.Left() == 3s);
                             CHECK(c.UnixSeconds() == 1'700'000'000);
                             CHECK_FALSE(c.Wait(-1, 0, c.Now() + 2s).ok());
                             CHECK(c.Left() == 1s);
                             CHECK(c.UnixSeconds() == 1'700'000'002);
                             return {};
                           }),
                {.fake_clock = true});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.timeout = 3s});
  CHECK(report.ok());
  CHECK(report.past_deadline == 0s);
}

TEST_CASE("the real clocks go on") {
  TestHost host(
      ExporterOf({.type = "t"}, [](const Options&, PollContext& c, Sink&) -> Result<void> {
        const auto before = c.Now();
        CHECK_FALSE(c.Wait(-1, 0, before + 2ms).ok());
        CHECK(c.Now() - before >= 2ms);
        CHECK(c.UnixSeconds() > 1.7e9);
        return {};
      }));
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().ok());
}

TEST_CASE("a wait ends when the descriptor is readable") {
  const Pipe pipe;
  REQUIRE(write(pipe.fds[1], "x", 1) == 1);
  TestHost host(Waiter<1>(pipe.fds[0]));
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().ok());
}

TEST_CASE("a wait tells writable from readable") {
  static int fd;
  const Pipe pipe;
  fd = pipe.fds[1];
  TestHost host(
      ExporterOf({.type = "t"}, [](const Options&, PollContext& c, Sink&) -> Result<void> {
        const auto ready = c.Wait(fd, PILLION_READABLE | PILLION_WRITABLE);
        REQUIRE(ready.ok());
        CHECK(*ready == PILLION_WRITABLE);
        return {};
      }));
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().ok());
}

TEST_CASE("a wait ends at the deadline with reason timeout") {
  const Pipe pipe;
  TestHost host(Waiter<2>(pipe.fds[0]));
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.timeout = 20ms});
  CHECK(report.reason == Reason::kTimeout);
  CHECK(report.error == "no answer by the deadline");
}

TEST_CASE("a wait ends at its own time if that is earlier") {
  const Pipe pipe;
  TestHost host(Waiter<3>(pipe.fds[0], 5ms));
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.timeout = 1h});
  CHECK(report.reason == Reason::kTimeout);
}

TEST_CASE("a wait never goes past the deadline") {
  TestHost host(ExporterOf({.type = "t"},
                           [](const Options&, PollContext& c, Sink&) -> Result<void> {
                             CHECK_FALSE(c.Wait(-1, 0, c.Deadline() + 1h).ok());
                             CHECK(c.Left() == 0s);
                             return {};
                           }),
                {.fake_clock = true});
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().ok());
}

TEST_CASE("a wait on a closed descriptor is an internal failure") {
  const Pipe pipe;
  const int fd = fcntl(pipe.fds[0], F_DUPFD_CLOEXEC, 900);  // a number that nothing else takes
  close(fd);
  TestHost host(Waiter<4>(fd));
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().reason == Reason::kInternal);
}

TEST_CASE("moving the fake clock ends a wait for a descriptor") {
  const Pipe pipe;
  TestHost host(Waiter<5>(pipe.fds[0]), {.fake_clock = true});
  REQUIRE(host.Create().ok());
  std::thread other([&] { host.Advance(1h); });
  const PollReport report = host.Poll({.timeout = 30min});
  other.join();
  CHECK(report.reason == Reason::kTimeout);
}

TEST_CASE("an interrupt from another thread ends a wait") {
  const Pipe pipe;
  TestHost host(Waiter<6>(pipe.fds[0]));
  REQUIRE(host.Create().ok());
  std::thread other([&] { CHECK(host.Interrupt()); });
  const PollReport report = host.Poll({.timeout = 1h});
  other.join();
  CHECK(report.reason == Reason::kTimeout);
  CHECK(report.error == "poll was interrupted");
}

TEST_CASE("an interrupt is over with its poll") {
  const Pipe pipe;
  TestHost host(Waiter<7>(pipe.fds[0]));
  REQUIRE(host.Create().ok());
  CHECK(host.Poll({.interrupt_at_wait = 1}).error == "poll was interrupted");
  REQUIRE(write(pipe.fds[1], "x", 1) == 1);
  CHECK(host.Poll().ok());
}

TEST_CASE("the wait of the given number is interrupted and all after it") {
  TestHost host(ExporterOf({.type = "t"},
                           [](const Options&, PollContext& c, Sink&) -> Result<void> {
                             const auto wait = [&] {
                               return c.Wait(-1, 0, c.Now() + 1s).error().message;
                             };
                             CHECK(wait() == "no answer by the deadline");
                             CHECK(wait() == "poll was interrupted");
                             CHECK(wait() == "poll was interrupted");
                             return {};
                           }),
                {.fake_clock = true});
  REQUIRE(host.Create().ok());
  CHECK(host.Poll({.interrupt_at_wait = 2}).ok());
}

TEST_CASE("an exporter that hides its descriptor is interrupted by its own function") {
  class Blocker {
   public:
    explicit Blocker(const Options&) {}
    Result<void> Poll(PollContext&, Sink&) {
      while (!interrupted_) std::this_thread::yield();
      return {Reason::kTimeout, "interrupted"};
    }
    void Interrupt() { interrupted_ = true; }

   private:
    std::atomic<bool> interrupted_ = false;
  };
  TestHost host(pillion::detail::PluginOf<Blocker>::Describe({.type = "t"}));
  REQUIRE(host.Create().ok());
  std::thread other([&] { host.Interrupt(); });
  const PollReport report = host.Poll();
  other.join();
  CHECK(report.error == "interrupted");
}

TEST_CASE("names are resolved from numbers and localhost and the test's table") {
  TestHost host(ExporterOf({.type = "t"},
                           [](const Options&, PollContext& c, Sink&) -> Result<void> {
                             const auto one = [&](std::string_view name) {
                               const auto found = c.Resolve(name);
                               return found.ok() ? (*found).at(0)
                                                 : std::string(ToString(found.error().reason));
                             };
                             CHECK(one("10.1.2.3") == "10.1.2.3");
                             CHECK(one("::1") == "::1");
                             CHECK(one("localhost") == "127.0.0.1");
                             CHECK(one("db") == "10.0.0.1");
                             CHECK((*c.Resolve("db")).size() == 2);
                             CHECK((*c.Resolve("many")).size() == 8);
                             CHECK(one("nowhere") == "dns");
                             CHECK(one("gone") == "dns");
                             (void)c.Wait(-1, 0);
                             CHECK(one("db") == "timeout");
                             return {};
                           }),
                {.names = {{"db", {"10.0.0.1", "fd00::1"}},
                           {"many", std::vector<std::string>(12, "10.0.0.9")},
                           {"gone", {}}},
                 .fake_clock = true});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.ok());
  CHECK(report.problems.empty());
}

TEST_CASE("facts keep their last value") {
  TestHost host(
      ExporterOf({.type = "t"}, [](const Options&, PollContext& c, Sink&) -> Result<void> {
        c.Fact("server_version", "14");
        c.Fact("server_version", "15.8");
        return {};
      }));
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.facts.size() == 1);
  CHECK(report.facts.at("server_version") == "15.8");
}

TEST_CASE("collectors are due by default or by name") {
  TestHost host(ExporterOf({.type = "t", .collectors = kCollectors},
                           [](const Options&, PollContext& c, Sink& sink) -> Result<void> {
                             CHECK_FALSE(c.Due(99));
                             for (uint32_t i = 0; i < 3; ++i) {
                               CHECK(sink.Collect(i, [] { return Result<void>(); }));
                             }
                             return {};
                           }));
  REQUIRE(host.Create().ok());
  const auto names = [](const PollReport& report) {
    std::string all;
    for (const auto& collector : report.collectors) all += collector.name + " ";
    return all;
  };
  CHECK(names(host.Poll()) == "cheap other ");
  CHECK(names(host.Poll({.due = {"dear"}})) == "dear ");
  CHECK(names(host.Poll({.due = {"*"}})) == "cheap dear other ");
  const PollReport wrong = host.Poll({.due = {"nope"}});
  CHECK(wrong.collectors.empty());
  CHECK(wrong.problems.size() == 1);
}
