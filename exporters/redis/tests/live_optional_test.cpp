// The collectors that are off by default against redis-server itself: one server for all tests,
// read by a user that has the rights of the README and no more.
#include "eventually.hpp"
#include "fake_redis.hpp"
#include "lua_pattern.hpp"
#include "outcome.hpp"
#include "redis_server.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace pillion::redis::testing;
using namespace std::chrono_literals;
using pillion::Reason;
using pillion::testing::PollReport;
using pillion::testing::TestHost;
using pillion::testing::TestHostConfig;

namespace {

// The rights that the README names for a collector, and the first line's, as words.
std::vector<std::string> RightsOf(const std::vector<std::string>& collectors) {
  const std::string readme = ReadFile(PILLION_SOURCE_DIR "/exporters/redis/README.md");
  const size_t first = readme.find("ACL SETUSER monitor ");
  std::string text = readme.substr(first, readme.find('\n', first) - first);
  for (const std::string& collector : collectors) {
    const std::string begin = "| `" + collector + "` | `";
    const size_t at = readme.find(begin + "+");
    REQUIRE(at != std::string::npos);
    const size_t from = at + begin.size();
    text += " " + readme.substr(from, readme.find('`', from) - from);
  }
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) {
    if (const size_t bar = word.find("\\|"); bar != std::string::npos) word.erase(bar, 1);
    words.push_back(word == ">PASSWORD" ? ">pw" : word);
  }
  return words;
}

RedisServer& SharedServer() {
  static RedisServer server;
  return server;
}

std::string FolderOf(const RedisServer& server) {
  return server.socket().substr(0, server.socket().rfind('/'));
}

std::string WriteScript(const std::string& name, const std::string& text) {
  std::string file = FolderOf(SharedServer()) + "/" + name;
  std::ofstream(file) << text;
  return file;
}

std::string ListOf(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "[\"" : ", \"") + text + "\"";
  return list + "]";
}

std::optional<double> ResultOf(const PollReport& report, const std::string& script) {
  return report.Value("redis_script_result{filename=\"" + script + "\"}");
}

// A host whose user may do what the README says for these collectors.
TestHostConfig Limited(const std::vector<std::string>& collectors,
                       std::map<std::string, std::string> options = {}) {
  RedisServer& server = SharedServer();
  server.Ask({"ACL", "DELUSER", "monitor"});
  REQUIRE(server.Ask(RightsOf(collectors)) == "+OK\r\n");
  options["address"] = server.address();
  options["username"] = "monitor";
  return {.options = std::move(options), .secrets = {{"password", "pw"}}};
}

}  // namespace

TEST_CASE("a live client list is read in groups and one by one") {
  if (MissingServer()) return;
  TestHost host(Entry(), Limited({"clients"}, {{"client_series", "each"}}));
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"clients"}});
  CHECK(report.problems == kNone);
  CHECK(OutcomeOf(report, "clients") == Reason::kOk);
  CHECK(report.Value("redis_client_group_connections{name=\"pillion\",user=\"monitor\",host="
                     "\"127.0.0.1\"}") == 1.0);
  CHECK(report.FamilyText("redis_connected_client_info").find("name=\"pillion\",flags=\"N\"") !=
        std::string::npos);
  CHECK(report.FamilyText("redis_connected_client_total_memory_consumed_bytes") != "");
}

TEST_CASE("live keys and counts are read by a user that has the rights of the README") {
  if (MissingServer()) return;
  RedisServer& server = SharedServer();
  server.Ask({"FLUSHALL"});
  server.Ask({"SET", "k:number", "42.5"});
  server.Ask({"SET", "k:text", "a \"b\""});
  server.Ask({"RPUSH", "k:list", "a", "b"});
  server.Ask({"SADD", "k:set", "a", "b", "c"});
  server.Ask({"ZADD", "k:zset", "1", "a"});
  server.Ask({"HSET", "k:hash", "a", "1", "b", "2"});
  server.Ask({"PFADD", "k:hll", "a", "b", "c", "d"});
  TestHost host(Entry(), Limited({"keys"}, {{"check_keys", "[\"k:*\"]"},
                                            {"check_single_keys", "[\"k:text\", \"none\"]"},
                                            {"count_keys", "[\"k:*t\", \"db3=*\"]"}}));
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"keys"}});
  CHECK(report.problems == kNone);
  CHECK(report.CollectorNamed("keys")->message == "");
  const auto size = [&](const std::string& key) {
    return report.Value("redis_key_size{db=\"db0\",key=\"" + key + "\"}");
  };
  CHECK(size("k:number") == 4.0);
  CHECK(size("k:list") == 2.0);
  CHECK(size("k:set") == 3.0);
  CHECK(size("k:zset") == 1.0);
  CHECK(size("k:hash") == 2.0);
  CHECK(size("k:hll") == 4.0);
  CHECK(size("none") == 0.0);
  CHECK(report.Value("redis_key_value{db=\"db0\",key=\"k:number\"}") == 42.5);
  CHECK(report.FamilyText("redis_key_value_as_string").find("val=\"a \\\"b\\\"\"} 1\n") !=
        std::string::npos);
  CHECK(report.Value("redis_key_memory_usage_bytes{db=\"db0\",key=\"k:set\"}") > 0.0);
  CHECK(report.Value("redis_keys_count{db=\"db0\",key=\"k:*t\"}") == 4.0);
  CHECK(report.Value("redis_keys_count{db=\"db3\",key=\"*\"}") == 0.0);
}

TEST_CASE("live streams have their groups and consumers") {
  if (MissingServer()) return;
  RedisServer& server = SharedServer();
  server.Ask({"FLUSHALL"});
  server.Ask({"XADD", "s:1", "1000-1", "a", "b"});
  server.Ask({"XADD", "s:1", "2000-1", "a", "b"});
  server.Ask({"XGROUP", "CREATE", "s:1", "g", "0"});
  server.Ask({"XREADGROUP", "GROUP", "g", "worker", "COUNT", "1", "STREAMS", "s:1", ">"});
  server.Ask({"SET", "s:text", "x"});
  TestHost host(Entry(), Limited({"streams"}, {{"check_streams", "[\"s:*\"]"}}));
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"streams"}});
  CHECK(report.problems == kNone);
  CHECK(report.CollectorNamed("streams")->message == "");
  const std::string stream = "{db=\"db0\",stream=\"s:1\"";
  CHECK(report.Value("redis_stream_length" + stream + "}") == 2.0);
  CHECK(report.Value("redis_stream_first_entry_id" + stream + "}") == 1000.0);
  CHECK(report.Value("redis_stream_last_entry_id" + stream + "}") == 2000.0);
  CHECK(report.Value("redis_stream_entries_added_total" + stream + "}") == 2.0);
  CHECK(report.Value("redis_stream_max_deleted_entry_id" + stream + "}") == 0.0);
  CHECK(report.Value("redis_stream_group_lag" + stream + ",group=\"g\"}") == 1.0);
  CHECK(report.Value("redis_stream_group_entries_read" + stream + ",group=\"g\"}") == 1.0);
  CHECK(report.Value("redis_stream_group_last_delivered_id" + stream + ",group=\"g\"}") == 1000.0);
  CHECK(report.Value("redis_stream_group_consumer_messages_pending" + stream +
                     ",group=\"g\",consumer=\"worker\"}") == 1.0);
}

TEST_CASE("live key groups add up over several batches and databases") {
  if (MissingServer()) return;
  RedisServer& server = SharedServer();
  server.Ask({"FLUSHALL"});
  server.Ask({"EVAL",
              "for i=1,3000 do redis.call('SET', 'user_'..i, i) end "
              "for i=1,500 do redis.call('SET', 'cache:'..(i%5)..':'..i, i) end "
              "redis.call('SELECT', 4) redis.call('SET', 'x', 1)",
              "0"});
  TestHost host(Entry(), Limited({"key_groups"},
                                 {{"check_key_groups", "[\"^(user)_%d+$\", \"^(cache:[0-4]):\"]"},
                                  {"check_keys_batch_size", "100"},
                                  {"scan_commands_per_second", "10000000"}}));
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"key_groups"}});
  CHECK(report.problems == kNone);
  CHECK(report.CollectorNamed("key_groups")->message == "");
  const auto count = [&](const std::string& db, const std::string& group) {
    return report.Value("redis_key_group_count{db=\"" + db + "\",key_group=\"" + group + "\"}");
  };
  CHECK(count("db0", "user") == 3000.0);
  CHECK(count("db0", "cache:3") == 100.0);
  CHECK(count("db0", "unclassified") == std::nullopt);
  CHECK(count("db4", "unclassified") == 1.0);
  CHECK(report.Value("redis_number_of_distinct_key_groups{db=\"db0\"}") == 6.0);
  CHECK(report.Value("redis_key_group_memory_usage_bytes{db=\"db0\",key_group=\"user\"}") >
        3000.0 * 10);  // 56 bytes for a key of Redis 7.0, 16 of Valkey 8.1
  server.Ask({"FLUSHALL"});
}

TEST_CASE("each of sixteen live databases has its own numbers") {
  if (MissingServer()) return;
  RedisServer& server = SharedServer();
  server.Ask({"FLUSHALL"});
  // Database N has a list of N + 1 elements, N keys that expire, and one stream if N is odd.
  server.Ask({"EVAL",
              "for db = 0, 15 do redis.call('SELECT', db) "
              "for i = 0, db do redis.call('RPUSH', 'list', i) end "
              "for i = 1, db do redis.call('SET', 'key:'..i, i, 'EX', 100000) end "
              "if db % 2 == 1 then for i = 1, db do redis.call('XADD', 'stream', i, 'a', 'b') end "
              "end end",
              "0"});
  std::vector<std::string> lists, counted, streams;
  for (int db = 0; db < 16; ++db) {
    const std::string prefix = "db" + std::to_string(db) + "=";
    lists.push_back(prefix + "list");
    counted.push_back(prefix + "key:*");
    streams.push_back(prefix + "s*");
  }
  TestHost host(Entry(), Limited({"keys", "streams", "key_groups", "big_keys"},
                                 {{"check_single_keys", ListOf(lists)},
                                  {"count_keys", ListOf(counted)},
                                  {"check_streams", ListOf(streams)},
                                  {"check_key_groups", "[\"^(key):\"]"},
                                  {"big_keys_max", "500"},
                                  {"scan_commands_per_second", "10000000"},
                                  {"scan_time", "1m"}}));
  REQUIRE(host.Create().ok());
  const PollReport report =
      host.Poll({.due = {"info", "keyspace", "keys", "streams", "key_groups", "big_keys"},
                 .timeout = 4 * kHang});
  CHECK(report.problems == kNone);
  CHECK(report.logs.empty());
  for (const auto& collector : report.collectors) CHECK(collector.message == "");
  for (int db = 0; db < 16; ++db) {
    CAPTURE(db);
    const std::string name = "db=\"db" + std::to_string(db) + "\"";
    const auto value = [&](const std::string& family, const std::string& more = {}) {
      return report.Value(family + "{" + name + more + "}");
    };
    const bool odd = db % 2 == 1;
    CHECK(value("redis_db_keys") == 1.0 + db + (odd ? 1 : 0));
    CHECK(value("redis_db_keys_expiring") == db);
    CHECK(value("redis_big_key_memory_usage_bytes", ",key=\"list\",type=\"list\"") > 0.0);
    CHECK(value("redis_key_size", ",key=\"list\"") == db + 1.0);
    CHECK(value("redis_keys_count", ",key=\"key:*\"") == db);
    CHECK(value("redis_stream_length", ",stream=\"stream\"").value_or(0) == (odd ? db : 0));
    CHECK(value("redis_key_group_count", ",key_group=\"key\"").value_or(0) == db);
    CHECK(value("redis_key_group_count", ",key_group=\"unclassified\"") == (odd ? 2 : 1));
  }
  CHECK_FALSE(report.Value("redis_db_keys{db=\"db16\"}"));
  server.Ask({"FLUSHALL"});
}

TEST_CASE("live scripts obey and fail alone") {
  if (MissingServer()) return;
  RedisServer& server = SharedServer();
  server.Ask({"FLUSHALL"});
  server.Ask({"RPUSH", "queue", "a", "b"});
  const std::string reads = WriteScript(
      "reads.lua", "return {'length', tostring(redis.call('LLEN', 'queue')), 'half', '0.5'}");
  const std::string writes =
      WriteScript("writes.lua", "redis.call('SET', 'x', '1') return {'a', '1'}");
  const std::string named =
      WriteScript("named.lua", "return {{'jobs', '2', 'gauge', '', 'q', 'queue'}}");
  TestHost host(Entry(), Limited({"scripts"}, {{"lua_script_read_only", "true"},
                                               {"script_timeout", "1m"},
                                               {"script", ListOf({writes, reads, named})}}));
  REQUIRE(host.Create().ok());
  server.Ask({"ACL", "SETUSER", "monitor", "+llen", "+set"});  // what they call
  const PollReport report = host.Poll({.due = {"scripts"}});
  CHECK(report.problems == kNone);
  CHECK(OutcomeOf(report, "scripts") == Reason::kOk);
  CHECK(ResultOf(report, writes) == 0.0);
  CHECK(ResultOf(report, reads) == 1.0);
  CHECK(ResultOf(report, named) == 1.0);
  CHECK(report.Value("redis_script_values{key=\"length\",filename=\"" + reads + "\"}") == 2.0);
  CHECK(report.Value("jobs{q=\"queue\"}") == 2.0);
  CHECK(server.Ask({"EXISTS", "x"}) == ":0\r\n");
}

TEST_CASE("a live script that does not end is not waited for and costs only the scripts") {
  if (MissingServer()) return;
  RedisServer& server = SharedServer();
  // From then on it says that it is busy. In 7.0 it has another name, too.
  const auto set_patience = [&](const std::string& ms) {
    REQUIRE(server.Ask({"CONFIG", "SET", "lua-time-limit", ms}) == "+OK\r\n");
  };
  set_patience("1");
  const std::string endless = WriteScript("endless.lua", "while true do end");
  const std::string after = WriteScript("after.lua", "return {'a', '1'}");
  TestHost host(Entry(), Limited({"scripts"}, {{"script_timeout", "200ms"},
                                               {"script", ListOf({endless, after})}}));
  REQUIRE(host.Create().ok());
  const auto begin = std::chrono::steady_clock::now();
  const PollReport report = host.Poll({.due = {"info", "scripts"}, .timeout = kHang});
  CHECK(report.ok());
  CHECK(report.problems == kNone);
  CHECK(std::chrono::steady_clock::now() - begin < kHang);  // the end of the poll
  CHECK(OutcomeOf(report, "info") == Reason::kOk);
  CHECK(OutcomeOf(report, "scripts") == Reason::kOk);
  CHECK(ResultOf(report, endless) == 0.0);
  CHECK(ResultOf(report, after) == 0.0);  // not run in this turn
  REQUIRE(report.logs.size() == 2);
  CHECK(report.logs[0].text.find(endless) != std::string::npos);
  CHECK(report.logs[0].text.find("no answer") != std::string::npos);
  CHECK(report.logs[1].text.find("connection was lost") != std::string::npos);
  CHECK(Eventually([&] { return server.Ask({"PING"}).starts_with("-BUSY"); }));  // it still runs
  CHECK(server.Ask({"SCRIPT", "KILL"}) == "+OK\r\n");
  CHECK(Eventually([&] { return server.Ask({"PING"}) == "+PONG\r\n"; }));
  set_patience("5000");
  CHECK(host.Poll({.due = {"info"}}).ok());
}

TEST_CASE(
    "every optional collector that this server can feed works with the rights of the README") {
  if (MissingServer()) return;
  RedisServer& server = SharedServer();
  server.Ask({"FLUSHALL"});
  server.Ask({"SET", "k", "1"});
  server.Ask({"XADD", "s", "1-1", "a", "b"});
  const std::vector<std::string> collectors = {"clients",  "keys",    "streams",  "key_groups",
                                               "big_keys", "modules", "rdb_file", "scripts"};
  const std::string file =
      WriteScript("all.lua", "return {'keys', tostring(redis.call('DBSIZE'))}");
  TestHostConfig config = Limited(collectors, {{"check_keys", "[\"k*\"]"},
                                               {"check_streams", "[\"s*\"]"},
                                               {"check_key_groups", "[\"^(.)\"]"},
                                               {"client_series", "each"},
                                               {"include_config", "true"},
                                               {"include_system_metrics", "true"},
                                               {"include_unknown_info", "true"},
                                               {"script_timeout", "1m"},
                                               {"script", ListOf({file})}});
  server.Ask({"ACL", "LOG", "RESET"});
  server.Ask({"ACL", "SETUSER", "monitor", "+dbsize"});  // what the script itself calls
  TestHost host(Entry(), std::move(config));
  REQUIRE(host.Create().ok());
  std::vector<std::string> due = collectors;
  for (const char* name :
       {"info", "keyspace", "commandstats", "latencystats", "errorstats", "replication", "config",
        "slowlog", "latency", "latency_histogram", "exporter"}) {
    due.emplace_back(name);
  }
  const PollReport report = host.Poll({.due = due});
  CHECK(report.ok());
  CHECK(report.problems == kNone);
  for (const auto& collector : report.collectors) {
    CAPTURE(collector.name);
    CHECK(collector.message == "");
  }
  for (const char* family :
       {"redis_client_groups", "redis_key_size", "redis_stream_length", "redis_key_group_count",
        "redis_big_key_memory_usage_bytes", "redis_rdb_current_size_bytes", "redis_script_values",
        "redis_connected_client_info", "redis_config_key_value", "redis_total_system_memory_bytes",
        "redis_info_server_uptime_in_days"}) {
    CAPTURE(family);
    CHECK(report.FamilyText(family) != "");
  }
  CHECK(server.Ask({"ACL", "LOG"}) == "*0\r\n");
}

TEST_CASE("patterns find what the server's own Lua finds") {
  if (MissingServer()) return;
  const RedisServer& server = SharedServer();
  const std::vector<std::string> patterns = {"^(key)_%d+$",
                                             "(%a+):(%d+)",
                                             "()b()",
                                             "(.-)%1",
                                             "(.)%1",
                                             "((a*)(b-))c",
                                             "%f[%w](%w+)",
                                             "(%b())",
                                             "([]]+)",
                                             "([^]-]+)",
                                             "([a-c-]+)",
                                             "([%w_-]*)$",
                                             "^(.-):(.*):(.-)$",
                                             "a*(b?)c+",
                                             "(%W)",
                                             "(%S+)%s*(%S*)",
                                             "[%a][%d]?(.*)",
                                             "(x?)(x-)(x*)$",
                                             "$(a)",
                                             "(a)$b",
                                             "^^(a)",
                                             "(%x%x)",
                                             "(%u%l+)",
                                             "(%p)(%c?)",
                                             "([%%%]]+)",
                                             "([^%s]+)",
                                             "%.(.+)$",
                                             "(%g)",
                                             "(-)",
                                             "(.+)+"};
  const std::vector<std::string> texts = {
      "",         "key_15", "key_x",   "user:42",   "abcabc",     "aabbcc",     "xx.ab(c(d)e)f",
      "a]b-c^d",  "a-c:",   "a:b:c:d", "Word Next", "..%]]",      "xxxx",       "x",
      "key_15\n", "$a-b$b", "^a",      "f0a1.txt",  "\x01\x7f~!", "\xc3\xa4:1", "(()",
      "g-g+g"};
  size_t found = 0;
  for (const std::string& pattern : patterns) {
    const auto compiled = pillion::redis::LuaPattern::Compile(pattern);
    REQUIRE_MESSAGE(compiled.ok(), pattern);
    for (const std::string& text : texts) {
      CAPTURE(pattern);
      CAPTURE(text);
      const std::string lua = server.Ask(
          {"EVAL",
           "local r = {string.find(ARGV[1], ARGV[2])} if r[1] == nil then return 'none' end "
           "return 'some' .. table.concat({unpack(r, 3, #r)}, '')",
           "0", text, pattern});
      std::string group;
      const std::string ours = compiled->Find(text, group) ? "some" + group : "none";
      CHECK(lua == Bulk(ours));
      found += ours == "none" ? 0 : 1;
    }
  }
  CHECK(found > 200);
}
