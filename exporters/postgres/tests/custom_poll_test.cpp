// Polls of custom queries with a server in a script.
#include <doctest/doctest.h>
#include <pillion/testing/test_host.hpp>

#include <string>

#include "postgres/tests/scene.hpp"

namespace pillion::postgres {
namespace {

constexpr int kInt8 = 20;
constexpr int kText = 25;

// Answers what the exporter asks before the queries, and gives the rest to `rows`.
FakePostgres::Answer Server(FakePostgres::Answer rows) {
  return [rows = std::move(rows)](std::string_view sql) -> FakeAnswer {
    if (Has(sql, "reset_val")) {
      return {.columns = {{"r", 16}, {"s", kText}}, .rows = {{"f", "public"}}};
    }
    if (Has(sql, "'datestyle'") || sql == "SELECT 1") {
      return {.columns = {{"x", kText}}, .rows = {{"y"}}};
    }
    if (Has(sql, "pg_backend_pid()")) return {.columns = {{"x", kText}}, .rows = {{"y"}}};
    return rows(sql);
  };
}

}  // namespace

TEST_CASE("duplicates of a custom query are dropped and NULL is no sample") {
  FakePostgres fake(Server([](std::string_view) -> FakeAnswer {
                      return {.columns = {{"l", kText}, {"x", kInt8}},
                              .rows = {{"a", "1"}, {"a", "2"}, {"b", std::nullopt}, {"c", "3"}}};
                    }),
                    "15.4");
  ScriptedServer server([&](ScriptedServer::Connection& c) { fake(c); });
  testing::TestHost host(
      POSTGRES_ENTRY(),
      {.options = At(server),
       .secrets = {{"password", "secret"}},
       .records = {
           {"query", {{{"name", "q"}, {"sql", "SELECT l, x FROM y"}, {"labels", "[\"l\"]"}}}}}});
  const auto created = host.Create();
  REQUIRE_MESSAGE(created.ok(), created.error().message);
  const auto report = host.Poll({.due = {"query_q"}});
  REQUIRE_MESSAGE(report.ok(), report.error);
  CHECK(report.Value("q_x{l=\"a\"}") == 1.0);
  CHECK(report.Value("q_x{l=\"c\"}") == 3.0);
  CHECK_FALSE(Has(report.text, "q_x{l=\"b\"}"));
  REQUIRE(report.problems.size() == 1);  // a host drops and counts it
  CHECK(Has(report.problems[0], "q_x"));
}

TEST_CASE("a session that breaks in a custom query costs the queries and nothing else") {
  FakePostgres fake(Server([](std::string_view sql) -> FakeAnswer {
                      if (Has(sql, "FROM broken")) {
                        return {.sqlstate = "57P01", .severity = "FATAL"};
                      }
                      return {.columns = {{"start_time_seconds", kInt8}},
                              .rows = {{std::string("\0\0\0\0\0\0\0\7", 8)}}};
                    }),
                    "15.4");
  ScriptedServer server([&](ScriptedServer::Connection& c) { fake(c); });
  testing::TestHost host(POSTGRES_ENTRY(),
                         {.options = At(server),
                          .secrets = {{"password", "secret"}},
                          .records = {{"query",
                                       {{{"name", "a"}, {"sql", "SELECT x FROM broken"}},
                                        {{"name", "b"}, {"sql", "SELECT x FROM fine"}}}}}});
  REQUIRE(host.Create().ok());
  const auto report = host.Poll({.due = {"postmaster", "query_a", "query_b"}});
  REQUIRE_MESSAGE(report.ok(), report.error);
  CHECK(report.problems.empty());
  CHECK(report.Value("pg_postmaster_start_time_seconds"));
  REQUIRE(report.collectors.size() == 3);
  CHECK(report.collectors[0].reason == Reason::kOk);
  CHECK(report.collectors[1].reason == Reason::kRefused);
  CHECK(report.collectors[2].reason == Reason::kRefused);
}

}  // namespace pillion::postgres
