#include "model/label_block.hpp"

#include <doctest/doctest.h>

namespace pillion {
namespace {

TEST_CASE("labels are taken off a block one by one") {
  std::string_view block = R"(a="x",b="q\"},c=\"\\",d="")";
  std::string_view name, value;
  REQUIRE(TakeLabel(block, &name, &value));
  CHECK(name == "a");
  CHECK(value == "x");
  REQUIRE(TakeLabel(block, &name, &value));
  CHECK(name == "b");
  CHECK(value == R"(q\"},c=\"\\)");
  REQUIRE(TakeLabel(block, &name, &value));
  CHECK(name == "d");
  CHECK(value == "");
  CHECK_FALSE(TakeLabel(block, &name, &value));
}

TEST_CASE("a label is found by its name and not by text inside of values") {
  CHECK(HasLabel(R"(a="1",b="2")", "b"));
  CHECK(HasLabel(R"(a="1",b="2")", "a"));
  CHECK_FALSE(HasLabel(R"(a="1,b=",c="2")", "b"));
  CHECK_FALSE(HasLabel(R"(ab="1")", "b"));
  CHECK_FALSE(HasLabel("", "b"));
}

TEST_CASE("blocks are identical whatever the order of their labels") {
  BlockIdentity identity;
  const std::string ab(identity.Of(R"(a="1",b="2")"));
  CHECK(ab == identity.Of(R"(b="2",a="1")"));
  CHECK(ab == identity.Of(R"(b="2",c="",a="1")"));
  CHECK(ab != identity.Of(R"(a="2",b="1")"));
  CHECK(ab != identity.Of(R"(a="1",b="2",c="3")"));
  CHECK(ab != identity.Of(R"(a="1\",b=\"2")"));
  CHECK(identity.Of("") == "");
  CHECK(identity.Of(R"(a="")") == "");
}

}  // namespace
}  // namespace pillion
