// Keys and patterns as the options name them.
#include "key_settings.hpp"

#include "fake_redis.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace pillion::redis;
using namespace pillion::redis::testing;

TEST_CASE("a key is named with its database or without") {
  const auto plain = ParseKeySpec("orders:1");
  REQUIRE(plain.ok());
  CHECK(plain->db == 0);
  CHECK(plain->key == "orders:1");
  CHECK_FALSE(plain->pattern);
  const auto pattern = ParseKeySpec(" db12 = a%20b+%3D%2C* ");
  REQUIRE(pattern.ok());
  CHECK(pattern->db == 12);
  CHECK(pattern->key == "a b =,*");
  CHECK(pattern->pattern);
  CHECK(ParseKeySpec("3=a?")->db == 3);
  CHECK(ParseKeySpec("[a]")->pattern);
}

TEST_CASE("what names no key is refused") {
  for (const char* text : {"", "db3=", "dbx=a", "=a", "db-1=a", "db1=a=b", "a%2", "a%zz", " "}) {
    CAPTURE(text);
    CHECK_FALSE(ParseKeySpec(text).ok());
  }
}

TEST_CASE("options about keys that cannot be used are refused by name") {
  const struct {
    const char* option;
    const char* value;
  } wrong[] = {
      {"check_keys", "[\"db3=\"]"},        {"count_keys", "[\"a=b=c\"]"},
      {"check_streams", "[\"dbx=a\"]"},    {"check_key_groups", "[\"(a\"]"},
      {"scan_address", "nonsense:port:x"}, {"scan_address", "redis://user@host"},
      {"check_keys_batch_size", "0"},      {"check_single_keys", "[\"%\"]"},
  };
  for (const auto& entry : wrong) {
    CAPTURE(entry.option);
    pillion::testing::TestHost host(Entry(), {.options = {{entry.option, entry.value}}});
    const auto created = host.Create();
    REQUIRE_FALSE(created.ok());
    CHECK(created.error().message.find(entry.option) != std::string::npos);
  }
}
