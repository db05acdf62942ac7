// What is asked of which server, and what its refusals mean.
#include "plan.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pillion::redis;
using pillion::Reason;

namespace {

Settings MakeSettings() {
  Settings settings;
  settings.config_command = "CONFIG";
  return settings;
}

DueSet All() { return DueSet().set(); }

Server Known(Version version) {
  Server server;
  server.known = true;
  server.version = version;
  server.config_takes_many = version.AtLeast(7);
  return server;
}

bool Has(const AskSet& asks, Ask ask) { return asks[static_cast<size_t>(ask)]; }

std::string Words(Ask ask, DueSet due, const Settings& settings, const Server& server) {
  std::string text;
  for (const auto word : WordsOf(ask, due, settings, server)) {
    text.append(text.empty() ? "" : " ").append(word);
  }
  return text;
}

}  // namespace

TEST_CASE("an unknown server is asked what nearly all answer") {
  const AskSet asks = Plan(All(), MakeSettings(), Server());
  CHECK(Has(asks, Ask::kInfo));
  CHECK(Has(asks, Ask::kConfig));
  CHECK(Has(asks, Ask::kSlowlogLen));
  CHECK(Has(asks, Ask::kLatencyLatest));
  CHECK(Has(asks, Ask::kLatencyHistogram));
  CHECK_FALSE(Has(asks, Ask::kClusterInfo));
  CHECK_FALSE(Has(asks, Ask::kCommandlogSlow));
  CHECK_FALSE(Has(asks, Ask::kSentinelMasters));
}

TEST_CASE("questions are kept only for servers that are asked the same") {
  std::vector<Server> servers = {Server(), Known({6, 2}), Known({7, 0}), Known({7, 2})};
  servers.push_back(servers.back());
  servers.back().valkey = {8, 1};
  servers.push_back(servers.back());
  servers.back().config_takes_many = false;
  servers.back().clients = 12;
  servers.back().cluster = servers.back().sentinel = true;
  for (const Server& one : servers) {
    for (const Server& other : servers) {
      bool same = true;
      for (size_t i = 0; i < kAskCount; ++i) {
        const auto ask = static_cast<Ask>(i);
        same = same &&
               Words(ask, All(), MakeSettings(), one) == Words(ask, All(), MakeSettings(), other);
      }
      if (MeansSameWords(one, other)) CHECK(same);
    }
  }
  CHECK(MeansSameWords(servers[2], servers[3]));
  CHECK_FALSE(MeansSameWords(servers[1], servers[2]));
}

TEST_CASE("a known server is asked only what it has") {
  CHECK_FALSE(Has(Plan(All(), MakeSettings(), Known({6, 2})), Ask::kLatencyHistogram));
  Server cluster = Known({7, 2});
  cluster.cluster = true;
  CHECK(Has(Plan(All(), MakeSettings(), cluster), Ask::kClusterInfo));
  Server valkey = Known({7, 2});
  valkey.valkey = {8, 1};
  CHECK(Has(Plan(All(), MakeSettings(), valkey), Ask::kCommandlogReply));
  valkey.valkey = {8, 0};
  CHECK_FALSE(Has(Plan(All(), MakeSettings(), valkey), Ask::kCommandlogReply));
  Server sentinel = Known({7, 0});
  sentinel.sentinel = true;
  const AskSet asks = Plan(All(), MakeSettings(), sentinel);
  CHECK(asks.count() == 3);
  CHECK(Has(asks, Ask::kInfo));
  CHECK(Has(asks, Ask::kSentinelMasters));
}

TEST_CASE("only what is due is asked") {
  DueSet due;
  due[kSlowlog] = true;
  const AskSet asks = Plan(due, MakeSettings(), Known({7, 0}));
  CHECK(asks.count() == 2);
  CHECK(Has(asks, Ask::kSlowlogGet));
  due.reset();
  due[kKeyspace] = true;
  CHECK(Has(Plan(due, MakeSettings(), Known({7, 0})), Ask::kConfig));
  Settings settings = MakeSettings();
  settings.empty_databases = false;
  CHECK_FALSE(Has(Plan(due, settings, Known({7, 0})), Ask::kConfig));
  CHECK(Plan(DueSet(), MakeSettings(), Server()).none());
}

TEST_CASE("CONFIG is asked narrowly where the server takes several names") {
  Settings settings = MakeSettings();
  CHECK(Words(Ask::kConfig, All(), settings, Server()) == "CONFIG GET *");
  CHECK(Words(Ask::kConfig, All(), settings, Known({6, 2})) == "CONFIG GET *");
  CHECK(Words(Ask::kConfig, All(), settings, Known({7, 0})).ends_with(" dir dbfilename"));
  const DueSet due = All().reset(kRdbFile);
  const std::string narrow = Words(Ask::kConfig, due, settings, Known({7, 0}));
  CHECK(narrow ==
        "CONFIG GET maxmemory maxclients io-threads repl-backlog-size databases "
        "client-output-buffer-limit");
  Server valkey = Known({7, 2});
  valkey.valkey = {8, 1};
  CHECK(Words(Ask::kConfig, due, settings, valkey) == narrow + " commandlog-*");
  settings.include_config = true;
  settings.config_command = "CFG";
  CHECK(Words(Ask::kConfig, due, settings, Known({7, 0})) == "CFG GET *");
}

TEST_CASE("config_command dash means that CONFIG is never sent") {
  Settings settings;
  CHECK_FALSE(Has(Plan(All(), settings, Known({7, 0})), Ask::kConfig));
}

TEST_CASE("refusals have a reason and say what mends them") {
  const auto noperm = ErrorOf(
      Ask::kConfig, "NOPERM this user has no permissions to run the 'config|get' command", "mon");
  CHECK(noperm.reason == Reason::kPermission);
  CHECK(noperm.message.find("ACL SETUSER mon +config|get") != std::string::npos);
  CHECK(ErrorOf(Ask::kInfo, "NOPERM", "").message.find("ACL SETUSER default +info") !=
        std::string::npos);
  const auto unknown = ErrorOf(Ask::kConfig, "ERR unknown command 'CONFIG'", "");
  CHECK(unknown.reason == Reason::kVersion);
  CHECK(unknown.message.find("config_command") != std::string::npos);
  CHECK(ErrorOf(Ask::kInfo, std::string(100000, 'x'), "").message.size() < 300);
}

TEST_CASE("each refusal of a server has its reason") {
  CHECK(ReasonOf("NOAUTH Authentication required.") == Reason::kAuth);
  CHECK(ReasonOf("WRONGPASS invalid username-password pair or user is disabled.") == Reason::kAuth);
  CHECK(ReasonOf("ERR invalid password") == Reason::kAuth);
  CHECK(ReasonOf("ERR max number of clients reached") == Reason::kLimit);
  CHECK(ReasonOf("ERR max number of clients + cluster connections reached") == Reason::kLimit);
  CHECK(ReasonOf("LOADING Redis is loading the dataset in memory") == Reason::kRefused);
  CHECK(ReasonOf("MASTERDOWN Link with MASTER is down") == Reason::kRefused);
  CHECK(ReasonOf("BUSY Redis is busy running a script.") == Reason::kRefused);
  CHECK(ReasonOf("ERR unknown subcommand 'HISTOGRAM'. Try LATENCY HELP.") == Reason::kVersion);
  CHECK(ReasonOf("ERR something else") == Reason::kProtocol);
  CHECK(ReasonOf("") == Reason::kProtocol);
  CHECK(ConcernsAll("LOADING x"));
  CHECK_FALSE(ConcernsAll("NOPERM x"));
  CHECK_FALSE(ConcernsAll("ERR something else"));
}

TEST_CASE("the server is recognised from its INFO") {
  const Info valkey(
      "# Server\nredis_version:7.2.4\nserver_name:valkey\nvalkey_version:8.1.0\n"
      "server_mode:standalone\n# Cluster\ncluster_enabled:1\n");
  const Identity identity = ReadIdentity(valkey);
  CHECK(identity.redis_mode == "standalone");
  const Server server = ReadServer(valkey, identity);
  CHECK(server.known);
  CHECK(server.version == Version{7, 2});
  CHECK(server.has_commandlog());
  CHECK(server.cluster);
  CHECK_FALSE(server.sentinel);
  const Info sentinel("# Server\nredis_mode:sentinel\nredis_version:6.0.0\n");
  CHECK(ReadServer(sentinel, ReadIdentity(sentinel)).sentinel);
}
