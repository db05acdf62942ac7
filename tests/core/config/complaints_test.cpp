// What exporters say about options that are each valid, told with everything else.
#include "core/config/fake_exporter.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace pillion {
namespace {

using testing::Load;
using testing::Text;
using testing::World;

using Complaints = std::vector<InstanceComplaint>;

// Loads with an exporter that says the same about every instance.
ConfigResult LoadWith(const std::string& text, Complaints said, World world = {}) {
  world.check = [said = std::move(said)](const InstanceConfig&) { return said; };
  return Load(text, world);
}

TEST_CASE("a complaint stands at the value that it is about") {
  const auto result =
      LoadWith("[exporters.fake]\nmode = 'slow'\naddress = 'x'\n", {{"address", "no port", false}});
  CHECK(Text(result) == "a.toml:3:11: exporters.fake.address: no port\n");
  CHECK(result.config == nullptr);
}

TEST_CASE("a complaint about a default or about no option stands at the instance") {
  CHECK(Text(LoadWith(
            "[exporters.fake]\n",
            {{"address", "no port", false}, {"", "no good", false}, {"adress", "who?", false}})) ==
        "a.toml:1:12: exporters.fake.address: no port\n"
        "a.toml:1:12: exporters.fake: no good\n"
        "a.toml:1:12: exporters.fake: who?\n");
}

TEST_CASE("a warning of an exporter leaves the configuration usable") {
  const auto result = LoadWith("[exporters.fake]\nmode = 'slow'\n", {{"mode", "old", true}});
  CHECK(Text(result) == "warning: a.toml:2:8: exporters.fake.mode: old\n");
  CHECK(result.config != nullptr);
}

TEST_CASE("complaints come with all other errors in the order of the file") {
  CHECK(Text(LoadWith("[http]\nlisten = 'x'\n[exporters.fake]\naddress = 'y'\n[log]\nlevl = 1\n",
                      {{"address", "no port", false}})) ==
        "a.toml:2:10: http.listen: expected HOST:PORT, [IPV6]:PORT, :PORT or unix:/PATH\n"
        "a.toml:4:11: exporters.fake.address: no port\n"
        "a.toml:6:1: log.levl: unknown key; did you mean `level`?\n");
}

TEST_CASE("every kind of mistake in one file is told in one run") {
  const auto result = LoadWith(R"(selv = "off"
[htpp]
listen = ":1"
[http]
lisen = ":2"
scrape_timeout = "2 hours"
connections_max = -1
listen = [":3", 4]
[log]
level = "loud"
[exporters]
loose = 1
[exporter.a]
type = "fake"
[exporters."b c"]
type = "fake"
[exporters.d]
type = "fak"
[exporters.e]
address = "x"
[exporters.f]
type = "fake"
adress = "x"
port = 70000
ratio = "half"
lock_timeout = "1h"
sections = ["one", "tow"]
password = "${fil:/x}"
mode = "${env:UNSET}"
freshness = "9d"
collectors = { bas = true, sizes = { evry = "5m" }, keys = 1 }
labels = { "0" = "x", ok = 1, mode = "taken" }
[exporters.g]
type = "strict"
[exporters.h]
type = "fake"
address = "y"
)",
                               {{"address", "no port", false}});
  CHECK(result.config == nullptr);
  CHECK(Text(result) == R"(a.toml:1:1: selv: unknown key; did you mean `self`?
a.toml:2:2: htpp: unknown key; did you mean `http`?
a.toml:5:1: http.lisen: unknown key; did you mean `listen`?
a.toml:6:18: http.scrape_timeout: not a duration: unknown unit; write a number and a unit, such as "500ms", "1.5s", "5m", "2h" or "1d"
a.toml:7:19: http.connections_max: must be between 0 (derived from the descriptor limit) and 1000000
a.toml:8:17: http.listen[1]: must be a string, not an integer
a.toml:10:9: log.level: must be one of debug, info, warn, error, off
a.toml:12:9: exporters.loose: must be a table, not an integer
a.toml:13:2: exporter: unknown key; did you mean `exporters`?
a.toml:15:12: exporters."b c": not a name for an instance; write 1 to 64 letters, digits, _, . and -
a.toml:15:12: exporters."b c".address: no port
a.toml:18:8: exporters.d.type: no such exporter; there are fake, plain, strict; did you mean `fake`?
a.toml:19:12: exporters.e.type: is missing, and the instance is not called like an exporter; write type = "..."
a.toml:23:1: exporters.f.adress: unknown key; did you mean `address`?
a.toml:24:8: exporters.f.port: must be between 1 and 65535
a.toml:25:9: exporters.f.ratio: must be a number, not a string
a.toml:26:16: exporters.f.lock_timeout: must be between 10ms and 1m
a.toml:27:20: exporters.f.sections[1]: must be one of one, two, three; did you mean `two`?
a.toml:28:12: exporters.f.password: a ${ is neither ${env: nor ${file:; write ${env:NAME} or ${file:PATH}, and $${ for a plain ${
a.toml:29:8: exporters.f.mode: environment variable `UNSET` is not set
a.toml:30:13: exporters.f.freshness: must be between 0s and 1d
a.toml:31:16: exporters.f.collectors.bas: unknown collector; did you mean `base`?
a.toml:31:38: exporters.f.collectors.sizes.evry: unknown key; did you mean `every`?
a.toml:31:60: exporters.f.collectors.keys: must be true, false or a table such as { every = "5m" }, not an integer
warning: a.toml:32:12: exporters.f.labels.0: is not of a-z, A-Z, 0-9 and _: a Prometheus before 3.0 gets it with other characters in their place
a.toml:32:28: exporters.f.labels.ok: must be a string, not an integer
a.toml:32:31: exporters.f.labels.mode: metrics of this exporter have a label of that name themselves
a.toml:33:12: exporters.g.dsn: is missing; this exporter needs it
a.toml:33:12: exporters.g.realm: is missing; this exporter needs it
a.toml:37:11: exporters.h.address: no port
)");
}

TEST_CASE("only instances whose own options are valid are shown to their exporter") {
  std::vector<std::string> asked;
  World world;
  world.check = [&](const InstanceConfig& instance) {
    asked.push_back(instance.name);
    return Complaints{};
  };
  (void)Load(
      "[exporters.a]\ntype = 'fake'\nport = 0\n[exporters.b]\ntype = 'fake'\n"
      "[exporters.c]\ntype = 'unknown'\n[exporters.d]\ntype = 'fake'\nlabels = 1\n",
      world);
  CHECK(asked == std::vector<std::string>{"b"});
}

TEST_CASE("an exporter of the command line is asked too") {
  World world;
  world.exporters = {"cache:fake=somewhere"};
  CHECK(Text(LoadWith("", {{"address", "no port", false}}, world)) ==
        "--exporter: exporters.cache.address: no port\n");
}

TEST_CASE("what an exporter says is made fit for one line") {
  CHECK(Text(LoadWith("[exporters.fake]\n", {{"", "two\nlines\x1b[2J", false}})) ==
        "a.toml:1:12: exporters.fake: two\\nlines\\x1b[2J\n");
  const auto long_one = Text(LoadWith("[exporters.fake]\n", {{"", std::string(5000, 'x'), false}}));
  CHECK(long_one.size() < 1200);
}

}  // namespace
}  // namespace pillion
