// The request of `pillion lint URL`.
#include "http/fetch.hpp"

#include "core/http/plane_fixture.hpp"
#include "http/listen_socket.hpp"

namespace pillion::test {
namespace {

struct Fetched {
  Result<void> result;
  FetchedHead head;
  std::string body;
};

Fetched Fetch(const HttpTarget& target, std::chrono::milliseconds timeout = kHang,
              size_t wanted = SIZE_MAX) {
  Fetched fetched{{}, {}, {}};
  fetched.result = FetchHttp(target, "text/plain", timeout,
                             {.on_head =
                                  [&](const FetchedHead& head) {
                                    fetched.head = head;
                                    return wanted > 0;
                                  },
                              .on_body =
                                  [&](std::string_view piece) {
                                    fetched.body += piece;
                                    return fetched.body.size() < wanted;
                                  }});
  return fetched;
}

HttpTarget Parse(const std::string& url) {
  const Result<HttpTarget> target = ParseHttpTarget(url);
  REQUIRE_MESSAGE(target, url);
  return *target;
}

}  // namespace

TEST_CASE("addresses of pages are taken apart") {
  const HttpTarget plain = Parse("http://db.example:9121/x/y?z=1");
  CHECK(plain.host == "db.example");
  CHECK(plain.port == "9121");
  CHECK(plain.path == "/x/y?z=1");
  const HttpTarget six = Parse("http://[::1]:9970");
  CHECK(six.host == "::1");
  CHECK(six.port == "9970");
  CHECK(six.path == "/metrics");
  CHECK(Parse("http://h").port == "80");
  CHECK(Parse("http://h?collect[]=a").path == "/metrics?collect[]=a");
  const HttpTarget socket = Parse("unix:/run/p/s.sock:/metrics/cache");
  CHECK(socket.host.empty());
  CHECK(socket.socket == "/run/p/s.sock");
  CHECK(socket.path == "/metrics/cache");
  CHECK(Parse("unix:/s").path == "/metrics");
}

TEST_CASE("a request names the host and the port it goes to") {
  CHECK(HostHeader(Parse("http://db.example:9121/x")) == "db.example:9121");
  CHECK(HostHeader(Parse("http://db.example/x")) == "db.example");
  CHECK(HostHeader(Parse("http://[::1]:9970")) == "[::1]:9970");
  CHECK(HostHeader(Parse("unix:/run/s.sock")) == "localhost");
}

TEST_CASE("what is no address of a page is refused") {
  for (const char* url : {"", "http://", "https://h/", "h:1", "http://:9/", "http://h:/",
                          "http://h:x/", "http://h:123456/", "http://[::1/", "unix:s",
                          "unix:", "http://h/ x", "http://h/\r\nX: y", "unix:/s:/\n"}) {
    CAPTURE(url);
    CHECK_FALSE(ParseHttpTarget(url).ok());
  }
}

TEST_CASE("a page is fetched by TCP and by unix socket") {
  TempDir dir;
  Plane plane({"127.0.0.1:0", "unix:" + dir.path + "/s"}, {});
  const BodyPtr body = LargeBody(20);
  plane.handler.set_body(body);
  for (const std::string& address : plane.plane.Addresses()) {
    CAPTURE(address);
    const Fetched fetched =
        Fetch(Parse(address.starts_with("unix:") ? address : "http://" + address));
    CHECK(fetched.result.ok());
    CHECK(fetched.head.status == 200);
    CHECK(fetched.head.content_type == ContentType(Format::kText004));
    CHECK(fetched.body == Text(*body));
  }
}

TEST_CASE("a page is left when no more of it is wanted") {
  Plane plane;
  plane.handler.set_body(LargeBody(20));
  const Fetched some = Fetch(Parse("http://" + plane.address()), kHang, 1000);
  CHECK(some.result.ok());
  CHECK(some.body.size() < LargeBody(20)->size);
  const Fetched none = Fetch(Parse("http://" + plane.address()), kHang, 0);
  CHECK(none.result.ok());
  CHECK(none.body.empty());
}

TEST_CASE("what hinders a page is told") {
  std::string address;
  {
    Plane plane;
    address = plane.address();
    const Fetched missing = Fetch(Parse("http://" + address + "/nothing"));
    CHECK(missing.result.ok());
    CHECK(missing.head.status == 404);
  }
  CHECK(Fetch(Parse("http://" + address)).result.error().reason == Reason::kRefused);
  CHECK(Fetch(Parse("unix:/nowhere/at/all")).result.error().reason == Reason::kRefused);
  CHECK_FALSE(Fetch(Parse("unix:/" + std::string(200, 'x'))).result.ok());
  auto deaf = ListenSocket::Open(*ParseListenAddress("127.0.0.1:0"));
  REQUIRE(deaf);
  const Fetched late =
      Fetch(Parse("http://" + ToString(deaf->address())), std::chrono::milliseconds(50));
  CHECK(late.result.error().reason == Reason::kTimeout);
}

}  // namespace pillion::test
