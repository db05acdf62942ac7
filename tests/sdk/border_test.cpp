// The border itself: tables and calls that break its rules, as a plugin in C might.
#include "sdk/lambda_exporter.hpp"

#include <doctest/doctest.h>
#include <pillion/testing/test_host.hpp>

#include <string>
#include <thread>

using pillion::Collector;
using pillion::Metric;
using pillion::MetricType;
using pillion::Options;
using pillion::PollContext;
using pillion::Reason;
using pillion::Result;
using pillion::Sink;
using pillion::ToStr;
using pillion::testing::ExporterOf;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

extern "C" const pillion_plugin* pillion_test_plugin_in_c(void);
extern "C" size_t pillion_test_size_of_plugin_in_c(void);

static_assert(offsetof(pillion_plugin, size) == 0);
static_assert(sizeof(pillion_plugin::size) == 8);
static_assert(offsetof(pillion_plugin, abi_version) == 8);
static_assert(sizeof(pillion_plugin::abi_version) == 4);
static_assert(offsetof(pillion_host, size) == 0 && offsetof(pillion_host, abi_version) == 8);

TEST_CASE("a plugin in C99 polls") {
  CHECK(pillion_test_size_of_plugin_in_c() == sizeof(pillion_plugin));
  TestHost host(pillion_test_plugin_in_c(), {.options = {{"value", "7"}}});
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.problems.empty());
  CHECK(report.text ==
        "# HELP c_value The configured value.\n# TYPE c_value gauge\nc_value{kind=\"c\"} 7\n");
}

TEST_CASE("an option that a plugin in C refuses is told by its name") {
  TestHost host(pillion_test_plugin_in_c(), {.options = {{"value", "-1"}}});
  CHECK(host.Create().error().message == "option `value`: must not be negative");
}

TEST_CASE("refusing an option outside create is told and changes nothing") {
  TestHost host(pillion_test_plugin_in_c(), {.options = {{"value", "7"}}});
  REQUIRE(host.Create().ok());
  host.host()->refuse_option(host.instance(), ToStr("value"), ToStr("too late"));
  REQUIRE(host.problems().size() == 1);
  CHECK(host.problems()[0] == "refuse_option was called outside create");
  CHECK(host.Create().ok());
}

TEST_CASE("arrays are walked in steps of the size that the plugin gives") {
  struct Longer {  // of a plugin with a newer header
    pillion_metric metric{};
    uint64_t appended = 0;
  };
  static Longer metrics[2];
  metrics[0].metric.size = metrics[1].metric.size = sizeof(Longer);
  metrics[0].metric.type = metrics[1].metric.type = PILLION_TYPE_GAUGE;
  metrics[0].metric.name = ToStr("one");
  metrics[1].metric.name = ToStr("two");
  static pillion_plugin plugin =
      *ExporterOf({.type = "t"}, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        sink.Add(1, 2);
        return {};
      });
  plugin.metrics = &metrics[0].metric;
  plugin.metric_count = 2;
  TestHost host(&plugin);
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().text == "# TYPE two gauge\ntwo 2\n");
}

TEST_CASE("another version of the border is refused with both versions") {
  static pillion_plugin plugin = *ExporterOf(
      {.type = "t"}, [](const Options&, PollContext&, Sink&) -> Result<void> { return {}; });
  plugin.abi_version = 999;
  CHECK(TestHost(&plugin).Create().error().message ==
        "built for plugin ABI 999, this host speaks 0");
  plugin.abi_version = PILLION_ABI_VERSION;
  plugin.size = 16;
  CHECK(TestHost(&plugin).Create().error().message == "pillion_plugin.size is not set");
}

TEST_CASE("wrong tables are told before the plugin is made") {
  static constexpr Collector kCollectors[] = {{.name = "a"}, {.name = "a"}};
  static constexpr Metric kMetrics[] = {
      {.name = "no\xFFname"},
      {.name = "t_x", .collector = 2},
      {.name = "t_x"},
      {.name = "t_y", .labels = "a,a"},
      {.name = "t_z", .type = MetricType::kSummary, .labels = "quantile"},
      {.name = "t_star_*"},
      {.name = "t_none", .flags = PILLION_METRIC_PATTERN},
  };
  TestHost host(
      ExporterOf({.type = "t", .collectors = kCollectors, .metrics = kMetrics, .up_name = "t-up"},
                 [](const Options&, PollContext&, Sink&) -> Result<void> { return {}; }));
  CHECK(host.Create().error().message ==
        "`no\xFFname` is not a metric name\n"
        "`t_x` names a collector that is not there\n"
        "`t_x` stands twice in the metric table\n"
        "`t_y`: `a` cannot be a label of it, or not twice\n"
        "`t_z`: `quantile` cannot be a label of it, or not twice\n"
        "`t_star_*` is no pattern without PILLION_METRIC_PATTERN\n"
        "pattern `t_none` must hold exactly one `*`\n"
        "collector `a` has no name or stands twice\n"
        "`t-up` is not a metric name");
}

TEST_CASE("poll functions on another thread or after the poll are told") {
  static pillion_poll* kept;
  static const pillion_host* table;
  TestHost host(
      ExporterOf({.type = "t"}, [](const Options&, PollContext& c, Sink&) -> Result<void> {
        kept = c.poll();
        table = c.host();
        std::thread other([&] { table->add(kept, 0, 0, 1); });
        other.join();
        return {};
      }));
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  REQUIRE(report.problems.size() == 1);
  CHECK(report.problems[0] == "add was called outside its poll or on another thread");
  CHECK(table->wait(kept, -1, 0, 0, nullptr) == PILLION_WAIT_ERROR);
  CHECK(table->declare(kept, nullptr) == PILLION_NO_FAMILY);
  CHECK(host.problems().size() == 2);
}

TEST_CASE("structs without their size and reasons that do not exist are told") {
  static const pillion_plugin* real =
      ExporterOf({.type = "t"}, [](const Options&, PollContext& c, Sink&) -> Result<void> {
        pillion_metric metric{};
        metric.name = ToStr("t_x");
        metric.type = PILLION_TYPE_GAUGE;
        CHECK(c.host()->declare(c.poll(), &metric) == PILLION_NO_FAMILY);
        return {};
      });
  static pillion_plugin plugin = *real;
  plugin.poll = [](void* self, pillion_poll* poll, pillion_buffer* error) -> uint32_t {
    (void)real->poll(self, poll, error);
    return 77;
  };
  TestHost host(&plugin);
  REQUIRE(host.Create().ok());
  pillion_value value{};
  host.host()->option(host.instance(), ToStr("x"), &value);
  CHECK(host.problems().size() == 1);
  const PollReport report = host.Poll();
  REQUIRE(report.problems.size() == 2);
  CHECK(report.problems[0] == "`t_x`: pillion_metric.size is not set");
  CHECK(report.problems[1] == "poll returned 77");
  CHECK(report.reason == Reason::kInternal);
}
