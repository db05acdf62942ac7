#include "plugin/resolver.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace pillion;

namespace {

bool WaitReadable(int fd) {
  pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, 10'000) == 1;
}

}  // namespace

TEST_CASE("numeric addresses come back as they are and at once") {
  const auto never = [](int) {
    FAIL("must not wait");
    return false;
  };
  CHECK(*ResolveHost("127.0.0.1", never) == std::vector<std::string>{"127.0.0.1"});
  CHECK(*ResolveHost("::1", never) == std::vector<std::string>{"::1"});
}

TEST_CASE("localhost has an address") {
  const auto addresses = ResolveHost("localhost", &WaitReadable);
  REQUIRE(addresses.ok());
  CHECK(addresses->size() >= 1);
}

TEST_CASE("more callers at once than threads that look up each get their answer") {
  std::atomic<int> answered = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 50; ++i) {
    callers.emplace_back([&] {
      if (ResolveHost("localhost", &WaitReadable).ok()) ++answered;
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(answered == 50);
}

TEST_CASE("a caller that gives up gets a timeout and nothing leaks") {
  const auto result = ResolveHost("localhost", [](int) { return false; });
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().reason == Reason::kTimeout);
}

TEST_CASE("what cannot be a host name is refused without a look-up") {
  const auto never = [](int) {
    FAIL("must not wait");
    return false;
  };
  CHECK(ResolveHost("", never).error().reason == Reason::kDns);
  CHECK(ResolveHost(std::string(300, 'a'), never).error().reason == Reason::kDns);
  CHECK(ResolveHost(std::string_view("a\0b", 3), never).error().reason == Reason::kDns);
}

TEST_CASE("a name that cannot exist is a dns failure") {
  const auto result = ResolveHost("no-such-host.invalid", &WaitReadable);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().reason == Reason::kDns);
}
