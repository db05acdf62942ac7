#include "password_map.hpp"

#include "fake_redis.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace pillion::redis;
using namespace pillion::redis::testing;
using pillion::Reason;
using pillion::testing::TestHost;

namespace {

std::string Found(std::string_view map, std::string_view address, std::string_view user = {}) {
  const auto parsed = ParseAddress(address);
  REQUIRE(parsed.ok());
  const auto password = FindPassword(map, *parsed, user);
  if (!password) {
    CHECK(password.error().reason == Reason::kAuth);
    return "error: " + password.error().message;
  }
  return std::string(password->view());
}

}  // namespace

TEST_CASE("the password of a server and user is found in the map") {
  constexpr std::string_view kMap =
      R"({"redis://monitor@a:6379": "of monitor", "redis://a:6379" : "of a",
          "rediss://b": "of b", "unix:///run/redis.sock": "of a socket", "redis://[::1]:7": "six",
          "no address: at all": "x"})";
  CHECK(Found(kMap, "a:6379", "monitor") == "of monitor");
  CHECK(Found(kMap, "a") == "of a");
  CHECK(Found(kMap, "a", "other") == "of a");
  CHECK(Found(kMap, "redis://b:6379/3") == "of b");
  CHECK(Found(kMap, "/run/redis.sock") == "of a socket");
  CHECK(Found(kMap, "[::1]:7") == "six");
  CHECK(Found(kMap, "a:6380") == "");
  CHECK(Found("{}", "a") == "");
}

TEST_CASE("escapes of JSON are read") {
  CHECK(Found(R"({"redis:\/\/a": "\"\\\/\n\u00e4\u20ac\ud83d\ude00"})", "a") ==
        "\"\\/\n\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
}

TEST_CASE("what is not a map of strings is refused at its place and not repeated") {
  for (const std::string_view map :
       {"", "[]", "{", R"({"a")", R"({"a":)", R"({"a":1})", R"({"a":"secret)", R"({"a":"b",})",
        R"({"a":"b"} x)", R"({"a":"\x"})", R"({"a":"\u12"})", R"({"a":"\ud800"})",
        R"({"a":"\udc00"})", "{\"a\":\"\n\"}", R"({"a":{"b":"c"}})", R"({"a" "b"})",
        R"({"a":"\u00g0"})"}) {
    CAPTURE(map);
    const std::string found = Found(map, "a");
    CHECK(found.find("JSON") != std::string::npos);
    CHECK(found.find("secret") == std::string::npos);
  }
}

TEST_CASE("the map serves an instance without a password and follows its changes") {
  FakeRedis redis(Folder("redis_7.0"));
  const auto map = [&](const std::string& password) {
    return "{\"redis://" + redis.address() + "\": \"" + password + "\"}";
  };
  TestHost host(Entry(), {.options = {{"address", redis.address()}, {"client_name", ""}},
                          .secrets = {{"password_map", map("first")}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  CHECK(redis.commands().front() == "AUTH first");
  redis.Forget();
  host.SetSecret("password_map", map("second"));
  REQUIRE(host.Poll().ok());
  CHECK(redis.commands().back() == "AUTH second");
  CHECK(redis.connections() == 2);
  host.SetSecret("password_map", "{");
  REQUIRE(host.Poll().ok());  // the session goes on
  CHECK(host.secrets_tried().back() == Reason::kAuth);
}

TEST_CASE("a password goes before the map") {
  FakeRedis redis(Folder("redis_7.0"));
  TestHost host(Entry(), {.options = {{"address", redis.address()}},
                          .secrets = {{"password", "own"}, {"password_map", "{"}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  CHECK(redis.commands().front() == "AUTH own");
}
