// TLS towards peers that do not speak it as they should. With a server that does: tls_live_test.
#include "fake_redis.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>

using namespace pillion::redis::testing;
using namespace std::chrono_literals;
using namespace std::string_literals;
using pillion::Reason;
using pillion::testing::PollReport;
using pillion::testing::PollRequest;
using pillion::testing::TestHost;

namespace {

using Options = std::map<std::string, std::string>;

PollReport PollTls(const std::string& address, Options options = {}, PollRequest request = {}) {
  options["address"] = "rediss://" + address;
  TestHost host(Entry(), {.options = std::move(options)});
  REQUIRE(host.Create().ok());
  PollReport report = host.Poll(std::move(request));
  CHECK(report.problems == std::vector<std::string>{});
  CHECK_FALSE(report.hung());
  CHECK_FALSE(report.ok());
  return report;
}

PollReport PollScript(ScriptedServer::Script script, PollRequest request = {}) {
  const ScriptedServer server(std::move(script));
  return PollTls(server.address(), {}, std::move(request));
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string Refusal(Options options) {
  TestHost host(Entry(), {.options = std::move(options)});
  const auto created = host.Create();
  return created ? "" : created.error().message;
}

// The first bytes of what a server says in TLS 1.2: the head of a record, and of a ServerHello.
const std::string kHalfRecord = "\x16\x03\x03\x00\x50\x02\x00\x00\x4c\x03\x03"s;

}  // namespace

TEST_CASE("options of TLS need an address with TLS and belong together") {
  for (const char* name : {"tls_ca_file", "tls_cert_file", "tls_key_file", "tls_server_name"}) {
    const std::string refusal = Refusal({{"address", "cache:6379"}, {name, "x"}});
    CHECK(Has(refusal, "option `"s + name + "`"));
    CHECK(Has(refusal, "rediss://"));
  }
  CHECK(Has(Refusal({{"address", "rediss://c"}, {"tls_key_file", "/k"}}), "tls_cert_file"));
  CHECK(Refusal({{"address", "rediss://c"}, {"tls_cert_file", "/c"}}) == "");
  CHECK(Refusal({{"address", "valkeys://u@c:1/0"}}) == "");
}

TEST_CASE("a server without TLS is named as such") {
  FakeRedis plain(Folder("redis_7.0"));
  const PollReport report = PollScript([](ScriptedServer::Connection& c) {
    c.Read(5);
    c.Send("-ERR Protocol error: expected '$'\r\n");
  });
  CHECK(report.reason == Reason::kProtocol);
  CHECK(Has(report.error, "is not TLS"));
}

TEST_CASE("a TLS server that is asked without TLS is named as such") {
  ScriptedServer server([](ScriptedServer::Connection& c) {
    c.Send("\x15\x03\x03\x00\x02\x02\x46"s);
    c.Silence();
  });
  TestHost host(Entry(), {.options = {{"address", server.address()}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.reason == Reason::kProtocol);
  CHECK(Has(report.error, "rediss://"));
}

TEST_CASE("garbage in the handshake is no TLS") {
  for (const std::string& garbage :
       {std::string(4096, '\0'), std::string(4096, '\xff'), "\x16\x03\x01\xff\xff"s,
        "\x16\x03\x03\x00\x04\x02\x00\x00\x00"s, kHalfRecord + std::string(200, 'x')}) {
    CAPTURE(garbage.size());
    const PollReport report = PollScript([&](ScriptedServer::Connection& c) {
      c.Send(garbage);
      c.Silence();
    });
    CHECK(report.reason == Reason::kProtocol);
    CHECK(Has(report.error, "TLS"));
  }
}

TEST_CASE("an alert in the handshake is a refusal") {
  const PollReport report = PollScript([](ScriptedServer::Connection& c) {
    c.Read(5);
    c.Send("\x15\x03\x03\x00\x02\x02\x28"s);  // handshake_failure
    c.Silence();
  });
  CHECK(report.reason == Reason::kRefused);
  CHECK(Has(report.error, "tls_cert_file"));
}

TEST_CASE("silence in the handshake ends at the deadline") {
  const PollReport silent =
      PollScript([](ScriptedServer::Connection& c) { c.Silence(); }, {.timeout = 200ms});
  CHECK(silent.reason == Reason::kTimeout);
  CHECK(Has(silent.error, "TLS handshake"));
  const PollReport half = PollScript(
      [](ScriptedServer::Connection& c) {
        c.Send(kHalfRecord);
        c.Silence();
      },
      {.timeout = 200ms});
  CHECK(half.reason == Reason::kTimeout);
  const PollReport drips = PollScript(
      [](ScriptedServer::Connection& c) {
        c.Drip("\x16\x03\x03\x40\x00"s + std::string(0x4000, '\0'), 20ms);
      },
      {.timeout = 300ms});
  CHECK(drips.reason == Reason::kTimeout);
  const PollReport interrupted =
      PollScript([](ScriptedServer::Connection& c) { c.Silence(); }, {.interrupt_at_wait = 2});
  CHECK(interrupted.reason == Reason::kTimeout);
}

TEST_CASE("a server that closes in the handshake is a refusal") {
  const PollReport closed = PollScript([](ScriptedServer::Connection& c) { c.Read(5); });
  CHECK(closed.reason == Reason::kRefused);
  const PollReport half = PollScript([](ScriptedServer::Connection& c) {
    c.Read(5);
    c.Send(kHalfRecord);
    c.CloseWrite();
    c.Silence();
  });
  CHECK(half.reason == Reason::kRefused);
  const PollReport reset = PollScript([](ScriptedServer::Connection& c) {
    c.Read(5);
    c.Reset();
  });
  CHECK(reset.reason == Reason::kRefused);
}

TEST_CASE("files that are no certificates are named with their option") {
  ScriptedServer server([](ScriptedServer::Connection& c) { c.Silence(); });
  char directory[] = "/tmp/pillion-tls-XXXXXX";
  REQUIRE(::mkdtemp(directory) != nullptr);
  const std::string folder = directory;
  std::ofstream(folder + "/text") << "no certificate\n";
  REQUIRE(::mkfifo((folder + "/fifo").c_str(), 0600) == 0);
  std::ofstream(folder + "/large") << std::string((1 << 20) + 1, 'x');
  for (const char* file : {"text", "fifo", "large", "absent"}) {
    for (const char* option : {"tls_ca_file", "tls_cert_file"}) {
      CAPTURE(file);
      const PollReport report = PollTls(server.address(), {{option, folder + "/" + file}});
      CHECK(report.reason == Reason::kAuth);
      CHECK(Has(report.error, option));
      CHECK(Has(report.error, file));
    }
  }
  for (const char* file : {"text", "fifo", "large"}) ::unlink((folder + "/" + file).c_str());
  ::rmdir(directory);
}
