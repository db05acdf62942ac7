#include <doctest/doctest.h>
#include <pillion/result.hpp>

#include <memory>
#include <set>
#include <string>

using pillion::Error;
using pillion::Reason;
using pillion::Result;

TEST_CASE("a result holds a value or an error") {
  const Result<int> good = 7;
  CHECK(good.ok());
  CHECK(*good == 7);
  const Result<int> bad = Error{Reason::kAuth, "no"};
  CHECK_FALSE(bad);
  CHECK(bad.error().reason == Reason::kAuth);
  CHECK(bad.error().message == "no");
}

TEST_CASE("a result gives away a value that can only be moved") {
  Result<std::unique_ptr<std::string>> made = std::make_unique<std::string>("x");
  CHECK(**made == "x");
  const std::unique_ptr<std::string> taken = *std::move(made);
  CHECK(*taken == "x");
}

TEST_CASE("a void result is ok unless it has an error") {
  CHECK(Result<void>().ok());
  const Result<void> bad(Reason::kLimit, "too much");
  CHECK_FALSE(bad.ok());
  CHECK(bad.error().reason == Reason::kLimit);
}

TEST_CASE("every reason has a text of its own and unknown ones are internal") {
  std::set<std::string_view> texts = {ToString(Reason::kOk)};
  for (const Reason reason : pillion::kFailureReasons) texts.insert(ToString(reason));
  CHECK(texts.size() == PILLION_REASON_INTERNAL + 1);
  CHECK(ToString(static_cast<Reason>(99)) == "internal");
}
