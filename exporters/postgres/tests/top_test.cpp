// Stickiness as pure logic: who is shown, and that the others' sum never jumps.
#include "postgres/top.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using pillion::postgres::StickyTop;

namespace {

using Named = std::vector<std::pair<std::string, double>>;

// Updates with these rows, of which the target tells as many as it would, and gives the keys shown.
std::string Update(StickyTop& top, Named all) {
  double total = 0;
  for (const auto& [key, value] : all) total += value;
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  all.resize(std::min(all.size(), StickyTop::kRanksPerShown * top.shown_max()));
  std::vector<StickyTop::Row> rows;
  for (const auto& [key, value] : all) rows.push_back({key, {value}});
  std::string shown;
  for (const size_t i : top.Update(rows, {total})) shown += rows[i].key;
  return shown;
}

}  // namespace

TEST_CASE("top: the largest rows are shown in order and the others begin at nothing") {
  StickyTop top(2);
  CHECK(Update(top, {{"a", 5}, {"b", 9}, {"c", 1}}) == "ba");
  CHECK(top.other() == std::vector<double>{0});
}

TEST_CASE("top: a row that is shown stays while others pass it by a little") {
  StickyTop top(2);
  CHECK(Update(top, {{"a", 10}, {"b", 9}, {"c", 8}, {"d", 7}, {"e", 6}}) == "ab");
  CHECK(Update(top, {{"a", 10}, {"b", 9}, {"c", 11}, {"d", 12}, {"e", 6}}) == "ab");
  // Out when four are larger: not among the first 2 * 2 any more.
  CHECK(Update(top, {{"a", 10}, {"b", 9}, {"c", 11}, {"d", 12}, {"e", 13}}) == "ea");
}

TEST_CASE("top: a row that vanishes makes room at once") {
  StickyTop top(2);
  CHECK(Update(top, {{"a", 10}, {"b", 9}, {"c", 8}}) == "ab");
  CHECK(Update(top, {{"a", 10}, {"c", 8}}) == "ac");
}

TEST_CASE("top: the others grow by what they count and never by who changes sides") {
  StickyTop top(1);
  CHECK(Update(top, {{"a", 100}, {"b", 50}, {"c", 40}}) == "a");
  CHECK(Update(top, {{"a", 110}, {"b", 55}, {"c", 41}}) == "a");
  CHECK(top.other() == std::vector<double>{6});
  // b and c pass a, which is out: it counts among the others from now on.
  CHECK(Update(top, {{"a", 110}, {"b", 200}, {"c", 150}}) == "b");
  CHECK(top.other() == std::vector<double>{6 + 145 + 109});
  CHECK(Update(top, {{"a", 113}, {"b", 260}, {"c", 150}}) == "b");
  CHECK(top.other() == std::vector<double>{260 + 3});
}

TEST_CASE("top: a new row counts as growth") {
  StickyTop top(1);
  Update(top, {{"a", 100}});
  Update(top, {{"a", 100}, {"b", 7}});
  CHECK(top.other() == std::vector<double>{7});
}

TEST_CASE("top: rows that the target drops take nothing back") {
  StickyTop top(1);
  Update(top, {{"a", 100}, {"b", 50}, {"c", 40}});
  Update(top, {{"a", 101}, {"b", 52}, {"c", 40}});
  CHECK(top.other() == std::vector<double>{2});
  Update(top, {{"a", 102}, {"b", 53}});
  CHECK(top.other() == std::vector<double>{2});
  Update(top, {{"a", 103}, {"b", 54}});
  CHECK(top.other() == std::vector<double>{3});
}

TEST_CASE("top: after a reset the others go on from where they were") {
  StickyTop top(1);
  Update(top, {{"a", 100}, {"b", 50}});
  Update(top, {{"a", 100}, {"b", 60}});
  CHECK(top.other() == std::vector<double>{10});
  CHECK(Update(top, {{"a", 3}, {"b", 2}}) == "a");
  CHECK(top.other() == std::vector<double>{12});
  CHECK(Update(top, {{"a", 4}, {"b", 5}}) == "a");
  CHECK(top.other() == std::vector<double>{15});
}

TEST_CASE("top: the others never go down whatever happens") {
  StickyTop top(3);
  uint32_t random = 7;
  const auto next = [&] { return random = random * 1664525u + 1013904223u, random >> 16; };
  Named all;
  for (int i = 0; i < 12; ++i) all.emplace_back(std::string(1, static_cast<char>('a' + i)), 0);
  double before = 0;
  for (int poll = 0; poll < 2000; ++poll) {
    for (auto& [key, value] : all) value += next() % 100;
    if (next() % 50 == 0) {
      for (auto& [key, value] : all) value = next() % 5;
    }
    Named some = all;
    if (next() % 10 == 0) some.erase(some.begin() + next() % 12);
    CHECK(Update(top, some).size() == 3);
    CHECK(top.other()[0] >= before);
    before = top.other()[0];
  }
}

TEST_CASE("top: another number of counters begins anew") {
  StickyTop top(1);
  top.Update({{"a", {1, 2}}}, {5, 5});
  top.Update({{"a", {1, 2}}}, {6, 7});
  CHECK(top.other() == std::vector<double>{1, 2});
  top.Update({{"a", {1}}}, {9});
  CHECK(top.other() == std::vector<double>{0});
}
