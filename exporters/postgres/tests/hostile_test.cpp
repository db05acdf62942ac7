// What listens on the port is not PostgreSQL, or no longer: every phase, bounded time and memory.
#include <doctest/doctest.h>
#include <pillion/testing/scripted_server.hpp>
#include <pillion/testing/test_host.hpp>

#include <fstream>
#include <functional>
#include <string>

#include "postgres/tests/fake_postgres.hpp"

extern "C" const pillion_plugin* POSTGRES_ENTRY();

using namespace pillion;
using namespace pillion::postgres;
using namespace std::chrono_literals;
using pillion::testing::ClosedPort;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

using Connection = ScriptedServer::Connection;

PollReport PollPort(uint16_t port, std::chrono::nanoseconds timeout, int polls = 1) {
  TestHost host(POSTGRES_ENTRY(),
                {.options = {{"dsn", "host=127.0.0.1 port=" + std::to_string(port)}}});
  REQUIRE(host.Create().ok());
  PollReport report;
  for (int i = 0; i < polls; ++i) report = host.Poll({.timeout = timeout});
  for (const std::string& problem : report.problems) FAIL_CHECK(problem);
  CHECK_FALSE(report.hung());
  return report;
}

// One poll of a server that plays `script` for each connection.
PollReport PollScript(ScriptedServer::Script script, std::chrono::nanoseconds timeout = 10s) {
  ScriptedServer server(std::move(script));
  return PollPort(server.port(), timeout);
}

// The same, with the script starting where the first answer does.
PollReport PollSession(std::function<void(Connection&)> script,
                       std::chrono::nanoseconds timeout = 10s) {
  return PollScript(
      [&](Connection& c) {
        ReadStartup(c);
        c.Send(Greeting());
        ReadFirstStatement(c);
        script(c);
      },
      timeout);
}

// Freed memory stays with a sanitizer for a while.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t kSanitizerMegabytes = 1024;
#else
constexpr size_t kSanitizerMegabytes = 0;
#endif

size_t ResidentMegabytes() {
  std::ifstream in("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  in >> total >> resident;
  return resident * 4096 >> 20;
}

std::string Garbage(size_t size, uint32_t seed) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<char>(seed >> 24);
  }
  return bytes;
}

}  // namespace

TEST_CASE("nobody listens") {
  const ClosedPort port;
  const PollReport report = PollPort(port.port(), 10s);
  CHECK(report.reason == Reason::kRefused);
  CHECK(report.error.find(std::to_string(port.port())) != std::string::npos);
}

TEST_CASE("a socket directory without a socket refuses") {
  TestHost host(POSTGRES_ENTRY(), {.options = {{"dsn", "host=/nonexistent/directory"}}});
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().reason == Reason::kRefused);
}

TEST_CASE("a peer that closes at once refuses") {
  CHECK(PollScript([](Connection&) {}).reason == Reason::kRefused);
  CHECK(PollScript([](Connection& c) { c.Reset(); }).reason == Reason::kRefused);
  CHECK(PollScript([](Connection& c) { ReadStartup(c); }).reason == Reason::kRefused);
}

TEST_CASE("a peer that is silent from the start costs the time that was given") {
  const PollReport report = PollScript([](Connection& c) { c.Silence(); }, 200ms);
  CHECK(report.reason == Reason::kTimeout);
  CHECK(report.error.find("not PostgreSQL") != std::string::npos);
  CHECK(PollScript([](Connection& c) { c.Hang(); }, 200ms).reason == Reason::kTimeout);
}

TEST_CASE("a peer that is silent after its greeting costs the time that was given") {
  CHECK(PollSession([](Connection& c) { c.Silence(); }, 200ms).reason == Reason::kTimeout);
}

TEST_CASE("random bytes instead of a greeting are a breach of the protocol") {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    const PollReport report = PollScript(
        [&](Connection& c) {
          ReadStartup(c);
          c.Send(Garbage(4096, seed));
          c.Silence();
        },
        500ms);
    CHECK((report.reason == Reason::kProtocol || report.reason == Reason::kTimeout));
  }
}

TEST_CASE("another protocol is recognised as such") {
  const PollReport http = PollScript([](Connection& c) {
    ReadStartup(c);
    c.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  CHECK(http.reason == Reason::kProtocol);
  const PollReport redis = PollScript([](Connection& c) {
    ReadStartup(c);
    c.Send("-ERR Protocol error: unauthenticated bulk length\r\n");
  });
  CHECK(redis.reason == Reason::kProtocol);
  // These speak first.
  for (const std::string& greeting :
       {std::string("J\0\0\0\n8.0.36\0", 12), std::string("SSH-2.0-OpenSSH_9.2\r\n"),
        std::string("220 mail.example ESMTP\r\n"), std::string("-DENIED protected mode\r\n")}) {
    CAPTURE(greeting);
    const PollReport report = PollScript([&](Connection& c) {
      c.Send(greeting);
      ReadStartup(c);
    });
    CHECK(report.reason == Reason::kProtocol);
  }
}

TEST_CASE("endless bytes before the session begins are bounded") {
  const size_t before = ResidentMegabytes();
  for (const std::string& bytes :
       {std::string("E") + std::string(65536, 'x'), Parameter("a", std::string(20000, 'v')),
        Message('N', std::string(20000, 'n')),
        std::string("N\x3f\xff\xff\xff") + std::string(65536, 'n'),
        std::string("R\x7f\xff\xff\xff") + std::string(65536, 'x')}) {
    const PollReport report = PollScript([&](Connection& c) {
      ReadStartup(c);
      if (bytes[0] == 'S' || bytes[0] == 'N') c.Send(Message('R', Int32(0)));
      c.SendForever(bytes);
    });
    CHECK(report.reason == Reason::kProtocol);
  }
  CHECK(ResidentMegabytes() < before + 64 + kSanitizerMegabytes);
}

TEST_CASE("random bytes instead of an answer are a breach of the protocol") {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    const PollReport report = PollSession(
        [&](Connection& c) {
          c.Send(Garbage(100000, seed));
          c.Silence();
        },
        500ms);
    CHECK((report.reason == Reason::kProtocol || report.reason == Reason::kTimeout));
  }
}

TEST_CASE("a message that claims two gigabytes is bounded in memory") {
  const size_t before = ResidentMegabytes();
  for (const char type : {'D', 'T', 'E', 'd', 'A', 'N'}) {
    CAPTURE(type);
    const PollReport report = PollSession([&](Connection& c) {
      c.Send(Message('1', "") + Message('2', ""));
      if (type == 'D') c.Send(Description({{{"a", 25}}, {}}));
      c.Send(type + std::string("\x7f\xff\xff\x00", 4));
      c.SendForever(std::string(65536, 'x'));
    });
    CHECK((report.reason == Reason::kLimit || report.reason == Reason::kProtocol));
  }
  CHECK(ResidentMegabytes() < before + 128 + kSanitizerMegabytes);
}

TEST_CASE("endless messages that are no answer are bounded") {
  const size_t before = ResidentMegabytes();
  std::string notifications;
  for (int i = 0; i < 500; ++i) {
    notifications += Message('A', Int32(1) + Terminated("channel") + Terminated("payload"));
  }
  std::string notices;
  for (int i = 0; i < 500; ++i) notices += Message('N', "SNOTICE" + std::string(2, '\0'));
  for (const std::string& bytes :
       {notifications, notices, Parameter("a", std::string(9000, 'b'))}) {
    const PollReport report = PollSession([&](Connection& c) { c.SendForever(bytes); });
    CHECK((report.reason == Reason::kLimit || report.reason == Reason::kProtocol));
  }
  CHECK(ResidentMegabytes() < before + 128 + kSanitizerMegabytes);
}

TEST_CASE("endless rows are bounded") {
  const size_t before = ResidentMegabytes();
  const FakeAnswer answer = {{{"set", 25}}, {}};
  std::string rows;
  for (int i = 0; i < 500; ++i) rows += DataRow({std::string(100, 'r')});
  const PollReport report = PollSession([&](Connection& c) {
    c.Send(Message('1', "") + Message('2', "") + Description(answer));
    c.SendForever(rows);
  });
  CHECK(report.reason == Reason::kLimit);
  CHECK(ResidentMegabytes() < before + 128 + kSanitizerMegabytes);
}

TEST_CASE("answers that a SELECT cannot have end the session") {
  const std::string head = Message('1', "") + Message('2', "");
  for (const std::string& bytes :
       {Message('G', std::string(1, '\0') + Int16(0)),
        Message('H', std::string(1, '\0') + Int16(0)),
        Message('W', std::string(1, '\0') + Int16(0)), Message('I', ""), std::string()}) {
    const PollReport report = PollSession([&](Connection& c) {
      c.Send(head + bytes + kReady);
      c.Silence();
    });
    CHECK(report.reason == Reason::kProtocol);
  }
}

TEST_CASE("nothing but the ends of answers does not spin") {
  const PollReport report = PollSession([&](Connection& c) { c.SendForever(kReady); });
  CHECK(report.reason == Reason::kProtocol);
}

TEST_CASE("a server that hangs up in the middle of an answer refuses") {
  const PollReport report =
      PollSession([](Connection& c) { c.Send(Message('1', "") + Message('2', "") + "D"); });
  CHECK(report.reason == Reason::kRefused);
}

TEST_CASE("a row that does not fit its description is a breach of the protocol") {
  const PollReport report = PollSession([](Connection& c) {
    c.Send(Message('1', "") + Message('2', "") + Description({{{"a", 25}}, {}}) +
           DataRow({"1", "2", "3"}) + Message('C', Terminated("SELECT 1")) + kReady);
    c.Silence();
  });
  CHECK(report.reason == Reason::kProtocol);
}

TEST_CASE("what the server says when it refuses becomes the reason") {
  const auto refused_with = [](const char* sqlstate) {
    return PollScript([=](Connection& c) {
      ReadStartup(c);
      c.Send(ErrorMessage("FATAL", sqlstate, "no"));
    });
  };
  CHECK(refused_with("28P01").reason == Reason::kAuth);
  CHECK(refused_with("53300").reason == Reason::kLimit);
  CHECK(refused_with("57P03").reason == Reason::kRefused);
  CHECK(refused_with("3D000").reason == Reason::kRefused);
  CHECK(refused_with("42501").reason == Reason::kPermission);
}

TEST_CASE("a password that is asked for and not there is a matter of credentials") {
  unsetenv("PGPASSWORD");
  const PollReport report = PollScript([](Connection& c) {
    ReadStartup(c);
    c.Send(Message('R', Int32(3)));
    c.Silence();
  });
  CHECK(report.reason == Reason::kAuth);
}

TEST_CASE("an answer byte by byte is an answer") {
  FakePostgres fake(&Usual);
  ScriptedServer server([&](Connection& c) {
    ReadStartup(c);
    c.Drip(Greeting());
    c.Silence();
  });
  const PollReport report = PollPort(server.port(), 3s);
  CHECK(report.reason == Reason::kTimeout);
  CHECK(report.error.find("not PostgreSQL") == std::string::npos);
  CHECK(server.received().find("pg_backend_pid") != std::string::npos);
}
