// Scene: a server in a script and a host with the exporter in it, for tests of whole polls.
#pragma once

#include <doctest/doctest.h>
#include <pillion/testing/test_host.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "postgres/tests/fake_postgres.hpp"

extern "C" const pillion_plugin* POSTGRES_ENTRY();

namespace pillion::postgres {

inline bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline std::map<std::string, std::string> At(const ScriptedServer& server) {
  return {{"dsn", "host=127.0.0.1 port=" + std::to_string(server.port()) + " user=monitor"}};
}

// A server with this answer, and a host with the exporter in it.
struct Scene {
  explicit Scene(FakePostgres::Answer answer, std::string version = "15.4",
                 std::map<std::string, std::string> options = {}, bool fake_clock = false)
      : fake(std::move(answer), std::move(version)),
        server([this](ScriptedServer::Connection& c) { fake(c); }),
        host(POSTGRES_ENTRY(), {.options = Merged(At(server), std::move(options)),
                                .secrets = {{"password", "secret"}},
                                .fake_clock = fake_clock}) {
    const auto created = host.Create();
    REQUIRE_MESSAGE(created.ok(), created.error().message);
  }

  static std::map<std::string, std::string> Merged(std::map<std::string, std::string> a,
                                                   std::map<std::string, std::string> b) {
    a.merge(b);
    return a;
  }

  FakePostgres fake;
  ScriptedServer server;
  testing::TestHost host;
};

inline void CheckClean(const testing::PollReport& report) {
  REQUIRE_MESSAGE(report.ok(), report.error);
  for (const std::string& problem : report.problems) FAIL_CHECK(problem);
}

}  // namespace pillion::postgres
