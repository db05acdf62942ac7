// The end: answers under way are finished, and nothing happens afterwards.
#include "core/http/plane_fixture.hpp"

#include <future>

namespace pillion::test {
namespace {

using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kScrape = "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n";

// Begins to stop in another thread and returns when nobody can connect any more.
std::future<void> BeginStop(Plane& plane) {
  auto stopped = std::async(std::launch::async, [&] { plane.plane.Stop(); });
  REQUIRE(Eventually([&] { return !plane.Connect().connected(); }));
  return stopped;
}

bool Ended(std::future<void>& stopped) {
  return stopped.wait_for(kHang) == std::future_status::ready;
}

ScrapePlaneLimits PatientLimits() {
  ScrapePlaneLimits limits;
  limits.drain_timeout = kHang;
  return limits;
}

}  // namespace

TEST_CASE("a scrape that waits at the stop gets its answer") {
  Plane plane(PatientLimits());
  plane.handler.Hold();
  HttpClient client = plane.Connect();
  client.Send(kScrape);
  REQUIRE(plane.handler.AwaitHeld(1));
  HttpClient idle = plane.Connect();
  REQUIRE(plane.AwaitConnections(2));
  auto stopped = BeginStop(plane);
  CHECK(idle.AwaitEnd());
  CHECK(client.Quiet());
  plane.handler.ReleaseHeld();
  const auto answer = client.Receive();
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->header("connection") == "close");
  CHECK(client.AwaitEnd());
  CHECK(Ended(stopped));
}

TEST_CASE("an answer that is being written at the stop is finished") {
  Plane plane(PatientLimits());
  const BodyPtr body = LargeBody(480);
  plane.handler.set_body(body);
  HttpClient client = plane.Connect();
  client.Send(kScrape);
  REQUIRE(Eventually([&] { return !client.Quiet(); }));
  auto stopped = BeginStop(plane);
  const auto answer = client.Receive();
  REQUIRE(answer);
  CHECK(answer->body == Text(*body));
  CHECK(client.AwaitEnd());
  CHECK(Ended(stopped));
}

TEST_CASE("a request behind the one that is answered at the stop is not begun") {
  Plane plane(PatientLimits());
  plane.handler.Hold();
  HttpClient blocked = plane.Connect();
  blocked.Send(kScrape);
  REQUIRE(plane.handler.AwaitHeld(1));
  auto held = plane.handler.TakeHeld();
  blocked.Send("GET /-/healthy HTTP/1.1\r\nHost: h\r\n\r\n");
  auto stopped = BeginStop(plane);
  held[0]({200, MakeBody({"a 1\n"}), {}});
  const auto answer = blocked.Receive();
  REQUIRE(answer);
  CHECK(answer->body == "a 1\n");
  // What follows is not answered: the first answer said close.
  CHECK(blocked.AwaitEnd());
  CHECK(blocked.unread().empty());
  CHECK(Ended(stopped));
}

TEST_CASE("the drain has an end") {
  ScrapePlaneLimits limits;
  limits.drain_timeout = seconds(0);
  Plane plane(limits);
  plane.handler.Hold();
  HttpClient client = plane.Connect();
  client.Send(kScrape);
  REQUIRE(plane.handler.AwaitHeld(1));
  const auto began = Clock::now();
  plane.plane.Stop();
  CHECK(Clock::now() - began < kHang);
  CHECK(client.AwaitEnd());
  CHECK(client.unread().empty());
  REQUIRE(plane.handler.ended().size() == 1);
  CHECK(plane.handler.ended()[0].status == 499);
}

TEST_CASE("answers that come after the stop fall on the floor") {
  ScrapePlaneLimits limits;
  limits.drain_timeout = seconds(0);
  std::vector<FakeHandler::Done> held;
  {
    Plane plane(limits);
    plane.handler.Hold();
    HttpClient client = plane.Connect();
    client.Send(kScrape);
    REQUIRE(plane.handler.AwaitHeld(1));
    held = plane.handler.TakeHeld();
    plane.plane.Stop();
    held[0]({200, MakeBody({"late 1\n"}), {}});
    CHECK(client.AwaitEnd());
    CHECK(client.unread().empty());
  }
  held[0]({200, MakeBody({"later still 1\n"}), {}});
}

TEST_CASE("answers that race with the stop are harmless") {
  for (int round = 0; round < 20; ++round) {
    ScrapePlaneLimits limits;
    limits.drain_timeout = seconds(0);
    Plane plane(limits);
    plane.handler.Hold();
    std::vector<HttpClient> clients;
    for (size_t i = 0; i < 8; ++i) {
      clients.push_back(plane.Connect());
      clients.back().Send(kScrape);
    }
    REQUIRE(plane.handler.AwaitHeld(8));
    std::thread other([&] { plane.handler.ReleaseHeld(); });
    plane.plane.Stop();
    other.join();
    for (HttpClient& client : clients) CHECK(client.AwaitEnd());
    CHECK(plane.handler.ended().size() == 8);
  }
}

TEST_CASE("an idle plane stops at once however many are connected") {
  Plane plane(PatientLimits());
  std::vector<HttpClient> clients;
  for (size_t i = 0; i < 100; ++i) clients.push_back(plane.Connect());
  clients[0].Send("GET /half");
  REQUIRE(plane.AwaitConnections(100));
  const auto began = Clock::now();
  plane.plane.Stop();
  CHECK(Clock::now() - began < seconds(2));
  for (HttpClient& client : clients) CHECK(client.AwaitEnd());
  CHECK(plane.plane.Stats().connections == 0);
}

TEST_CASE("stopping twice and without a start is fine") {
  Plane plane;
  plane.plane.Stop();
  plane.plane.Stop();
  CHECK_FALSE(plane.plane.Start().ok());
  FakeHandler handler;
  ScrapePlane never(Plane::Config({"127.0.0.1:0"}, {}, {}), &handler);
  never.Stop();
  CHECK(never.Addresses().empty());
  CHECK(never.Stats().connections == 0);
  ScrapePlane failed(Plane::Config({"nonsense"}, {}, {}), &handler);
  CHECK_FALSE(failed.Start().ok());
  failed.Stop();
}

TEST_CASE("statistics can be asked while the plane drains") {
  Plane plane(PatientLimits());
  plane.handler.Hold();
  HttpClient client = plane.Connect();
  client.Send(kScrape);
  REQUIRE(plane.handler.AwaitHeld(1));
  auto stopped = BeginStop(plane);
  CHECK(plane.AwaitConnections(1));
  CHECK(plane.plane.Addresses().size() == 1);
  plane.handler.ReleaseHeld();
  CHECK(Ended(stopped));
}

}  // namespace pillion::test
