// The admin plane: loopback only, and gone when it is told to.
#include "http/admin_plane.hpp"
#include "support/http_client.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <stdexcept>

namespace pillion::test {
namespace {

using Clock = std::chrono::steady_clock;

StatusReport Report() {
  StatusReport report;
  report.version = "1.2.3";
  report.now_unix = 1'000'000;
  report.started_unix = 999'000;
  report.instances.resize(1);
  report.instances[0].name = "orders_db";
  return report;
}

struct Admin {
  explicit Admin(std::function<StatusReport()> report = &Report)
      : plane("127.0.0.1:0", std::move(report)) {
    const auto started = plane.Start();
    REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : started.error().message));
  }
  std::optional<HttpAnswer> Ask(const std::string& request, bool has_body = true) const {
    HttpClient client(plane.Address());
    if (!client.Send(request)) return {};
    return client.Receive(has_body);
  }
  std::optional<HttpAnswer> Get(const std::string& path,
                                const std::string& host = "localhost") const {
    return Ask("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  }
  AdminPlane plane;
};

std::string StartError(const std::string& listen) {
  AdminPlane plane(listen, &Report);
  const auto started = plane.Start();
  return started ? "" : started.error().message;
}

}  // namespace

TEST_CASE("the admin plane serves the status page and its JSON") {
  Admin admin;
  const auto page = admin.Get("/");
  REQUIRE(page);
  CHECK(page->status == 200);
  CHECK(page->header("content-type") == "text/html; charset=utf-8");
  CHECK(page->header("cache-control") == "no-store");
  CHECK(page->header("connection") == "close");
  CHECK(page->header("content-security-policy").find("frame-ancestors 'none'") !=
        std::string::npos);
  CHECK(page->body == StatusPageHtml(Report()));
  const auto json = admin.Get("/status.json");
  REQUIRE(json);
  CHECK(json->header("content-type") == "application/json");
  CHECK(json->body == StatusPageJson(Report()));
}

TEST_CASE("the admin plane has nothing else") {
  Admin admin;
  for (const char* path : {"/metrics", "/status", "/etc/passwd", "/../etc/passwd", "/-/reload"}) {
    CAPTURE(path);
    const auto answer = admin.Get(path);
    REQUIRE(answer);
    CHECK(answer->status == 404);
    CHECK(answer->body.find("/status.json") != std::string::npos);
  }
  const auto post = admin.Ask("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(post);
  CHECK(post->status == 405);
  CHECK(post->header("allow") == "GET, HEAD");
}

TEST_CASE("the admin plane answers HEAD without a body") {
  Admin admin;
  HttpClient client(admin.plane.Address());
  client.Send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto answer = client.Receive(false);
  REQUIRE(answer);
  CHECK(answer->header("content-length") == std::to_string(StatusPageHtml(Report()).size()));
  CHECK(client.AwaitEnd());
  CHECK(client.unread().empty());
}

TEST_CASE("a browser lured by DNS rebinding gets nothing from the admin plane") {
  bool asked = false;
  Admin admin([&] {
    asked = true;
    return Report();
  });
  for (const char* host : {"evil.example", "evil.example:9971", "localhost.evil.example", "",
                           "127.0.0.1.evil.example:80"}) {
    CAPTURE(host);
    const auto answer = admin.Get("/status.json", host);
    REQUIRE(answer);
    CHECK(answer->status == 403);
    CHECK(answer->body.find("orders_db") == std::string::npos);
  }
  for (const char* hosts :
       {"Host: localhost\r\nHost: evil.example\r\n", "Host: evil.example\r\nHost: localhost\r\n"}) {
    const auto twice = admin.Ask(std::string("GET / HTTP/1.1\r\n") + hosts + "\r\n");
    REQUIRE(twice);
    CHECK(twice->status == 403);
  }
  const auto none = admin.Ask("GET / HTTP/1.0\r\n\r\n");
  REQUIRE(none);
  CHECK(none->status == 403);
  CHECK_FALSE(asked);
  for (const char* host : {"127.0.0.1:8080", "localhost", "[::1]:1"}) {
    CAPTURE(host);
    CHECK(admin.Get("/", host)->status == 200);
  }
}

TEST_CASE("the admin plane refuses to stand on the network") {
  for (const char* listen :
       {"0.0.0.0:0", ":0", "[::]:0", "10.1.2.3:9971", "[::1]:0", "unix:/tmp/admin.sock"}) {
    CAPTURE(listen);
    const std::string message = StartError(listen);
    CHECK(message.find(listen) != std::string::npos);
    CHECK(message.find("127.0.0.1:PORT") != std::string::npos);
  }
  CHECK(StartError("nonsense").find("\"nonsense\"") != std::string::npos);
}

TEST_CASE("the admin plane names a port in use") {
  Admin admin;
  const std::string message = StartError(admin.plane.Address());
  CAPTURE(message);
  CHECK(message.find("listen on " + admin.plane.Address()) == 0);
  CHECK(message.find("in use") != std::string::npos);
  CHECK(admin.Get("/")->status == 200);
}

TEST_CASE("the admin plane stops at once") {
  Admin admin;
  REQUIRE(admin.Get("/"));
  const auto began = Clock::now();
  admin.plane.Stop();
  CHECK(Clock::now() - began < std::chrono::seconds(1));
  CHECK_FALSE(HttpClient(admin.plane.Address()).connected());
  admin.plane.Stop();
}

TEST_CASE("silent clients don't hold up the stop of the admin plane") {
  Admin admin;
  std::vector<HttpClient> silent;
  for (int i = 0; i < 8; ++i) silent.emplace_back(admin.plane.Address());
  silent[0].Send("GET / HT");
  const auto began = Clock::now();
  admin.plane.Stop();
  CHECK(Clock::now() - began < std::chrono::seconds(5));
}

TEST_CASE("silent clients of the admin plane are sent away") {
  Admin admin;
  std::vector<HttpClient> silent;
  for (int i = 0; i < 6; ++i) silent.emplace_back(admin.plane.Address());
  const auto answer = admin.Get("/");
  REQUIRE(answer);
  CHECK(answer->status == 200);
}

TEST_CASE("the admin plane can be started again and never without need") {
  AdminPlane plane("localhost:0", &Report);
  plane.Stop();
  CHECK(plane.Address().empty());
  REQUIRE(plane.Start());
  CHECK_FALSE(plane.Start().ok());
  CHECK(plane.Address().starts_with("127.0.0.1:"));
  plane.Stop();
}

TEST_CASE("a report that throws is an error and not the end") {
  Admin admin([]() -> StatusReport { throw std::runtime_error("no report"); });
  const auto answer = admin.Get("/");
  REQUIRE(answer);
  CHECK(answer->status == 500);
  CHECK(answer->body == "The report failed: no report\n");
}

TEST_CASE("the admin plane maps no TLS library") {
  Admin admin;
  REQUIRE(admin.Get("/"));
  std::ifstream maps("/proc/self/maps");
  bool civetweb = false;
  for (std::string line; std::getline(maps, line);) {
    CAPTURE(line);
    civetweb = civetweb || line.find("libcivetweb") != line.npos;
    CHECK(line.find("libssl") == line.npos);
    CHECK(line.find("libcrypto") == line.npos);
    CHECK(line.find("libgnutls") == line.npos);
  }
  CHECK(civetweb);
}

}  // namespace pillion::test
