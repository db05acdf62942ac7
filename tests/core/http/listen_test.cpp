// Addresses: what they mean, what is bound, what is said when it can't be.
#include "core/http/plane_fixture.hpp"
#include "http/listen_socket.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace pillion::test {
namespace {

ListenAddress Parsed(const std::string& text) {
  auto address = ParseListenAddress(text);
  REQUIRE(address);
  return *address;
}

std::string ErrorOf(const std::string& text) {
  const auto address = ParseListenAddress(text);
  return address ? "" : address.error().message;
}

int WithoutIpv6(int domain, int type, int protocol) {
  if (domain == AF_INET6) {
    errno = EAFNOSUPPORT;
    return -1;
  }
  return socket(domain, type, protocol);
}

bool HasIpv6() {
  auto socket = ListenSocket::Open(Parsed("[::1]:0"));
  return socket.ok();
}

std::string StartError(std::vector<std::string> listen) {
  FakeHandler handler;
  ScrapePlane plane(Plane::Config(std::move(listen), {}, {}), &handler);
  const Result<void> started = plane.Start();
  return started ? "" : started.error().message;
}

// A socket file whose process is gone.
void LeaveStaleSocket(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  path.copy(where.sun_path, sizeof(where.sun_path) - 1);
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&where), sizeof(where)) == 0);
  close(fd);
}

bool Exists(const std::string& path) {
  struct stat file {};
  return lstat(path.c_str(), &file) == 0;
}

}  // namespace

TEST_CASE("listen addresses mean what they say") {
  CHECK(ToString(Parsed("127.0.0.1:9970")) == "127.0.0.1:9970");
  CHECK(ToString(Parsed("localhost:0")) == "127.0.0.1:0");
  CHECK(ToString(Parsed("[::1]:9970")) == "[::1]:9970");
  CHECK(ToString(Parsed("[::]:9970")) == "[::]:9970");
  CHECK(ToString(Parsed(":9970")) == "[::]:9970");
  CHECK(ToString(Parsed("*:9970")) == "[::]:9970");
  CHECK(ToString(Parsed("0.0.0.0:65535")) == "0.0.0.0:65535");
  CHECK(ToString(Parsed("unix:/run/a b.sock")) == "unix:/run/a b.sock");
  CHECK(Parsed(":0").is_wildcard());
  CHECK(Parsed("0.0.0.0:1").is_wildcard());
  CHECK_FALSE(Parsed("127.0.0.1:1").is_wildcard());
  CHECK(Parsed("127.1.2.3:1").is_loopback());
  CHECK(Parsed("[::1]:1").is_loopback());
  CHECK_FALSE(Parsed("0.0.0.0:1").is_loopback());
  CHECK_FALSE(Parsed("unix:/x").is_loopback());
}

TEST_CASE("wrong listen addresses are named with what is wrong") {
  CHECK(ErrorOf("9970").find("\"9970\": expected HOST:PORT") != std::string::npos);
  CHECK(ErrorOf("").find("expected HOST:PORT") != std::string::npos);
  CHECK(ErrorOf("127.0.0.1:http").find("number from 0 to 65535") != std::string::npos);
  CHECK(ErrorOf("127.0.0.1:65536").find("number from 0 to 65535") != std::string::npos);
  CHECK(ErrorOf("127.0.0.1:-1").find("number from 0 to 65535") != std::string::npos);
  CHECK(ErrorOf("127.0.0.1:").find("number from 0 to 65535") != std::string::npos);
  CHECK(ErrorOf("::1:9970").find("in brackets") != std::string::npos);
  CHECK(ErrorOf("[::g]:9970").find("not an IPv6 address") != std::string::npos);
  CHECK(ErrorOf("[]:9970").find("not an IPv6 address") != std::string::npos);
  CHECK(ErrorOf("db.example:9970").find("names are not looked up") != std::string::npos);
  CHECK(ErrorOf("127.1:9970").find("IP address") != std::string::npos);
  CHECK(ErrorOf("unix:run/x.sock").find("absolute path") != std::string::npos);
  CHECK(ErrorOf("unix:").find("absolute path") != std::string::npos);
  CHECK(ErrorOf("unix:/" + std::string(120, 'x')).find("121 bytes") != std::string::npos);
  CHECK(ErrorOf(std::string(100'000, 'x')).size() < 400);
}

TEST_CASE("several addresses serve at once and are named in their order") {
  TempDir dir;
  const std::string path = "unix:" + dir.path + "/metrics.sock";
  Plane plane({"127.0.0.1:0", path, "localhost:0"}, {"127.0.0.1:0"});
  const auto addresses = plane.plane.Addresses();
  REQUIRE(addresses.size() == 3);
  CHECK(addresses[1] == path);
  for (const std::string& address : addresses) {
    CAPTURE(address);
    HttpClient client(address);
    REQUIRE(client.connected());
    CHECK(client.Get("/metrics")->status == 200);
  }
  REQUIRE(plane.plane.HealthAddresses().size() == 1);
  CHECK_FALSE(addresses[0].ends_with(":0"));
}

TEST_CASE("a health address serves health only") {
  Plane plane({"127.0.0.1:0"}, {"127.0.0.1:0"});
  HttpClient client(plane.plane.HealthAddresses().at(0));
  CHECK(client.Get("/-/healthy")->status == 200);
  CHECK(client.Get("/-/ready")->status == 200);
  for (const char* path : {"/metrics", "/metrics/cache", "/sd", "/"}) {
    CAPTURE(path);
    const auto answer = client.Get(path);
    REQUIRE(answer);
    CHECK(answer->status == 404);
    CHECK(answer->body.find("/-/healthy") != std::string::npos);
    CHECK(answer->body.find("metrics") == std::string::npos);
  }
  CHECK(plane.handler.requests().empty());
}

TEST_CASE("IPv6 is served and the wildcard takes both families") {
  if (!HasIpv6()) {
    MESSAGE("no IPv6 here");
    return;
  }
  Plane plane({"[::1]:0", "[::]:0"}, {});
  const auto addresses = plane.plane.Addresses();
  CHECK(addresses[0].starts_with("[::1]:"));
  CHECK(addresses[1].starts_with("[::]:"));
  const std::string port = addresses[1].substr(addresses[1].rfind(':'));
  for (const std::string& address : {addresses[0], "[::1]" + port, "127.0.0.1" + port}) {
    CAPTURE(address);
    HttpClient client(address);
    REQUIRE(client.connected());
    CHECK(client.Get("/metrics")->status == 200);
  }
  // A client that came by IPv4 is told an IPv4 address.
  HttpClient client("127.0.0.1" + port);
  client.Send("GET /sd HTTP/1.1\r\nHost: ?\r\n\r\n");
  CHECK(client.Receive()->body.find("\"127.0.0.1" + port + "\"") != std::string::npos);
}

TEST_CASE("without IPv6 in the kernel the wildcard becomes IPv4") {
  auto socket = ListenSocket::Open(Parsed(":0"), &WithoutIpv6);
  REQUIRE(socket);
  CHECK(ToString(socket->address()).starts_with("0.0.0.0:"));
  CHECK(socket->address().port != 0);
  HttpClient client("127.0.0.1:" + std::to_string(socket->address().port));
  CHECK(client.connected());
}

TEST_CASE("without IPv6 in the kernel one IPv6 address is an error") {
  auto socket = ListenSocket::Open(Parsed("[::1]:0"), &WithoutIpv6);
  REQUIRE_FALSE(socket);
  CHECK(socket.error().message.find("listen on [::1]:0: socket: ") == 0);
}

TEST_CASE("a port in use is an error that names the address") {
  Plane plane;
  const std::string message = StartError({"127.0.0.1:0", plane.address()});
  CHECK(message == "listen on " + plane.address() + ": bind: Address already in use");
  CHECK(plane.Get("/metrics").status == 200);
}

TEST_CASE("a wrong address stops the start and nothing runs") {
  CHECK(StartError({"127.0.0.1:0", "nowhere"}).find("\"nowhere\"") != std::string::npos);
  CHECK(StartError({"203.0.113.7:0"}).find("listen on 203.0.113.7:0: bind: ") == 0);
}

TEST_CASE("a port is free again at once after a stop") {
  std::string address;
  {
    Plane plane;
    address = plane.address();
    plane.Get("/metrics", "Connection: close\r\n");
  }
  Plane again({address}, {});
  CHECK(again.Get("/metrics").status == 200);
}

TEST_CASE("a unix socket has mode 0660 and its file goes at the stop") {
  TempDir dir;
  const std::string path = dir.path + "/metrics.sock";
  {
    Plane plane({"unix:" + path}, {});
    struct stat file {};
    REQUIRE(lstat(path.c_str(), &file) == 0);
    CHECK((file.st_mode & 0777) == 0660);
    HttpClient client("unix:" + path);
    // A unix client's Host says nothing about where to scrape.
    CHECK(client.Get("/sd")->body.find("\"localhost\"") != std::string::npos);
    plane.plane.Stop();
    CHECK_FALSE(Exists(path));
  }
  CHECK_FALSE(Exists(path));
}

TEST_CASE("service discovery over a unix socket names the TCP address") {
  TempDir dir;
  Plane plane({"unix:" + dir.path + "/s", "127.0.0.1:0"}, {});
  HttpClient client(plane.plane.Addresses()[0]);
  CHECK(client.Get("/sd")->body.find("\"" + plane.plane.Addresses()[1] + "\"") !=
        std::string::npos);
}

TEST_CASE("a stale unix socket is replaced") {
  TempDir dir;
  const std::string path = dir.path + "/metrics.sock";
  LeaveStaleSocket(path);
  Plane plane({"unix:" + path}, {});
  CHECK(HttpClient("unix:" + path).Get("/metrics")->status == 200);
}

TEST_CASE("a unix socket with a listener is left alone") {
  TempDir dir;
  const std::string path = "unix:" + dir.path + "/metrics.sock";
  Plane plane({path}, {});
  CHECK(StartError({path}) == "listen on " + path + ": another process listens on it");
  CHECK(HttpClient(path).Get("/metrics")->status == 200);
}

TEST_CASE("a file that is no socket is left alone") {
  TempDir dir;
  const std::string path = dir.path + "/precious";
  std::ofstream(path) << "data";
  CHECK(StartError({"unix:" + path}) ==
        "listen on unix:" + path + ": the file exists and is no socket");
  CHECK(std::filesystem::file_size(path) == 4);
  CHECK(StartError({"unix:" + dir.path + "/no/such/dir.sock"}).find(": bind: No such file") !=
        std::string::npos);
}

TEST_CASE("a unix socket file that someone else put there stays") {
  TempDir dir;
  const std::string path = dir.path + "/metrics.sock";
  {
    auto ours = ListenSocket::Open(Parsed("unix:" + path));
    REQUIRE(ours);
    // Renamed first, so that the new file can't get the old one's inode.
    std::filesystem::rename(path, path + ".old");
    LeaveStaleSocket(path);
  }
  CHECK(Exists(path));
}

}  // namespace pillion::test
