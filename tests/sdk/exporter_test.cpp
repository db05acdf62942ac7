// The macro and the frame around an exporter: what it describes, and that nothing thrown in it
// reaches the host.
#include "sdk/lambda_exporter.hpp"

#include <doctest/doctest.h>
#include <pillion/exporter.hpp>
#include <pillion/testing/test_host.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>

using pillion::Collector;
using pillion::Error;
using pillion::Metric;
using pillion::MetricType;
using pillion::Option;
using pillion::OptionError;
using pillion::Options;
using pillion::PollContext;
using pillion::Reason;
using pillion::Result;
using pillion::Sink;
using pillion::ToView;
using pillion::testing::ExporterOf;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

constexpr Option kOptions[] = {
    {.name = "address", .default_value = "here", .help = "Where.", .flags = PILLION_OPT_ADDRESS},
    {.name = "mode", .choices = "fast,slow"},
};
constexpr Collector kCollectors[] = {{.name = "rows", .help = "Rows.", .default_every = 5}};
constexpr Metric kMetrics[] = {
    {.name = "demo_rows_total",
     .type = MetricType::kCounter,
     .help = "Rows.",
     .labels = "table,kind",
     .since = "9.6"},
};

class Demo {
 public:
  explicit Demo(const Options&) {}
  Result<void> Poll(PollContext&, Sink& sink) {
    sink.Collect(0, [&]() -> Result<void> {
      sink.Add(0, {"a", "b"}, 3);
      return {};
    });
    return {};
  }
};

// Throws where it is told to.
enum class Throws {
  kConstructor,
  kConstructorOdd,
  kPoll,
  kPollOdd,
  kCheck,
  kCheckOdd,
  kInterrupt,
  kDestructor
};
template <Throws kWhere>
class Thrower {
 public:
  explicit Thrower(const Options&) {
    if constexpr (kWhere == Throws::kConstructor) throw std::runtime_error("options don't fit");
    if constexpr (kWhere == Throws::kConstructorOdd) throw 7;
  }
  ~Thrower() noexcept(false) {
    if constexpr (kWhere == Throws::kDestructor) throw std::runtime_error("destructor");
  }
  Result<void> Poll(PollContext&, Sink& sink) {
    sink.Add(0, 1);
    if constexpr (kWhere == Throws::kPoll) throw std::runtime_error("lost my way");
    if constexpr (kWhere == Throws::kPollOdd) throw 7;
    return {};
  }
  Result<void> Check(PollContext&) {
    if constexpr (kWhere == Throws::kCheck) throw std::runtime_error("nobody there");
    if constexpr (kWhere == Throws::kCheckOdd) throw 7;
    return {};
  }
  void Interrupt() {
    if constexpr (kWhere == Throws::kInterrupt) throw std::runtime_error("interrupt");
  }
};

class Refuser {
 public:
  explicit Refuser(const Options& options) {
    if (options.String("address") == "away") {
      throw OptionError("address", "nobody lives there: at all");
    }
    if (options.String("mode") == "slow") throw OptionError("speed", "too low");
  }
  Result<void> Poll(PollContext&, Sink&) { return {}; }
};

constexpr Metric kPlain[] = {{.name = "demo_plain"}};

template <Throws kWhere>
const pillion_plugin* ThrowerPlugin() {
  return pillion::detail::PluginOf<Thrower<kWhere>>::Describe({.type = "t", .metrics = kPlain});
}

}  // namespace

PILLION_EXPORTER(Demo, .type = "demo", .version = "1.2", .summary = "A demonstration.",
                 .options = kOptions, .collectors = kCollectors, .metrics = kMetrics,
                 .up_name = "demo_up", .up_help = "Up.", .collector_success_name = "demo_ok",
                 .collector_duration_name = "demo_seconds")

TEST_CASE("the macro describes the exporter in C") {
  const pillion_plugin* plugin = pillion_plugin_entry();
  CHECK(plugin == pillion_plugin_entry());
  CHECK(plugin->size == sizeof(pillion_plugin));
  CHECK(plugin->abi_version == PILLION_ABI_VERSION);
  CHECK(ToView(plugin->type) == "demo");
  CHECK(ToView(plugin->version) == "1.2");
  CHECK(ToView(plugin->summary) == "A demonstration.");
  CHECK(ToView(plugin->up_name) == "demo_up");
  CHECK(ToView(plugin->up_help) == "Up.");
  CHECK(ToView(plugin->collector_success_name) == "demo_ok");
  CHECK(ToView(plugin->collector_duration_name) == "demo_seconds");
  CHECK((plugin->interrupt == nullptr));
}

TEST_CASE("the tables cross in order and with their sizes") {
  const pillion_plugin* plugin = pillion_plugin_entry();
  REQUIRE(plugin->option_count == 2);
  CHECK(plugin->options[0].size == sizeof(pillion_option));
  CHECK(ToView(plugin->options[0].default_value) == "here");
  CHECK(plugin->options[0].flags == PILLION_OPT_ADDRESS);
  CHECK(plugin->options[0].choices == nullptr);
  REQUIRE(plugin->options[1].choice_count == 2);
  CHECK(ToView(plugin->options[1].choices[1]) == "slow");
  REQUIRE(plugin->collector_count == 1);
  CHECK(plugin->collectors[0].size == sizeof(pillion_collector));
  CHECK(plugin->collectors[0].default_every == 5);
  REQUIRE(plugin->metric_count == 1);
  const pillion_metric& metric = plugin->metrics[0];
  CHECK(metric.size == sizeof(pillion_metric));
  CHECK(metric.type == PILLION_TYPE_COUNTER);
  CHECK(ToView(metric.since) == "9.6");
  REQUIRE(metric.label_count == 2);
  CHECK(ToView(metric.labels[0]) == "table");
  CHECK(ToView(metric.labels[1]) == "kind");
}

TEST_CASE("an exporter made by the macro polls") {
  TestHost host(pillion_plugin_entry());
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.problems.empty());
  CHECK(report.text ==
        "# HELP demo_rows_total Rows.\n"
        "# TYPE demo_rows_total counter\n"
        "demo_rows_total{table=\"a\",kind=\"b\"} 3\n");
}

TEST_CASE("an exception of the constructor becomes the text of create") {
  TestHost host(ThrowerPlugin<Throws::kConstructor>());
  const Result<void> created = host.Create();
  REQUIRE_FALSE(created.ok());
  CHECK(created.error().message == "options don't fit");
}

TEST_CASE("an option that the constructor refuses reaches the host by its name") {
  const pillion_plugin* plugin =
      pillion::detail::PluginOf<Refuser>::Describe({.type = "t", .options = kOptions});
  TestHost host(plugin, {.options = {{"address", "away"}}});
  const Result<void> created = host.Create();
  REQUIRE_FALSE(created.ok());
  CHECK(created.error().message == "option `address`: nobody lives there: at all");
  CHECK(TestHost(plugin).Create().ok());
  CHECK(TestHost(plugin, {.options = {{"mode", "slow"}}}).Create().error().message ==
        "option `speed`, which is not in the table: too low");
}

TEST_CASE("a host that is older than refuse_option still gets the option's name") {
  const pillion_plugin* plugin =
      pillion::detail::PluginOf<Refuser>::Describe({.type = "t", .options = kOptions});
  TestHost host(plugin, {.options = {{"address", "away"}}});
  REQUIRE_FALSE(host.Create().ok());  // reads the options in
  pillion_host older = *host.host();
  older.size = offsetof(pillion_host, refuse_option);
  older.refuse_option = nullptr;
  char text[64] = "";
  pillion_buffer buffer{text, sizeof text, 0};
  CHECK(plugin->create(&older, host.instance(), &buffer) == nullptr);
  CHECK(std::string(text, buffer.size) == "address: nobody lives there: at all");
}

TEST_CASE("whatever else the constructor throws does not cross") {
  TestHost host(ThrowerPlugin<Throws::kConstructorOdd>());
  const Result<void> created = host.Create();
  REQUIRE_FALSE(created.ok());
  CHECK(created.error().message == "unknown exception in the constructor");
}

TEST_CASE("an exception of Poll is an internal failure and shows nothing") {
  TestHost host(ThrowerPlugin<Throws::kPoll>());
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.reason == Reason::kInternal);
  CHECK(report.error == "lost my way");
  CHECK(report.text.empty());
}

TEST_CASE("whatever else Poll throws does not cross") {
  TestHost host(ThrowerPlugin<Throws::kPollOdd>());
  REQUIRE(host.Create().ok());
  CHECK(host.Poll().error == "unknown exception in Poll");
}

TEST_CASE("an exception of Check is a line of what it found") {
  TestHost told(ThrowerPlugin<Throws::kCheck>()), odd(ThrowerPlugin<Throws::kCheckOdd>());
  REQUIRE(told.Create().ok());
  REQUIRE(odd.Create().ok());
  CHECK(told.Check() == std::vector<std::string>{"nobody there"});
  CHECK(odd.Check() == std::vector<std::string>{"unknown exception in Check"});
}

TEST_CASE("an exception of Interrupt does not cross") {
  const pillion_plugin* plugin = ThrowerPlugin<Throws::kInterrupt>();
  REQUIRE((plugin->interrupt != nullptr));
  TestHost host(plugin);
  REQUIRE(host.Create().ok());
  plugin->interrupt(host.object());
  CHECK(host.Poll().ok());
}

TEST_CASE("an exception of the destructor does not cross") {
  TestHost host(ThrowerPlugin<Throws::kDestructor>());
  REQUIRE(host.Create().ok());
  host.Destroy();
  CHECK(host.object() == nullptr);
}

TEST_CASE("a failed result reaches the host with its reason and text") {
  TestHost host(ExporterOf({.type = "t"}, [](const Options&, PollContext&, Sink&) -> Result<void> {
    return Error{Reason::kAuth, "password was not accepted"};
  }));
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll();
  CHECK(report.reason == Reason::kAuth);
  CHECK(report.error == "password was not accepted");
}

TEST_CASE("a text that is longer than the host's buffer is cut and its length told") {
  const pillion_plugin* plugin = ThrowerPlugin<Throws::kConstructor>();
  TestHost host(plugin);
  char text[] = "........";
  pillion_buffer buffer{text, 7, 0};
  CHECK(plugin->create(host.host(), host.instance(), &buffer) == nullptr);
  CHECK(std::string(text) == "options.");
  CHECK(buffer.size == std::string("options don't fit").size());
  CHECK(plugin->create(host.host(), host.instance(), nullptr) == nullptr);
}
