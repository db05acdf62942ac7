#include "app/arguments.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace pillion;

namespace {

using Strings = std::vector<std::string>;

ParsedArguments Parse(std::vector<const char*> words,
                      const std::map<std::string, std::string>& variables = {}) {
  words.insert(words.begin(), "pillion");
  return ParseArguments(static_cast<int>(words.size()), words.data(), [&](const char* name) {
    const auto at = variables.find(name);
    return at == variables.end() ? nullptr : at->second.c_str();
  });
}

}  // namespace

TEST_CASE("serve takes several exporters and addresses") {
  const auto parsed = Parse({"serve", "--exporter", "redis=127.0.0.1:6379", "--exporter",
                             "postgres=host=/run/postgresql user=m", "--listen", "127.0.0.1:0",
                             "--listen", "unix:/tmp/x", "--port-file", "/tmp/p"});
  REQUIRE_FALSE(parsed.exit_code.has_value());
  CHECK(parsed.arguments.command == Command::kServe);
  CHECK(parsed.arguments.exporters ==
        std::vector<std::string>{"redis=127.0.0.1:6379", "postgres=host=/run/postgresql user=m"});
  CHECK(parsed.arguments.listen == std::vector<std::string>{"127.0.0.1:0", "unix:/tmp/x"});
  CHECK_FALSE(parsed.arguments.admin_listen.has_value());
}

TEST_CASE("the admin plane can be switched off by an empty address") {
  const auto parsed = Parse({"serve", "--admin-listen", ""});
  REQUIRE_FALSE(parsed.exit_code.has_value());
  CHECK(parsed.arguments.admin_listen == "");
}

TEST_CASE("scrape and describe take their own options") {
  const auto scrape = Parse({"scrape", "--instance", "x", "--format", "openmetrics"});
  CHECK(scrape.arguments.command == Command::kScrape);
  CHECK(scrape.arguments.format == "openmetrics");
  const auto describe = Parse({"describe", "postgres", "--markdown"});
  CHECK(describe.arguments.type == "postgres");
  CHECK(describe.arguments.markdown);
}

TEST_CASE("an unknown command is named with the nearest one") {
  const auto parsed = Parse({"srve", "--listen", ":1"});
  CHECK(parsed.exit_code == 2);
  CHECK(parsed.complaint == "unknown command `srve`; did you mean `serve`?");
  CHECK(Parse({"chekc", "-c", "x"}).complaint == "unknown command `chekc`; did you mean `check`?");
  CHECK(Parse({"frobnicate"})
            .complaint.rfind("unknown command `frobnicate`; accepted: serve, check, scrape, list",
                             0) == 0);
  CHECK(Parse({}).complaint.rfind("a command is missing; accepted: serve, check", 0) == 0);
}

TEST_CASE("an unknown flag is named with the nearest one and without its value") {
  CHECK(Parse({"serve", "--lisen", "s3cret"}).complaint ==
        "serve: unknown flag `--lisen`; did you mean `--listen`?");
  CHECK(Parse({"serve", "--pasword=s3cret", "--log-levle", "x"}).complaint.find("s3cret") ==
        std::string::npos);
  CHECK(Parse({"scrape", "--log-levle", "x"}).complaint ==
        "scrape: unknown flag `--log-levle`; did you mean `--log-level`?");
}

TEST_CASE("a flag before its command is told where it belongs") {
  CHECK(Parse({"--config", "x", "serve"}).complaint ==
        "`--config` stands behind the command: pillion serve --config ...");
}

TEST_CASE("words too many are counted and not told") {
  const auto parsed =
      Parse({"serve", "--exporter", "postgres=host=x", "user=y", "password=s3cret"});
  CHECK(parsed.exit_code == 2);
  CHECK(parsed.complaint.rfind("serve: 2 words too many; a value with blanks needs quotes", 0) ==
        0);
  CHECK(parsed.complaint.find("s3cret") == std::string::npos);
  CHECK(Parse({"describe", "a", "b"}).complaint == "describe: 1 word too many");
}

TEST_CASE("a configuration of the environment counts only without one of the flags") {
  const std::map<std::string, std::string> variables = {{"PILLION_CONFIG", "/env.toml"}};
  for (const char* command : {"serve", "check", "scrape", "health"}) {
    CHECK(Parse({command}, variables).arguments.configs == Strings{"/env.toml"});
    CHECK(Parse({command, "-c", "/a", "-c", "/b"}, variables).arguments.configs ==
          Strings{"/a", "/b"});
    CHECK(Parse({command}, {{"PILLION_CONFIG", ""}}).arguments.configs.empty());
  }
}

TEST_CASE("plugin directories of the environment come behind those of the flags") {
  CHECK(Parse({"list", "--plugin-dir", "/a"}, {{"PILLION_PLUGIN_DIR", "/b:/c d::/e:"}})
            .arguments.plugin_dirs == Strings{"/a", "/b", "/c d", "/e"});
  CHECK(Parse({"list"}, {{"PILLION_PLUGIN_DIR", ""}}).arguments.plugin_dirs.empty());
}

TEST_CASE("a timeout is checked with the arguments") {
  CHECK(Parse({"scrape", "--timeout", "1.5s"}).arguments.timeout == "1.5s");
  for (const char* bad : {"", "5", "soon", "0s", "2h", "-1s"}) {
    CAPTURE(bad);
    CHECK(Parse({"scrape", "--timeout", bad}).exit_code == 2);
  }
}

TEST_CASE("help and version end with 0 and mistakes with 2") {
  CHECK(Parse({"--help"}).exit_code == 0);
  CHECK(Parse({"serve", "--help"}).exit_code == 0);
  CHECK(Parse({"--version"}).exit_code == 0);
  CHECK(Parse({}).exit_code == 2);
  CHECK(Parse({"serv"}).exit_code == 2);
  CHECK(Parse({"serve", "--lisen", "x"}).exit_code == 2);
  CHECK(Parse({"describe"}).exit_code == 2);
  CHECK(Parse({"scrape", "--format", "xml"}).exit_code == 2);
  CHECK(Parse({"scrape", "--format", "protobuf"}).arguments.format == "protobuf");
}
