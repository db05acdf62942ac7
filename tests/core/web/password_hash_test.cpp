#include "web/password_hash.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pillion::web;

TEST_CASE("a password fits its bcrypt hash whatever the hash's prefix") {
  const std::string rest = "04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
  for (const std::string prefix : {"$2a$", "$2b$", "$2y$"}) {
    const std::string hash = prefix + rest;
    CHECK(WrongHash(hash).empty());
    CHECK(VerifyPassword("secret", hash));
    CHECK_FALSE(VerifyPassword("Secret", hash));
    CHECK_FALSE(VerifyPassword("", hash));
    CHECK_FALSE(VerifyPassword(std::string("secret\0x", 8), hash));
  }
}

TEST_CASE("what is no bcrypt hash or costs too much is not taken") {
  const std::string good = "$2y$10$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
  CHECK(WrongHash(good).empty());
  CHECK(BcryptCost(good) == 10);
  for (const std::string& bad :
       {std::string(), std::string("secret"), "$2x$" + good.substr(4), good + "a", good.substr(1),
        "$2y$1a$" + good.substr(7), good.substr(0, 59) + "!", std::string("$1$abc$def")}) {
    CHECK_FALSE(WrongHash(bad).empty());
  }
  for (const char* cost : {"03", "17", "31"}) {
    const std::string told = WrongHash("$2y$" + std::string(cost) + good.substr(6));
    CHECK(told.find("cost of 4 to 16") != std::string::npos);
  }
}
