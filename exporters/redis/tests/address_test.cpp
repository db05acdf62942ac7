#include "address.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pillion::redis;

namespace {

std::string Parsed(std::string_view text) {
  const auto address = ParseAddress(text);
  if (!address) return "error: " + address.error().message;
  return (address->user.empty() ? "" : address->user + "@") + address->ToText();
}

}  // namespace

TEST_CASE("addresses of all forms") {
  CHECK(Parsed("127.0.0.1:6379") == "127.0.0.1:6379");
  CHECK(Parsed("redis") == "redis:6379");
  CHECK(Parsed("redis.svc:7000") == "redis.svc:7000");
  CHECK(Parsed("[::1]:7000") == "[::1]:7000");
  CHECK(Parsed("[fe80::1]") == "[fe80::1]:6379");
  CHECK(Parsed("/run/redis.sock") == "unix:/run/redis.sock");
  CHECK(Parsed("unix:/run/redis.sock") == "unix:/run/redis.sock");
  CHECK(Parsed("unix:///run/redis.sock") == "unix:/run/redis.sock");
  CHECK(Parsed("redis://redis:7000") == "redis:7000");
  CHECK(Parsed("redis://redis:7000/3") == "redis:7000");
  CHECK(Parsed("redis://redis/") == "redis:6379");
  CHECK(Parsed("redis://monitor@[::1]:7000") == "monitor@[::1]:7000");
  CHECK(Parsed("valkey://cache:6379") == "cache:6379");
}

TEST_CASE("a password in an address is refused and not repeated") {
  const std::string text = Parsed("redis://monitor:s3cret@redis:6379");
  CHECK(text.find("`password`") != std::string::npos);
  CHECK(text.find("s3cret") == std::string::npos);
  CHECK(Parsed("redis://:s3cret@redis").find("s3cret") == std::string::npos);
  CHECK(Parsed("monitor:s3cret@redis:6379").find("s3cret") == std::string::npos);
  CHECK(Parsed("redis://a:s3cret@b@redis").find("`password`") != std::string::npos);
}

TEST_CASE("rediss and valkeys mean TLS") {
  CHECK(Parsed("rediss://redis:6379") == "redis:6379");
  const auto address = ParseAddress("valkeys://monitor@[::1]:7000/0");
  REQUIRE(address.ok());
  CHECK(address->tls);
  CHECK(address->user == "monitor");
  CHECK(address->ToText() == "[::1]:7000");
  CHECK_FALSE(ParseAddress("redis://redis:6379")->tls);
}

TEST_CASE("addresses that cannot be are refused") {
  for (const char* bad : {"", ":6379", "redis:", "redis:0", "redis:65536", "redis:x", "redis:-1",
                          "::1", "fe80::1:6379", "[::1", "[::1]x", "[]:1", "unix:", "unix:relative",
                          "redis://", "redis://host/db", "http://redis:6379", "redis:6379 "}) {
    CAPTURE(bad);
    CHECK(Parsed(bad).starts_with("error: "));
  }
  CHECK(Parsed("/" + std::string(200, 'x')).find("107") != std::string::npos);
}
