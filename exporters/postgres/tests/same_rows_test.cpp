// Rows that are those of the last run: found byte by byte, and left to the host.
#include "postgres/same_rows.hpp"

#include "postgres/nap.hpp"
#include "postgres/tests/scene.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace pillion;
using namespace pillion::postgres;
using pillion::testing::PollReport;
using namespace std::chrono_literals;

namespace {

using Cells = std::vector<std::vector<std::optional<std::string>>>;

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, Clear>;

ResultPtr ResultOf(const Cells& cells, int columns) {
  ResultPtr result(PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK));
  std::vector<PGresAttDesc> descriptions(static_cast<size_t>(columns));
  char name[] = "c";
  for (PGresAttDesc& description : descriptions) description.name = name;
  REQUIRE(PQsetResultAttrs(result.get(), columns, descriptions.data()) == 1);
  for (size_t row = 0; row < cells.size(); ++row) {
    for (int column = 0; column < columns; ++column) {
      const auto& cell = cells[row][static_cast<size_t>(column)];
      std::string bytes = cell.value_or("");
      REQUIRE(PQsetvalue(result.get(), static_cast<int>(row), column, cell ? bytes.data() : nullptr,
                         cell ? static_cast<int>(bytes.size()) : -1) == 1);
    }
  }
  return result;
}

// Whether `then` is the same as `first`, after it; and again after itself, which is always so.
bool IsSame(const Cells& first, const Cells& then, int columns = 2, int columns_then = 2) {
  SameRows rows;
  CHECK_FALSE(rows.Take(ResultOf(first, columns).get()));
  const bool same = rows.Take(ResultOf(then, columns_then).get());
  CHECK(rows.Take(ResultOf(then, columns_then).get()));
  CHECK(rows.Take(ResultOf(first, columns).get()) == same);
  return same;
}

FakeAnswer Archiver(int64_t count) {
  return {{{"archived_count", 20}, {"failed_count", 20}}, {{Int64(count), std::nullopt}}};
}

bool Unchanged(const PollReport& report, std::string_view collector) {
  CheckClean(report);
  return report.CollectorNamed(collector)->unchanged;
}

}  // namespace

TEST_CASE("rows are the same if each byte of each cell is") {
  const Cells rows = {{"ab", "c"}, {"", std::nullopt}};
  CHECK(IsSame(rows, rows));
  CHECK_FALSE(IsSame(rows, {{"ab", "d"}, {"", std::nullopt}}));
  CHECK_FALSE(IsSame(rows, {{"a", "bc"}, {"", std::nullopt}}));
  CHECK_FALSE(IsSame(rows, {{"ab", "c"}, {std::nullopt, ""}}));
  CHECK_FALSE(IsSame(rows, {{"ab", "c"}, {"", ""}}));
  CHECK_FALSE(IsSame(rows, {{"ab", "c"}}));
  CHECK_FALSE(IsSame(rows, {{"ab", "c"}, {"", std::nullopt}, {"", std::nullopt}}));
  CHECK_FALSE(IsSame(rows, {}));
  CHECK(IsSame({}, {}));
  CHECK_FALSE(IsSame({}, {}, 2, 3));
  CHECK_FALSE(IsSame({{"a", "b"}, {"c", "d"}}, {{"a", "b", "c", "d"}}, 2, 4));
}

TEST_CASE("rows that are too many to be kept are never the same") {
  const Cells fits = {{std::string(SameRows::kBytesMax - 100, 'x'), "y"}};
  CHECK(IsSame(fits, fits));
  const Cells large = {{std::string(SameRows::kBytesMax, 'x'), "y"}};
  SameRows rows;
  for (int i = 0; i < 3; ++i) CHECK_FALSE(rows.Take(ResultOf(large, 2).get()));
  CHECK_FALSE(rows.Take(ResultOf(fits, 2).get()));
  CHECK(rows.Take(ResultOf(fits, 2).get()));
  rows.Forget();
  CHECK_FALSE(rows.Take(ResultOf(fits, 2).get()));
}

TEST_CASE("what reads as before is shown as before and nothing else is") {
  int64_t archived = 1;
  bool fails = false;
  Scene scene([&](std::string_view sql) -> FakeAnswer {
    if (!Has(sql, "pg_stat_archiver")) return Usual(sql);
    FakeAnswer answer = Archiver(archived);
    if (fails) answer.sqlstate = "57014";
    return answer;
  });
  const auto poll = [&] { return scene.host.Poll({.due = {"stat_archiver"}}); };
  const auto value = [](const PollReport& report) {
    return report.Value("pg_stat_archiver_archived_count");
  };
  CHECK_FALSE(Unchanged(poll(), "stat_archiver"));
  for (int i = 0; i < 3; ++i) {  // and while it is being prepared
    const PollReport again = poll();
    CHECK(Unchanged(again, "stat_archiver"));
    CHECK(value(again) == 1.0);
    CHECK_FALSE(again.Value("pg_stat_archiver_failed_count"));
  }
  archived = 2;
  const PollReport moved = poll();
  CHECK_FALSE(Unchanged(moved, "stat_archiver"));
  CHECK(value(moved) == 2.0);
  CHECK(Unchanged(poll(), "stat_archiver"));

  // After a run that failed the rows are taken anew, whatever they are.
  fails = true;
  const PollReport failed = poll();
  CHECK(failed.CollectorNamed("stat_archiver")->reason != Reason::kOk);
  fails = false;
  const PollReport after = poll();
  CHECK_FALSE(Unchanged(after, "stat_archiver"));
  CHECK(value(after) == 2.0);
  CHECK(Unchanged(poll(), "stat_archiver"));
}

TEST_CASE("rows that come one by one are not compared") {
  Scene scene([&](std::string_view sql) -> FakeAnswer {
    if (!Has(sql, "pg_roles")) return Usual(sql);
    FakeAnswer answer = {{{"rolname", 19}, {"connection_limit", 23}}, {}};
    for (int i = 0; i < 150; ++i) answer.rows.push_back({"r" + std::to_string(i), Int32(i)});
    return answer;
  });
  for (int i = 0; i < 4; ++i) {
    const PollReport report = scene.host.Poll({.due = {"roles"}});
    // The first run has not seen how many there are.
    CHECK(report.CollectorNamed("roles")->unchanged == false);
    CHECK(report.Value("pg_roles_connection_limit{rolname=\"r149\"}") == 149.0);
  }
}

TEST_CASE("a nap is most of the shortest run of the last four") {
  Nap nap;
  CHECK(nap.Length() == 0ns);
  for (const auto took : {4ms, 2ms, 6ms}) nap.Note(took, 1000);
  CHECK(nap.Length() == 0ns);  // three runs say little
  nap.Note(3ms, 1000);
  CHECK(nap.Length() == 1500us);
  nap.Note(1ms, 1000);
  CHECK(nap.Length() == 750us);
  for (int i = 0; i < 4; ++i) nap.Note(1h, 1000);
  CHECK(nap.Length() == Nap::kMax);
  // While an answer is larger than a socket holds, the server would only wait for us.
  nap.Note(4ms, Nap::kAnswerBytesMax + 1);
  CHECK(nap.Length() == 0ns);
}
