// The parser of CLIENT LIST, the groups of clients, and the collector of both.
#include "clients.hpp"
#include "client_groups.hpp"
#include "fake_redis.hpp"
#include "outcome.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using namespace pillion::redis;
using namespace pillion::redis::testing;
using pillion::Reason;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

std::vector<Client> ClientsIn(std::string_view text) {
  std::vector<Client> clients;
  for (ClientCursor at(text); const Client* client = at.Next();) clients.push_back(*client);
  return clients;
}

std::string Line(const std::string& id, const std::string& name, int idle, int tot_mem) {
  return "id=" + id + " addr=10.0.0.1:5" + id + " fd=8 name=" + name +
         " age=9 idle=" + std::to_string(idle) +
         " flags=N db=0 sub=1 psub=2 multi=-1 qbuf=3 qbuf-free=4 obl=0 " + "oll=0 omem=" + id +
         " tot-mem=" + std::to_string(tot_mem) + " events=r cmd=get user=default\n";
}

}  // namespace

TEST_CASE("the clients of Redis 7.0 are read with all their fields") {
  const std::string text = ReadFile(Folder("redis_7.0/client_list.txt"));
  const auto clients = ClientsIn(text);
  REQUIRE(clients.size() == 9);
  const Client& web = clients[5];
  CHECK(web.Text(ClientText::kId) == "4");
  CHECK(web.Text(ClientText::kHost) == "127.0.0.1");
  CHECK(web.Text(ClientText::kPort) == "35002");
  CHECK(web.Text(ClientText::kName) == "web");
  CHECK(web.Text(ClientText::kDb) == "3");
  CHECK(web.Text(ClientText::kUser) == "default");
  CHECK(web.Text(ClientText::kResp) == "2");
  CHECK(web.Text(ClientText::kCmd) == "get");
  CHECK(web.Number(ClientNumber::kAge) == 1.0);
  CHECK(web.Number(ClientNumber::kTotMem) == 22272.0);
  CHECK(web.Number(ClientNumber::kSsub) == 0.0);
  CHECK_FALSE(web.Number(ClientNumber::kWatch));
  const Client& subscriber = clients[3];
  CHECK(subscriber.Text(ClientText::kHost) == "/tmp/r1/r.sock");
  CHECK(subscriber.Text(ClientText::kPort) == "0");
  CHECK(subscriber.Number(ClientNumber::kSub) == 2.0);
  CHECK(subscriber.Number(ClientNumber::kPsub) == 1.0);
}

TEST_CASE("clients of older and newer servers are read too") {
  const auto old = ClientsIn(
      "id=3 addr=[::1]:52555 fd=8 name= age=5 idle=0 flags=N db=0 sub=0 psub=0 multi=-1 qbuf=26 "
      "qbuf-free=32742 obl=0 oll=0 omem=0 events=r cmd=client\n");
  REQUIRE(old.size() == 1);
  CHECK(old[0].Text(ClientText::kHost) == "[::1]");
  CHECK(old[0].Text(ClientText::kUser) == "");
  CHECK_FALSE(old[0].Number(ClientNumber::kTotMem));
  const auto newer = ClientsIn(
      "id=40 addr=fd40:1481::1a06:44426 laddr=x:1 fd=19 name=a=b age=782 idle=1 flags=N db=0 "
      "sub=0 psub=0 ssub=1 multi=-1 watch=2 qbuf=26 qbuf-free=32742 argv-mem=10 obl=0 oll=0 "
      "omem=0 tot-mem=61466 what-is-new=1 events=r cmd=client|list user=default redir=-1 resp=3 "
      "lib-name=redis-py lib-ver=5.0.1 io-thread=0\r\n");
  REQUIRE(newer.size() == 1);
  CHECK(newer[0].Text(ClientText::kHost) == "fd40:1481::1a06");
  CHECK(newer[0].Text(ClientText::kName) == "a=b");
  CHECK(newer[0].Text(ClientText::kLibName) == "redis-py");
  CHECK(newer[0].Text(ClientText::kLibVer) == "5.0.1");
  CHECK(newer[0].Number(ClientNumber::kWatch) == 2.0);
}

TEST_CASE("a line that is no client is skipped and a number that is none is left out") {
  const auto clients = ClientsIn(
      "\n\nname=x id=1 addr=h:1 age=0 idle=0\nid=x addr=h:1 age=0 idle=0\nid=1 age=0 idle=0\n"
      "id=2 addr=h age=0 idle=0\nid=3 addr=h:1 age=x idle=0\nid=4 addr=h:1 age=0\n"
      "id=5 addr=h:1 age=0 idle=0 omem=99999999999999999999 oll=1x sub=-1\n=\nid=6");
  REQUIRE(clients.size() == 1);
  CHECK(clients[0].Text(ClientText::kId) == "5");
  CHECK_FALSE(clients[0].Number(ClientNumber::kOmem));
  CHECK_FALSE(clients[0].Number(ClientNumber::kOll));
  CHECK(clients[0].Number(ClientNumber::kSub) == -1.0);
}

TEST_CASE("groups sum their clients and the small ones beyond the bound are one") {
  const std::string text = Line("1", "web", 5, 100) + Line("2", "job", 7, 10) +
                           Line("3", "web", 2, 100) + Line("4", "cron", 1, 1);
  constexpr std::array kBy = {ClientText::kName, ClientText::kHost};
  ClientGroups groups(kBy);
  for (ClientCursor at(text); const Client* client = at.Next();) groups.Add(*client);
  CHECK(groups.count() == 3);
  const auto largest = groups.Largest(1);
  REQUIRE(largest.size() == 2);
  CHECK(largest[0].key[0] == "web");
  CHECK(largest[0].key[1] == "10.0.0.1");
  CHECK(largest[0].connections == 2);
  CHECK(largest[0].idle_max == 5);
  CHECK(largest[0].memory == 200);
  CHECK(largest[0].output_buffer == 4);
  CHECK(largest[0].output_buffer_max == 3);
  CHECK(largest[0].query_buffer == 6);
  CHECK(largest[0].subscriptions == 6);
  CHECK(largest[1].key[0] == "overflow");
  CHECK(largest[1].connections == 2);
  CHECK(largest[1].idle_max == 7);
}

TEST_CASE("thousands of groups are each found again") {
  std::string text;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3000; ++i) text += Line(std::to_string(i), "c" + std::to_string(i), 0, 1);
  }
  constexpr std::array kBy = {ClientText::kName};
  ClientGroups groups(kBy);
  for (ClientCursor at(text); const Client* client = at.Next();) groups.Add(*client);
  CHECK(groups.count() == 3000);
  for (const auto& group : groups.Largest(5000)) CHECK(group.connections == 2);
}

TEST_CASE("clients are shown in groups unless each is asked for") {
  FakeRedis redis(Folder("redis_7.0"));
  redis.Set("CLIENT LIST", Bulk(ReadFile(Folder("redis_7.0/client_list.txt"))));
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"clients"}});
  CHECK(report.problems == kNone);
  CHECK(OutcomeOf(report, "clients") == Reason::kOk);
  CHECK(report.Value("redis_client_groups") == 5.0);
  CHECK(report.Value("redis_client_group_connections{name=\"web\",user=\"default\",host=\"127.0.0."
                     "1\"}") == 3.0);
  CHECK(report.Value("redis_client_group_blocked_connections{name=\"worker\",user=\"default\","
                     "host=\"127.0.0.1\"}") == 2.0);
  CHECK(report.FamilyText("redis_connected_client_info") == "");
  redis.Forget();
  REQUIRE(host.Poll({.due = {"clients"}}).ok());
  CHECK(redis.commands() == std::vector<std::string>{"INFO ALL", "CLIENT LIST"});
}

TEST_CASE("each client has the peers' families and what is beyond the bound is counted") {
  FakeRedis redis(Folder("redis_7.0"));
  redis.Set("CLIENT LIST", Bulk(ReadFile(Folder("redis_7.0/client_list.txt"))));
  TestHost host(Entry(), {.options = {{"address", redis.address()},
                                      {"client_series", "each"},
                                      {"client_port", "true"},
                                      {"client_groups_by", "[\"db\", \"flags\"]"},
                                      {"client_groups_max", "1"},
                                      {"clients_max", "8"}},
                          .fake_clock = true});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"clients"}});
  CHECK(report.problems == kNone);
  CHECK(report.Value("redis_connected_client_info{id=\"4\",name=\"web\",flags=\"N\",db=\"3\",host="
                     "\"127.0.0.1\",port=\"35002\",user=\"default\",resp=\"2\"}") == 1.0);
  const auto created =
      report.Value("redis_connected_client_created_at_timestamp{id=\"4\",name=\"web\"}");
  const auto idle =
      report.Value("redis_connected_client_idle_since_timestamp{id=\"4\",name=\"web\"}");
  REQUIRE(created);
  REQUIRE(idle);
  CHECK(*idle - *created == 1);
  CHECK(report.Value("redis_connected_client_total_memory_consumed_bytes{id=\"4\",name=\"web\"}") ==
        22272.0);
  CHECK(report.FamilyText("redis_connected_client_shard_channel_watched_keys") == "");
  CHECK(report.Value("redis_connected_clients_left_out") == 1.0);
  CHECK(report.FamilyText("redis_connected_client_info").find("id=\"12\"") == std::string::npos);
  CHECK(report.Value("redis_client_group_connections{db=\"0\",flags=\"N\"}") == std::nullopt);
  CHECK(report.Value("redis_client_group_connections{db=\"3\",flags=\"N\"}") == 3.0);
  CHECK(report.Value("redis_client_group_connections{db=\"overflow\",flags=\"overflow\"}") == 6.0);
}

TEST_CASE("clients are described as an older peer did it if that is asked for") {
  FakeRedis redis(Folder("redis_7.0"));
  redis.Set("CLIENT LIST", Bulk(ReadFile(Folder("redis_7.0/client_list.txt"))));
  TestHost host(Entry(), {.options = {{"address", redis.address()},
                                      {"client_series", "each"},
                                      {"client_port", "true"},
                                      {"compat", "[\"1.45\"]"}},
                          .fake_clock = true});
  REQUIRE(host.Create().ok());
  const std::string details =
      host.Poll({.due = {"clients"}}).FamilyText("redis_connected_clients_details");
  const size_t web = details.find("name=\"web\"");
  REQUIRE(web != std::string::npos);
  const std::string line = details.substr(web, details.find('\n', web) - web);
  for (const char* label : {"created_at=\"", "idle_since=\"", "flags=\"N\"", "db=\"3\"",
                            "omem=\"0\"", "cmd=\"", "host=\"127.0.0.1\"", "port=\"350"}) {
    CAPTURE(line);
    CHECK(line.find(label) != std::string::npos);
  }
}

TEST_CASE("a list that would be larger than a reply may be is not asked for") {
  FakeRedis redis(Folder("redis_7.0"));
  redis.Set("INFO ALL", Bulk("# Server\r\nredis_version:7.0.15\r\nconnected_clients:100\r\n"));
  TestHost host(Entry(), {.options = {{"address", redis.address()}, {"reply_bytes_max", "64KiB"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"clients"}});
  CHECK(OutcomeOf(report, "clients") == Reason::kLimit);
  for (const std::string& command : redis.commands()) CHECK(command != "CLIENT LIST");
}

TEST_CASE("labels that make no groups are refused") {
  for (const char* by : {"[\"id\"]", "[\"name\", \"name\"]",
                         "[\"name\", \"user\", \"host\", \"db\", \"cmd\", \"resp\"]"}) {
    TestHost host(Entry(), {.options = {{"client_groups_by", by}}});
    const auto created = host.Create();
    REQUIRE_FALSE(created.ok());
    CHECK(created.error().message.find("client_groups_by") != std::string::npos);
  }
}
