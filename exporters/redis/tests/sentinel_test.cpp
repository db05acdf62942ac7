// An instance whose server is named by sentinels, against scripted ones.
#include "fake_redis.hpp"

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
using pillion::testing::TestHost;

namespace {

using Options = std::map<std::string, std::string>;

// ["127.0.0.1", "6379"] of an address.
std::string Named(const std::string& address) {
  const size_t colon = address.find(':');
  return "*2\r\n" + Bulk(address.substr(0, colon)) + Bulk(address.substr(colon + 1));
}

std::string Pairs(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) text += Bulk(word);
  return text;
}

std::string Replica(const FakeRedis& redis, const std::string& flags) {
  const std::string port = redis.address().substr(redis.address().find(':') + 1);
  return Pairs({"name", redis.address(), "ip", "127.0.0.1", "port", port, "flags", flags,
                "master-link-status", "ok"});
}

const std::string kAsk = "SENTINEL GET-MASTER-ADDR-BY-NAME";

Options With(const FakeRedis& sentinel, Options more = {}) {
  more["topology"] = "sentinel";
  more["master_name"] = "orders";
  more.try_emplace("address", sentinel.address());
  return more;
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string CreateError(Options options) {
  TestHost host(Entry(), {.options = std::move(options)});
  const auto created = host.Create();
  return created ? "" : created.error().message;
}

}  // namespace

TEST_CASE("options of a topology belong to it") {
  CHECK(Has(CreateError({{"topology", "sentinel"}}), "master_name"));
  CHECK(Has(CreateError({{"master_name", "orders"}}), "topology"));
  CHECK(Has(CreateError({{"seeds", "[\"a\"]"}}), "topology"));
  const Options sentinel = {{"topology", "sentinel"}, {"master_name", "orders"}};
  Options tls = sentinel;
  tls["address"] = "rediss://a";
  tls["seeds"] = "[\"b\"]";
  CHECK(Has(CreateError(tls), "TLS"));
  Options bad = sentinel;
  bad["seeds"] = "[\"a:b\"]";
  CHECK(Has(CreateError(bad), "seeds"));
  Options good = sentinel;
  good["seeds"] = "[\"a\", \"b:1\"]";
  CHECK(CreateError(good) == "");
}

TEST_CASE("the first sentinel that answers names the master and is asked at a connect only") {
  FakeRedis master(Folder("redis_7.0")), sentinel;
  const ClosedPort nobody;
  sentinel.Set(kAsk, Named(master.address()));
  TestHost host(Entry(),
                {.options = With(sentinel, {{"address", nobody.address()},
                                            {"seeds", "[\"" + sentinel.address() + "\"]"}})});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.problems == std::vector<std::string>{});
  CHECK(report.error == "");
  CHECK(report.facts.at("reads") == master.address());
  CHECK(report.Value("redis_target_info{topology=\"sentinel\",master_name=\"orders\",address=\"" +
                     master.address() + "\"}") == 1.0);
  REQUIRE(host.Poll().ok());
  CHECK(sentinel.commands() == std::vector<std::string>{kAsk + " orders"});
  CHECK(master.connections() == 1);
}

TEST_CASE("a master that became a replica is left for the new one within the poll") {
  FakeRedis first(Folder("redis_7.0")), second(Folder("redis_7.0")), sentinel;
  sentinel.Set(kAsk, Named(first.address()));
  TestHost host(Entry(), {.options = With(sentinel)});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  first.Set("INFO ALL", Bulk(WithCrLf(ReadFile(Folder("replica_7.0") + "/info.txt"))));
  const PollReport between = host.Poll();  // the sentinels don't know yet
  CHECK(between.reason == Reason::kRefused);
  CHECK(Has(between.error, "not the master"));
  sentinel.Set(kAsk, Named(second.address()));
  const PollReport report = host.Poll();
  CHECK(report.error == "");
  CHECK(report.facts.at("reads") == second.address());
  CHECK(report.Value("redis_target_changes_total") == 1.0);
}

TEST_CASE("a replica that is healthy is read if wanted and else the master") {
  FakeRedis master(Folder("redis_7.0")), up(Folder("replica_7.0")), down(Folder("replica_7.0"));
  FakeRedis sentinel;
  sentinel.Set(kAsk, Named(master.address()));
  sentinel.Set("SENTINEL SLAVES", "*2\r\n" + Replica(down, "slave,s_down") + Replica(up, "slave"));
  TestHost host(Entry(), {.options = With(sentinel, {{"read_from", "replica"}})});
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().facts.at("reads") == up.address());
  CHECK(down.connections() == 0);
  sentinel.Set("SENTINEL SLAVES", "*1\r\n" + Replica(down, "slave,s_down"));
  up.CloseAt("INFO ALL", 1);
  CHECK(host.Poll().facts.at("reads") == master.address());
  CHECK(host.Poll().ok());
}

TEST_CASE("sentinels that are silent or know nothing are said with what each said") {
  ScriptedServer silent([](ScriptedServer::Connection& c) { c.Silence(); });
  FakeRedis ignorant;
  ignorant.Set(kAsk, "*-1\r\n");
  TestHost host(Entry(),
                {.options = With(ignorant, {{"address", silent.address()},
                                            {"seeds", "[\"" + ignorant.address() + "\"]"}})});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.timeout = 1s});
  CHECK_FALSE(report.hung());
  CHECK(report.reason == Reason::kProtocol);
  CHECK(Has(report.error, silent.address()));
  CHECK(Has(report.error, "does not know this master"));
  for (const char* reply : {"-NOAUTH Authentication required.\r\n", "$2000000000\r\n", "*2\r\n",
                            "*2\r\n$1\r\nx\r\n$5\r\n99999\r\n", "*2\r\n$0\r\n\r\n$1\r\n1\r\n"}) {
    CAPTURE(reply);
    ignorant.Set(kAsk, reply);
    CHECK_FALSE(host.Poll({.timeout = 400ms}).ok());
  }
}

TEST_CASE("sentinels have credentials of their own") {
  FakeRedis master(Folder("redis_7.0")), sentinel;
  sentinel.Set(kAsk, Named(master.address()));
  TestHost host(Entry(), {.options = With(sentinel, {{"sentinel_username", "watch"}}),
                          .secrets = {{"sentinel_password", "s"}, {"password", "m"}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  CHECK(sentinel.commands().front() == "AUTH watch s");
  CHECK(master.commands().front() == "AUTH m");
  sentinel.Set("AUTH", "-WRONGPASS no\r\n");
  master.CloseAt("INFO ALL", 1);
  const PollReport report = host.Poll();
  CHECK(report.reason == Reason::kAuth);
}
