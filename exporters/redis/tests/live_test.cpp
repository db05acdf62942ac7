// The exporter against redis-server itself. Each test starts its own and stops it.
#include "eventually.hpp"
#include "fake_redis.hpp"
#include "outcome.hpp"
#include "redis_server.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <map>
#include <sstream>
#include <string>

using namespace pillion::redis::testing;
using namespace std::chrono_literals;
using pillion::Reason;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

std::map<std::string, std::string> TypesIn(const std::string& text) {
  std::map<std::string, std::string> types;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    const size_t blank = line.find(' ', 7);
    types[line.substr(7, blank - 7)] = line.substr(blank + 1);
  }
  return types;
}

// Label names of the first sample of a family, as in "a,b".
std::string LabelsIn(const std::string& family_text) {
  std::istringstream lines(family_text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    std::string names;
    size_t at = line.find('{');
    while (at != std::string::npos && line[at] != '}') {
      const size_t equals = line.find('=', at);
      const std::string name = line.substr(at + 1, equals - at - 1);
      if (name != "le" && name != "quantile") names += (names.empty() ? "" : ",") + name;
      size_t end = equals + 2;
      while (line[end] != '"') end += line[end] == '\\' ? 2 : 1;
      at = end + 1;
    }
    return names;
  }
  return "(no sample)";
}

}  // namespace

TEST_CASE("a master is read over TCP and unix socket with the peers' names and types") {
  if (MissingServer()) return;
  RedisServer server({"--latency-monitor-threshold", "1", "--enable-debug-command", "yes"});
  server.Ask({"SET", "a", "1"});
  server.Ask({"GET", "a"});
  server.Ask({"NOSUCH"});
  server.Ask({"DEBUG", "SLEEP", "0.02"});
  const bool valkey = server.InfoNumber("valkey_version") > 0;
  for (const std::string& address : {server.address(), server.socket()}) {
    TestHost host(Entry(), {.options = {{"address", address}}});
    REQUIRE(host.Create().ok());
    const PollReport report = host.Poll();
    CHECK(report.ok());
    CHECK(report.error == "");
    CHECK(report.problems == kNone);
    for (const auto& collector : report.collectors) {
      CAPTURE(collector.name);
      CHECK(collector.message == "");
      CHECK(collector.reason == Reason::kOk);
    }
    CHECK(report.facts.at("role") == "master");
    CHECK(report.Value("redis_db_keys{db=\"db0\"}") == 1.0);
    CHECK(report.Value("redis_commands_total{cmd=\"get\"}") == 1.0);
    CHECK(report.Value("redis_errors_total{err=\"ERR\"}") == 1.0);
    CHECK(report.Value("redis_latency_spike_duration_seconds{event_name=\"command\"}") >= 0.02);
    const auto types = TypesIn(report.text);
    CHECK(types.size() > 150);
    std::istringstream lines(ReadFile(Folder("peer_metrics.tsv")));
    size_t compared = 0;
    for (std::string line; std::getline(lines, line);) {
      const std::string name = line.substr(0, line.find('\t'));
      if (line.starts_with("#") || types.count(name) == 0) continue;
      CAPTURE(line);
      CHECK(line.find("\t" + types.at(name) + "\t") != std::string::npos);
      std::string labels = line.substr(line.rfind('\t') + 1);
      if (valkey && name == "redis_instance_info") labels += ",valkey_version,valkey_release_stage";
      CHECK(labels == LabelsIn(report.FamilyText(name)));
      ++compared;
    }
    CHECK(compared + 1 == types.size());  // redis_info_fields_unknown is ours
  }
}

TEST_CASE("each poll is one round trip on one connection") {
  if (MissingServer()) return;
  RedisServer server;
  TestHost host(Entry(), {.options = {{"address", server.socket()}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());  // that tells what the server is, so that more may be asked
  const PollReport first = host.Poll();
  REQUIRE(first.ok());
  const auto number = [](const PollReport& report, const char* name) {
    return report.Value(name).value_or(-1);
  };
  constexpr int kPolls = 10;
  PollReport last;
  for (int i = 0; i < kPolls; ++i) last = host.Poll();
  REQUIRE(last.ok());
  CHECK(number(last, "redis_connections_received_total") ==
        number(first, "redis_connections_received_total"));
  // A pipeline arrives in one read; each has six commands, or three more for the command log.
  CHECK(number(last, "redis_total_reads_processed") -
            number(first, "redis_total_reads_processed") ==
        kPolls);
  CHECK(number(last, "redis_commands_processed_total") -
            number(first, "redis_commands_processed_total") ==
        (server.HasCommandlog() ? 9 : 6) * kPolls);
  CHECK(number(last, "redis_commands_total{cmd=\"info\"}") -
            number(first, "redis_commands_total{cmd=\"info\"}") ==
        kPolls);
  CHECK(server.Ask({"CLIENT", "LIST"}).find("name=pillion ") != std::string::npos);
}

TEST_CASE("a replica and its master show each other") {
  if (MissingServer()) return;
  RedisServer master;
  RedisServer replica({"--replicaof", "127.0.0.1", std::to_string(master.port())});
  REQUIRE(Eventually([&] {
    return replica.Ask({"INFO", "replication"}).find("link_status:up") != std::string::npos &&
           master.Ask({"INFO", "replication"}).find("state=online") != std::string::npos;
  }));
  TestHost of_replica(Entry(), {.options = {{"address", replica.address()}}});
  REQUIRE(of_replica.Create().ok());
  const PollReport seen = of_replica.Poll();
  const std::string labels =
      "{master_host=\"127.0.0.1\",master_port=\"" + std::to_string(master.port()) + "\"";
  CHECK(seen.problems == kNone);
  CHECK(seen.Value("redis_master_link_up" + labels + "}") == 1.0);
  CHECK(seen.Value("redis_slave_info" + labels + ",read_only=\"1\"}") == 1.0);
  TestHost of_master(Entry(), {.options = {{"address", master.address()}}});
  REQUIRE(of_master.Create().ok());
  const PollReport master_seen = of_master.Poll();
  CHECK(master_seen.Value("redis_connected_slave_lag_seconds{slave_ip=\"127.0.0.1\",slave_port=\"" +
                          std::to_string(replica.port()) + "\",slave_state=\"online\"}") >= 0.0);
  master.Kill();
  REQUIRE(Eventually([&] {
    return replica.Ask({"INFO", "replication"}).find("link_status:down") != std::string::npos;
  }));
  CHECK(of_replica.Poll().Value("redis_master_link_up" + labels + "}") == 0.0);
}

TEST_CASE("a cluster node has one database and the state of its cluster") {
  if (MissingServer()) return;
  RedisServer node({"--cluster-enabled", "yes", "--cluster-port", std::to_string(FreePort())});
  REQUIRE(node.Ask({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"}).starts_with("+OK"));
  REQUIRE(Eventually([&] {
    return node.Ask({"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
  }));
  TestHost host(Entry(), {.options = {{"address", node.address()}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.problems == kNone);
  CHECK(report.Value("redis_cluster_state") == 1.0);
  CHECK(report.Value("redis_cluster_slots_ok") == 16384.0);
  CHECK(report.Value("redis_db_keys{db=\"db0\"}") == 0.0);
  CHECK_FALSE(report.Value("redis_db_keys{db=\"db1\"}"));
}

TEST_CASE("the ACL line of the README is enough and fewer rights cost collectors only") {
  if (MissingServer()) return;
  RedisServer server;
  const auto readme = ReadFile(PILLION_SOURCE_DIR "/exporters/redis/README.md");
  const size_t at = readme.find("ACL SETUSER monitor ");
  REQUIRE(at != std::string::npos);
  std::istringstream line(readme.substr(at, readme.find('\n', at) - at));
  std::vector<std::string> words;
  for (std::string word; line >> word;) words.push_back(word == ">PASSWORD" ? ">pw" : word);
  if (server.HasCommandlog()) {
    const std::string before = "Valkey 8.1 or later, in addition: `";
    const size_t from = readme.find(before) + before.size();
    words.push_back(readme.substr(from, readme.find('`', from) - from));
  }
  REQUIRE(server.Ask(words) == "+OK\r\n");
  const auto as = [&](const std::string& user, const std::string& password) {
    return pillion::testing::TestHostConfig{
        .options = {{"address", server.address()}, {"username", user}},
        .secrets = {{"password", password}}};
  };
  TestHost enough(Entry(), as("monitor", "pw"));
  REQUIRE(enough.Create().ok());
  const PollReport all = enough.Poll();
  CHECK(all.ok());
  for (const auto& collector : all.collectors) CHECK(collector.message == "");
  CHECK(all.FamilyText("redis_exporter_commands_denied") == "");
  CHECK(server.Ask({"INFO", "errorstats"}).find("errorstat_") == std::string::npos);

  REQUIRE(server.Ask({"ACL", "SETUSER", "few", "on", ">pw", "+info"}) == "+OK\r\n");
  TestHost few(Entry(), as("few", "pw"));
  REQUIRE(few.Create().ok());
  for (int i = 0; i < 5; ++i) {
    const PollReport some = few.Poll();
    CHECK(some.ok());
    CHECK(some.CollectorNamed("info")->reason == Reason::kOk);
    CHECK(some.CollectorNamed("keyspace")->reason == Reason::kOk);
    std::vector<std::string> all_denied = {"config", "slowlog", "latency", "latency_histogram"};
    if (server.HasCommandlog()) all_denied.emplace_back("commandlog");
    for (const std::string& denied : all_denied) {
      CAPTURE(denied);
      CHECK(some.CollectorNamed(denied)->reason == Reason::kPermission);
      CHECK(some.CollectorNamed(denied)->message.find("ACL SETUSER few +") != std::string::npos);
    }
    for (const char* command : {"CONFIG GET", "SLOWLOG LEN", "SLOWLOG GET", "LATENCY LATEST"}) {
      CAPTURE(command);
      CHECK(some.Value("redis_exporter_commands_denied{command=\"" + std::string(command) +
                       "\",reason=\"permission\"}") == 1.0);
    }
  }
  // client setname, config, slowlog twice, latency twice, commandlog three times: once each, not
  // five times.
  const std::string refusals = server.HasCommandlog() ? "9" : "6";
  CHECK(server.Ask({"INFO", "errorstats"}).find("errorstat_NOPERM:count=" + refusals + "\r\n") !=
        std::string::npos);

  REQUIRE(server.Ask({"ACL", "SETUSER", "nothing", "on", ">pw"}) == "+OK\r\n");
  TestHost nothing(Entry(), as("nothing", "pw"));
  REQUIRE(nothing.Create().ok());
  CHECK(nothing.Poll().reason == Reason::kPermission);
}

TEST_CASE("a wrong password and a missing one are auth failures and the right one recovers") {
  if (MissingServer()) return;
  RedisServer server({"--requirepass", "right"});
  TestHost host(Entry(),
                {.options = {{"address", server.address()}}, .secrets = {{"password", "wrong"}}});
  REQUIRE(host.Create().ok());
  const PollReport wrong = host.Poll();
  CHECK(wrong.reason == Reason::kAuth);
  CHECK(wrong.error.find("WRONGPASS") != std::string::npos);
  host.SetSecret("password", "right");
  CHECK(host.Poll().ok());
  TestHost none(Entry(), {.options = {{"address", server.address()}}});
  REQUIRE(none.Create().ok());
  const PollReport missing = none.Poll();
  CHECK(missing.reason == Reason::kAuth);
  CHECK(missing.error.find("`password`") != std::string::npos);
}

TEST_CASE("a changed password is taken without a failed poll and a wrong one changes nothing") {
  if (MissingServer()) return;
  RedisServer server;
  const auto set = [&](const std::string& password) {
    server.Ask({"ACL", "SETUSER", "monitor", "on", "resetpass", ">" + password, "+@all"});
  };
  set("old");
  TestHost host(Entry(), {.options = {{"address", server.address()}, {"username", "monitor"}},
                          .secrets = {{"password", "old"}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  host.SetSecret("password", "wrong");
  for (int i = 0; i < 5; ++i) REQUIRE(host.Poll().ok());
  CHECK(host.secrets_tried() == std::vector{Reason::kAuth});
  CHECK(server.Ask({"INFO", "errorstats"}).find("errorstat_WRONGPASS:count=1\r") !=
        std::string::npos);
  set("new");
  host.SetSecret("password", "new");
  for (int i = 0; i < 5; ++i) REQUIRE(host.Poll().ok());
  CHECK(host.secrets_tried() == std::vector{Reason::kAuth, Reason::kOk});
}

TEST_CASE("a stopped server costs the deadline and not more and then recovers") {
  if (MissingServer()) return;
  RedisServer server;
  TestHost host(Entry(), {.options = {{"address", server.address()}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  server.Signal(SIGSTOP);
  for (int i = 0; i < 2; ++i) {  // over the open connection, then over a new one
    const PollReport report = host.Poll({.timeout = 300ms});
    CHECK(report.reason == Reason::kTimeout);
    CHECK_FALSE(report.hung());
    CHECK(report.text == "");
  }
  server.Signal(SIGCONT);
  CHECK(host.Poll().ok());
}

TEST_CASE("a killed server is refused and found again after its restart") {
  if (MissingServer()) return;
  RedisServer server;
  TestHost host(Entry(), {.options = {{"address", server.socket()}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  server.Kill();
  CHECK(host.Poll().reason == Reason::kRefused);
  server.Start();
  CHECK(host.Poll().ok());
  server.Kill();
  server.Start();
  CHECK(host.Poll().ok());  // the old connection is dead: a new one within the poll
}

TEST_CASE("a full server is a limit") {
  if (MissingServer()) return;
  RedisServer server({"--maxclients", "1"});
  TestHost first(Entry(), {.options = {{"address", server.socket()}}});
  REQUIRE(first.Create().ok());
  REQUIRE(first.Poll().ok());
  for (const std::string& address : {server.address(), server.socket()}) {
    TestHost second(Entry(), {.options = {{"address", address}}});
    REQUIRE(second.Create().ok());
    const PollReport report = second.Poll();
    CHECK(report.reason == Reason::kLimit);
    CHECK(report.error.find("max number of clients") != std::string::npos);
  }
}

TEST_CASE("a client that the server closes for idleness is not a failure") {
  if (MissingServer()) return;
  RedisServer server;
  TestHost host(Entry(), {.options = {{"address", server.address()}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  REQUIRE(server.Ask({"CLIENT", "KILL", "TYPE", "normal"}).starts_with(":"));
  CHECK(host.Poll().ok());
}
