// Options that are lists of tables, and the collectors that a plugin adds for them.
#include <doctest/doctest.h>
#include <pillion/exporter.hpp>
#include <pillion/testing/test_host.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using pillion::Collector;
using pillion::Option;
using pillion::Options;
using pillion::OptionType;
using pillion::PollContext;
using pillion::Record;
using pillion::Result;
using pillion::Sink;
using pillion::testing::RecordTexts;
using pillion::testing::TestHost;

namespace {

constexpr Option kJobFields[] = {
    {.name = "name", .flags = PILLION_OPT_REQUIRED},
    {.name = "weight", .type = OptionType::kInt, .default_value = "7", .minimum = 1, .maximum = 9},
    {.name = "values", .type = OptionType::kStringMap, .choices = "gauge,counter"},
    {.name = "tags", .type = OptionType::kStringList},
};
constexpr Option kOptions[] = {
    {.name = "job", .type = OptionType::kRecords, .maximum = 10, .fields = kJobFields}};
constexpr Collector kCollectors[] = {{.name = "base"}};
constexpr pillion::Metric kMetrics[] = {{.name = "demo_base", .help = "Always there."}};

// A collector for each job, which shows the job's weight.
class Jobs {
 public:
  explicit Jobs(const Options& options) {
    for (const Record& record : options.Records("job")) {
      if (record.String("name") == "bad") record.Refuse("name", "is bad");
      jobs_.push_back(
          {options.AddCollector(
               {.name = record.String("name"),
                .flags = record.Int("weight") == 1 ? uint32_t{PILLION_COLLECTOR_OFF} : 0u,
                .default_every = 60'000'000'000}),
           record.Int("weight"), record.StringMap("values")});
    }
  }

  Result<void> Poll(PollContext&, Sink& sink) {
    sink.Collect(0, [&] {
      sink.Add(0, 1);
      return Result<void>();
    });
    for (const Job& job : jobs_) {
      sink.Collect(job.collector, [&] {
        for (const auto& [name, type] : job.values) {
          const std::string help(type);
          sink.Add(sink.Declare({.name = name, .help = help, .collector = job.collector}),
                   static_cast<double>(job.weight));
        }
        return Result<void>();
      });
    }
    return {};
  }

 private:
  struct Job {
    uint32_t collector;
    int64_t weight;
    std::vector<std::pair<std::string_view, std::string_view>> values;
  };
  std::vector<Job> jobs_;
};

TestHost MakeHost(RecordTexts records) {
  static const pillion::ExporterInfo info{
      .type = "jobs", .options = kOptions, .collectors = kCollectors, .metrics = kMetrics};
  return TestHost(pillion::detail::PluginOf<Jobs>::Describe(info), {.records = std::move(records)});
}

std::string CreateError(RecordTexts records) {
  static const pillion::ExporterInfo info{
      .type = "jobs", .options = kOptions, .collectors = kCollectors, .metrics = kMetrics};
  TestHost host(pillion::detail::PluginOf<Jobs>::Describe(info), {.records = std::move(records)});
  const Result<void> created = host.Create();
  return created.ok() ? "" : created.error().message;
}

}  // namespace

TEST_CASE("tables of an option become collectors that run on their own") {
  TestHost host =
      MakeHost({{"job",
                 {{{"name", "one"}, {"values", "{ a_x = \"gauge\", b_x = \"counter\" }"}},
                  {{"name", "two"}, {"weight", "1"}, {"values", "{ c_x = \"gauge\" }"}}}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.added_collectors().size() == 2);
  CHECK(host.added_collectors()[0].every == 60s);
  CHECK_FALSE(host.added_collectors()[1].on);
  const auto usual = host.Poll();
  CHECK(usual.problems.empty());
  CHECK(usual.text ==
        "# HELP a_x gauge\n# TYPE a_x gauge\na_x 7\n# HELP b_x counter\n# TYPE b_x gauge\nb_x 7\n"
        "# HELP demo_base Always there.\n# TYPE demo_base gauge\ndemo_base 1\n");
  const auto asked = host.Poll({.due = {"two"}});
  CHECK(asked.problems.empty());
  CHECK(asked.text == "# HELP c_x gauge\n# TYPE c_x gauge\nc_x 1\n");
}

TEST_CASE("no table is no record") {
  TestHost host = MakeHost({});
  REQUIRE(host.Create().ok());
  CHECK(host.added_collectors().empty());
}

TEST_CASE("tables are checked against their fields") {
  CHECK(CreateError({{"job", {{{"weight", "3"}}}}}) == "option `job[0].name` is required");
  CHECK(CreateError({{"job", {{{"name", "a"}, {"weight", "10"}}}}}) ==
        "option `job[0].weight`: `10` is out of range");
  CHECK(CreateError({{"job", {{{"name", "a"}, {"wait", "10"}}}}}) ==
        "option `job[0].wait` is not in the table");
  CHECK(CreateError({{"job", {{{"name", "a"}, {"values", "{ a = \"x\" }"}}}}}) ==
        "option `job[0].values`: `{ a = \"x\" }` is not a table of its choices");
  CHECK(CreateError({{"jobs", {{{"name", "a"}}}}}) ==
        "option `jobs` is not in the table, or holds no records");
}

TEST_CASE("a refused table is an error of create and names its field") {
  CHECK(CreateError({{"job", {{{"name", "a"}}, {{"name", "bad"}}}}}) ==
        "option `job[1].name`: is bad");
}

TEST_CASE("a collector that is there already is not added") {
  TestHost host = MakeHost({{"job", {{{"name", "base"}}}}});
  REQUIRE(host.Create().ok());
  CHECK(host.added_collectors().empty());
  REQUIRE(host.problems().size() == 1);
  CHECK(host.problems()[0] == "collector `base` is there twice");
}
