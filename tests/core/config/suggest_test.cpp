#include "config/suggest.hpp"

#include <doctest/doctest.h>

#include <string>

namespace pillion {
namespace {

constexpr std::string_view kKeys[] = {"listen", "health_listen", "timeout"};

TEST_CASE("the edit distance counts insertions and deletions and replacements and swaps") {
  CHECK(EditDistance("", "") == 0);
  CHECK(EditDistance("", "abc") == 3);
  CHECK(EditDistance("adress", "address") == 1);
  CHECK(EditDistance("addresss", "address") == 1);
  CHECK(EditDistance("addrezs", "address") == 1);
  CHECK(EditDistance("adderss", "address") == 1);
  CHECK(EditDistance("ADDRESS", "address") == 0);
  CHECK(EditDistance("kitten", "sitting") == 3);
  CHECK(EditDistance("kitten", "sitting") == EditDistance("sitting", "kitten"));
}

TEST_CASE("the nearest candidate is suggested") {
  CHECK(Suggest("lisen", kKeys).value() == "listen");
  CHECK(Suggest("helth_listen", kKeys).value() == "health_listen");
  CHECK(Suggest("Timeout", kKeys).value() == "timeout");
}

TEST_CASE("a word that is far from all candidates suggests none") {
  CHECK_FALSE(Suggest("colour", kKeys).has_value());
  CHECK_FALSE(Suggest("", kKeys).has_value());
  CHECK_FALSE(Suggest("x", kKeys).has_value());
  constexpr std::string_view kLetters[] = {"a", "b"};
  CHECK_FALSE(Suggest("c", kLetters).has_value());
  CHECK(Suggest("A", kLetters).value() == "a");
  CHECK_FALSE(Suggest(std::string(100'000, 'l'), kKeys).has_value());
  CHECK_FALSE(Suggest("listen", {}).has_value());
}

TEST_CASE("without a suggestion the candidates are listed") {
  CHECK(SuggestOrList("lisen", kKeys) == "; did you mean `listen`?");
  CHECK(SuggestOrList("colour", kKeys) == "; accepted: listen, health_listen, timeout");
  CHECK(SuggestOrList("colour", {}).empty());
  const std::vector<std::string_view> many(100, "abcdefgh");
  const std::string listed = SuggestOrList("zzz", many);
  CHECK(listed.size() < 300);
  CHECK(listed.substr(listed.size() - 5) == ", ...");
}

}  // namespace
}  // namespace pillion
