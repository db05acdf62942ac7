// The probe of `pillion health`: one bounded request.
#include "http/probe.hpp"

#include "core/http/plane_fixture.hpp"
#include "http/listen_socket.hpp"

namespace pillion::test {
namespace {

using std::chrono::milliseconds;

// A listener that nobody serves.
ListenSocket Deaf() {
  auto address = ParseListenAddress("127.0.0.1:0");
  auto socket = ListenSocket::Open(*address);
  REQUIRE(socket);
  return std::move(*socket);
}

}  // namespace

TEST_CASE("a probe brings the status by TCP and by unix socket") {
  TempDir dir;
  Plane plane({"127.0.0.1:0", "unix:" + dir.path + "/s"}, {});
  for (const std::string& address : plane.plane.Addresses()) {
    CAPTURE(address);
    const auto healthy = ProbeHttp(address, "/-/healthy", kHang);
    REQUIRE(healthy);
    CHECK(*healthy == 200);
    const auto missing = ProbeHttp(address, "/nothing", kHang);
    REQUIRE(missing);
    CHECK(*missing == 404);
  }
  plane.handler.set_healthy(false);
  const auto ill = ProbeHttp(plane.address(), "/-/healthy", kHang);
  REQUIRE(ill);
  CHECK(*ill == 503);
}

TEST_CASE("a probe of a wildcard address goes to loopback") {
  Plane plane({"0.0.0.0:0"}, {});
  const auto status = ProbeHttp(plane.address(), "/-/healthy", kHang);
  REQUIRE(status);
  CHECK(*status == 200);
}

TEST_CASE("a probe of nobody is refused") {
  std::string address;
  {
    Plane plane;
    address = plane.address();
  }
  const auto status = ProbeHttp(address, "/-/healthy", kHang);
  REQUIRE_FALSE(status);
  CHECK(status.error().reason == Reason::kRefused);
  CHECK_FALSE(ProbeHttp("nonsense", "/", kHang).ok());
}

TEST_CASE("a probe of a deaf server ends in time") {
  const ListenSocket deaf = Deaf();
  const auto began = std::chrono::steady_clock::now();
  const auto status = ProbeHttp(ToString(deaf.address()), "/-/healthy", milliseconds(50));
  REQUIRE_FALSE(status);
  CHECK(status.error().reason == Reason::kTimeout);
  CHECK(std::chrono::steady_clock::now() - began < kHang);
}

}  // namespace pillion::test
