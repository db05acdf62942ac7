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
