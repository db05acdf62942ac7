#include "config/listen_address.hpp"
#include "core/config/fake_exporter.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace pillion {
namespace {

using std::chrono::seconds;
using testing::Load;
using testing::Text;
using testing::World;
using Strings = std::vector<std::string>;

// With an instance, so that an empty configuration is not what a test sees.
constexpr const char* kInstance = "\n[exporters.fake]\n";

ConfigResult LoadSettings(const std::string& text, World world = {}) {
  return Load(text + kInstance, world);
}

TEST_CASE("a configuration of nothing but an instance has the documented defaults") {
  const auto result = LoadSettings("");
  REQUIRE(Text(result) == "");
  const Config& config = *result.config;
  CHECK(config.http.listen == Strings{"[::]:9970"});
  CHECK(config.http.health_listen.empty());
  CHECK(config.http.admin_listen == "127.0.0.1:9971");
  CHECK(config.http.metrics_path == "/metrics");
  CHECK(config.http.health_paths.empty());
  CHECK(config.http.openmetrics == OpenMetricsMode::kAuto);
  CHECK(config.http.scrape_timeout == seconds(10));
  CHECK(config.http.connections_max == 0);
  CHECK(config.self == SelfMetrics::kMerged);
  CHECK(config.log_level == "info");
  CHECK(config.log_format == "logfmt");
  CHECK(config.plugin_dirs.empty());
}

TEST_CASE("every setting can be written") {
  const auto result = LoadSettings(R"(
self = "separate"
plugin_dirs = ["/opt/pillion", "/usr/local/lib/pillion"]
log = { level = "debug", format = "json" }
[http]
listen = ["127.0.0.1:9970", "[::1]:0", "unix:/run/pillion/metrics.sock"]
health_listen = "0.0.0.0:9972"
admin_listen = "localhost:1"
metrics_path = "/"
health_paths = ["/health", "/status/live"]
openmetrics = "never"
scrape_timeout = "2.5s"
connections_max = 300
)");
  REQUIRE(Text(result) == "");
  const Config& config = *result.config;
  CHECK(config.http.listen ==
        Strings{"127.0.0.1:9970", "[::1]:0", "unix:/run/pillion/metrics.sock"});
  CHECK(config.http.health_listen == Strings{"0.0.0.0:9972"});
  CHECK(config.http.admin_listen == "localhost:1");
  CHECK(config.http.metrics_path == "/");
  CHECK(config.http.health_paths == Strings{"/health", "/status/live"});
  CHECK(config.http.openmetrics == OpenMetricsMode::kNever);
  CHECK(config.http.scrape_timeout == std::chrono::milliseconds(2500));
  CHECK(config.http.connections_max == 300);
  CHECK(config.self == SelfMetrics::kSeparate);
  CHECK(config.log_level == "debug");
  CHECK(config.log_format == "json");
  CHECK(config.plugin_dirs == Strings{"/opt/pillion", "/usr/local/lib/pillion"});
}

TEST_CASE("the other words of each choice are understood") {
  const auto result = LoadSettings("self = 'off'\nlog.level = 'off'\nhttp.openmetrics = 'always'");
  REQUIRE(Text(result) == "");
  CHECK(result.config->self == SelfMetrics::kOff);
  CHECK(result.config->log_level == "off");
  CHECK(result.config->http.openmetrics == OpenMetricsMode::kAlways);
}

TEST_CASE("the admin plane is turned off by an empty string or by false") {
  for (const char* value : {"\"\"", "false", "\"false\""}) {
    const auto result = LoadSettings(std::string("http.admin_listen = ") + value);
    REQUIRE(Text(result) == "");
    CHECK(result.config->http.admin_listen.empty());
  }
  CHECK(Text(LoadSettings("http.admin_listen = true")) ==
        "a.toml:1:21: http.admin_listen: must be a string, not a boolean\n");
}

TEST_CASE("the admin plane listens on loopback only") {
  for (const char* good : {"127.0.0.1:9971", "127.0.0.1:0", "localhost:65535"}) {
    CHECK(WrongAdminAddress(good) == "");
  }
  for (const char* bad :
       {"0.0.0.0:9971", "[::]:9971", ":9971", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
        "127.0.0.10:1", "localhost.example.com:1", "unix:/run/a.sock", "localhost:1:2"}) {
    CAPTURE(bad);
    CHECK(WrongAdminAddress(bad) != "");
  }
}

TEST_CASE("a listen address is host and port or a unix socket") {
  for (const char* good :
       {"127.0.0.1:9970", "[::]:0", ":9970", "*:9970", "localhost:65535", "unix:/run/a.sock"}) {
    CAPTURE(good);
    CHECK(WrongListenAddress(good) == "");
  }
  for (const char* bad :
       {"", "9970", "db.example:9970", "localhost", "localhost:", "localhost:http",
        "localhost:65536", "localhost:-1", "localhost: 1", "::1:9970", "[]:1", "[::1:1",
        "http://localhost:1", "unix:", "unix:relative.sock", "a b:1"}) {
    CAPTURE(bad);
    CHECK(WrongListenAddress(bad) != "");
  }
  CHECK(WrongListenAddress("unix:/" + std::string(106, 'a')) == "");
  CHECK(WrongListenAddress("unix:/" + std::string(107, 'a')) ==
        "the path has 108 bytes, a unix socket's can have 107");
  CHECK(WrongListenAddress(std::string(300, 'a') + ":1") != "");
  CHECK(WrongListenAddress(std::string("unix:/a\0b", 9)) != "");
}

TEST_CASE("wrong settings are all told in the order of the file") {
  CHECK(Text(LoadSettings(R"(self = "of"
plugin_dirs = [""]
colour = true
[http]
listen = []
lisen = ":9970"
openmetrics = 1
scrape_timeout = 10
connections_max = -1
web_confg = "/etc/web.yml"
[log]
level = "verbose"
format = "jsn"
)")) ==
        R"(a.toml:1:8: self: must be one of merged, separate, off; did you mean `off`?
a.toml:2:16: plugin_dirs[0]: must not be empty
a.toml:3:1: colour: unknown key; accepted: self, plugin_dirs, http, log, exporters, probes
a.toml:5:10: http.listen: needs at least one address
a.toml:6:1: http.lisen: unknown key; did you mean `listen`?
a.toml:7:15: http.openmetrics: must be a string, not an integer
a.toml:8:18: http.scrape_timeout: needs a unit and quotes, such as "10s"
a.toml:9:19: http.connections_max: must be between 0 (derived from the descriptor limit) and 1000000
a.toml:10:1: http.web_confg: unknown key; did you mean `web_config`?
a.toml:12:9: log.level: must be one of debug, info, warn, error, off
a.toml:13:10: log.format: must be one of logfmt, json; did you mean `json`?
)");
}

TEST_CASE("a path that no request can have or that is taken is refused") {
  for (const std::string path :
       {"", "metrics", "//metrics", "/metrics/", "/a b", "/a?b", "/a%20b", "/sd", "/-/ready"}) {
    const std::string at = "a.toml:2:16: http.metrics_path: ";
    const std::string text = Text(LoadSettings("[http]\nmetrics_path = \"" + path + "\""));
    CAPTURE(path);
    CHECK(text.substr(0, at.size()) == at);
  }
  CHECK(Text(LoadSettings("[http]\nhealth_paths = [\"/ok\", \"/-/ok\"]")) ==
        "a.toml:2:24: http.health_paths[1]: stands for something else already\n");
}

TEST_CASE("sections that are no tables are refused") {
  CHECK(Text(LoadSettings("http = 1\nlog = 'debug'")) ==
        "a.toml:1:8: http: must be a table, not an integer\n"
        "a.toml:2:7: log: must be a table, not a string\n");
  CHECK(Text(Load("exporters = []")) ==
        "a.toml:1:13: exporters: must be tables such as [exporters.NAME], not an array\n");
}

TEST_CASE("times outside their range are refused") {
  CHECK(Text(LoadSettings("http.scrape_timeout = '0s'")) ==
        "a.toml:1:23: http.scrape_timeout: must be between 10ms and 1h\n");
  CHECK(Text(LoadSettings("http.scrape_timeout = '2h'")) ==
        "a.toml:1:23: http.scrape_timeout: must be between 10ms and 1h\n");
  CHECK(Text(LoadSettings("http.scrape_timeout = '1h'")) == "");
}

TEST_CASE("the environment wins over the files") {
  World world;
  world.variables = {
      {"PILLION_LISTEN", "127.0.0.1:1, [::1]:2"},
      {"PILLION_HEALTH_LISTEN", "127.0.0.1:3"},
      {"PILLION_ADMIN_LISTEN", "127.0.0.1:4"},
      {"PILLION_LOG_LEVEL", "error"},
      {"PILLION_LOG_FORMAT", "json"},
      {"PILLION_SCRAPE_TIMEOUT", "3s"},
      {"PILLION_OPENMETRICS", "always"},
      {"PILLION_SELF", "off"},
  };
  const auto result = LoadSettings(
      "self = 'separate'\nhttp.listen = '[::]:9'\nhttp.scrape_timeout = '9s'\nlog.level = 'warn'",
      world);
  REQUIRE(Text(result) == "");
  const Config& config = *result.config;
  CHECK(config.http.listen == Strings{"127.0.0.1:1", "[::1]:2"});
  CHECK(config.http.health_listen == Strings{"127.0.0.1:3"});
  CHECK(config.http.admin_listen == "127.0.0.1:4");
  CHECK(config.log_level == "error");
  CHECK(config.log_format == "json");
  CHECK(config.http.scrape_timeout == seconds(3));
  CHECK(config.http.openmetrics == OpenMetricsMode::kAlways);
  CHECK(config.self == SelfMetrics::kOff);
}

TEST_CASE("an empty variable is not set but turns listeners off that can be off") {
  World world;
  for (const char* name : {"PILLION_LISTEN", "PILLION_HEALTH_LISTEN", "PILLION_ADMIN_LISTEN",
                           "PILLION_LOG_LEVEL", "PILLION_SCRAPE_TIMEOUT", "PILLION_SELF"}) {
    world.variables[name] = "";
  }
  const auto result =
      LoadSettings("http.health_listen = 'localhost:1'\nhttp.scrape_timeout = '9s'", world);
  REQUIRE(Text(result) == "");
  CHECK(result.config->http.listen == Strings{"[::]:9970"});
  CHECK(result.config->http.health_listen.empty());
  CHECK(result.config->http.admin_listen.empty());
  CHECK(result.config->http.scrape_timeout == seconds(9));
  CHECK(result.config->log_level == "info");
}

TEST_CASE("a wrong variable is named and comes behind the files") {
  World world;
  world.variables = {
      {"PILLION_LISTEN", "127.0.0.1:1,,nowhere"},
      {"PILLION_SCRAPE_TIMEOUT", "10"},
      {"PILLION_LOG_LEVEL", "wran"},
  };
  CHECK(Text(LoadSettings("selv = 'off'", world)) ==
        R"(a.toml:1:1: selv: unknown key; did you mean `self`?
PILLION_LISTEN[1]: expected HOST:PORT, [IPV6]:PORT, :PORT or unix:/PATH
PILLION_LISTEN[2]: expected HOST:PORT, [IPV6]:PORT, :PORT or unix:/PATH
PILLION_SCRAPE_TIMEOUT: not a duration: it has no unit; write a number and a unit, such as "500ms", "1.5s", "5m", "2h" or "1d"
PILLION_LOG_LEVEL: must be one of debug, info, warn, error, off; did you mean `warn`?
)");
}

TEST_CASE("flags win over the environment and the files") {
  World world;
  world.variables = {{"PILLION_LISTEN", "127.0.0.1:1"}, {"PILLION_LOG_FORMAT", "logfmt"}};
  world.flags = {{"--listen", {"127.0.0.1:2", "[::1]:3"}},
                 {"--health-listen", {"127.0.0.1:4"}},
                 {"--admin-listen", {"localhost:5"}},
                 {"--log-level", {"off"}},
                 {"--log-format", {"json"}}};
  const auto result = LoadSettings("[http]\nlisten = '127.0.0.1:6'\nadmin_listen = false", world);
  REQUIRE(Text(result) == "");
  CHECK(result.config->http.listen == Strings{"127.0.0.1:2", "[::1]:3"});
  CHECK(result.config->http.health_listen == Strings{"127.0.0.1:4"});
  CHECK(result.config->http.admin_listen == "localhost:5");
  CHECK(result.config->log_level == "off");
  CHECK(result.config->log_format == "json");
}

TEST_CASE("an empty flag turns a listener off") {
  World world;
  world.flags = {{"--health-listen", {""}}, {"--admin-listen", {""}}};
  const auto result = LoadSettings("http = { health_listen = '127.0.0.1:1' }", world);
  REQUIRE(Text(result) == "");
  CHECK(result.config->http.health_listen.empty());
  CHECK(result.config->http.admin_listen.empty());
}

TEST_CASE("a wrong flag is named and told as the same setting of a file would be") {
  World world;
  world.variables = {{"PILLION_LISTEN", "nowhere"},
                     {"PILLION_HEALTH_LISTEN", "127.0.0.1:x"},
                     {"PILLION_ADMIN_LISTEN", "0.0.0.0:9971"}};
  world.flags = {{"--listen", {"example.org:1"}},
                 {"--health-listen", {"127.0.0.1:1", "unix:here"}},
                 {"--admin-listen", {"0.0.0.0:9971"}},
                 {"--log-level", {"wran"}},
                 {"--log-format", {"xml"}}};
  CHECK(Text(LoadSettings("", world)) ==
        R"(PILLION_LISTEN: expected HOST:PORT, [IPV6]:PORT, :PORT or unix:/PATH
PILLION_HEALTH_LISTEN: the port must be a number from 0 to 65535
PILLION_ADMIN_LISTEN: only listens on loopback; write "127.0.0.1:9971", or "" to turn it off
--listen: the host must be an IP address, localhost or * (names are not looked up)
--health-listen[1]: expected an absolute path, as in unix:/run/pillion/metrics.sock
--admin-listen: only listens on loopback; write "127.0.0.1:9971", or "" to turn it off
--log-level: must be one of debug, info, warn, error, off; did you mean `warn`?
--log-format: must be one of logfmt, json
)");
}

TEST_CASE("a key of another section is told where it belongs") {
  CHECK(Text(LoadSettings(
            "listen = ':1'\n[http]\nlevel = 'info'\nself = 'off'\n[log]\nlisten = ':1'")) ==
        "a.toml:1:1: listen: unknown key; it belongs into [http]\n"
        "a.toml:3:1: http.level: unknown key; it belongs into [log]\n"
        "a.toml:4:1: http.self: unknown key; it belongs to the top, before the first [section]\n"
        "a.toml:6:1: log.listen: unknown key; it belongs into [http]\n");
}

TEST_CASE("one address twice is told before it cannot be bound") {
  CHECK(Text(LoadSettings("[http]\nlisten = ['localhost:1', '127.0.0.1:1']\n"
                          "health_listen = ['unix:/a', 'unix:/a']")) ==
        "a.toml:2:10: http.listen: names one address twice\n"
        "a.toml:3:17: http.health_listen: names one address twice\n");
  CHECK(Text(LoadSettings("http = { listen = [':0', ':0', '[::]:1', '[::1]:1'] }")) == "");
}

TEST_CASE("where something may listen is known in spite of mistakes elsewhere") {
  const auto result =
      Load("[http]\nlisten = ':1'\nhealth_listen = ':2'\n[exporters.x]\ntype = 'y'\n");
  CHECK(result.config == nullptr);
  CHECK(result.http.listen == Strings{":1"});
  CHECK(result.http.health_listen == Strings{":2"});
}

TEST_CASE("too many addresses are refused") {
  World world;
  for (int i = 0; i < 17; ++i) {
    world.variables["PILLION_LISTEN"] += (i > 0 ? ",localhost:" : "localhost:") + std::to_string(i);
  }
  CHECK(Text(LoadSettings("", world)) == "PILLION_LISTEN: has more than 16 items\n");
}

TEST_CASE("settings take values from variables and files") {
  World world;
  world.variables = {{"PORT", "1234"}};
  world.files = {{"/etc/level", "debug\n"}};
  const auto result = LoadSettings(
      "http.listen = 'localhost:${env:PORT}'\nlog.level = '${file:/etc/level}'", world);
  REQUIRE(Text(result) == "");
  CHECK(result.config->http.listen == Strings{"localhost:1234"});
  CHECK(result.config->log_level == "debug");
  CHECK(Text(LoadSettings("http.listen = 'localhost:${env:PORT}'\nself = '${file:/no}'")) ==
        "a.toml:1:15: http.listen: environment variable `PORT` is not set\n"
        "a.toml:2:8: self: cannot read `/no`\n");
}

TEST_CASE("all expanded strings together have a bound") {
  World world;
  world.files = {{"/a", std::string(60'000, 'a')}};
  std::string text;
  for (int i = 0; i < 80; ++i) {
    text += "exporters.e" + std::to_string(i) + " = { type = 'fake', address = '${file:/a}' }\n";
  }
  const auto result = Load(text, world);
  CHECK(result.config == nullptr);
  CHECK(Text(result).find("a.toml:70:44: exporters.e69.address: longer than ") !=
        std::string::npos);
  CHECK(Text(result).find("a.toml:69:44") == std::string::npos);
}

}  // namespace
}  // namespace pillion
