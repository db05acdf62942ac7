// The exporter against servers that are down, slow, full, or no memcached at all.
#include "memcached/tests/fake_memcached.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace pillion::memcached::testing;
using namespace std::chrono_literals;
using namespace std::string_literals;
using pillion::Reason;
using pillion::testing::ClosedPort;
using pillion::testing::PollReport;
using pillion::testing::PollRequest;
using pillion::testing::TestHost;

namespace {

// A poll of a server that plays a script.
PollReport PollScript(ScriptedServer::Script script, PollRequest request = {},
                      std::map<std::string, std::string> options = {},
                      Transport transport = Transport::kTcp) {
  ScriptedServer server(std::move(script), transport);
  options["address"] = server.address();
  TestHost host(MEMCACHED_ENTRY(), {.options = options});
  REQUIRE(host.Create().ok());
  PollReport report = host.Poll(std::move(request));
  CHECK(report.problems == std::vector<std::string>{});
  CHECK_FALSE(report.hung());
  return report;
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("nobody listens") {
  const ClosedPort port;
  TestHost host(MEMCACHED_ENTRY(), {.options = {{"address", port.address()}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.reason == Reason::kRefused);
  CHECK(Has(report.error, port.address()));
  TestHost unknown(MEMCACHED_ENTRY(), {.options = {{"address", "no-such-host"}}});
  REQUIRE(unknown.Create().ok());
  CHECK(unknown.Poll().reason == Reason::kDns);
}

TEST_CASE("a server that says it is full and closes is a limit") {
  const PollReport report = PollScript([](ScriptedServer::Connection& c) {
    c.Send("ERROR Too many open connections\r\n");
    c.ReadUntil("items\r\n");
  });
  CHECK(report.reason == Reason::kLimit);
  CHECK(Has(report.error, "Too many open connections"));
}

TEST_CASE("silence ends at the deadline") {
  const PollReport report =
      PollScript([](ScriptedServer::Connection& c) { c.Silence(); }, {.timeout = 200ms});
  CHECK(report.reason == Reason::kTimeout);
}

TEST_CASE("a server that stops in the middle costs what it did not say") {
  for (const std::string half : {"", "STAT max", "STAT maxconns 5\r\n", "STAT maxconns 5\r\nEND"}) {
    // On a unix socket the first wait is the one for the answers, and they come at once; the
    // second is ended as the deadline would end it.
    const PollReport report = PollScript(
        [&](ScriptedServer::Connection& c) {
          c.Send("STAT curr_items 7\r\nEND\r\n" + half);
          c.Silence();
        },
        {.interrupt_at_wait = 2}, {}, Transport::kUnix);
    REQUIRE(report.ok());
    CHECK(report.CollectorNamed("stats")->reason == Reason::kOk);
    for (const char* name : {"settings", "slabs", "items"}) {
      CHECK(report.CollectorNamed(name)->reason == Reason::kTimeout);
    }
    CHECK(Has(report.text, "memcached_current_items 7\n"));
    CHECK_FALSE(Has(report.text, "memcached_max_connections"));
  }
}

TEST_CASE("a server that hangs up in the middle fails the poll") {
  const PollReport report = PollScript([](ScriptedServer::Connection& c) {
    c.Send("STAT curr_items 7\r\nEND\r\nSTAT max");
    c.ReadUntil("items\r\n");
  });
  CHECK(report.reason == Reason::kRefused);
}

TEST_CASE("answers that drip end at the deadline") {
  const PollReport report = PollScript(
      [](ScriptedServer::Connection& c) { c.Drip(Recorded("memcached_1.6.18/stats.txt"), 20ms); },
      {.timeout = 300ms});
  CHECK(report.reason == Reason::kTimeout);
}

TEST_CASE("an interrupted poll returns") {
  const PollReport report =
      PollScript([](ScriptedServer::Connection& c) { c.Silence(); }, {.interrupt_at_wait = 2});
  CHECK(report.reason == Reason::kTimeout);
}

TEST_CASE("endless answers are cut off") {
  const PollReport stats =
      PollScript([](ScriptedServer::Connection& c) { c.SendForever("STAT x 1\r\n"); });
  CHECK(stats.reason == Reason::kLimit);
  CHECK(Has(stats.error, "1 MiB"));
  const PollReport line =
      PollScript([](ScriptedServer::Connection& c) { c.SendForever("xxxxxxxxxxxxxxxxx"); });
  CHECK(line.reason == Reason::kLimit);
  CHECK(Has(line.error, "16 KiB"));
}

TEST_CASE("what is no memcached is a protocol error that shows what came") {
  for (const std::string& said :
       {"HTTP/1.1 400 Bad Request\r\n"s, "-ERR unknown command\r\n"s, "\x81\0\0\x05\0\0\n"s,
        "VERSION 1.6\r\n"s, "STAT\r\n"s, "\r\n"s, "END\r\nEND\r\nEND\r\nEND\r\nEND\r\n"s}) {
    CAPTURE(said);
    const PollReport report = PollScript([&](ScriptedServer::Connection& c) {
      c.Send(said);
      c.Silence();
    });
    CHECK(report.reason == Reason::kProtocol);
    CHECK((Has(report.error, "no answer of memcached") || Has(report.error, "more than was")));
  }
}

TEST_CASE("a TLS server that is asked without TLS is named as such") {
  const PollReport report = PollScript([](ScriptedServer::Connection& c) {
    c.Send("\x15\x03\x03\x00\x02\x02\x0a\n"s);
    c.Silence();
  });
  CHECK(report.reason == Reason::kProtocol);
  CHECK(Has(report.error, "TLS"));
}

TEST_CASE("a server without TLS is named as such") {
  const PollReport report = PollScript(
      [](ScriptedServer::Connection& c) {
        c.Read(5);
        c.Send("ERROR\r\nERROR\r\n");
        c.Silence();
      },
      {}, {{"tls", "true"}});
  CHECK(report.reason == Reason::kProtocol);
  CHECK(Has(report.error, "is not TLS"));
}

TEST_CASE("when each command is refused the poll has failed") {
  const PollReport report = PollScript([](ScriptedServer::Connection& c) {
    c.Send("ERROR\r\nERROR\r\nERROR\r\nERROR\r\n");
    c.Silence();
  });
  CHECK(report.reason == Reason::kVersion);
}

TEST_CASE("labels come out escaped and fields of the wrong kind are left out") {
  const PollReport report = PollScript([](ScriptedServer::Connection& c) {
    c.Send(
        "STAT version 1\"\\{\x01\xff}\r\nSTAT 1:curr_items 5\r\nSTAT curr_items 0x10\r\nEND\r\n"
        "END\r\nSTAT chunk_size 5\r\nSTAT total_malloced nan\r\nEND\r\n"
        "STAT items:1:number 3\r\nSTAT number 5\r\nEND\r\n");
    c.Silence();
  });
  REQUIRE(report.ok());
  CHECK(Has(report.text, "memcached_version{version=\"1\\\"\\\\{"));
  CHECK_FALSE(Has(report.text, "memcached_current_items"));
  CHECK_FALSE(Has(report.text, "chunk_size"));
  CHECK_FALSE(Has(report.text, "malloced"));
  CHECK(Has(report.text, "memcached_slab_current_items{slab=\"1\"} 3\n"));
}
