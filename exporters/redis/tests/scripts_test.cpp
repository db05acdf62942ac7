// Lua scripts, modules, search indexes, Tile38 and unknown fields, against a scripted server.
#include "fake_redis.hpp"
#include "outcome.hpp"
#include "script_folder.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

using namespace pillion::redis::testing;
using namespace std::chrono_literals;
using pillion::Reason;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

FakeRedis& WithInfo(FakeRedis& redis) {
  redis.Set("INFO ALL", Bulk("# Server\r\nredis_version:7.0.15\r\n"));
  redis.Set("SELECT", "+OK\r\n");
  return redis;
}

}  // namespace

TEST_CASE("a script that fails costs only itself and the others keep to the peers' convention") {
  const ScriptFolder folder;
  const std::string good = folder.Write("good.lua", "good");
  const std::string bad = folder.Write("bad.lua", "bad");
  const std::string empty = folder.Write("empty.lua", "empty");
  const std::string odd = folder.Write("odd.lua", "odd");
  FakeRedis redis;
  WithInfo(redis).Set("EVAL good 0 0", Bulks({"a", "11", "b", "1.5"}));
  redis.Set("EVAL bad", "-ERR Error compiling script\r\n");
  redis.Set("EVAL empty", "*0\r\n");
  redis.Set("EVAL odd", Bulks({"a", "1", "b", "x"}));
  TestHost host(Entry(), {.options = {{"address", redis.address()},
                                      {"script", "[\"" + bad + "\", \"" + good + "\", \"" + empty +
                                                     "\", \"" + odd + "\"]"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"scripts"}});
  CHECK(report.ok());
  CHECK(report.problems == kNone);
  CHECK(OutcomeOf(report, "scripts") == Reason::kOk);
  CHECK(report.Value("redis_script_result{filename=\"" + good + "\"}") == 1.0);
  CHECK(report.Value("redis_script_result{filename=\"" + bad + "\"}") == 0.0);
  CHECK(report.Value("redis_script_result{filename=\"" + empty + "\"}") == 2.0);
  CHECK(report.Value("redis_script_result{filename=\"" + odd + "\"}") == 0.0);
  CHECK(report.Value("redis_script_values{key=\"a\",filename=\"" + good + "\"}") == 11.0);
  CHECK(report.Value("redis_script_values{key=\"b\",filename=\"" + good + "\"}") == 1.5);
  CHECK(report.FamilyText("redis_script_values").find(odd) == std::string::npos);
}

TEST_CASE("a script chooses names and types and labels by its reply") {
  const ScriptFolder folder;
  const std::string file = folder.Write("s.lua", "x");
  FakeRedis redis;
  WithInfo(redis).Set(
      "EVAL_RO x 0 0",
      Array({Bulks({"shop_orders", "12", "gauge", "Open orders.", "state", "paid"}),
             Bulks({"shop_orders", "3", "gauge", "Open orders.", "state", "new"}), Bulk("plain"),
             ":4\r\n", Bulks({"shop_sales_total", "7", "counter"})}));
  TestHost host(Entry(), {.options = {{"address", redis.address()},
                                      {"lua_script_read_only", "true"},
                                      {"script", "[\"" + file + "\"]"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"scripts"}});
  CHECK(report.problems == kNone);
  CHECK(report.Value("shop_orders{state=\"paid\"}") == 12.0);
  CHECK(report.Value("shop_orders{state=\"new\"}") == 3.0);
  CHECK(report.FamilyText("shop_orders").find("# HELP shop_orders Open orders.") == 0);
  CHECK(report.Value("shop_sales_total") == 7.0);
  CHECK(report.FamilyText("shop_sales_total").find("counter") != std::string::npos);
  CHECK(report.Value("redis_script_values{key=\"plain\",filename=\"" + file + "\"}") == 4.0);
}

TEST_CASE("replies of scripts that are not understood give a result of 0 and nothing else") {
  const ScriptFolder folder;
  const std::string file = folder.Write("s.lua", "x");
  for (const std::string& reply :
       {std::string("+OK\r\n"), std::string(":1\r\n"), Bulks({"a"}), Array({Bulks({"name"})}),
        Array({Bulks({"name", "x"})}), Array({Bulks({"name", "1", "summary"})}),
        Array({Bulks({"name", "1", "gauge", "", "label"})}), Array({Bulk("a"), "*0\r\n"}),
        std::string("-NOPERM this user has no permissions to run the 'eval' command\r\n")}) {
    CAPTURE(reply);
    FakeRedis redis;
    WithInfo(redis).Set("EVAL x", reply);
    TestHost host(Entry(),
                  {.options = {{"address", redis.address()}, {"script", "[\"" + file + "\"]"}}});
    REQUIRE(host.Create().ok());
    const PollReport report = host.Poll({.due = {"scripts"}});
    CHECK(report.Value("redis_script_result{filename=\"" + file + "\"}") == 0.0);
    CHECK(report.text.find("name") == report.text.find("name=\"" + file));
  }
}

TEST_CASE("scripts that cannot be read are refused") {
  for (const char* files : {"[\"/nonexistent.lua\"]", "[\"/tmp\"]", "[\"/dev/null\"]"}) {
    TestHost host(Entry(), {.options = {{"script", files}}});
    const auto created = host.Create();
    REQUIRE_FALSE(created.ok());
    CHECK(created.error().message.find("script") != std::string::npos);
  }
}

TEST_CASE("modules tell who they are and what they count") {
  FakeRedis redis;
  WithInfo(redis).Set(
      "INFO MODULES",
      Bulk("# Modules\r\nmodule:name=search,ver=21005,api=1,filters=0,usedby=[a|b],using=[ReJSON],"
           "options=[handle-io-errors]\r\nmodule:ver=1\r\n\r\n# search_indexes\r\n"
           "search_number_of_indexes:2\r\nsearch_total_ms_run:-nan\r\nsearch_dialect_2:1\r\n"
           "search_total_cycles:5\r\nused_memory:7\r\n"));
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"modules"}});
  CHECK(report.problems == kNone);
  CHECK(
      report.Value("redis_module_info{name=\"search\",ver=\"21005\",api=\"1\",filters=\"0\",usedby="
                   "\"[a|b]\",using=\"[ReJSON]\"}") == 1.0);
  CHECK(report.Value("redis_search_number_of_indexes") == 2.0);
  CHECK(report.Value("redis_search_cycles_total") == 5.0);
  CHECK(report.FamilyText("redis_memory_used_bytes") == "");
}

TEST_CASE("search indexes whose names fit are shown") {
  FakeRedis redis;
  WithInfo(redis).Set("FT._LIST", Bulks({"idx:a", "idx:b", "other"}));
  redis.Set("FT.INFO idx:a", Array({Bulk("index_name"), Bulk("idx:a"), Bulk("index_options"),
                                    "*0\r\n", Bulk("num_docs"), Bulk("10"), Bulk("inverted_sz_mb"),
                                    Bulk("0.5"), Bulk("indexing"), ":0\r\n", Bulk("number_of_uses"),
                                    ":3\r\n", Bulk("percent_indexed"), Bulk("1")}));
  redis.Set("FT.INFO idx:b", "-Unknown index name\r\n");
  TestHost host(Entry(),
                {.options = {{"address", redis.address()}, {"check_search_indexes", "^idx:"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"search_indexes"}});
  CHECK(report.problems == kNone);
  CHECK(report.CollectorNamed("search_indexes")->message == "");
  CHECK(report.Value("redis_search_index_num_docs{index_name=\"idx:a\"}") == 10.0);
  CHECK(report.Value("redis_search_index_inverted_size_bytes{index_name=\"idx:a\"}") == 524288.0);
  CHECK(report.Value("redis_search_index_number_of_uses_total{index_name=\"idx:a\"}") == 3.0);
  CHECK(report.FamilyText("redis_search_index_num_terms") == "");
  for (const std::string& command : redis.commands()) CHECK(command != "FT.INFO other");
  TestHost wrong(Entry(), {.options = {{"check_search_indexes", "["}}});
  const auto created = wrong.Create();
  REQUIRE_FALSE(created.ok());
  CHECK(created.error().message.find("check_search_indexes") != std::string::npos);
}

TEST_CASE("a Tile38 tells of itself") {
  FakeRedis redis;
  WithInfo(redis).Set("SERVER EXT", Bulks({"tile38_num_points", "12", "go_threads", "9", "x", "1",
                                           "tile38_read_only", "false"}));
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"tile38"}});
  CHECK(report.problems == kNone);
  CHECK(report.Value("redis_tile38_num_points_total") == 12.0);
  CHECK(report.Value("redis_tile38_threads_total") == 9.0);
  CHECK(report.Value("redis_tile38_read_only") == 0.0);
}

TEST_CASE("the dump's file is measured where it is") {
  const ScriptFolder folder;
  FakeRedis redis;
  const auto config = [&](const std::string& dir, const std::string& name) {
    redis.Set("CONFIG GET", Bulks({"dir", dir, "dbfilename", name}));
  };
  WithInfo(redis);
  config(folder.path(), "dump.rdb");
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  CHECK(host.Poll({.due = {"rdb_file"}}).Value("redis_rdb_current_size_bytes") == 0.0);
  folder.Write("dump.rdb", "12345");
  CHECK(host.Poll({.due = {"rdb_file"}}).Value("redis_rdb_current_size_bytes") == 5.0);
  config(folder.path(), "../dump.rdb");
  CHECK(OutcomeOf(host.Poll({.due = {"rdb_file"}}), "rdb_file") == Reason::kProtocol);
  config("/elsewhere", "dump.rdb");
  TestHost mounted(Entry(),
                   {.options = {{"address", redis.address()}, {"rdb_directory", folder.path()}}});
  REQUIRE(mounted.Create().ok());
  CHECK(mounted.Poll({.due = {"rdb_file"}}).Value("redis_rdb_current_size_bytes") == 5.0);
}

TEST_CASE("numbers without a family are counted and exported if asked for") {
  FakeRedis redis;
  redis.Set("INFO ALL", Bulk("# Server\r\nredis_version:9.0.0\r\nhz:10\r\ntcp_port:1\r\n"
                             "uptime_in_days:3\r\n# New Part\r\nshiny-count:5\r\nname:x\r\n"
                             "used_memory:1\r\nfresh:ok\r\n"));
  for (const bool all : {false, true}) {
    TestHost host(Entry(), {.options = {{"address", redis.address()},
                                        {"include_unknown_info", all ? "true" : "false"}}});
    REQUIRE(host.Create().ok());
    const PollReport report = host.Poll({.due = {"info"}});
    CHECK(report.problems == kNone);
    CHECK(report.Value("redis_info_fields_unknown") == 3.0);
    CHECK((report.Value("redis_info_new_part_shiny_count") == 5.0) == all);
    CHECK((report.Value("redis_info_new_part_fresh") == 1.0) == all);
    CHECK((report.Value("redis_info_server_uptime_in_days") == 3.0) == all);
  }
}
