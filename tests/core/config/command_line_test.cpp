#include "config/command_line_exporter.hpp"
#include "core/config/fake_exporter.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace pillion {
namespace {

using testing::Load;
using testing::Text;
using testing::World;
using Strings = std::vector<std::string>;

// "NAME|TYPE|ADDRESS", or "" if it is refused.
std::string Parsed(std::string_view text) {
  const auto parsed = ParseCommandLineExporter(text);
  return parsed ? parsed->name + "|" + parsed->type + "|" + parsed->address : "";
}

Strings Names(const ConfigResult& result) {
  Strings names;
  for (const InstanceConfig& instance : result.config->instances) names.push_back(instance.name);
  return names;
}

TEST_CASE("an item is split at the first equals sign and a colon before it") {
  CHECK(Parsed("redis=127.0.0.1:6379") == "|redis|127.0.0.1:6379");
  CHECK(Parsed("redis=redis://u@h:6379/0?a=b") == "|redis|redis://u@h:6379/0?a=b");
  CHECK(Parsed("postgres=host=/var/run/postgresql user=x") ==
        "|postgres|host=/var/run/postgresql user=x");
  CHECK(Parsed("orders:postgres=host=/run:1 user=x") == "orders|postgres|host=/run:1 user=x");
  CHECK(Parsed("a.b-c:redis=[::1]:6379") == "a.b-c|redis|[::1]:6379");
}

TEST_CASE("an item that is no exporter is refused without telling it") {
  for (const char* text :
       {"", "=", "redis", "redis=", "=address", ":redis=x", "a:=x", "a:b:redis=x", "a b:redis=x",
        "re dis=x", "postgres://u:hunter2@h/db?sslmode=disable", "redis://u:hunter2@h:1",
        "host=hunter2 user"}) {
    CAPTURE(text);
    const auto parsed = ParseCommandLineExporter(text);
    if (parsed.ok()) {
      // "host=..." looks like TYPE=ADDRESS: the type is told, the address is not.
      CHECK(parsed->type == "host");
      continue;
    }
    CHECK(parsed.error().message.find("hunter2") == std::string::npos);
    CHECK(parsed.error().message.find("write TYPE=ADDRESS or NAME:TYPE=ADDRESS") !=
          std::string::npos);
  }
}

TEST_CASE("no file at all works") {
  const auto result = Load(std::vector<ConfigText>{}, {.exporters = {"fake=db:1"}});
  REQUIRE(Text(result) == "");
  const InstanceConfig& instance = result.config->instances.at(0);
  CHECK(instance.name == "fake");
  CHECK(instance.type == "fake");
  CHECK(instance.position == "--exporter");
  CHECK(instance.options.at("address").text == "db:1");
  CHECK(instance.options.at("mode").text == "fast");
  CHECK(instance.collectors.size() == 3);
}

TEST_CASE("an address that is a secret stays a pattern") {
  const std::string address = "user=x password=${file:/run/pw}";
  const auto result = Load("[exporters.strict]\ndsn = 'x'\nrealm = 'r'\nlabels = { a = 'b' }",
                           {.exporters = {"fake=${env:HOST}:1"}, .variables = {{"HOST", "db"}}});
  REQUIRE(Text(result) == "");
  CHECK(result.config->instances[1].options.at("address").text == "db:1");
  CHECK(Text(Load("", {.exporters = {"strict=" + address}})) ==
        "--exporter: exporters.strict.realm: is missing; this exporter needs it\n");
}

TEST_CASE("instances without a name are called like their type and counted") {
  const auto result = Load("[exporters.fake_3]\ntype = 'fake'",
                           {.exporters = {"fake=a", "fake=b", "fake_2:fake=c", "fake=d"}});
  REQUIRE(result.config != nullptr);
  CHECK(Names(result) == Strings{"fake_3", "fake", "fake_4", "fake_2", "fake_5"});
}

TEST_CASE("a name that is taken is an error that names both places") {
  CHECK(Text(Load("[exporters.orders]\ntype = 'fake'", {.exporters = {"orders:fake=a"}})) ==
        "--exporter: exporters.orders: is set already at a.toml:1:12\n");
  CHECK(Text(Load("", {.exporters = {"a:fake=a", "a:fake=b"}})) ==
        "--exporter: exporters.a: is set already at --exporter\n");
  CHECK(Text(Load("", {.exporters = {"a:strict=a", "a:strict=${env:NO}"}})) ==
        "--exporter: exporters.a: is set already at --exporter\n"
        "--exporter: exporters.a.realm: is missing; this exporter needs it\n"
        "--exporter: exporters.a.realm: is missing; this exporter needs it\n");
}

TEST_CASE("items that cannot be used are numbered or named") {
  CHECK(Text(Load("", {.exporters = {"fake", "fkae=x", "plain=x", "a:fakee=x"}})) ==
        "--exporter: item 1: it has no =; write TYPE=ADDRESS or NAME:TYPE=ADDRESS\n"
        "--exporter: no such exporter; there are fake, plain, strict; did you mean `fake`?\n"
        "--exporter: plain: has no address that could be given here; use a configuration file\n"
        "--exporter: no such exporter; there are fake, plain, strict; did you mean `fake`?\n");
}

TEST_CASE("instances of the command line count for the bound too") {
  World world;
  for (size_t i = 0; i <= kInstancesMax; ++i) world.exporters.push_back("fake=x");
  const auto result = Load("", world);
  CHECK(result.config == nullptr);
  CHECK(Text(result).find("--exporter: more than 256 instances\n") != std::string::npos);
}

}  // namespace
}  // namespace pillion
