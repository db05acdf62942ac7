// The collectors that walk keys, against a scripted server.
#include "fake_redis.hpp"
#include "outcome.hpp"
#include "streams.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace pillion::redis::testing;
using namespace std::chrono_literals;
using pillion::Reason;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

using Commands = std::vector<std::string>;

constexpr const char* kInfo =
    "# Server\r\nredis_version:7.0.15\r\n# Replication\r\nrole:master\r\n# Keyspace\r\n"
    "db0:keys=3,expires=0,avg_ttl=0\r\n";

std::string Page(const std::string& cursor, const std::vector<std::string>& keys) {
  return Array({Bulk(cursor), Bulks(keys)});
}

void SetKey(FakeRedis& redis, const std::string& key, const std::string& type, int memory) {
  redis.Set("TYPE " + key, "+" + type + "\r\n");
  redis.Set("MEMORY USAGE " + key, ":" + std::to_string(memory) + "\r\n");
}

}  // namespace

TEST_CASE("keys have sizes and memory and values and each is asked once") {
  FakeRedis redis;
  redis.Set("INFO ALL", Bulk(kInfo));
  redis.Set("SELECT", "+OK\r\n");
  redis.Set("SCAN 0 MATCH k*", Page("17", {"k:num", "k:text", "k:list"}));
  redis.Set("SCAN 17 MATCH k*", Page("0", {"k:hll", "k:num", "k:empty"}));
  redis.Set("SCAN 0 MATCH c*", Page("0", {"c1", "c2"}));
  SetKey(redis, "one", "none", 0);
  redis.Set("MEMORY USAGE one", "$-1\r\n");
  SetKey(redis, "k:num", "string", 56);
  SetKey(redis, "k:text", "string", 64);
  SetKey(redis, "k:list", "list", 99);
  SetKey(redis, "k:hll", "string", 200);
  redis.Set("STRLEN", ":4\r\n");
  SetKey(redis, "k:empty", "string", 48);
  redis.Set("GETRANGE k:empty", Bulk(""));
  redis.Set("GETRANGE k:num", Bulk("+4.5"));
  redis.Set("GETRANGE k:text", Bulk("ab c"));
  redis.Set("GETRANGE k:hll", Bulk("HYLL..."));
  redis.Set("PFCOUNT k:hll", ":1000\r\n");
  redis.Set("LLEN", ":7\r\n");
  TestHost host(Entry(), {.options = {{"address", redis.address()},
                                      {"client_name", ""},
                                      {"check_single_keys", "[\"one\"]"},
                                      {"check_keys", "[\"db2=k*\"]"},
                                      {"count_keys", "[\"c*\"]"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"keys"}});
  CHECK(report.problems == kNone);
  CHECK(report.CollectorNamed("keys")->message == "");
  CHECK(report.Value("redis_key_size{db=\"db2\",key=\"k:num\"}") == 4.0);
  CHECK(report.Value("redis_key_value{db=\"db2\",key=\"k:num\"}") == 4.5);
  CHECK(report.Value("redis_key_value_as_string{db=\"db2\",key=\"k:text\",val=\"ab c\"}") == 1.0);
  CHECK(report.Value("redis_key_memory_usage_bytes{db=\"db2\",key=\"k:list\"}") == 99.0);
  CHECK(report.Value("redis_key_size{db=\"db2\",key=\"k:list\"}") == 7.0);
  CHECK(report.Value("redis_key_size{db=\"db2\",key=\"k:hll\"}") == 1000.0);
  CHECK(report.FamilyText("redis_key_value_as_string").find("HYLL") == std::string::npos);
  CHECK(report.Value("redis_key_size{db=\"db0\",key=\"one\"}") == 0.0);
  CHECK(report.FamilyText("redis_key_memory_usage_bytes").find("\"one\"") == std::string::npos);
  CHECK(report.Value("redis_key_value_as_string{db=\"db2\",key=\"k:empty\",val=\"\"}") == 1.0);
  CHECK(report.Value("redis_keys_count{db=\"db0\",key=\"c*\"}") == 2.0);
  CHECK(report.Value("redis_keys_left_out") == 0.0);
  CHECK(report.Value("redis_keys_scan_timestamp_seconds") > 0.0);
  size_t asked = 0;
  for (const std::string& command : redis.commands()) {
    asked += command == "TYPE k:num" ? 1 : 0;
    CHECK_FALSE(command.starts_with("KEYS"));
    CHECK_FALSE(command.starts_with("GET "));
  }
  CHECK(asked == 1);
}

TEST_CASE("a walk goes on in the next poll and shows the last complete one meanwhile") {
  FakeRedis redis;
  redis.Set("INFO ALL", Bulk(kInfo));
  redis.Set("SELECT", "+OK\r\n");
  redis.Set("SCAN 0", Page("5", {"user_1", "user_2"}));
  redis.Set("SCAN 5", Page("0", {"other"}));
  redis.Set("MEMORY USAGE", ":100\r\n");
  // Each batch costs more than a whole slice: a poll does one of them.
  TestHost host(Entry(), {.options = {{"address", redis.address()},
                                      {"client_name", ""},
                                      {"check_key_groups", "[\"^(user)_%d+$\"]"},
                                      {"scan_commands_per_second", "10"},
                                      {"scan_time", "1ms"}},
                          .fake_clock = true});
  REQUIRE(host.Create().ok());
  const PollReport first = host.Poll({.due = {"key_groups"}, .timeout = 1000s});
  CHECK(first.CollectorNamed("key_groups")->message == "");
  CHECK(first.FamilyText("redis_key_group_count") == "");
  redis.Forget();
  const PollReport second = host.Poll({.due = {"key_groups"}, .timeout = 1000s});
  CHECK(second.problems == kNone);
  CHECK(redis.commands().at(2) == "SELECT 0");
  CHECK(redis.commands().at(3) == "SCAN 5 COUNT 1000");
  CHECK(second.Value("redis_key_group_count{db=\"db0\",key_group=\"user\"}") == 2.0);
  CHECK(second.Value("redis_key_group_memory_usage_bytes{db=\"db0\",key_group=\"user\"}") == 200.0);
  CHECK(second.Value("redis_key_group_count{db=\"db0\",key_group=\"unclassified\"}") == 1.0);
  CHECK(second.Value("redis_number_of_distinct_key_groups{db=\"db0\"}") == 2.0);
  CHECK(second.Value("redis_number_of_distinct_key_groups{db=\"db15\"}") == 0.0);
  const PollReport third = host.Poll({.due = {"key_groups"}, .timeout = 1000s});
  CHECK(third.Value("redis_key_group_count{db=\"db0\",key_group=\"user\"}") == 2.0);
  CHECK(third.Value("redis_key_groups_scan_timestamp_seconds") ==
        second.Value("redis_key_groups_scan_timestamp_seconds"));
}

TEST_CASE("groups beyond the bound are one and those with most memory stay") {
  FakeRedis redis;
  redis.Set("INFO ALL", Bulk(kInfo));
  redis.Set("SELECT", "+OK\r\n");
  redis.Set("SCAN 0", Page("0", {"a1", "b1", "c1", "c2"}));
  redis.Set("MEMORY USAGE a1", ":5\r\n");
  redis.Set("MEMORY USAGE b1", ":500\r\n");
  redis.Set("MEMORY USAGE c", ":7\r\n");
  TestHost host(Entry(), {.options = {{"address", redis.address()},
                                      {"check_key_groups", "[\"^(%a)\"]"},
                                      {"max_distinct_key_groups", "1"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"key_groups"}});
  CHECK(report.Value("redis_key_group_count{db=\"db0\",key_group=\"b\"}") == 1.0);
  CHECK(report.Value("redis_key_group_count{db=\"db0\",key_group=\"overflow\"}") == 3.0);
  CHECK(report.Value("redis_key_group_memory_usage_bytes{db=\"db0\",key_group=\"overflow\"}") ==
        19.0);
  CHECK(report.Value("redis_number_of_distinct_key_groups{db=\"db0\"}") == 3.0);
}

TEST_CASE("keys beyond the bound are counted and not asked about") {
  FakeRedis redis;
  redis.Set("INFO ALL", Bulk(kInfo));
  redis.Set("SELECT", "+OK\r\n");
  redis.Set("SCAN 0", Page("0", {"a", "b", "c"}));
  SetKey(redis, "a", "set", 1);
  redis.Set("SCARD", ":3\r\n");
  TestHost host(
      Entry(),
      {.options = {{"address", redis.address()}, {"check_keys", "[\"*\"]"}, {"keys_max", "1"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"keys"}});
  CHECK(report.CollectorNamed("keys")->message == "");
  CHECK(report.Value("redis_key_size{db=\"db0\",key=\"a\"}") == 3.0);
  CHECK(report.Value("redis_keys_left_out") == 2.0);
}

TEST_CASE("what is denied costs its collector with the line that mends it") {
  FakeRedis redis;
  redis.Set("INFO ALL", Bulk(kInfo));
  redis.Set("SELECT", "+OK\r\n");
  redis.Set("SCAN 0", Page("0", {"a"}));
  redis.Set("TYPE", "-NOPERM this user has no permissions to access one of the keys\r\n");
  redis.Set("MEMORY USAGE", ":1\r\n");
  TestHost host(Entry(), {.options = {{"address", redis.address()}, {"check_keys", "[\"*\"]"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"keys", "info"}});
  CHECK(report.ok());
  CHECK(OutcomeOf(report, "info") == Reason::kOk);
  CHECK(OutcomeOf(report, "keys") == Reason::kPermission);
  CHECK(report.CollectorNamed("keys")->message.find("ACL SETUSER default +select +scan") !=
        std::string::npos);
}

TEST_CASE("a master is left alone if only replicas are to be read") {
  FakeRedis redis;
  redis.Set("INFO ALL", Bulk(kInfo));
  TestHost host(Entry(), {.options = {{"address", redis.address()},
                                      {"client_name", ""},
                                      {"check_keys", "[\"*\"]"},
                                      {"skip_checkkeys_for_role_master", "true"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"keys", "streams"}});
  CHECK(OutcomeOf(report, "keys") == Reason::kOk);
  CHECK(redis.commands() == Commands{"INFO ALL"});
}

TEST_CASE("a replica is asked in place of the server") {
  FakeRedis master;
  master.Set("INFO ALL", Bulk(kInfo));
  FakeRedis replica;
  replica.Set("INFO ALL", Bulk("# Server\r\nredis_version:7.0.15\r\nrole:slave\r\n"));
  replica.Set("SELECT", "+OK\r\n");
  replica.Set("SCAN 0", Page("0", {"a", "b"}));
  TestHost host(Entry(), {.options = {{"address", master.address()},
                                      {"scan_address", replica.address()},
                                      {"client_name", ""},
                                      {"count_keys", "[\"*\"]"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"keys"}});
  CHECK(report.problems == kNone);
  CHECK(report.Value("redis_keys_count{db=\"db0\",key=\"*\"}") == 2.0);
  CHECK(master.commands() == Commands{"INFO ALL"});
  CHECK(replica.commands().size() == 3);
}

TEST_CASE("IDs of streams give their milliseconds") {
  using pillion::redis::StreamTime;
  CHECK(StreamTime("1526919030474-55") == 1526919030474.0);
  CHECK(StreamTime("0-0") == 0.0);
  CHECK_FALSE(StreamTime(""));
  CHECK_FALSE(StreamTime("-1"));
}

TEST_CASE("streams of an older server have what it tells and no zeros for the rest") {
  FakeRedis redis;
  redis.Set("INFO ALL", Bulk("# Server\r\nredis_version:5.0.14\r\n"));
  redis.Set("SELECT", "+OK\r\n");
  redis.Set("SCAN 0 MATCH s* COUNT 1000", Page("0", {"s1", "list"}));
  redis.Set("XINFO STREAM s1",
            Array({Bulk("length"), ":0\r\n", Bulk("radix-tree-keys"), ":1\r\n",
                   Bulk("last-generated-id"), Bulk("9-1"), Bulk("groups"), ":1\r\n",
                   Bulk("first-entry"), "$-1\r\n", Bulk("last-entry"), "*-1\r\n"}));
  redis.Set("XINFO STREAM list", "-WRONGTYPE Operation against a key\r\n");
  redis.Set("XINFO GROUPS list", "-WRONGTYPE Operation against a key\r\n");
  redis.Set(
      "XINFO GROUPS s1",
      Array({Array({Bulk("name"), Bulk("g"), Bulk("consumers"), ":1\r\n", Bulk("pending"), ":2\r\n",
                    Bulk("last-delivered-id"), Bulk("8-0"), Bulk("lag"), "$-1\r\n"})}));
  redis.Set("XINFO CONSUMERS s1 g", Array({Array({Bulk("name"), Bulk("c"), Bulk("pending"),
                                                  ":2\r\n", Bulk("idle"), ":1500\r\n"})}));
  TestHost host(Entry(),
                {.options = {{"address", redis.address()}, {"check_streams", "[\"s*\"]"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"streams"}});
  CHECK(report.problems == kNone);
  CHECK(report.CollectorNamed("streams")->message == "");
  CHECK(report.Value("redis_stream_last_generated_id{db=\"db0\",stream=\"s1\"}") == 9.0);
  CHECK(report.Value("redis_stream_first_entry_id{db=\"db0\",stream=\"s1\"}") == 0.0);
  CHECK(report.FamilyText("redis_stream_entries_added_total") == "");
  CHECK(report.FamilyText("redis_stream_group_lag") == "");
  CHECK(report.Value("redis_stream_group_messages_pending{db=\"db0\",stream=\"s1\",group=\"g\"}") ==
        2.0);
  CHECK(report.Value("redis_stream_group_consumer_idle_seconds{db=\"db0\",stream=\"s1\",group="
                     "\"g\",consumer=\"c\"}") == 1.5);
}

TEST_CASE("a database that the server does not have costs only the keys in it") {
  FakeRedis redis;
  redis.Set("INFO ALL", Bulk(kInfo));
  redis.Set("SELECT", "-ERR DB index is out of range\r\n");
  redis.Set("SELECT 0", "+OK\r\n");
  redis.Set("SCAN 0 MATCH k*", Page("0", {"k"}));
  redis.Set("SCAN 0 MATCH s*", Page("0", {"s"}));
  redis.Set("XINFO STREAM", Array({Bulk("length"), ":4\r\n"}));
  redis.Set("XINFO GROUPS", "*0\r\n");
  for (const char* key : {"k", "one"}) SetKey(redis, key, "list", 50);
  redis.Set("LLEN", ":3\r\n");
  const std::map<std::string, std::string> options = {
      {"address", redis.address()},
      {"check_keys", "[\"db99=k*\", \"k*\"]"},
      {"check_single_keys", "[\"db99=one\", \"one\"]"},
      {"count_keys", "[\"db99=k*\", \"k*\"]"},
      {"keys_max", "2"},
      {"check_streams", "[\"db98=s*\", \"s*\"]"},
      {"check_single_streams", "[\"db99=t\"]"}};
  TestHost host(Entry(), {.options = options});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"keys", "streams"}});
  CHECK(report.problems == kNone);
  CHECK(report.CollectorNamed("keys")->message == "");
  CHECK(report.CollectorNamed("streams")->message == "");
  CHECK(report.Value("redis_key_size{db=\"db0\",key=\"k\"}") == 3.0);
  CHECK(report.Value("redis_key_size{db=\"db0\",key=\"one\"}") == 3.0);
  CHECK(report.Value("redis_keys_count{db=\"db0\",key=\"k*\"}") == 1.0);
  CHECK(report.Value("redis_stream_length{db=\"db0\",stream=\"s\"}") == 4.0);
  CHECK(report.Value("redis_keys_left_out") == 0.0);
  CHECK(report.text.find("db99") == std::string::npos);
  REQUIRE(report.logs.size() == 2);  // one for each database
  CHECK(report.logs[0].text.find("no database 99 (ERR DB index") != std::string::npos);
  CHECK(report.logs[1].text.find("no database 98") != std::string::npos);
  CHECK(host.Poll({.due = {"keys", "streams"}}).logs.empty());

  TestHost nothing(Entry(), {.options = {{"address", redis.address()},
                                         {"check_single_keys", "[\"db99=one\"]"}}});
  REQUIRE(nothing.Create().ok());
  const PollReport failed = nothing.Poll({.due = {"keys"}});
  CHECK(OutcomeOf(failed, "keys") == Reason::kProtocol);
  redis.Set("SELECT 99", "-NOPERM no\r\n");
  const PollReport denied = host.Poll({.due = {"keys"}});
  CHECK(OutcomeOf(denied, "keys") == Reason::kPermission);
}

TEST_CASE("the keys that take most memory are found in all databases and bounded") {
  FakeRedis redis;
  redis.Set("INFO ALL", Bulk(std::string(kInfo) + "db3:keys=2,expires=0,avg_ttl=0\r\n"));
  redis.Set("CONFIG GET", Bulks({"databases", "16"}));
  redis.Set("SELECT", "+OK\r\n");
  redis.Set("SCAN 0 COUNT 1000", Page("7", {"a", "b", "gone", "a"}));
  redis.Set("SCAN 7 COUNT 1000", Page("0", {"c", "d", "a", "late"}));
  SetKey(redis, "a", "hash", 300);
  SetKey(redis, "b", "string", 100);
  SetKey(redis, "c", "list", 300);
  SetKey(redis, "d", "set", 200);
  SetKey(redis, "late", "none", 900);  // it went between the two questions
  redis.Set("MEMORY USAGE gone", "$-1\r\n");
  TestHost host(Entry(), {.options = {{"address", redis.address()}, {"big_keys_max", "4"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"big_keys"}});
  CHECK(report.problems == kNone);
  CHECK(report.CollectorNamed("big_keys")->message == "");
  const auto memory = [&](const std::string& db, const std::string& key, const std::string& type) {
    return report.Value("redis_big_key_memory_usage_bytes{db=\"" + db + "\",key=\"" + key +
                        "\",type=\"" + type + "\"}");
  };
  for (const char* db : {"db0", "db3"}) {
    CHECK(memory(db, "a", "hash") == 300.0);
    CHECK(memory(db, "c", "list") == 300.0);
    CHECK_FALSE(memory(db, "d", "set"));  // there is room for four
  }
  CHECK(report.FamilyText("redis_big_key_memory_usage_bytes").find("late") == std::string::npos);
  CHECK(report.Value("redis_big_keys_scan_keys") == 16.0);
  CHECK(report.Value("redis_big_keys_scan_timestamp_seconds") > 0.0);
  size_t types_of_b = 0;
  for (const std::string& command : redis.commands()) types_of_b += command == "TYPE b" ? 1 : 0;
  CHECK(types_of_b == 1);  // when it was among the largest so far
  redis.Set("MEMORY USAGE", "-NOPERM no\r\n");
  const PollReport denied = host.Poll({.due = {"big_keys"}});
  CHECK(OutcomeOf(denied, "big_keys") == Reason::kPermission);
  CHECK(denied.CollectorNamed("big_keys")->message.find("+memory|usage") != std::string::npos);
}
