#include "core/config/fake_exporter.hpp"

#include "config/probe_target.hpp"

#include <doctest/doctest.h>

#include <string>

namespace pillion {
namespace {

using std::chrono::seconds;
using testing::Load;
using testing::Text;
using testing::World;

ProbeConfig LoadOne(const std::string& text, const World& world = {}) {
  const auto result = Load(text, world);
  REQUIRE(Text(result) == "");
  REQUIRE(result.config->probes.size() == 1);
  CHECK(result.config->instances.empty());
  return result.config->probes[0];
}

std::string Address(const ProbeConfig& probe, std::string_view target) {
  return ProbeInstance(probe, target).options.at(probe.address_option).text;
}

TEST_CASE("a probe is an instance without a target and with those that may be asked for") {
  const ProbeConfig probe = LoadOne(
      "[probes.caches]\ntype = 'fake'\ntargets = ['cache-*:6379']\ntimeout = '3s'\nport = 7\n");
  CHECK(probe.name == "caches");
  CHECK(probe.targets == std::vector<std::string>{"cache-*:6379"});
  CHECK(probe.instance.timeout == seconds(3));
  CHECK(probe.instance.options.at("port").integer == 7);
  const InstanceConfig instance = ProbeInstance(probe, "redis://cache-1:6379");
  CHECK(instance.name == "probe/caches");
  CHECK(instance.target == "redis://cache-1:6379");
  CHECK(instance.SaidName() == "probe/caches redis://cache-1:6379");
  CHECK(instance.options.at("port").integer == 7);
  CHECK(Address(probe, "redis://cache-1:6379") == "redis://cache-1:6379");
}

TEST_CASE("an address around the target decides about the scheme and the rest") {
  const ProbeConfig probe = LoadOne(
      "[probes.fake]\ntargets = 'db-?:5432'\naddress = '${env:SCHEME}://{target}/x?tls=yes'\n",
      {.exporters = {}, .variables = {{"SCHEME", "tls"}}});
  CHECK(Address(probe, "db-1:5432") == "tls://db-1:5432/x?tls=yes");
  CHECK(Address(probe, "plain://db-1:5432") == "tls://db-1:5432/x?tls=yes");
  CHECK(ProbeInstance(probe, "plain://db-1:5432").target == "db-1:5432");
  CHECK_FALSE(ProbeAddress(probe, "/run/db").ok());
}

TEST_CASE("what is wrong with a probe is told where it stands") {
  const auto told = [](const std::string& lines) { return Text(Load("[probes.fake]\n" + lines)); };
  CHECK(told("port = 7\n") ==
        "a.toml:1:9: probes.fake.targets: is missing: which targets may be asked for, such as "
        "[\"db-*:5432\"]\n");
  CHECK(told("targets = []\n") ==
        "a.toml:2:11: probes.fake.targets: is empty: nothing could be asked for\n");
  CHECK(told("targets = ['ok', 'redis://a', 'a b', 'a@b', '', '../x']\n") ==
        "a.toml:2:18: probes.fake.targets[1]: has a scheme; leave it out\n"
        "a.toml:2:31: probes.fake.targets[2]: may hold letters, digits and . _ - : / [ ] * ?\n"
        "a.toml:2:38: probes.fake.targets[3]: may hold letters, digits and . _ - : / [ ] * ?\n"
        "a.toml:2:45: probes.fake.targets[4]: is empty\n"
        "a.toml:2:49: probes.fake.targets[5]: may hold neither `..` nor `//`\n");
  CHECK(
      told("targets = 'a'\naddress = 'b'\n") ==
      "a.toml:1:9: probes.fake.address: must hold {target} once, where what is asked for goes; or "
      "leave it out\n");
  CHECK(told("targets = 'a'\nport = 0\n") ==
        "a.toml:3:8: probes.fake.port: must be between 1 and 65535\n");
  CHECK(Text(Load("[probes.x]\ntype = 'plain'\ntargets = 'a'\n")) ==
        "a.toml:1:9: probes.x: this exporter has no address to be asked for\n");
  CHECK(Text(Load("[probes.fake]\ntargets = 'a'\n[probes.\"a b\"]\ntype = 'fake'\n"
                  "targets = 'a'\n")) ==
        "a.toml:3:9: probes.\"a b\": not a name for a probe; write 1 to 64 letters, digits, _, . "
        "and -\n");
  CHECK(Text(Load("[[probes]]\ntype = 'fake'\n")).find("must be") != std::string::npos);
}

TEST_CASE("one probe may be the one for requests without a module") {
  CHECK(LoadOne("[probes.fake]\ntargets = 'a'\ndefault = true\n").is_default);
  CHECK_FALSE(LoadOne("[probes.fake]\ntargets = 'a'\ndefault = false\n").is_default);
  CHECK_FALSE(LoadOne("[probes.fake]\ntargets = 'a'\n").is_default);
  CHECK(Text(Load("[probes.fake]\ntargets = 'a'\ndefault = true\n"
                  "[probes.b]\ntype = 'fake'\ntargets = 'a'\ndefault = true\n")) ==
        "a.toml:7:11: the default of probes: is set already at a.toml:3:11\n");
  CHECK(Text(Load("[probes.fake]\ntargets = 'a'\ndefault = 1\n")).find("a.toml:3:11") == 0);
}

TEST_CASE("the exporter is asked about a probe with a target that could be asked for") {
  std::vector<std::string> asked;
  World world;
  world.check = [&](const InstanceConfig& instance) {
    asked.push_back(instance.target + "|" + instance.options.at("address").text);
    return std::vector<InstanceComplaint>{{"address", "is not mine"}};
  };
  const std::string text =
      "[probes.fake]\ntargets = ['db-*.x:54?2', 'b']\naddress = 'u@{target}'\n";
  CHECK(Text(Load(text, world)) == "a.toml:3:11: probes.fake.address: is not mine\n");
  CHECK(asked == std::vector<std::string>{"db-1.x:5412|u@db-1.x:5412"});
}

TEST_CASE("a target can hold a scheme and a place and nothing else") {
  for (const char* right :
       {"db:5432", "db", "10.0.0.1:6379", "[::1]:6379", "redis://db:6379", "rediss://db:6379/3",
        "postgresql://db_1.x-y:5432/orders", "/run/redis.sock", "unix:///run/redis.sock"}) {
    CAPTURE(right);
    CHECK(WrongTarget(right) == "");
  }
  for (const char* wrong :
       {"", "redis://", "://db", "user@db:1", "redis://u:p@db:1", "db:1?sslmode=disable", "a,b",
        "host=db", "db port=1", "a%40b", "redis://db//x", "/run/../etc", "re dis://db", "db*",
        "unix:////run", "db\n", ":5432", "redis://:1"}) {
    CAPTURE(wrong);
    CHECK(WrongTarget(wrong) != "");
  }
  CHECK(WrongTarget(std::string(kProbeTargetBytesMax, 'a')) == "");
  CHECK(WrongTarget(std::string(kProbeTargetBytesMax + 1, 'a')) != "");
  CHECK(WrongTarget(std::string(kProbeTargetBytesMax, 'a') + "://b") != "");
}

TEST_CASE("a pattern fits the whole of what is behind the scheme") {
  CHECK(FitsTarget("db:5432", "db:5432"));
  CHECK(FitsTarget("db:5432", "postgresql://db:5432"));
  CHECK_FALSE(FitsTarget("db:5432", "db:54321"));
  CHECK_FALSE(FitsTarget("db:5432", "xdb:5432"));
  CHECK_FALSE(FitsTarget("db", "db:5432"));
  CHECK_FALSE(FitsTarget("db:5432", "db:5432/orders"));
  CHECK(FitsTarget("db:5432/*", "postgresql://db:5432/orders"));
  CHECK(FitsTarget("db-*.*.svc:5432", "db-1.orders.svc:5432"));
  CHECK_FALSE(FitsTarget("db-*.svc:5432", "db-1.orders.svc:5432"));
  CHECK(FitsTarget("*-*:*", "a-b-c:1"));
  CHECK(FitsTarget("db-?:1", "db-1:1"));
  CHECK_FALSE(FitsTarget("db-?:1", "db-12:1"));
  CHECK(FitsTarget("/run/*/redis.sock", "/run/a/redis.sock"));
}

TEST_CASE("a pair of stars reaches anything") {
  for (const char* target : {"db:5432", "db", "a.b-c.svc:1/x", "[::1]:5432", "/run/redis.sock"}) {
    CAPTURE(target);
    CHECK(FitsTarget("**", target));
  }
  CHECK(FitsTarget("**.svc:5432", "db-1.orders.svc:5432"));
  CHECK_FALSE(FitsTarget("**.svc:5432", "db-1.orders.svc:5433"));
  CHECK_FALSE(FitsTarget("**.svc:5432", "svc:5432"));
  // A star that meets a border is tried again further on.
  CHECK(FitsTarget("**-*:1", "a-b.c-d:1"));
  CHECK(FitsTarget("*-**-*:1", "a-b.c-d:1"));
  CHECK_FALSE(FitsTarget("*-**-*:1", "a.b-c-d:1"));
  CHECK(FitsTarget("**?b", "a.cb"));
  CHECK_FALSE(FitsTarget("**?b", "a.b"));
  CHECK(FitsTarget("a**", "a"));
  CHECK_FALSE(FitsTarget("**a**a**a**a**a**a**b", std::string(kProbeTargetBytesMax, 'a')));
  CHECK(WrongTarget(SampleTarget("**")) == "");
}

TEST_CASE("a star does not reach beyond a dot or a colon or a slash") {
  CHECK_FALSE(FitsTarget("db-*:5432", "db-x.elsewhere.example:5432"));
  CHECK_FALSE(FitsTarget("db-*", "db-1:22"));
  CHECK_FALSE(FitsTarget("db-*.svc:5432", "db-1:80/.svc:5432"));
  CHECK_FALSE(FitsTarget("/run/*.sock", "/run/a/b.sock"));
  CHECK_FALSE(FitsTarget("?", ":"));
  CHECK_FALSE(FitsTarget("a*b", "a/b"));
  CHECK(FitsTarget("a*b*c", "abbbc"));
  CHECK(FitsTarget("**", "x"));
  // Never more than a step per pair of characters.
  CHECK_FALSE(FitsTarget("*a*a*a*a*a*a*a*a*a*a*b", std::string(kProbeTargetBytesMax, 'a')));
}

}  // namespace
}  // namespace pillion
