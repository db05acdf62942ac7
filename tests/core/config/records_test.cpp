// Options that are lists of tables, and tables of strings.
#include "core/config/fake_exporter.hpp"

#include "config/plugin_tables.hpp"

#include <doctest/doctest.h>

#include <string>

namespace pillion {
namespace {

using testing::FakeExporter;
using testing::Load;
using testing::Text;
using testing::World;

const OptionValue& Queries(const ConfigResult& result) {
  return result.config->instances.at(0).options.at("query");
}

TEST_CASE("tables of an option are read in their order with the defaults of their fields") {
  const auto result = Load(R"([exporters.fake]
[[exporters.fake.query]]
name = "a"
sql = "SELECT 1"
values = { open = "gauge", closed = "counter" }
[[exporters.fake.query]]
sql = "SELECT 2"
name = "b"
every = "5m"
labels = ["x", "y"]
)");
  CHECK(Text(result) == "");
  REQUIRE(result.config != nullptr);
  const OptionValue& queries = Queries(result);
  CHECK(queries.type == PILLION_OPT_RECORDS);
  REQUIRE(queries.records.size() == 2);
  CHECK(queries.records[0].at("name").text == "a");
  CHECK(queries.records[0].at("values").keys == std::vector<std::string>{"open", "closed"});
  CHECK(queries.records[0].at("values").list == std::vector<std::string>{"gauge", "counter"});
  CHECK(queries.records[0].at("run_on").text == "any");
  CHECK(queries.records[0].count("every") == 0);
  CHECK(queries.records[1].at("every").integer == 300'000'000'000);
  CHECK(queries.records[1].at("labels").list == std::vector<std::string>{"x", "y"});
}

TEST_CASE("everything wrong with a table is told at its place with what was meant") {
  const auto result = Load(R"([exporters.fake]
[[exporters.fake.query]]
name = "a"
sqll = "SELECT 1"
[[exporters.fake.query]]
sql = 3
name = "b"
run_on = "primry"
every = "1ms"
values = { open = "gauges" }
)");
  CHECK(Text(result) ==
        "a.toml:2:1: exporters.fake.query[0].sql: is missing\n"
        "a.toml:4:1: exporters.fake.query[0].sqll: unknown key; did you mean `sql`?\n"
        "a.toml:6:7: exporters.fake.query[1].sql: must be a string, not an integer\n"
        "a.toml:8:10: exporters.fake.query[1].run_on: must be one of primary, replica, any; did "
        "you mean `primary`?\n"
        "a.toml:9:9: exporters.fake.query[1].every: must be between 10ms and 1d\n"
        "a.toml:10:19: exporters.fake.query[1].values.open: must be one of gauge, counter; did "
        "you mean `gauge`?\n");
  CHECK(result.config == nullptr);
}

TEST_CASE("a table in the place of a list of tables says how to write it") {
  CHECK(Text(Load("[exporters.fake]\n[exporters.fake.query]\nname = 'a'\n")) ==
        "a.toml:2:1: exporters.fake.query: must be a list of tables, each written as "
        "[[exporters.fake.query]], not a table\n");
  CHECK(Text(Load("[exporters.fake]\nquery = ['a']\n")) ==
        "a.toml:2:10: exporters.fake.query[0]: must be a table, not a string\n");
}

TEST_CASE("the number of tables is bounded by the option") {
  std::string text = "[exporters.fake]\n";
  for (int i = 0; i < 4; ++i) text += "[[exporters.fake.query]]\nname = 'a'\nsql = 'b'\n";
  CHECK(Text(Load(text)).find("query: has 4 tables; there must be 0 to 3\n") != std::string::npos);
}

TEST_CASE("what an exporter says about a field stands at that field") {
  World world;
  world.check = [](const InstanceConfig&) {
    return std::vector<InstanceComplaint>{
        {.option = "query", .what = "no", .record = 1, .field = "sql"},
        {.option = "query", .what = "late", .record = 1, .field = "every"},
        {.option = "query", .what = "who?", .record = 7, .field = "sql"},
        {.option = "query", .what = "bad", .record = 0}};
  };
  CHECK(Text(Load(R"([exporters.fake]
[[exporters.fake.query]]
name = "a"
sql = "x"
[[exporters.fake.query]]
name = "b"
sql = "y"
)",
                  world)) ==
        "a.toml:2:1: exporters.fake.query: who?\n"
        "a.toml:2:1: exporters.fake.query[0]: bad\n"
        "a.toml:5:1: exporters.fake.query[1].every: late\n"
        "a.toml:7:7: exporters.fake.query[1].sql: no\n");
}

TEST_CASE("fields that cannot be used are refused with the tables") {
  static constexpr Option kNested[] = {{.name = "a"}};
  static constexpr Option kRecords[] = {
      {.name = "inner", .type = OptionType::kRecords, .fields = kNested}};
  static constexpr Option kSecret[] = {{.name = "password", .flags = PILLION_OPT_SECRET}};
  const auto refused = [](Option option) {
    const FakeExporter exporter("x", {option});
    return !ReadTables(exporter.plugin()).ok();
  };
  CHECK(refused({.name = "r", .type = OptionType::kRecords}));
  CHECK(refused({.name = "r", .type = OptionType::kRecords, .fields = kRecords}));
  CHECK(refused({.name = "r", .type = OptionType::kRecords, .fields = kSecret}));
  CHECK(refused(
      {.name = "r", .type = OptionType::kRecords, .default_value = "[]", .fields = kNested}));
  CHECK_FALSE(refused({.name = "r", .type = OptionType::kRecords, .fields = kNested}));
}

}  // namespace
}  // namespace pillion
