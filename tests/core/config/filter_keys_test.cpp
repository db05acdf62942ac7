#include "core/config/fake_exporter.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace pillion {
namespace {

using testing::Load;
using testing::Text;
using Strings = std::vector<std::string>;
using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string Problem(const std::string& lines) { return Text(Load("[exporters.fake]\n" + lines)); }

}  // namespace

TEST_CASE("what an instance shows can be said in full") {
  const auto result = Load(R"(
[exporters.fake]
keep = ["app_.*", "up"]
drop = "app_debug_.*"
series_max = 1000
family_series_max = 100
label_value_bytes_max = "1KiB"
[[exporters.fake.rules]]
families = "app_(.*)" rename = 'shop_\1' drop_labels = ["node"] add_labels = { team = "payments" }
                           [[exporters.fake.rules]] drop_labels = "zone") ");
      REQUIRE(Text(result) == "");
  const InstanceConfig& instance = result.config->instances[0];
  CHECK(instance.filter.keep == Strings{"app_.*", "up"});
  CHECK(instance.filter.drop == Strings{"app_debug_.*"});
  REQUIRE(instance.filter.rules.size() == 2);
  CHECK(instance.filter.rules[0].families == "app_(.*)");
  CHECK(instance.filter.rules[0].rename == "shop_\\1");
  CHECK(instance.filter.rules[0].drop_labels == Strings{"node"});
  CHECK(instance.filter.rules[0].add_labels == Pairs{{"team", "payments"}});
  CHECK(instance.filter.rules[1].families == ".*");
  CHECK(instance.filter.rules[1].drop_labels == Strings{"zone"});
  CHECK(instance.limits.series_max == 1000);
  CHECK(instance.limits.family_series_max == 100);
  CHECK(instance.limits.label_value_bytes_max == 1024);
}

TEST_CASE("patterns that cannot be used are told where they stand") {
  CHECK(Problem("keep = [\"a\", \"(\"]\n") ==
        "a.toml:2:14: exporters.fake.keep[1]: not a regular expression of RE2: missing ): (\n");
  CHECK(Problem("drop = \"\"\n") ==
        "a.toml:2:8: exporters.fake.drop: must not be empty; \".*\" is all families\n");
}

TEST_CASE("rules that cannot be used are told where they stand") {
  const std::string head = "[[exporters.fake.rules]]\n";
  CHECK(Problem(head + "families = \"a(.*)\"\nrename = '\\2'\n")
            .find("a.toml:4:10: exporters.fake.rules[0].rename: does not fit `families`: ") == 0);
  CHECK(Problem(head + "rename = \"\\u0000\"\n") ==
        "a.toml:3:10: exporters.fake.rules[0].rename: gives no metric name: it must be UTF-8 "
        "without NUL and not empty\n");
  CHECK(Problem(head + "families = \"a\"\n").find("changes nothing") != std::string::npos);
  CHECK(Problem(head + "drop_labels = [\"le\"]\n").find("can't be dropped") != std::string::npos);
  CHECK(Problem(head + "add_labels = { \"__b\" = \"x\" }\n").find("not a label name") !=
        std::string::npos);
  CHECK(Problem(head + "drop_label = [\"x\"]\n").find("did you mean `drop_labels`") !=
        std::string::npos);
  CHECK(Problem("rules = 1\n").find("must be a list of tables") != std::string::npos);
}

TEST_CASE("limits have a range") {
  CHECK(Problem("series_max = 0\n") ==
        "a.toml:2:14: exporters.fake.series_max: must be 1 to 10000000\n");
  CHECK(Problem("family_series_max = \"x\"\n").find("exporters.fake.family_series_max: ") !=
        std::string::npos);
  CHECK(Problem("label_value_bytes_max = 3\n").find("must be 16 to 1048576") != std::string::npos);
}

}  // namespace pillion
