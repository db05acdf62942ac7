// The exporter before a memcached that behaves.
//
// After a change that is meant, write the saved polls anew and read their diff:
//   PILLION_WRITE_GOLDEN=1 memcached_test -tc='a poll of *'
#include "memcached/session.hpp"
#include "memcached/tests/fake_memcached.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

using namespace pillion::memcached::testing;
using pillion::Reason;
using pillion::memcached::ParseAddress;
using pillion::testing::PollReport;
using pillion::testing::PollRequest;
using pillion::testing::TestHost;
using pillion::testing::TestHostConfig;

namespace {

using Texts = std::map<std::string, std::string>;

// A host with the exporter before a server.
struct Scene {
  explicit Scene(const FakeMemcached& server, Texts options = {}, Texts secrets = {})
      : host(MEMCACHED_ENTRY(),
             TestHostConfig{.options = With(std::move(options), server.address()),
                            .secrets = std::move(secrets)}) {
    const auto created = host.Create();
    REQUIRE_MESSAGE(created.ok(), created.error().message);
  }

  static Texts With(Texts options, const std::string& address) {
    options.emplace("address", address);
    return options;
  }

  PollReport Poll(PollRequest request = {}) {
    PollReport report = host.Poll(std::move(request));
    CHECK(report.problems == std::vector<std::string>{});
    return report;
  }

  TestHost host;
};

bool Has(const PollReport& report, const std::string& line) {
  return ("\n" + report.text).find("\n" + line + "\n") != std::string::npos;
}

void Compare(const std::string& folder) {
  FakeMemcached server(folder);
  Scene scene(server);
  const PollReport report = scene.Poll();
  REQUIRE_MESSAGE(report.ok(), report.error);
  const std::string name = folder + "/poll.txt";
  if (std::getenv("PILLION_WRITE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    std::ofstream(std::string(MEMCACHED_TESTDATA) + "/" + name) << report.text;
    return;
  }
  CHECK(report.text == ReadFile(name));
}

std::string Refusal(Texts options) {
  TestHost host(MEMCACHED_ENTRY(), {.options = std::move(options)});
  const auto created = host.Create();
  return created ? "" : created.error().message;
}

}  // namespace

TEST_CASE("a poll of memcached 1.6.18") { Compare("memcached_1.6.18"); }
TEST_CASE("a poll of memcached 1.6.38 with items on flash") {
  Compare("memcached_1.6.38_extstore");
}

TEST_CASE("a poll is one round trip on a connection that is kept") {
  FakeMemcached server;
  Scene scene(server);
  const PollReport report = scene.Poll();
  CHECK(report.facts.at("server_version") == "1.6.18");
  CHECK(scene.Poll().ok());
  CHECK(server.connections() == 1);
  const std::vector<std::string> once = {"stats", "stats settings", "stats slabs", "stats items"};
  std::vector<std::string> twice = once;
  twice.insert(twice.end(), once.begin(), once.end());
  CHECK(server.commands() == twice);
}

TEST_CASE("only what is due is asked") {
  FakeMemcached server;
  Scene scene(server);
  const PollReport report = scene.Poll({.due = {"settings", "items"}});
  CHECK(server.commands() == std::vector<std::string>{"stats settings", "stats items"});
  CHECK(Has(report, "memcached_max_connections 1024"));
  CHECK(report.text.find("memcached_version") == std::string::npos);
}

TEST_CASE("sets are counted without those of cas") {
  FakeMemcached server;
  server.Set("stats",
             "STAT cmd_set 10\r\nSTAT cas_misses 1\r\nSTAT cas_hits 2\r\n"
             "STAT cas_badval 3\r\nEND\r\n");
  // As the classes come; one without cas, and one whose numbers are not of one moment.
  server.Set("stats slabs",
             "STAT 1:cmd_set 7\r\nSTAT 1:cas_hits 2\r\nSTAT 1:cas_badval 1\r\n"
             "STAT 2:cmd_set 9\r\nSTAT 3:cmd_set 1\r\nSTAT 3:cas_hits 2\r\n"
             "STAT active_slabs 3\r\nEND\r\n");
  Scene scene(server);
  const PollReport report = scene.Poll({.due = {"stats", "slabs"}});
  CHECK(Has(report, R"(memcached_commands_total{command="set",status="hit"} 4)"));
  CHECK(Has(report, R"(memcached_commands_total{command="cas",status="badval"} 3)"));
  CHECK(Has(report, R"(memcached_slab_commands_total{slab="1",command="set",status="hit"} 4)"));
  CHECK(Has(report, R"(memcached_slab_commands_total{slab="2",command="set",status="hit"} 9)"));
  CHECK(Has(report, R"(memcached_slab_commands_total{slab="3",command="set",status="hit"} 0)"));
}

TEST_CASE("a proxy's fields are shown") {
  FakeMemcached server;
  server.Set("stats",
             "STAT version 1.6.40\r\nSTAT proxy_conn_requests 5\r\nSTAT proxy_req_active 2\r\n"
             "STAT proxy_backend_total 3\r\nSTAT proxy_request_failed_depth 1\r\nEND\r\n");
  Scene scene(server);
  const PollReport report = scene.Poll({.due = {"stats"}});
  CHECK(Has(report, "memcached_proxy_conn_requests_total 5"));
  CHECK(Has(report, "memcached_proxy_req_active 2"));
  CHECK(Has(report, "memcached_proxy_backend_total 3"));
  CHECK(Has(report, "memcached_proxy_request_failed_depth_total 1"));
}

TEST_CASE("what has no family is counted and shown when asked for") {
  FakeMemcached server;
  server.Set("stats", "STAT new_Field.x 5\r\nSTAT text abc\r\nSTAT curr_items 1\r\nEND\r\n");
  server.Set("stats items", "STAT items:1:fresh 7\r\nSTAT items:2:fresh 8\r\nEND\r\n");
  Scene quiet(server);
  const PollReport without = quiet.Poll({.due = {"stats", "items"}});
  CHECK(Has(without, R"(memcached_stats_fields_unknown{command="stats"} 1)"));
  CHECK(Has(without, R"(memcached_stats_fields_unknown{command="items"} 1)"));
  CHECK(without.text.find("fresh") == std::string::npos);
  Scene scene(server, {{"include_unknown_stats", "true"}});
  const PollReport report = scene.Poll({.due = {"stats", "items"}});
  CHECK(Has(report, "memcached_stats_new_field_x 5"));
  CHECK(Has(report, R"(memcached_items_fresh{slab="2"} 8)"));
  CHECK(Has(report, "memcached_current_items 1"));
  CHECK(report.text.find("abc") == std::string::npos);
}

TEST_CASE("what has no family is shown up to a bound") {
  FakeMemcached server;
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "STAT field_" + std::to_string(i) + " 1\r\n";
  server.Set("stats", many + "STAT curr_items 1\r\nEND\r\n");
  Scene scene(server, {{"include_unknown_stats", "true"}});
  const PollReport report = scene.Poll({.due = {"stats"}});
  CHECK(Has(report, "memcached_stats_field_999 1"));
  CHECK_FALSE(Has(report, "memcached_stats_field_1000 1"));
  CHECK(Has(report, "memcached_current_items 1"));
}

TEST_CASE("a command that the server refuses costs its collector only") {
  FakeMemcached server;
  server.Set("stats slabs", "ERROR\r\n");
  server.Set("stats items", "SERVER_ERROR out of memory writing stats\r\n");
  Scene scene(server);
  const PollReport report = scene.Poll();
  REQUIRE(report.ok());
  CHECK(report.CollectorNamed("stats")->reason == Reason::kOk);
  CHECK(report.CollectorNamed("slabs")->reason == Reason::kVersion);
  CHECK(report.CollectorNamed("items")->reason == Reason::kLimit);
  CHECK(scene.Poll().ok());
  CHECK(server.connections() == 1);
}

TEST_CASE("a connection that was closed while idle is made anew within the poll") {
  FakeMemcached server;
  Scene scene(server);
  REQUIRE(scene.Poll().ok());
  server.CloseAt("stats");
  CHECK(scene.Poll().ok());
  CHECK(server.connections() == 2);
  server.CloseAt("stats slabs");  // in the middle: no second attempt
  CHECK(scene.Poll().reason == Reason::kRefused);
  CHECK(scene.Poll().ok());
}

TEST_CASE("a unix socket is read like a port") {
  FakeMemcached server("memcached_1.6.18", Transport::kUnix);
  Scene scene(server);
  CHECK(scene.Poll().ok());
  Scene with_scheme(server, {{"address", "unix:" + server.address()}});
  CHECK(with_scheme.Poll().ok());
}

TEST_CASE("where the server wants a log-in it comes first") {
  FakeMemcached server;
  server.Allow("monitor marker-1");
  Scene scene(server, {{"username", "monitor"}}, {{"password", "marker-1"}});
  CHECK(scene.Poll().ok());
  CHECK(server.commands().front() == "set auth 0 0 16");
  CHECK(scene.Poll().ok());
  CHECK(server.connections() == 1);
}

TEST_CASE("a password that changes is tried beside the connection that works") {
  FakeMemcached server;
  server.Allow("monitor marker-1");
  Scene scene(server, {{"username", "monitor"}}, {{"password", "marker-1"}});
  REQUIRE(scene.Poll().ok());
  scene.host.SetSecret("password", "marker-2");
  CHECK(scene.Poll().ok());  // the server takes the first only
  server.Allow("monitor marker-2");
  scene.host.RetrySecrets();
  CHECK(scene.Poll().ok());
  CHECK(scene.host.secrets_tried() == std::vector<Reason>{Reason::kAuth, Reason::kOk});
  CHECK(scene.Poll().ok());
  CHECK(server.connections() == 3);
}

TEST_CASE("a log-in that is wrong or missing is a matter of auth") {
  FakeMemcached server;
  server.Allow("monitor marker-1");
  Scene wrong(server, {{"username", "monitor"}}, {{"password", "marker-2"}});
  const PollReport refused = wrong.Poll();
  CHECK(refused.reason == Reason::kAuth);
  CHECK(refused.error.find("authentication failure") != std::string::npos);
  CHECK(refused.error.find("marker") == std::string::npos);
  Scene none(server);
  CHECK(none.Poll().reason == Reason::kAuth);
  // Blanks would end the value, and the rest be a command.
  Scene two(server, {{"username", "monitor"}}, {{"password", "a b\r\nflush_all"}});
  const size_t before = server.commands().size();
  CHECK(two.Poll().reason == Reason::kAuth);
  CHECK(server.commands().size() == before);
  Scene nobody(server, {}, {{"password", "marker-1"}});
  CHECK(nobody.Poll().reason == Reason::kAuth);
}

TEST_CASE("addresses are read in all their forms") {
  CHECK(ParseAddress("cache")->ToText() == "cache:11211");
  CHECK(ParseAddress("cache:1")->ToText() == "cache:1");
  CHECK(ParseAddress("[::1]")->ToText() == "[::1]:11211");
  CHECK(ParseAddress("/run/m.sock")->ToText() == "unix:/run/m.sock");
  CHECK(ParseAddress("unix:/run/m.sock")->ToText() == "unix:/run/m.sock");
  CHECK(ParseAddress("unix:///run/m.sock")->ToText() == "unix:/run/m.sock");
  for (const char* text : {"", ":1", "cache:", "cache:0", "cache:99999", "unix:", "unix:run", "::1",
                           "unix:unix:/run"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseAddress(text).ok());
  }
}

TEST_CASE("options that cannot be used are refused") {
  CHECK(Refusal({{"address", "cache:0"}}).find("`address`") != std::string::npos);
  CHECK(Refusal({{"username", "a b"}}).find("`username`") != std::string::npos);
  CHECK(Refusal({{"tls_ca_file", "/ca"}}).find("tls = true") != std::string::npos);
  CHECK(Refusal({{"address", "/s"}, {"tls", "true"}}).find("tls_server_name") != std::string::npos);
  CHECK(Refusal({{"address", "/s"}, {"tls", "true"}, {"tls_server_name", "c"}}) == "");
  CHECK(Refusal({{"tls", "true"}, {"tls_ca_file", "/ca"}}) == "");
}
