#include "config/plugin_tables.hpp"
#include "core/config/fake_exporter.hpp"

#include <doctest/doctest.h>

#include <string>

namespace pillion {
namespace {

using testing::Fake;
using testing::FakeExporter;

std::string Refusal(const pillion_plugin& plugin) {
  const auto tables = ReadTables(plugin);
  return tables ? "" : tables.error().message;
}

std::string Refusal(const Option& option) {
  return Refusal(FakeExporter("fake", {option}).plugin());
}

TEST_CASE("tables are walked by the size of their own structs") {
  const auto tables = ReadTables(Fake().plugin());
  REQUIRE(tables.ok());
  REQUIRE(tables->options.size() == 12);
  CHECK(tables->option_names.front() == "address");
  CHECK(tables->option_names.back() == "query");
  REQUIRE(tables->collectors.size() == 3);
  CHECK(tables->collectors[1].name == "sizes");
  CHECK_FALSE(tables->collectors[1].on);
  CHECK(tables->collectors[2].on);
  CHECK(tables->label_names == std::set<std::string_view>{"datname", "mode", "state"});
  CHECK(tables->Find("port")->maximum == 65535);
  CHECK(tables->Find("ports") == nullptr);
}

TEST_CASE("the label of the host's own families of a collector is taken") {
  for (const auto member :
       {&pillion_plugin::collector_success_name, &pillion_plugin::collector_duration_name}) {
    pillion_plugin plugin = FakeExporter("plain", {}).plugin();
    CHECK(ReadTables(plugin)->label_names.empty());
    plugin.*member = ToStr("plain_collector");
    CHECK(ReadTables(plugin)->label_names == std::set<std::string_view>{"collector"});
  }
}

TEST_CASE("structs that are too small or not there are refused") {
  const std::string refusal =
      "exporter `fake` cannot be used: the structs of its tables are too small";
  pillion_option option{};
  option.size = offsetof(pillion_option, fields) - 1;
  pillion_plugin plugin{};
  plugin.size = sizeof plugin;
  plugin.type = ToStr("fake");
  plugin.options = &option;
  plugin.option_count = 1;
  CHECK(Refusal(plugin) == refusal);
  option.size = 0;
  CHECK(Refusal(plugin) == refusal);
  plugin.options = nullptr;
  CHECK(Refusal(plugin) == refusal);
  plugin.option_count = 1001;
  CHECK(Refusal(plugin) == "exporter `fake` cannot be used: more than 1000 options");
}

TEST_CASE("structs of an older header lack their last fields and are read") {
  pillion_option option{};
  option.size = offsetof(pillion_option, fields);
  option.name = ToStr("dsn");
  option.type = PILLION_OPT_STRING;
  pillion_collector collector{};
  collector.size = offsetof(pillion_collector, default_timeout);
  collector.name = ToStr("base");
  collector.default_timeout = 7;
  pillion_plugin plugin{};
  plugin.size = sizeof plugin;
  plugin.options = &option;
  plugin.option_count = 1;
  plugin.collectors = &collector;
  plugin.collector_count = 1;
  const auto tables = ReadTables(plugin);
  REQUIRE(tables.ok());
  CHECK(tables->option_names.at(0) == "dsn");
  CHECK(tables->collectors.at(0).timeout == 0);
}

TEST_CASE("options that could never be used are refused") {
  const std::string start = "exporter `fake` cannot be used: ";
  CHECK(Refusal(Option{.name = "timeout"}) ==
        start + "its option `timeout` has a name of the host's own");
  CHECK(Refusal(Option{.name = "n", .type = OptionType::kInt, .minimum = 2, .maximum = 1}) ==
        start + "the range of its option `n` is empty");
  CHECK(Refusal(Option{.name = "n", .type = OptionType::kInt, .flags = PILLION_OPT_SECRET}) ==
        start + "its option `n` is a secret but not a string");
  CHECK(Refusal(Option{.name = "n", .type = static_cast<OptionType>(99), .default_value = "1"}) ==
        start +
            "the default of its option `n`: the exporter declares this option with a type "
            "that is not known here");
}

TEST_CASE("defaults go through the same checks as values") {
  const std::string start = "exporter `fake` cannot be used: the default of its option `n`: ";
  CHECK(Refusal(Option{.name = "n", .type = OptionType::kInt, .default_value = "x"}) ==
        start + "it is not a TOML value");
  CHECK(Refusal(Option{.name = "n", .type = OptionType::kInt, .default_value = "1\nb = 2"}) ==
        start + "it is not a TOML value");
  CHECK(Refusal(Option{.name = "n", .type = OptionType::kInt, .default_value = "1.0"}) ==
        start + "must be an integer, not a float");
  CHECK(Refusal(Option{.name = "n", .type = OptionType::kDuration, .default_value = "5"})
            .find(start + "not a duration: it has no unit") == 0);
  CHECK(Refusal(Option{.name = "n", .default_value = "c", .choices = "a,b"}) ==
        start + "must be one of a, b");
  CHECK(Refusal(Option{.name = "n", .default_value = "${env:HOME}"}) ==
        start + "environment variable `HOME` is not set");
  CHECK(Refusal(Option{.name = "n", .default_value = "${file:/etc/passwd}"}) ==
        start + "a default may not read a file");
  CHECK(
      Refusal(Option{.name = "n", .type = OptionType::kStringList, .default_value = "['a', 1]"}) ==
      start + "[1]: must be a string, not an integer");
}

}  // namespace
}  // namespace pillion
