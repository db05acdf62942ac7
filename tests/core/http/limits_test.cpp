// What slow, greedy and numerous clients cost others: nothing.
#include "core/http/plane_fixture.hpp"
#include "http/descriptor_limit.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <filesystem>

namespace pillion::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kScrape = "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n";
// Ten times what others may be made to wait.
constexpr milliseconds kAtOnce{500};

size_t Threads() {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    (void)entry;
    ++count;
  }
  return count;
}

// Takes every free descriptor of the process away; gives all back in the end.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int next = dup(0);
    held_.push_back(next);
    rlimit low = before_;
    low.rlim_cur = static_cast<rlim_t>(next) + 32;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
    for (int fd = 0; (fd = dup(0)) >= 0;) held_.push_back(fd);
  }
  ~NoDescriptors() {
    while (!held_.empty()) GiveBackOne();
    setrlimit(RLIMIT_NOFILE, &before_);
  }
  void GiveBackOne() {
    close(held_.back());
    held_.pop_back();
  }

 private:
  rlimit before_{};
  std::vector<int> held_;
};

// A client socket that needs no further descriptor to connect.
class PreparedClient {
 public:
  explicit PreparedClient(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    where_.sin_family = AF_INET;
    where_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    where_.sin_port =
        htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  }
  ~PreparedClient() { close(fd_); }
  bool Ask() {
    return connect(fd_, reinterpret_cast<sockaddr*>(&where_), sizeof(where_)) == 0 &&
           send(fd_, kScrape.data(), kScrape.size(), MSG_NOSIGNAL) > 0;
  }
  bool AwaitAnswer() {
    pollfd waiting{fd_, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(milliseconds(kHang).count())) <= 0) return false;
    char buffer[64];
    return recv(fd_, buffer, sizeof(buffer), 0) > 12 &&
           std::string_view(buffer, 12) == "HTTP/1.1 200";
  }

 private:
  int fd_;
  sockaddr_in where_{};
};

}  // namespace

TEST_CASE("a header that is too large is 431") {
  Plane plane;
  const std::string answer =
      plane.Raw("GET /metrics HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 431 "));
  const std::string target = plane.Raw("GET /" + std::string(20'000, 'x'));
  CHECK(target.starts_with("HTTP/1.1 431 "));
  CHECK(plane.handler.requests().empty());
}

TEST_CASE("a header just below the limit is fine") {
  Plane plane;
  CHECK(plane.Get("/metrics", "X: " + std::string(16'000, 'x') + "\r\n").status == 200);
}

TEST_CASE("the answer to a far too large request arrives although more keeps coming") {
  Plane plane;
  HttpClient client = plane.Connect();
  client.Send("GET /metrics HTTP/1.1\r\nX: " + std::string(150'000, 'x'));
  const auto answer = client.Receive();
  REQUIRE(answer);
  CHECK(answer->status == 431);
}

TEST_CASE("a request that trickles is ended with 408") {
  ScrapePlaneLimits limits;
  limits.request_timeout = seconds(1);
  Plane plane(limits);
  HttpClient client = plane.Connect();
  client.Send("GET /metrics HTTP/1.1\r\nX: ");
  // The time counts from the first byte: sending on doesn't help.
  const auto began = Clock::now();
  std::optional<HttpAnswer> answer;
  while (client.Quiet() && Clock::now() - began < kHang) {
    client.Send("x");
    std::this_thread::sleep_for(milliseconds(20));
  }
  CHECK_FALSE(client.Quiet());
  answer = client.Receive();
  REQUIRE(answer);
  CHECK(answer->status == 408);
  CHECK(answer->header("connection") == "close");
  REQUIRE(plane.handler.AwaitEnded(1));
  CHECK(plane.handler.ended()[0].path == "other");
  CHECK(plane.handler.ended()[0].status == 408);
  // It may go on talking for a moment and is then cut.
  CHECK(plane.AwaitConnections(0));
}

TEST_CASE("an idle connection is closed without a word") {
  ScrapePlaneLimits limits;
  limits.idle_timeout = seconds(1);
  Plane plane(limits);
  HttpClient fresh = plane.Connect();
  HttpClient used = plane.Connect();
  REQUIRE(used.Get("/metrics"));
  CHECK(fresh.AwaitEnd());
  CHECK(used.AwaitEnd());
  CHECK(fresh.unread().empty());
  CHECK(used.unread().empty());
  CHECK(plane.AwaitConnections(0));
  CHECK(plane.handler.ended().size() == 1);
}

TEST_CASE("a client that takes nothing is cut and its body let go") {
  ScrapePlaneLimits limits;
  limits.write_stall_timeout = seconds(1);
  Plane plane(limits);
  BodyPtr body = LargeBody(480);
  const std::weak_ptr<const Body> watch = body;
  plane.handler.set_body(std::move(body));
  HttpClient client = plane.Connect();
  client.Send(kScrape);
  REQUIRE(Eventually([&] { return !plane.handler.requests().empty(); }));
  plane.handler.set_body(MakeBody({"b 1\n"}));
  CHECK_FALSE(watch.expired());
  CHECK(plane.AwaitConnections(0));
  CHECK(Eventually([&] { return watch.expired(); }));
  CHECK(plane.handler.AwaitEnded(1));
}

TEST_CASE("a slow reader of an old page is closed when pages pile up and others are served") {
  ScrapePlaneLimits limits;
  limits.pinned_body_bytes_max = 2 * 480 * kChunkBytes;
  Plane plane(limits);
  std::vector<HttpClient> slow;
  for (int i = 0; i < 3; ++i) {
    plane.handler.set_body(LargeBody(480));
    slow.push_back(plane.Connect());
    slow.back().Send(kScrape);
    const auto asked = static_cast<size_t>(i) + 1;
    REQUIRE(Eventually([&] { return plane.handler.requests().size() == asked; }));
    // The page of a reader is pinned once its answer is under way.
    REQUIRE(Eventually([&] { return plane.plane.Stats().pinned_body_bytes > 0; }));
  }
  CHECK(plane.AwaitConnections(2));  // the first reader went
  CHECK(plane.plane.Stats().readers_closed_total == 1);
  CHECK(plane.plane.Stats().pinned_body_bytes == limits.pinned_body_bytes_max);
  plane.handler.set_body(MakeBody({"b 1\n"}));
  HttpClient fast = plane.Connect();
  CHECK(fast.Get("/metrics")->status == 200);
  slow.clear();
  CHECK(plane.AwaitConnections(1));
  CHECK(Eventually([&] { return plane.plane.Stats().pinned_body_bytes == 0; }));
}

TEST_CASE("waiting for a handler has no time-out of its own") {
  ScrapePlaneLimits limits;
  limits.idle_timeout = limits.request_timeout = limits.write_stall_timeout = seconds(1);
  Plane plane(limits);
  plane.handler.Hold();
  HttpClient waiting = plane.Connect();
  waiting.Send(kScrape);
  REQUIRE(plane.handler.AwaitHeld(1));
  HttpClient idle = plane.Connect();  // came later and is closed first
  CHECK(idle.AwaitEnd());
  CHECK(waiting.Quiet());
  plane.handler.ReleaseHeld();
  CHECK(waiting.Receive());
}

TEST_CASE("at the cap the longest idle connection goes") {
  ScrapePlaneLimits limits;
  limits.connections_max = 4;
  Plane plane(limits);
  plane.handler.Hold();
  HttpClient waiting = plane.Connect();
  waiting.Send(kScrape);
  REQUIRE(plane.handler.AwaitHeld(1));
  HttpClient trickling = plane.Connect();
  trickling.Send("GET /met");
  HttpClient first = plane.Connect();
  HttpClient second = plane.Connect();
  REQUIRE(first.Get("/-/healthy"));
  REQUIRE(second.Get("/-/healthy"));
  REQUIRE(first.Get("/-/healthy"));  // now the second is the one that idles longest
  HttpClient fifth = plane.Connect();
  REQUIRE(fifth.Get("/-/healthy"));
  CHECK(second.AwaitEnd());
  CHECK(first.Quiet());
  CHECK(trickling.Quiet());
  HttpClient sixth = plane.Connect();
  REQUIRE(sixth.Get("/-/healthy"));
  CHECK(first.AwaitEnd());
  CHECK(waiting.Quiet());
  CHECK(plane.plane.Stats().connections_closed_at_cap_total == 2);
  CHECK(plane.plane.Stats().connections == 4);
  plane.handler.ReleaseHeld();
  CHECK(waiting.Receive());
}

TEST_CASE("at the cap without idle ones the oldest trickle goes and answers are spared") {
  ScrapePlaneLimits limits;
  limits.connections_max = 3;
  Plane plane(limits);
  plane.handler.Hold();
  HttpClient waiting = plane.Connect();
  waiting.Send(kScrape);
  REQUIRE(plane.handler.AwaitHeld(1));
  HttpClient older = plane.Connect();
  older.Send("G");
  // A sign that the older one's byte was seen before the younger one's.
  HttpClient younger = plane.Connect();
  REQUIRE(younger.Get("/-/healthy"));
  younger.Send("G");
  HttpClient probe = plane.Connect();
  CHECK(probe.Get("/-/healthy")->status == 200);
  CHECK(older.AwaitEnd());
  CHECK(waiting.Quiet());
  plane.handler.ReleaseHeld();
  CHECK(waiting.Receive());
}

TEST_CASE("at the cap with answers only the cap still holds") {
  ScrapePlaneLimits limits;
  limits.connections_max = 2;
  Plane plane(limits);
  plane.handler.Hold();
  HttpClient first = plane.Connect();
  first.Send(kScrape);
  REQUIRE(plane.handler.AwaitHeld(1));
  HttpClient second = plane.Connect();
  second.Send(kScrape);
  REQUIRE(plane.handler.AwaitHeld(2));
  HttpClient probe = plane.Connect();
  CHECK(probe.Get("/-/healthy")->status == 200);
  CHECK(first.AwaitEnd());
  CHECK(second.Quiet());
  // The handler still owes an answer to who is gone: it falls on the floor.
  plane.handler.ReleaseHeld();
  CHECK(second.Receive());
  REQUIRE(plane.handler.AwaitEnded(3));
  CHECK(plane.handler.ended()[0].status == 499);
}

TEST_CASE("without descriptors accepting pauses and goes on when one is free") {
  Plane plane;
  plane.handler.Hold();
  HttpClient waiting = plane.Connect();  // being answered: not closed to make room
  waiting.Send(kScrape);
  REQUIRE(plane.handler.AwaitHeld(1));
  PreparedClient late(plane.address());
  {
    NoDescriptors none;
    REQUIRE(late.Ask());
    REQUIRE(Eventually([&] { return plane.plane.Stats().accept_pauses_total > 0; }));
    CHECK(plane.plane.Stats().connections == 1);
    CHECK(waiting.Quiet());
    none.GiveBackOne();
    REQUIRE(plane.handler.AwaitHeld(2));
  }
  plane.handler.ReleaseHeld();
  CHECK(waiting.Receive());
  CHECK(late.AwaitAnswer());
}

TEST_CASE("without descriptors the longest idle connection makes room") {
  Plane plane;
  HttpClient idle = plane.Connect();
  REQUIRE(idle.Get("/metrics"));
  PreparedClient late(plane.address());
  NoDescriptors none;
  REQUIRE(late.Ask());
  CHECK(late.AwaitAnswer());
  CHECK(idle.AwaitEnd());
  CHECK(plane.plane.Stats().accept_pauses_total >= 1);
}

TEST_CASE("the soft limit of descriptors is raised and the cap derived from it") {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit low = before;
  low.rlim_cur = 512;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  const uint32_t raised = RaiseDescriptorLimit();
  rlimit after{};
  getrlimit(RLIMIT_NOFILE, &after);
  CHECK(after.rlim_cur == std::min<rlim_t>(before.rlim_max, kDescriptorsMax));
  CHECK(raised == after.rlim_cur);
  CHECK(after.rlim_max == before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);

  CHECK(ConnectionsFor(0) == 1);
  CHECK(ConnectionsFor(64) == 32);
  CHECK(ConnectionsFor(1024) == 1024 - kDescriptorsReserved);
  CHECK(ConnectionsFor(65'536) == kConnectionsDerivedMax);
}

TEST_CASE("a scrape that waits costs no thread") {
  Plane plane;
  plane.handler.Hold();
  const size_t before = Threads();
  std::vector<HttpClient> clients;
  for (size_t i = 0; i < 200; ++i) {
    clients.push_back(plane.Connect());
    REQUIRE(clients.back().Send(kScrape));
  }
  REQUIRE(plane.handler.AwaitHeld(200));
  CHECK(Threads() == before);
  CHECK(plane.Get("/-/healthy").status == 200);
  plane.handler.ReleaseHeld();
  for (HttpClient& client : clients) CHECK(client.Receive());
}

TEST_CASE("a crowd of idle and trickling and never reading clients delays nobody") {
  Plane plane;
  const BodyPtr large = LargeBody(480);  // 30 MiB
  plane.handler.set_body(large);
  std::vector<HttpClient> deaf;
  for (size_t i = 0; i < 4; ++i) {
    deaf.push_back(plane.Connect());
    REQUIRE(deaf.back().Send(kScrape));
  }
  REQUIRE(Eventually([&] { return plane.handler.requests().size() == 4; }));
  plane.handler.set_body(MakeBody({"a 1\n"}));
  std::vector<HttpClient> idle;
  for (size_t i = 0; i < 1000; ++i) {
    idle.push_back(plane.Connect());
    REQUIRE(idle.back().connected());
  }
  std::vector<HttpClient> trickling;
  for (size_t i = 0; i < 100; ++i) {
    trickling.push_back(plane.Connect());
    REQUIRE(trickling.back().Send("GET /metrics HTTP/1.1\r\nX: "));
  }
  REQUIRE(plane.AwaitConnections(1104));

  HttpClient staying = plane.Connect();
  Clock::duration worst{};
  for (int round = 0; round < 20; ++round) {
    for (HttpClient& client : trickling) REQUIRE(client.Send("x"));
    const auto measure = [&](auto ask) {
      const auto began = Clock::now();
      REQUIRE(ask());
      worst = std::max(worst, Clock::now() - began);
    };
    measure([&] { return staying.Get("/metrics")->body == "a 1\n"; });
    measure([&] { return plane.Get("/metrics").status == 200; });
    measure([&] { return plane.Get("/-/healthy").status == 200; });
  }
  MESSAGE("slowest answer in the crowd: "
          << std::chrono::duration_cast<std::chrono::microseconds>(worst).count() << " us");
  CHECK(worst < kAtOnce);
  CHECK(plane.plane.Stats().connections >= 1105);
  // Who wakes up late still gets every byte.
  const auto answer = deaf[0].Receive();
  REQUIRE(answer);
  CHECK(answer->body == Text(*large));
}

}  // namespace pillion::test
