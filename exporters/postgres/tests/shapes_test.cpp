// What becomes of rows that are more than families by name: extensions, statements, histograms,
// retired names.
#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include "postgres/extensions.hpp"
#include "postgres/queries.hpp"
#include "postgres/tests/scene.hpp"

using namespace pillion;
using namespace pillion::postgres;
using pillion::testing::PollReport;

namespace {

std::string Float8(double value) {
  uint64_t bits = 0;
  static_assert(sizeof bits == sizeof value);
  std::memcpy(&bits, &value, sizeof bits);
  return Int64(static_cast<int64_t>(bits));
}

std::string Float8Array(const std::vector<double>& values) {
  std::string bytes =
      Int32(1) + Int32(0) + Int32(701) + Int32(static_cast<int64_t>(values.size())) + Int32(1);
  for (const double value : values) bytes += Int32(8) + Float8(value);
  return bytes;
}

FakeAnswer ExtensionsAre(const std::string& schema, const std::string& version) {
  return {{{"extname", 19}, {"quote_ident", 25}, {"extversion", 25}},
          {{"pg_stat_statements", schema, version}}};
}

using Calls = std::vector<std::pair<std::string, int>>;

// The largest first; the totals come from the test.
FakeAnswer Statements(const Calls& calls, int total) {
  FakeAnswer answer{{{"user", 19},
                     {"rolname", 19},
                     {"datname", 19},
                     {"queryid", 25},
                     {"query", 25},
                     {"calls_total", 701},
                     {"max_seconds", 701}},
                    {}};
  answer.rows.push_back({std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt,
                         Float8(total), Float8(9)});
  for (const auto& [id, count] : calls) {
    answer.rows.push_back({"app", "app", "shop", id, std::nullopt, Float8(count), Float8(1)});
  }
  return answer;
}

const std::string kApp = "{user=\"app\",datname=\"shop\",queryid=\"";
const std::string kOther = "{user=\"other\",datname=\"other\",queryid=\"other\"}";

}  // namespace

TEST_CASE("statements: those of the schema are asked and the rest is one sum that only grows") {
  std::atomic<int> poll = 0;
  Scene scene(
      [&](std::string_view sql) -> FakeAnswer {
        if (Has(sql, "pg_extension")) return ExtensionsAre("\"my schema\"", "1.10");
        if (!Has(sql, "\"my schema\".pg_stat_statements(")) return Usual(sql);
        if (poll == 0) return Statements({{"1", 50}, {"2", 40}, {"3", 5}, {"4", 4}}, 100);
        return Statements({{"3", 70}, {"1", 51}, {"2", 41}, {"4", 4}}, 170);
      },
      "15.4", {{"statements_shown", "2"}});
  for (poll = 0; poll < 2; ++poll) {
    const PollReport report = scene.host.Poll({.due = {"stat_statements"}});
    CheckClean(report);
    CHECK(report.CollectorNamed("stat_statements")->reason == Reason::kOk);
    CHECK(report.Value("pg_stat_statements_calls_total" + kApp + "1\"}") == 50.0 + poll);
    CHECK(report.Value("pg_stat_statements_calls_total" + kApp + "2\"}") == 40.0 + poll);
    CHECK_FALSE(report.Value("pg_stat_statements_calls_total" + kApp + "3\"}"));
    CHECK(report.Value("pg_stat_statements_calls_total" + kOther) == (poll == 0 ? 0.0 : 68.0));
    CHECK(report.Value("pg_stat_statements_max_seconds" + kApp + "1\"}") == 1.0);
    CHECK_FALSE(report.Value("pg_stat_statements_max_seconds" + kOther));
  }
}

TEST_CASE("statements: more rows than asked for are refused") {
  Scene scene(
      [&](std::string_view sql) -> FakeAnswer {
        if (Has(sql, "pg_extension")) return ExtensionsAre("public", "1.10");
        if (!Has(sql, "public.pg_stat_statements(")) return Usual(sql);
        return Statements({{"1", 5}, {"2", 4}, {"3", 3}}, 12);
      },
      "15.4", {{"statements_shown", "1"}});
  const PollReport report = scene.host.Poll({.due = {"stat_statements"}});
  CheckClean(report);
  CHECK(report.CollectorNamed("stat_statements")->reason == Reason::kLimit);
}

TEST_CASE("extensions: one that is missing costs its collector and says how to make it") {
  std::atomic<bool> there = false;
  Scene scene([&](std::string_view sql) -> FakeAnswer {
    if (Has(sql, "pg_extension")) return there ? ExtensionsAre("public", "1.9") : FakeAnswer{};
    if (Has(sql, "public.pg_stat_statements(")) return Statements({{"1", 5}}, 5);
    if (Has(sql, "pg_ls_waldir")) return {{{"segments", 20}}, {{Int64(3)}}};
    return Usual(sql);
  });
  for (int i = 0; i < 2; ++i) {
    const PollReport report = scene.host.Poll({.due = {"stat_statements", "wal"}});
    CheckClean(report);
    CHECK(report.CollectorNamed("wal")->reason == Reason::kOk);
    CHECK(report.CollectorNamed("stat_statements")->reason == Reason::kVersion);
    CHECK(Has(report.CollectorNamed("stat_statements")->message,
              "CREATE EXTENSION pg_stat_statements"));
  }
  there = true;
  const PollReport report = scene.host.Poll({.due = {"stat_statements", "wal"}});
  CheckClean(report);
  CHECK(report.Value("pg_stat_statements_calls_total" + kApp + "1\"}") == 5.0);
}

TEST_CASE("extensions: one that moved is found again by the next poll") {
  std::atomic<bool> moved = false;
  Scene scene([&](std::string_view sql) -> FakeAnswer {
    const std::string schema = moved ? "b" : "a";
    if (Has(sql, "pg_extension")) return ExtensionsAre(schema, "1.9");
    if (Has(sql, schema + ".pg_stat_statements(")) return Statements({{"1", 5}}, 5);
    if (Has(sql, "pg_stat_statements(")) return {.sqlstate = "42883"};
    return Usual(sql);
  });
  CheckClean(scene.host.Poll({.due = {"stat_statements"}}));
  moved = true;
  const auto reason = [&] {
    return scene.host.Poll({.due = {"stat_statements"}}).CollectorNamed("stat_statements")->reason;
  };
  CHECK(reason() == Reason::kVersion);
  CHECK(reason() == Reason::kOk);
}

TEST_CASE("extensions: queries are chosen by their version and not the server's") {
  const auto sql = [](int extension) {
    return std::string_view(SelectQuery(kStatStatements, 17, extension)->sql);
  };
  CHECK(Has(sql(107), "sum(total_time)"));
  CHECK(Has(sql(108), "sum(total_exec_time)"));
  CHECK(Has(sql(110), "sum(blk_read_time)"));
  CHECK(Has(sql(111), "sum(shared_blk_read_time)"));
  CHECK(SelectQuery(kBuffercacheSummary, 17, 103) == nullptr);
  CHECK(SelectQuery(kBuffercacheSummary, 17, 104) != nullptr);
  CHECK(SelectQuery(kBuffercacheSummary, 15) == nullptr);
  CHECK(ExtensionVersion("1.10") == 110);
  CHECK(ExtensionVersion("1.2.3") == 102);
  CHECK(ExtensionVersion("x") == 0);
  CHECK(ExtensionVersion("1") == 0);
  CHECK(InSchema("a {schema}.b {schema}.c", "\"x\"") == "a \"x\".b \"x\".c");
}

TEST_CASE("histograms: arrays of bounds and counts become one per row") {
  Scene scene([&](std::string_view sql) -> FakeAnswer {
    if (!Has(sql, "seconds_bucket")) return Usual(sql);
    return {{{"state", 25},
             {"application_name", 25},
             {"seconds", 1022},
             {"seconds_bucket", 1022},
             {"seconds_sum", 701},
             {"seconds_count", 23}},
            {{"idle", "psql", Float8Array({1, 60}), Float8Array({2, 3}), Float8(90.5), Int32(4)},
             {"idle", "bad", Float8Array({1, 60}), Float8Array({2}), Float8(90.5), Int32(4)}}};
  });
  const PollReport report = scene.host.Poll({.due = {"process_idle"}});
  CheckClean(report);
  const std::string labels = "{state=\"idle\",application_name=\"psql\"";
  CHECK(report.Value("pg_process_idle_seconds_bucket" + labels + ",le=\"1\"}") == 2.0);
  CHECK(report.Value("pg_process_idle_seconds_bucket" + labels + ",le=\"60\"}") == 3.0);
  CHECK(report.Value("pg_process_idle_seconds_bucket" + labels + ",le=\"+Inf\"}") == 4.0);
  CHECK(report.Value("pg_process_idle_seconds_sum" + labels + "}") == 90.5);
  CHECK_FALSE(Has(report.text, "bad"));
}

TEST_CASE("compat: retired names stand beside the new ones and all have the server's name") {
  Scene scene(
      [](std::string_view sql) -> FakeAnswer {
        if (Has(sql, "pg_stat_bgwriter")) {
          return {{{"buffers_clean_total", 20}}, {{Int64(7)}}};
        }
        if (Has(sql, "pg_stat_database\n") || Has(sql, "FROM pg_stat_database")) {
          return {{{"datid", 26},
                   {"datname", 19},
                   {"session_time_seconds_total", 701},
                   {"stats_reset", 1184}},
                  {{Int32(5), "shop", Float8(1.5), std::nullopt}}};
        }
        if (Has(sql, "pg_settings")) {
          return {{{"names", 1009}, {"units", 1009}, {"settings", 1009}, {"state", 25}},
                  {{TextArrayOf({"port"}), TextArrayOf({""}), TextArrayOf({"5432"}), "state"}}};
        }
        return Usual(sql);
      },
      "15.4", {{"compat", "0.11"}});
  for (int i = 0; i < 2; ++i) {
    const PollReport report =
        scene.host.Poll({.due = {"stat_bgwriter", "stat_database", "settings"}});
    CheckClean(report);
    const std::string server = "server=\"127.0.0.1:" + std::to_string(scene.server.port()) + "\"}";
    CHECK(report.Value("pg_stat_bgwriter_buffers_clean_total{" + server) == 7.0);
    CHECK(report.Value("pg_stat_bgwriter_buffers_clean{" + server) == 7.0);
    const std::string shop = "{datid=\"5\",datname=\"shop\"," + server;
    CHECK(report.Value("pg_stat_database_session_time" + shop) == 1500.0);
    CHECK(report.Value("pg_stat_database_session_time_seconds_total" + shop) == 1.5);
    const auto reset = report.Value("pg_stat_database_stats_reset" + shop);
    REQUIRE(reset);
    CHECK(*reset != *reset);
    CHECK(report.Value("pg_settings_port{" + server) == 5432.0);
  }
}

TEST_CASE("compat: later profiles add names and no label") {
  Scene scene(
      [](std::string_view sql) -> FakeAnswer {
        if (!Has(sql, "pg_replication_slots")) return Usual(sql);
        return {{{"slot_name", 19},
                 {"database", 19},
                 {"slot_type", 25},
                 {"wal_status", 25},
                 {"slot_is_active", 16}},
                {{"s", std::nullopt, "physical", "reserved", std::string(1, '\1')}}};
      },
      "15.4", {{"compat", "0.15"}});
  const PollReport report = scene.host.Poll({.due = {"replication_slots"}});
  CheckClean(report);
  const std::string labels = "{slot_name=\"s\",slot_type=\"physical\"}";
  CHECK(report.Value("pg_replication_slot_slot_is_active" + labels) == 1.0);
  CHECK(report.Value("pg_replication_slots_slot_is_active" + labels) == 1.0);
}
