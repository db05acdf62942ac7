// The exporter against servers that are down, slow, full, or no Redis at all.
#include "fake_redis.hpp"
#include "outcome.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace pillion::redis::testing;
using namespace std::chrono_literals;
using pillion::Reason;
using pillion::testing::ClosedPort;
using pillion::testing::PollReport;
using pillion::testing::PollRequest;
using pillion::testing::TestHost;

namespace {

// A poll of a server that plays a script.
PollReport PollScript(ScriptedServer::Script script, PollRequest request = {}) {
  ScriptedServer server(std::move(script));
  TestHost host(Entry(), {.options = {{"address", server.address()}}});
  REQUIRE(host.Create().ok());
  PollReport report = host.Poll(std::move(request));
  CHECK(report.problems == std::vector<std::string>{});
  CHECK_FALSE(report.hung());
  return report;
}

}  // namespace

TEST_CASE("a server that says it is full and closes is a limit") {
  const PollReport report = PollScript([](ScriptedServer::Connection& c) {
    c.Send("-ERR max number of clients reached\r\n");
    c.ReadUntil("HISTOGRAM\r\n");
  });
  CHECK(report.reason == Reason::kLimit);
  CHECK(report.error.find("max number of clients") != std::string::npos);
}

TEST_CASE("labels come out escaped whatever a server sends") {
  FakeRedis redis;
  redis.Set("INFO",
            Bulk("# Commandstats\r\ncmdstat_a\"b\\c}:calls=1,usec=2,usec_per_call=2\r\n"
                 "# Errorstats\r\nerrorstat_x\"} 1 #:count=7\r\n"
                 "# Replication\r\nslave0:ip=\"\\,port={,state=\x01\xff,offset=5,lag=0\r\n"));
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  const PollReport report =
      host.Poll({.due = {"commandstats", "errorstats", "replication", "info"}});
  CHECK(report.ok());
  CHECK(report.text.find("redis_commands_total{cmd=\"a\\\"b\\\\c}\"} 1\n") != std::string::npos);
  CHECK(report.text.find("redis_errors_total{err=\"x\\\"} 1 #\"} 7\n") != std::string::npos);
  CHECK(report.text.find("slave_ip=\"\\\"\\\\\",slave_port=\"{\"") != std::string::npos);
}

TEST_CASE("a connection that was closed while idle is made anew within the poll") {
  FakeRedis redis(Folder("redis_7.0"));
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  redis.CloseAt("INFO ALL", 1);
  CHECK(host.Poll().ok());
  CHECK(redis.connections() == 2);
  redis.CloseAt("INFO ALL", 2);  // the new one as well: no third
  CHECK(host.Poll().reason == Reason::kRefused);
  CHECK(host.Poll().ok());
}

TEST_CASE("nobody listens") {
  const ClosedPort port;
  TestHost host(Entry(), {.options = {{"address", port.address()}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.reason == Reason::kRefused);
  CHECK(report.error.find(port.address()) != std::string::npos);
  TestHost nowhere(Entry(), {.options = {{"address", "/nonexistent/redis.sock"}}});
  REQUIRE(nowhere.Create().ok());
  CHECK(nowhere.Poll().reason == Reason::kRefused);
  TestHost unknown(Entry(), {.options = {{"address", "no-such-host:6379"}}});
  REQUIRE(unknown.Create().ok());
  CHECK(unknown.Poll().reason == Reason::kDns);
}

TEST_CASE("each address of a name is tried") {
  FakeRedis redis(Folder("redis_7.0"));
  const std::string port = redis.address().substr(redis.address().find(':'));
  TestHost host(Entry(), {.options = {{"address", "cache" + port}},
                          .names = {{"cache", {"::1", "127.0.0.1"}}}});
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().ok());
}

TEST_CASE("silence ends at the deadline") {
  const PollReport report =
      PollScript([](ScriptedServer::Connection& c) { c.Silence(); }, {.timeout = 200ms});
  CHECK(report.reason == Reason::kTimeout);
}

TEST_CASE("a reply that drips ends at the deadline") {
  const PollReport report = PollScript(
      [](ScriptedServer::Connection& c) {
        c.Drip("+OK\r\n$1000\r\n" + std::string(1000, 'x') + "\r\n", 20ms);
      },
      {.timeout = 300ms});
  CHECK(report.reason == Reason::kTimeout);
}

TEST_CASE("an interrupted poll returns") {
  const PollReport report =
      PollScript([](ScriptedServer::Connection& c) { c.Silence(); }, {.interrupt_at_wait = 2});
  CHECK(report.reason == Reason::kTimeout);
}

TEST_CASE("promises of gigabytes are refused at once") {
  for (const char* reply : {"$2000000000\r\nxxxx", "*1000000000\r\n", "*262145\r\n",
                            "*2\r\n*262143\r\n", "$999999999999999999999999999\r\n"}) {
    CAPTURE(reply);
    const PollReport report = PollScript([&](ScriptedServer::Connection& c) {
      c.Send("+OK\r\n");
      c.Send(reply);
      c.Silence();
    });
    CHECK((report.reason == Reason::kLimit || report.reason == Reason::kProtocol));
  }
}

TEST_CASE("an endless reply is cut at reply_bytes_max") {
  const PollReport report = PollScript([](ScriptedServer::Connection& c) {
    c.Send("+");
    c.SendForever(std::string(65536, 'x'));
  });
  CHECK(report.reason == Reason::kLimit);
  CHECK(report.error.find("reply_bytes_max") != std::string::npos);
}

TEST_CASE("what is not Redis is a protocol error") {
  for (const std::string& reply :
       {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string("%1\r\n+a\r\n+b\r\n"),
        std::string("\x16\x03\x01", 3), std::string(100, '\0'), std::string("$-5\r\n")}) {
    CAPTURE(reply);
    const PollReport report = PollScript([&](ScriptedServer::Connection& c) {
      c.Send(reply);
      c.Silence();
    });
    CHECK(report.reason == Reason::kProtocol);
  }
}

TEST_CASE("replies of unexpected types cost at most their collector") {
  for (const char* reply :
       {":1\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n", "+x\r\n", "*1\r\n*1\r\n:1\r\n",
        "*2\r\n$1\r\na\r\n*4\r\n+calls\r\n$1\r\nx\r\n+h\r\n*1\r\n:1\r\n"}) {
    CAPTURE(reply);
    FakeRedis redis(Folder("redis_7.0"));
    for (const char* command : {"CONFIG", "SLOWLOG", "LATENCY"}) redis.Set(command, reply);
    TestHost host(Entry(), {.options = {{"address", redis.address()}}});
    REQUIRE(host.Create().ok());
    const PollReport report = host.Poll();
    CHECK(report.ok());
    CHECK(report.problems == std::vector<std::string>{});
    CHECK(OutcomeOf(report, "info") == Reason::kOk);
  }
}

TEST_CASE("an INFO without text is a protocol error") {
  for (const char* reply : {":1\r\n", "$0\r\n\r\n", "$-1\r\n", "*1\r\n:1\r\n"}) {
    FakeRedis redis(Folder("redis_7.0"));
    redis.Set("INFO", reply);
    TestHost host(Entry(), {.options = {{"address", redis.address()}}});
    REQUIRE(host.Create().ok());
    CHECK(host.Poll().reason == Reason::kProtocol);
  }
}

TEST_CASE("INFO cut at any length never breaks a poll") {
  const std::string text = WithCrLf(ReadFile(Folder("redis_7.0") + "/info.txt"));
  FakeRedis redis(Folder("redis_7.0"));
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  for (size_t size = 1; size < text.size(); size += 97) {
    CAPTURE(size);
    redis.Set("INFO ALL", Bulk(text.substr(0, size)));
    const PollReport report = host.Poll();
    CHECK(report.ok());
    CHECK(report.problems == std::vector<std::string>{});
  }
}
