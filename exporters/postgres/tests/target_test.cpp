#include "common/pq/target.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace pillion;
using namespace pillion::postgres;

namespace {

// libpq reads the environment, and some tests write it.
struct CleanEnvironment {
  CleanEnvironment() {
    for (const char* name : {"PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGSSLMODE",
                             "PGSERVICE", "PGSERVICEFILE"}) {
      unsetenv(name);
    }
  }
};

std::string Value(const std::vector<std::pair<std::string, std::string>>& parameters,
                  std::string_view key) {
  std::string found;
  for (const auto& [k, v] : parameters) {
    if (k == key) found = v;  // libpq takes the last one
  }
  return found;
}

Target Parse(std::string_view text, std::string_view user = {}) {
  auto target = ParseTarget(text, user);
  REQUIRE_MESSAGE(target.ok(), target.error().message);
  return *target;
}

}  // namespace

TEST_CASE_FIXTURE(CleanEnvironment, "nothing at all means libpq's own defaults") {
  const Target target = Parse("");
  REQUIRE(target.endpoints.size() == 1);
  CHECK(target.endpoints[0].IsSocket());
  CHECK(target.endpoints[0].host.empty());
  const auto parameters = ParametersFor(target, target.endpoints[0]);
  CHECK(Value(parameters, "application_name") == "pillion");
  CHECK(Value(parameters, "gssencmode") == "disable");
  CHECK(Value(parameters, "client_encoding") == "UTF8");
  CHECK(Value(parameters, "sslmode").empty());
  CHECK(Value(parameters, "options").empty());
}

TEST_CASE_FIXTURE(CleanEnvironment, "the environment fills in what the connection string leaves") {
  setenv("PGHOST", "db.example", 1);
  setenv("PGPORT", "6000", 1);
  const Target from_environment = Parse("dbname=x");
  CHECK(from_environment.endpoints[0].host == "db.example");
  CHECK(from_environment.endpoints[0].port == "6000");
  const Target own = Parse("host=/run/pg dbname=x");
  CHECK(own.endpoints[0].host == "/run/pg");
  CHECK(own.endpoints[0].port == "6000");
  CHECK(own.endpoints[0].IsSocket());
}

TEST_CASE_FIXTURE(CleanEnvironment, "both forms of a connection string are taken apart") {
  for (const char* text : {"host=db.example port=5433 user=monitor dbname=shop",
                           "postgresql://monitor@db.example:5433/shop"}) {
    const Target target = Parse(text);
    REQUIRE(target.endpoints.size() == 1);
    CHECK(target.endpoints[0].host == "db.example");
    CHECK(target.endpoints[0].port == "5433");
    CHECK_FALSE(target.endpoints[0].IsSocket());
    const auto parameters = ParametersFor(target, target.endpoints[0]);
    CHECK(Value(parameters, "user") == "monitor");
    CHECK(Value(parameters, "dbname") == "shop");
    CHECK(Value(parameters, "host") == "db.example");
  }
}

TEST_CASE_FIXTURE(CleanEnvironment, "several hosts keep their order and their ports") {
  const Target listed = Parse("host=a,b,/c port=1,2,3");
  REQUIRE(listed.endpoints.size() == 3);
  CHECK(listed.endpoints[0].host == "a");
  CHECK(listed.endpoints[1].port == "2");
  CHECK(listed.endpoints[2].IsSocket());
  const Target one_port = Parse("host=a,b port=7");
  CHECK(one_port.endpoints[1].port == "7");
}

TEST_CASE_FIXTURE(CleanEnvironment, "hosts with addresses need no look-up") {
  const Target target = Parse("host=a,b hostaddr=10.0.0.1,10.0.0.2");
  REQUIRE(target.endpoints.size() == 2);
  CHECK(target.endpoints[1].host == "b");
  CHECK(target.endpoints[1].address == "10.0.0.2");
  CHECK_FALSE(ParseTarget("host=a,b hostaddr=10.0.0.1", "").ok());
  CHECK_FALSE(ParseTarget("host=a,b,c port=1,2", "").ok());
}

TEST_CASE_FIXTURE(CleanEnvironment, "too many hosts are refused") {
  std::string hosts = "host=a";
  for (int i = 0; i < 20; ++i) hosts += ",a";
  CHECK_FALSE(ParseTarget(hosts, "").ok());
}

TEST_CASE_FIXTURE(CleanEnvironment, "the option user goes before the one in the dsn") {
  const Target target = Parse("user=postgres dbname=x", "monitor");
  CHECK(Value(ParametersFor(target, target.endpoints[0]), "user") == "monitor");
}

TEST_CASE_FIXTURE(CleanEnvironment, "TLS is not tried over loopback unless it is asked for") {
  const Target plain = Parse("host=localhost");
  CHECK(Value(ParametersFor(plain, {"localhost", "127.0.0.1", ""}), "sslmode") == "disable");
  CHECK(Value(ParametersFor(plain, {"localhost", "::1", ""}), "sslmode") == "disable");
  CHECK(Value(ParametersFor(plain, {"db", "10.1.2.3", ""}), "sslmode").empty());
  const Target asked = Parse("host=localhost sslmode=require");
  CHECK(Value(ParametersFor(asked, {"localhost", "127.0.0.1", ""}), "sslmode") == "require");
  setenv("PGSSLMODE", "verify-full", 1);
  CHECK(Value(ParametersFor(plain, {"localhost", "127.0.0.1", ""}), "sslmode").empty());
}

TEST_CASE_FIXTURE(CleanEnvironment, "what the dsn sets for itself stays") {
  const Target target = Parse("application_name=mine gssencmode=prefer client_encoding=LATIN1");
  const auto parameters = ParametersFor(target, target.endpoints[0]);
  CHECK(Value(parameters, "application_name") == "mine");
  CHECK(Value(parameters, "gssencmode") == "prefer");
  CHECK(Value(parameters, "client_encoding") == "UTF8");
}

TEST_CASE_FIXTURE(CleanEnvironment, "a password in the dsn is noticed") {
  CHECK(Parse("postgresql://u:secret@h/d").has_password);
  CHECK(Parse("password=secret").has_password);
  CHECK_FALSE(Parse("postgresql://u@h/d").has_password);
}

TEST_CASE_FIXTURE(CleanEnvironment, "values that libpq refuses when it connects are refused") {
  const auto complaint = [](std::string_view text) {
    const auto target = ParseTarget(text, "");
    return target.ok() ? "" : target.error().message;
  };
  for (const char* text : {"port=abc", "port=0", "port=65536", "port=-1", "host=a,b port=1,x",
                           "postgresql://h:5432x/d", "port=1.5", "port=99999999999"}) {
    CAPTURE(text);
    CHECK(complaint(text) == "port must be a number from 1 to 65535");
  }
  CHECK(complaint("sslmode=foo") ==
        "sslmode must be disable, allow, prefer, require, verify-ca or verify-full");
  CHECK(complaint("postgresql://h/d?gssencmode=on") ==
        "gssencmode must be disable, prefer or require");
  CHECK(complaint("channel_binding=x") == "channel_binding must be disable, prefer or require");
  CHECK(complaint("target_session_attrs=master").starts_with("target_session_attrs must be any, "));
  CHECK(complaint("connect_timeout=soon") == "connect_timeout must be a whole number");
  CHECK(complaint("tcp_user_timeout=1s") == "tcp_user_timeout must be a whole number");
  CHECK(complaint("hostaddr=db.example").starts_with("hostaddr must be an IPv4 or IPv6 address"));
  for (const char* text : {"port=' 5432 '", "port=65535", "host=a,b port=1,", "sslmode=verify-full",
                           "target_session_attrs=prefer-standby", "connect_timeout=-1",
                           "keepalives=0", "hostaddr=::1", "hostaddr=fe80::1%eth0"}) {
    CAPTURE(text);
    CHECK(complaint(text) == "");
  }
  setenv("PGPORT", "abc", 1);
  CHECK(complaint("host=x") == "port must be a number from 1 to 65535");
}

TEST_CASE_FIXTURE(CleanEnvironment, "errors in a dsn never repeat a password") {
  for (const char* text : {"postgresql://u:hunter2@[::1/d", "user=x hunter2", "password='hunter2",
                           "postgresql://u:hunter2@h/d?x=hunter2=1", "postgresql://u:%zzhunter2@h",
                           "postgresql://u:p@ss:hunter2@h/d", "password=a b sslmode=hunter2"}) {
    CAPTURE(text);
    const auto target = ParseTarget(text, "");
    REQUIRE_FALSE(target.ok());
    CHECK(target.error().message.find("hunter2") == std::string::npos);
  }
  const auto typo = ParseTarget("hots=x", "");
  REQUIRE_FALSE(typo.ok());
  CHECK(typo.error().message.find("hots") != std::string::npos);
}

TEST_CASE("addresses are told from names") {
  CHECK(IsNumeric("127.0.0.1"));
  CHECK(IsNumeric("fe80::1%eth0"));
  CHECK_FALSE(IsNumeric("db.example"));
  CHECK_FALSE(IsNumeric(""));
  CHECK(IsLoopback("127.8.9.1"));
  CHECK(IsLoopback("::1"));
  CHECK_FALSE(IsLoopback("10.0.0.1"));
  CHECK_FALSE(IsLoopback("127.example"));
}

TEST_CASE_FIXTURE(CleanEnvironment, "a host with its port is a server") {
  const Target target = Parse("db-1.example:5433", "monitor");
  REQUIRE(target.endpoints.size() == 1);
  CHECK(target.endpoints[0].host == "db-1.example");
  CHECK(target.endpoints[0].port == "5433");
  CHECK(Parse("[::1]:5432").endpoints[0].host == "::1");
  for (const char* wrong : {"db-1.example", "db:0", ":5432", "db:5432/orders", "a b:1", "a@b:1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseTarget(wrong, "").ok());
  }
}
