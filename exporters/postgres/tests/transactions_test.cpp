// Which statements share a transaction, and that a failure in one stays in its collector.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "postgres/tests/scene.hpp"

using namespace pillion;
using namespace pillion::postgres;
using namespace std::chrono_literals;
using pillion::testing::PollReport;

namespace {

const std::vector<std::string> kFour = {"postmaster", "stat_archiver", "roles", "wal"};

// Rows for those four.
FakeAnswer Four(std::string_view sql) {
  if (Has(sql, "pg_postmaster")) return {{{"start_time_seconds", 1184}}, {{Int64(0)}}};
  if (Has(sql, "pg_stat_archiver")) return {{{"failed_count", 20}}, {{Int64(1)}}};
  if (Has(sql, "rolconnlimit")) {
    return {{{"rolname", 19}, {"connection_limit", 23}}, {{"app", Int32(2)}}};
  }
  if (Has(sql, "pg_ls_waldir")) return {{{"segments", 20}}, {{Int64(3)}}};
  return Usual(sql);
}

// Time stands still, so that everything is quick unless the test says otherwise.
struct Still : Scene {
  explicit Still(FakePostgres::Answer answer) : Scene(std::move(answer), "15.4", {}, true) {}

  PollReport Poll(const std::vector<std::string>& due = kFour) {
    const int before = fake.syncs();
    PollReport report = host.Poll({.due = due});
    CheckClean(report);
    syncs = fake.syncs() - before;
    return report;
  }

  int syncs = 0;  // of the last poll
};

void CheckAllOf(const PollReport& report, const std::vector<std::string>& names) {
  CHECK(report.collectors.size() == names.size());
  for (const std::string& name : names) {
    CAPTURE(name);
    REQUIRE(report.CollectorNamed(name) != nullptr);
    CHECK(report.CollectorNamed(name)->reason == Reason::kOk);
  }
}

}  // namespace

TEST_CASE("transactions: a new session gives each statement its own and later ones share") {
  Still scene(&Four);
  CheckAllOf(scene.Poll(), kFour);
  CHECK(scene.syncs == 5);  // the session's settings and four collectors
  for (int poll = 0; poll < 2; ++poll) {
    const PollReport report = scene.Poll();
    CheckAllOf(report, kFour);
    CHECK(scene.syncs == 1);
    CHECK(report.Value("pg_postmaster_start_time_seconds") == 946684800.0);
    CHECK(report.Value("pg_stat_archiver_failed_count") == 1.0);
    CHECK(report.Value("pg_roles_connection_limit{rolname=\"app\"}") == 2.0);
    CHECK(report.Value("pg_wal_segments") == 3.0);
  }
}

TEST_CASE("transactions: locks are counted where nothing else holds any") {
  Still scene(&Four);
  const std::vector<std::string> due = {"postmaster", "roles", "locks", "wal"};
  scene.Poll(due);
  CheckAllOf(scene.Poll(due), due);
  CHECK(scene.syncs == 2);
}

TEST_CASE("transactions: a new failure stays in its collector and costs one more round trip") {
  std::atomic<bool> fails = false;
  Still scene([&](std::string_view sql) -> FakeAnswer {
    if (fails && Has(sql, "pg_stat_archiver")) return {.sqlstate = "42501"};
    return Four(sql);
  });
  scene.Poll();
  scene.Poll();
  fails = true;
  const auto check = [&](const PollReport& report) {
    CHECK(report.CollectorNamed("stat_archiver")->reason == Reason::kPermission);
    CHECK(report.CollectorNamed("postmaster")->reason == Reason::kOk);
    CHECK(report.Value("pg_roles_connection_limit{rolname=\"app\"}") == 2.0);
    CHECK(report.Value("pg_wal_segments") == 3.0);
    CHECK(report.collectors.size() == 4);
  };
  check(scene.Poll());
  CHECK(scene.syncs == 3);  // the shared one, then two that were skipped
  // From now on it is alone: those behind it are not skipped.
  for (int poll = 0; poll < 2; ++poll) {
    const int executed = scene.fake.executed();
    check(scene.Poll());
    CHECK(scene.syncs == 3);  // those before it, itself, those behind it
    CHECK(scene.fake.executed() == executed + 3);
  }
  fails = false;
  CheckAllOf(scene.Poll(), kFour);
  CheckAllOf(scene.Poll(), kFour);
  CHECK(scene.syncs == 1);
  CHECK(scene.server.connections() == 1);
}

TEST_CASE("transactions: several new failures in one are each told") {
  std::atomic<bool> fails = false;
  Still scene([&](std::string_view sql) -> FakeAnswer {
    if (fails && Has(sql, "pg_postmaster")) return {.sqlstate = "42501"};
    if (fails && Has(sql, "rolconnlimit")) return {.sqlstate = "42703"};
    return Four(sql);
  });
  scene.Poll();
  scene.Poll();
  fails = true;
  const PollReport report = scene.Poll();
  CHECK(report.CollectorNamed("postmaster")->reason == Reason::kPermission);
  CHECK(report.CollectorNamed("roles")->reason == Reason::kVersion);
  CHECK(report.CollectorNamed("stat_archiver")->reason == Reason::kOk);
  CHECK(report.CollectorNamed("wal")->reason == Reason::kOk);
  CHECK(report.collectors.size() == 4);
}

TEST_CASE("transactions: one that was slow is taken apart until all in it are quick") {
  std::atomic<bool> slow = false;
  testing::TestHost* host = nullptr;
  Still scene([&](std::string_view sql) -> FakeAnswer {
    if (slow && Has(sql, "rolconnlimit")) host->Advance(20ms);
    return Four(sql);
  });
  host = &scene.host;
  scene.Poll();
  scene.Poll();
  slow = true;
  CheckAllOf(scene.Poll(), kFour);
  CHECK(scene.syncs == 1);
  slow = false;
  CheckAllOf(scene.Poll(), kFour);
  CHECK(scene.syncs == 4);
  CheckAllOf(scene.Poll(), kFour);
  CHECK(scene.syncs == 1);
}

TEST_CASE("transactions: a session that ends while skipped statements are sent again fails them") {
  std::atomic<bool> fails = false;
  std::atomic<int> asked = 0;
  Still scene([&](std::string_view sql) -> FakeAnswer {
    if (fails && Has(sql, "pg_stat_archiver")) return {.sqlstate = "42501"};
    if (fails && Has(sql, "pg_ls_waldir")) return {.sqlstate = "57P01", .severity = "FATAL"};
    asked += Has(sql, "rolconnlimit");
    return Four(sql);
  });
  scene.Poll();
  scene.Poll();
  fails = true;
  const PollReport report = scene.host.Poll({.due = kFour});
  CHECK(report.reason == Reason::kRefused);
  for (const std::string& problem : report.problems) FAIL_CHECK(problem);
  CHECK(report.collectors.size() == 4);
  CHECK(report.CollectorNamed("wal")->reason == Reason::kRefused);
  CHECK(asked == 3);
}

TEST_CASE("transactions: a session that ends in a shared one fails those that have no answer") {
  std::atomic<bool> fails = false;
  Still scene([&](std::string_view sql) -> FakeAnswer {
    if (fails && Has(sql, "rolconnlimit")) return {.sqlstate = "57P01", .severity = "FATAL"};
    return Four(sql);
  });
  scene.Poll();
  scene.Poll();
  fails = true;
  const PollReport report = scene.host.Poll({.due = kFour});
  CHECK(report.reason == Reason::kRefused);
  for (const std::string& problem : report.problems) FAIL_CHECK(problem);
  CHECK(report.collectors.size() == 4);
}
