// A secret may be pasted anywhere by mistake. Whatever is wrong with a configuration, no text of
// a string in it may come out in a problem, since problems are printed and logged.
#include "core/config/fake_exporter.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace pillion {
namespace {

using testing::Load;
using testing::Text;
using testing::World;

constexpr std::string_view kMarker = "hunter2correcthorse";

// Lines of a whole configuration; M is where a string stands. A line that begins with [ is a
// header.
const std::vector<std::string> kLines = {
    "self = M",
    "plugin_dirs = [M, M]",
    "[http]",
    "listen = [M, M]",
    "health_listen = M",
    "admin_listen = M",
    "openmetrics = M",
    "scrape_timeout = M",
    "connections_max = M",
    "[log]",
    "level = M",
    "format = M",
    "[exporters.fake]",
    "address = M",
    "password = M",
    "mode = M",
    "tls = M",
    "port = M",
    "ratio = M",
    "lock_timeout = M",
    "reply_bytes = M",
    "databases = [M, M]",
    "sections = [M, M]",
    "labels = { le = M, b = M, state = M, job = M }",
    "freshness = M",
    "timeout = M",
    "stale_after = M",
    "collectors = [M, M]",
    "[exporters.second]",
    "type = M",
    "dsn = M",
    "labels = M",
    "collectors = { base = M, sizes = { every = M, enabled = M } }",
    "[exporters.strict]",
    "dsn = M",
    "realm = M",
    "collectors = M",
    "[exporters.plain]",
    "anything = M",
    "labels = [M]",
};

// What a marker may look like in a file, whole and broken.
const std::vector<std::string> kForms = {
    "\"hunter2correcthorse\"",
    "'hunter2correcthorse'",
    "\"\"\"hunter2correcthorse\"\"\"",
    "'''\nhunter2correcthorse'''",
    "\"5s hunter2correcthorse\"",
    "\"5hunter2correcthorse\"",
    "\"1.5hunter2correcthorse\"",
    "\"localhost:hunter2correcthorse\"",
    "\"unix:hunter2correcthorse\"",
    "\"a/hunter2correcthorse\"",
    "\"${hunter2correcthorse}\"",
    "\"${env:\\n hunter2correcthorse}\"",
    "\"hunter2correcthorse${env:NOT_SET}\"",
    "\"${file:/none}hunter2correcthorse\"",
    "\"${env:SECRET}\"",
    "\"${file:/secret}\"",
    "\"fast${file:/secret}\"",
    "[\"hunter2correcthorse\"]",
    "{ a = \"hunter2correcthorse\" }",
    // Broken TOML.
    "hunter2correcthorse",
    "true_hunter2correcthorse",
    "falsehunter2correcthorse",
    "inf_hunter2correcthorse",
    "0xhunter2correcthorse",
    "1979-hunter2correcthorse",
    "\"hunter2correcthorse",
    "hunter2correcthorse\"",
    "\"hunter2correcthorse\\q\"",
    "\"\\uhunter2correcthorse\"",
    "\"a\" hunter2correcthorse",
    "\"a\"hunter2correcthorse = 1",
    "'it's hunter2correcthorse'",
    "\"\"\"hunter2correcthorse",
    "\"hunter2correcthorse\xFF\"",
    "h\xC3\xA9hunter2correcthorse",
    "[hunter2correcthorse]",
    "[\"hunter2correcthorse\"",
    "{ \"a\" \"hunter2correcthorse\" }",
};

std::string With(const std::string& line, const std::string& form) {
  std::string out;
  for (const char c : line) out += c == 'M' ? form : std::string(1, c);
  return out;
}

World SecretWorld() {
  World world;
  world.variables = {{"SECRET", std::string(kMarker)}};
  world.files = {{"/secret", std::string(kMarker) + "\n"}};
  return world;
}

void CheckNothingTold(const std::string& text, const World& world) {
  const std::string problems = Text(Load(text, world));
  CAPTURE(text);
  CAPTURE(problems);
  REQUIRE(problems.find("hunter2") == std::string::npos);
  REQUIRE(problems.find("horse") == std::string::npos);
}

TEST_CASE("no form of a string in any position is told") {
  for (const std::string& form : kForms) {
    std::string header;
    for (const std::string& line : kLines) {
      if (line[0] == '[') {
        header = line + "\n";
        continue;
      }
      CheckNothingTold(header + With(line, form) + "\n", SecretWorld());
    }
  }
}

TEST_CASE("no string of a whole file is told whichever key is broken") {
  std::string good;
  for (const std::string& line : kLines) good += With(line, kForms[0]) + "\n";
  CheckNothingTold(good, SecretWorld());
  for (size_t broken = 0; broken < kLines.size(); ++broken) {
    for (const std::string& form : kForms) {
      std::string text;
      for (size_t i = 0; i < kLines.size(); ++i) {
        text += With(kLines[i], i == broken ? form : kForms[0]) + "\n";
      }
      CheckNothingTold(text, SecretWorld());
    }
  }
}

TEST_CASE("no string is told when a file is cut off anywhere") {
  std::string text;
  for (const std::string& line : kLines) text += With(line, kForms[0]) + "\n";
  for (size_t size = 0; size < text.size(); ++size) {
    CheckNothingTold(text.substr(0, size), SecretWorld());
  }
}

TEST_CASE("no variable and no address of the command line is told") {
  for (const char* name :
       {"PILLION_LISTEN", "PILLION_HEALTH_LISTEN", "PILLION_ADMIN_LISTEN", "PILLION_LOG_LEVEL",
        "PILLION_LOG_FORMAT", "PILLION_SCRAPE_TIMEOUT", "PILLION_OPENMETRICS", "PILLION_SELF"}) {
    World world;
    world.variables = {{name, std::string(kMarker)}};
    CheckNothingTold("", world);
    CHECK(Load("", world).config == nullptr);
  }
  const std::string marker(kMarker);
  for (const std::string& item :
       {marker, "postgres://u:" + marker + "@h/db?a=b", "plain=" + marker, "strict=" + marker,
        "unknown=" + marker, "a b:" + marker + "=x", "a:" + marker + " x=y", "strict=${" + marker,
        "fake=${env:NOT_SET}" + marker}) {
    World world;
    world.exporters = {item};
    CheckNothingTold("", world);
    CHECK(Load("", world).config == nullptr);
  }
}

}  // namespace
}  // namespace pillion
