// The conversation with a server, against a scripted one.
#include "fake_redis.hpp"
#include "outcome.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

using namespace pillion::redis::testing;
using namespace std::chrono_literals;
using pillion::Reason;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

using Commands = std::vector<std::string>;

std::string CreateError(std::map<std::string, std::string> options) {
  TestHost host(Entry(), {.options = std::move(options)});
  const auto created = host.Create();
  return created ? "" : created.error().message;
}

std::string MessageOf(const PollReport& report, const std::string& collector) {
  const auto* found = report.CollectorNamed(collector);
  return found == nullptr ? "(did not run)" : found->message;
}

}  // namespace

TEST_CASE("options that don't fit are refused with a text for the operator") {
  CHECK(CreateError({{"address", "redis://u:pw@host"}}).find("`password`") != std::string::npos);
  CHECK(CreateError({{"address", "redis://a@host"}, {"username", "b"}}).find("username") !=
        std::string::npos);
  CHECK(CreateError({{"client_name", "two words"}}).find("client_name") != std::string::npos);
  CHECK(CreateError({{"reply_bytes_max", "1KiB"}}).find("reply_bytes_max") != std::string::npos);
  CHECK(CreateError({}) == "");
}

TEST_CASE("the first poll of a connection and every later one are one round trip each") {
  FakeRedis redis(Folder("redis_7.0"));
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  CHECK(redis.commands() == Commands{"CLIENT SETNAME pillion", "INFO ALL", "CONFIG GET *",
                                     "SLOWLOG LEN", "SLOWLOG GET 1", "LATENCY LATEST",
                                     "LATENCY HISTOGRAM"});
  const std::string narrow_config =
      "CONFIG GET maxmemory maxclients io-threads repl-backlog-size databases "
      "client-output-buffer-limit";
  redis.Forget();
  REQUIRE(host.Poll().ok());
  CHECK(redis.commands() == Commands{"INFO ALL", narrow_config, "SLOWLOG LEN", "SLOWLOG GET 1",
                                     "LATENCY LATEST", "LATENCY HISTOGRAM"});
  CHECK(redis.connections() == 1);
}

TEST_CASE("only the commands of due collectors are sent") {
  FakeRedis redis(Folder("redis_7.0"));
  TestHost host(Entry(), {.options = {{"address", redis.address()}, {"client_name", ""}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll({.due = {"slowlog"}}).ok());
  CHECK(redis.commands() == Commands{"INFO ALL", "SLOWLOG LEN", "SLOWLOG GET 1"});
  redis.Forget();
  const PollReport report = host.Poll({.due = {"slowlog"}});
  CHECK(redis.commands() == Commands{"SLOWLOG LEN", "SLOWLOG GET 1"});
  CHECK(report.FamilyText("redis_slowlog_length") != "");
  CHECK(report.FamilyText("redis_uptime_in_seconds") == "");
}

TEST_CASE("a password is sent before anything else and read anew for each connection") {
  FakeRedis redis(Folder("redis_7.0"));
  TestHost host(Entry(),
                {.options = {{"address", redis.address()}}, .secrets = {{"password", "first"}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll({.due = {"info"}}).ok());
  CHECK(redis.commands() == Commands{"AUTH first", "CLIENT SETNAME pillion", "INFO ALL"});
  redis.CloseAt("INFO ALL", 1);
  redis.Forget();
  REQUIRE(host.Poll({.due = {"info"}}).ok());
  CHECK(redis.commands() ==
        Commands{"INFO ALL", "AUTH first", "CLIENT SETNAME pillion", "INFO ALL"});
  CHECK(host.SecretReads("password") == 2);
}

TEST_CASE("a password that changed is tried on a second connection that then takes over") {
  FakeRedis redis(Folder("redis_7.0"));
  TestHost host(Entry(),
                {.options = {{"address", redis.address()}}, .secrets = {{"password", "first"}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll({.due = {"info"}}).ok());
  host.SetSecret("password", "second");
  redis.Forget();
  REQUIRE(host.Poll({.due = {"info"}}).ok());
  CHECK(redis.commands() == Commands{"INFO ALL", "AUTH second", "CLIENT SETNAME pillion"});
  CHECK(redis.connections() == 2);
  redis.Forget();
  REQUIRE(host.Poll({.due = {"info"}}).ok());
  CHECK(redis.commands() == Commands{"INFO ALL"});
  CHECK(redis.connections() == 2);
  CHECK(host.secrets_tried() == std::vector{Reason::kOk});
}

TEST_CASE("a new password that is refused leaves the connection as it is") {
  FakeRedis redis(Folder("redis_7.0"));
  TestHost host(Entry(),
                {.options = {{"address", redis.address()}}, .secrets = {{"password", "first"}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll({.due = {"info"}}).ok());
  redis.Set("AUTH second", "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  redis.Set("AUTH third", "-ERR max number of clients reached\r\n");
  redis.Set("PING", "-NOAUTH Authentication required.\r\n");
  for (const char* const password : {"second", "third", ""}) {
    host.SetSecret("password", password);
    redis.Forget();
    REQUIRE(host.Poll({.due = {"info"}}).ok());
    REQUIRE(host.Poll({.due = {"info"}}).ok());
    const Commands sent = redis.commands();
    REQUIRE(sent.size() == 4);
    CHECK(sent[0] == "INFO ALL");
    CHECK(sent[3] == "INFO ALL");  // nothing is forgotten of the server
  }
  CHECK(redis.connections() == 4);
  CHECK(host.secrets_tried() == std::vector{Reason::kAuth, Reason::kLimit, Reason::kAuth});
}

TEST_CASE("a second connection that hangs costs a second at most") {
  std::atomic<int> connections = 0;
  FakeRedis answers(Folder("redis_7.0"));
  pillion::testing::ScriptedServer server([&](pillion::testing::ScriptedServer::Connection& c) {
    if (++connections > 1) return c.Silence();
    answers.Play(c);
  });
  TestHost host(Entry(),
                {.options = {{"address", server.address()}}, .secrets = {{"password", "first"}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll({.due = {"info"}}).ok());
  host.SetSecret("password", "second");
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(host.Poll({.due = {"info"}, .timeout = 60s}).ok());
  CHECK(std::chrono::steady_clock::now() - begin < 20s);
  CHECK(host.secrets_tried() == std::vector{Reason::kTimeout});
  CHECK(host.Poll({.due = {"info"}}).ok());
  CHECK(connections == 2);
}

TEST_CASE("an ACL user is named in AUTH and in the advice") {
  FakeRedis redis(Folder("redis_7.0"));
  redis.Set("CONFIG GET", "-NOPERM this user has no permissions to run 'config|get'\r\n");
  TestHost host(Entry(), {.options = {{"address", "redis://monitor@" + redis.address()}},
                          .secrets = {{"password", "pw"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(redis.commands()[0] == "AUTH monitor pw");
  CHECK(report.ok());
  CHECK(OutcomeOf(report, "config") == Reason::kPermission);
  CHECK(MessageOf(report, "config").find("ACL SETUSER monitor +config|get") != std::string::npos);
  CHECK(OutcomeOf(report, "info") == Reason::kOk);
  CHECK(OutcomeOf(report, "keyspace") == Reason::kOk);
  CHECK(report.Value("redis_db_keys{db=\"db15\"}") == 0.0);  // 16 databases are the default
}

TEST_CASE("a denied command is not sent again for a minute") {
  FakeRedis redis(Folder("redis_7.0"));
  const std::string kSlowlogDenied =
      "redis_exporter_commands_denied{command=\"SLOWLOG LEN\",reason=\"permission\"}";
  redis.Set("SLOWLOG LEN", "-NOPERM no\r\n");
  TestHost host(Entry(), {.options = {{"address", redis.address()}}, .fake_clock = true});
  REQUIRE(host.Create().ok());
  redis.Set("LATENCY LATEST", "-ERR unknown command 'LATENCY'\r\n");
  const PollReport first = host.Poll();
  CHECK(OutcomeOf(first, "slowlog") == Reason::kPermission);
  CHECK(first.FamilyText("redis_exporter_commands_denied")
            .ends_with("_denied{command=\"LATENCY LATEST\",reason=\"version\"} 1\n"
                       "redis_exporter_commands_denied{command=\"SLOWLOG LEN\","
                       "reason=\"permission\"} 1\n"));
  redis.Forget();
  host.Advance(30s);
  const PollReport again = host.Poll({.due = {"slowlog", "exporter"}});
  CHECK(redis.commands() == Commands{"SLOWLOG GET 1"});
  CHECK(again.Value(kSlowlogDenied) == 1.0);
  CHECK(OutcomeOf(again, "slowlog") == Reason::kPermission);
  host.Advance(30s);  // when it is asked again, or just not yet
  CHECK(host.Poll({.due = {"slowlog", "exporter"}}).Value(kSlowlogDenied) == 1.0);
  host.Advance(100s);
  CHECK(host.Poll({.due = {"exporter"}}).Value(kSlowlogDenied) == 1.0);
  redis.Set("SLOWLOG LEN", ":5\r\n");
  const PollReport granted = host.Poll({.due = {"slowlog", "exporter"}});
  CHECK(granted.Value("redis_slowlog_length") == 5.0);
  CHECK(granted.Value(kSlowlogDenied) == std::nullopt);
}

TEST_CASE("when every command is denied the poll has failed") {
  FakeRedis redis;
  for (const char* command : {"INFO", "CONFIG", "SLOWLOG", "LATENCY"}) {
    redis.Set(command, "-NOPERM no\r\n");
  }
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.reason == Reason::kPermission);
  CHECK(report.error.find("ACL SETUSER default +info") != std::string::npos);
}

TEST_CASE("without INFO the other collectors still work") {
  FakeRedis redis(Folder("redis_7.0"));
  redis.Set("INFO", "-NOPERM no\r\n");
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.ok());
  CHECK(OutcomeOf(report, "info") == Reason::kPermission);
  CHECK(OutcomeOf(report, "cluster") == Reason::kPermission);
  CHECK(OutcomeOf(report, "config") == Reason::kOk);
  CHECK(report.Value("redis_config_maxclients") == 10000.0);
}

TEST_CASE("log-in failures are told apart") {
  struct {
    const char* reply;
    Reason reason;
  } cases[] = {
      {"-WRONGPASS invalid username-password pair or user is disabled.\r\n", Reason::kAuth},
      {"-ERR invalid password\r\n", Reason::kAuth},
      {"-ERR AUTH <password> called without any password configured\r\n", Reason::kAuth},
      {"-ERR max number of clients reached\r\n", Reason::kLimit},
      {"-DENIED Redis is running in protected mode\r\n", Reason::kRefused},
  };
  for (const auto& entry : cases) {
    CAPTURE(entry.reply);
    FakeRedis redis(Folder("redis_7.0"));
    redis.Set("AUTH", entry.reply);
    TestHost host(Entry(),
                  {.options = {{"address", redis.address()}}, .secrets = {{"password", "s3cret"}}});
    REQUIRE(host.Create().ok());
    const PollReport report = host.Poll();
    CHECK(report.reason == entry.reason);
    CHECK(report.error.find("s3cret") == std::string::npos);
    CHECK(report.text == "");
    redis.Set("AUTH", "+OK\r\n");
    CHECK(host.Poll().ok());  // a new connection
  }
}

TEST_CASE("a password that cannot be read fails the poll") {
  FakeRedis redis(Folder("redis_7.0"));
  TestHost host(Entry(),
                {.options = {{"address", redis.address()}}, .secrets = {{"password", "pw"}}});
  REQUIRE(host.Create().ok());
  host.BreakSecret("password");
  const PollReport report = host.Poll();
  CHECK(report.reason == Reason::kAuth);
  CHECK(redis.commands().empty());
}

TEST_CASE("refusals of the whole server fail the poll with their reason") {
  struct {
    const char* reply;
    Reason reason;
  } cases[] = {
      {"-NOAUTH Authentication required.\r\n", Reason::kAuth},
      {"-LOADING Redis is loading the dataset in memory\r\n", Reason::kRefused},
      {"-MASTERDOWN Link with MASTER is down\r\n", Reason::kRefused},
      {"-BUSY Redis is busy running a script.\r\n", Reason::kRefused},
  };
  for (const auto& entry : cases) {
    CAPTURE(entry.reply);
    FakeRedis redis(Folder("redis_7.0"));
    redis.Set("INFO", entry.reply);
    TestHost host(Entry(), {.options = {{"address", redis.address()}}});
    REQUIRE(host.Create().ok());
    CHECK(host.Poll().reason == entry.reason);
    redis.Set("INFO", Bulk("# Server\r\nredis_version:7.0.0\r\n"));
    CHECK(host.Poll().ok());
  }
}

TEST_CASE("LATENCY HISTOGRAM is not missed on servers before 7") {
  FakeRedis redis(Folder("redis_6.2"));
  redis.Set("LATENCY HISTOGRAM", "-ERR Unknown subcommand or wrong number of arguments\r\n");
  redis.Set("LATENCY LATEST", "*0\r\n");
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  CHECK(OutcomeOf(host.Poll(), "latency_histogram") == Reason::kOk);
  redis.Forget();
  CHECK(OutcomeOf(host.Poll(), "latency_histogram") == Reason::kOk);
  for (const std::string& command : redis.commands()) {
    CHECK(command != "LATENCY HISTOGRAM");
    if (command.starts_with("CONFIG")) CHECK(command == "CONFIG GET *");
  }
}

TEST_CASE("a renamed CONFIG command is used or left out as the option says") {
  FakeRedis redis(Folder("redis_7.0"));
  redis.Set("CONFIG", "-ERR unknown command 'CONFIG'\r\n");
  redis.Set("CONF_a1 GET", "*2\r\n" + Bulk("maxclients") + Bulk("77"));
  TestHost plain(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(plain.Create().ok());
  const PollReport failed = plain.Poll();
  CHECK(OutcomeOf(failed, "config") == Reason::kVersion);
  CHECK(MessageOf(failed, "config").find("config_command") != std::string::npos);
  TestHost renamed(Entry(),
                   {.options = {{"address", redis.address()}, {"config_command", "CONF_a1"}}});
  REQUIRE(renamed.Create().ok());
  CHECK(renamed.Poll().Value("redis_config_maxclients") == 77.0);
  TestHost without(Entry(), {.options = {{"address", redis.address()}, {"config_command", "-"}}});
  REQUIRE(without.Create().ok());
  redis.Forget();
  CHECK(OutcomeOf(without.Poll(), "config") == Reason::kOk);
  for (const std::string& command : redis.commands()) CHECK(!command.starts_with("CONF"));
}

TEST_CASE("a server that takes one pattern only is asked again for all settings") {
  FakeRedis redis(Folder("redis_7.0"));
  redis.Set("CONFIG GET maxmemory", "-ERR wrong number of arguments for 'config|get'\r\n");
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  for (int i = 0; i < 2; ++i) {
    redis.Forget();
    CHECK(host.Poll({.due = {"config"}}).Value("redis_config_maxclients") == 10000.0);
    CHECK(redis.commands().back() == "CONFIG GET *");
  }
  CHECK(redis.commands().size() == 1);
}

TEST_CASE("settings are exported on request and passwords never") {
  FakeRedis redis(Folder("redis_7.0"));
  redis.Set("CONFIG GET", "*8\r\n" + Bulk("requirepass") + Bulk("s3cret") + Bulk("masterauth") +
                              Bulk("s3cret") + Bulk("tls-key-file-pass") + Bulk("s3cret") +
                              Bulk("hz") + Bulk("10"));
  TestHost host(Entry(), {.options = {{"address", redis.address()}, {"include_config", "true"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.Value("redis_config_key_value{key=\"hz\",value=\"10\"}") == 1.0);
  CHECK(report.Value("redis_config_value{key=\"hz\"}") == 10.0);
  CHECK(report.text.find("s3cret") == std::string::npos);
}

TEST_CASE("config values and buffer limits") {
  FakeRedis redis(Folder("redis_7.0"));
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"config", "slowlog", "latency"}});
  CHECK(report.problems == std::vector<std::string>{});
  CHECK(report.Value("redis_config_maxmemory") == 0.0);
  CHECK(report.Value("redis_config_io_threads") == 1.0);
  CHECK(report.Value("redis_config_repl_backlog_size") == 1048576.0);
  const std::string limit = "redis_config_client_output_buffer_limit_bytes";
  CHECK(report.Value(limit + "{class=\"slave\",limit=\"hard\"}") == 268435456.0);
  CHECK(report.Value(limit + "{class=\"pubsub\",limit=\"soft\"}") == 8388608.0);
  CHECK(report.Value("redis_config_client_output_buffer_limit_overcome_seconds"
                     "{class=\"slave\",limit=\"soft\"}") == 60.0);
  CHECK(report.Value("redis_latency_spike_duration_seconds{event_name=\"command\"}") == 0.02);
  CHECK(report.Value("redis_latency_spike_last{event_name=\"command\"}") > 1.7e9);
  CHECK(*report.Value("redis_slowlog_length") > 50);
  CHECK(*report.Value("redis_slowlog_last_id") > 50);
  CHECK(report.Value("redis_last_slow_execution_duration_seconds"));
}

TEST_CASE("Valkey's command log takes a second round trip only on the first poll") {
  FakeRedis redis(Folder("valkey_8.1"));
  redis.Set("COMMANDLOG LEN slow", ":3\r\n");
  redis.Set("COMMANDLOG LEN large-request", ":2\r\n");
  redis.Set("COMMANDLOG LEN large-reply", ":1\r\n");
  redis.Set("CONFIG GET", "*2\r\n" + Bulk("commandlog-execution-slower-than") + Bulk("10000"));
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  for (int i = 0; i < 2; ++i) {
    const PollReport report = host.Poll({.due = {"commandlog"}});
    CHECK(report.Value("redis_commandlog_slow_length") == 3.0);
    CHECK(report.Value("redis_commandlog_large_request_length") == 2.0);
    CHECK(report.Value("redis_commandlog_large_reply_length") == 1.0);
    CHECK(report.Value("redis_commandlog_execution_slower_than") == 10000.0);
  }
}

TEST_CASE("the start time does not move between polls") {
  FakeRedis redis;
  TestHost host(Entry(), {.options = {{"address", redis.address()}}, .fake_clock = true});
  REQUIRE(host.Create().ok());
  const auto start_after = [&](int uptime) {
    redis.Set("INFO",
              Bulk("# Server\r\nrun_id:a\r\nuptime_in_seconds:" + std::to_string(uptime) + "\r\n"));
    return host.Poll({.due = {"info"}}).Value("redis_start_time_seconds");
  };
  const auto first = start_after(100);
  REQUIRE(first);
  host.Advance(15s);
  CHECK(start_after(116) == first);
  host.Advance(15s);
  CHECK(start_after(130) == first);
  host.Advance(15s);
  CHECK(start_after(1) == *first + 144);  // restarted
}

TEST_CASE("what dashboards expect of an exporter about itself") {
  FakeRedis redis(Folder("redis_7.0"));
  TestHost host(Entry(), {.options = {{"address", redis.address()}}});
  REQUIRE(host.Create().ok());
  redis.CloseAt("INFO ALL", 2);
  CHECK_FALSE(host.Poll().ok());
  CHECK_FALSE(host.Poll().ok());
  const PollReport report = host.Poll();
  CHECK(report.Value("redis_exporter_scrapes_total") == 3.0);
  CHECK(report.Value("redis_exporter_scrape_duration_seconds_count") == 3.0);
  CHECK(report.Value("redis_exporter_last_scrape_error{err=\"\"}") == 0.0);
  CHECK(*report.Value("redis_exporter_last_scrape_duration_seconds") > 0);
  CHECK(*report.Value("redis_exporter_last_scrape_connect_time_seconds") > 0);
  CHECK(host.Poll().Value("redis_exporter_last_scrape_connect_time_seconds") == 0.0);
}
