// Samples through the C++ wrapper, and what a host says to those that are not valid.
#include "sdk/lambda_exporter.hpp"

#include <doctest/doctest.h>
#include <pillion/testing/test_host.hpp>

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

using pillion::Collector;
using pillion::Error;
using pillion::ExporterInfo;
using pillion::Family;
using pillion::Labels;
using pillion::Metric;
using pillion::MetricType;
using pillion::Options;
using pillion::PollContext;
using pillion::Reason;
using pillion::Result;
using pillion::Sink;
using pillion::testing::ExporterOf;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

constexpr Collector kCollectors[] = {{.name = "first"},
                                     {.name = "second", .flags = PILLION_COLLECTOR_REMEMBERED}};

enum : pillion_family { kSize, kScans, kPlain, kOpen, kPattern };
constexpr Metric kMetrics[] = {
    {.name = "t_size_bytes", .help = "Size.", .labels = "schema,table"},
    {.name = "t_scans_total", .type = MetricType::kCounter, .labels = "schema,table"},
    {.name = "t_plain"},
    {.name = "t_open", .flags = PILLION_METRIC_OPEN_LABELS},
    {.name = "t_setting_*", .flags = PILLION_METRIC_PATTERN},
};
constexpr ExporterInfo kLoose = {.type = "t", .metrics = kMetrics};
constexpr ExporterInfo kCollected = {.type = "t", .collectors = kCollectors, .metrics = kMetrics};

template <typename Body>
PollReport PollOnce(const ExporterInfo& info, Body body) {
  TestHost host(ExporterOf(info, body));
  const Result<void> created = host.Create();
  REQUIRE_MESSAGE(created.ok(), created.error().message);
  return host.Poll();
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

}  // namespace

TEST_CASE("samples come out by family in the order in which they were added") {
  const PollReport report =
      PollOnce(kLoose, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        sink.Add(kSize, {"public", "b"}, 2048);
        sink.Add(kPlain, 0.5);
        sink.Add(kSize, {"public", "a"}, 1024);
        sink.Add(kScans, {"public", "b"}, 7);
        return {};
      });
  CHECK(report.problems.empty());
  CHECK(report.text ==
        "# TYPE t_plain gauge\n"
        "t_plain 0.5\n"
        "# TYPE t_scans_total counter\n"
        "t_scans_total{schema=\"public\",table=\"b\"} 7\n"
        "# HELP t_size_bytes Size.\n"
        "# TYPE t_size_bytes gauge\n"
        "t_size_bytes{schema=\"public\",table=\"b\"} 2048\n"
        "t_size_bytes{schema=\"public\",table=\"a\"} 1024\n");
}

TEST_CASE("one label handle serves every family with the same label names") {
  const PollReport report =
      PollOnce(kLoose, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        const Labels labels = sink.MakeLabels(kSize, {"s", "t"});
        sink.Add(kSize, labels, 1);
        sink.Add(kScans, labels, 2);
        return {};
      });
  CHECK(report.problems.empty());
  CHECK(report.Value("t_size_bytes{schema=\"s\",table=\"t\"}") == 1);
  CHECK(report.Value("t_scans_total{schema=\"s\",table=\"t\"}") == 2);
}

TEST_CASE("a wrong number of labels costs the sample and is told") {
  const PollReport report =
      PollOnce(kLoose, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        sink.Add(kSize, {"only one"}, 1);
        sink.Add(kSize, 1);
        sink.Add(kPlain, sink.MakeLabels(kSize, {"a", "b"}), 1);
        return {};
      });
  CHECK(Joined(report.problems) ==
        "t_size_bytes has 2 labels, 1 were given\n"
        "t_size_bytes: the label set has other names\n"
        "t_plain: the label set has other names\n");
  CHECK(report.text.empty());
}

TEST_CASE("open families take any names and closed ones only their own") {
  const PollReport report =
      PollOnce(kLoose, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        const std::string_view names[] = {"schema", "table"}, values[] = {"s", "t"};
        const std::string_view odd[] = {"colour"}, red[] = {"red"};
        sink.Add(kOpen, sink.MakeLabels(names, values), 1);
        sink.Add(kOpen, sink.MakeLabels(odd, red), 2);
        sink.Add(kOpen, 3);
        sink.Add(kSize, sink.MakeLabels(names, values), 4);
        sink.Add(kSize, sink.MakeLabels(odd, red), 5);
        return {};
      });
  CHECK(Joined(report.problems) == "t_size_bytes: the label set has other names\n");
  CHECK(report.FamilyText("t_open") ==
        "# TYPE t_open gauge\n"
        "t_open{schema=\"s\",table=\"t\"} 1\n"
        "t_open{colour=\"red\"} 2\n"
        "t_open 3\n");
}

TEST_CASE("label names are checked") {
  const PollReport report =
      PollOnce(kLoose, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        const std::string_view values[] = {"x", "y"};
        const std::string_view bytes[] = {"\xFF"}, twice[] = {"a", "a"}, reserved[] = {"__name__"};
        sink.Add(kOpen, sink.MakeLabels(bytes, std::span(values).first(1)), 1);
        sink.Add(kOpen, sink.MakeLabels(twice, values), 1);
        sink.Add(kOpen, sink.MakeLabels(reserved, std::span(values).first(1)), 1);
        return {};
      });
  CHECK(Joined(report.problems) ==
        "label `\xFF` is invalid or stands twice\n"
        "label `a` is invalid or stands twice\n"
        "label `__name__` is invalid or stands twice\n");
  CHECK(report.text.empty());
}

TEST_CASE("names that are not legacy ones are quoted") {
  const PollReport report =
      PollOnce(kLoose, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        const std::string_view names[] = {"my.label", "a"}, values[] = {"x", "y"};
        sink.Add(kOpen, sink.MakeLabels(names, values), 1);
        const Family family = sink.Declare({.name = "my.name", .labels = "l"});
        sink.Add(family, {"z"}, 2);
        sink.Add(sink.Declare({.name = "no labels"}), 3);
        return {};
      });
  CHECK(report.problems.empty());
  CHECK(report.text.find("t_open{\"my.label\"=\"x\",a=\"y\"} 1\n") != std::string::npos);
  CHECK(report.text.find("{\"my.name\",l=\"z\"} 2\n") != std::string::npos);
  CHECK(report.text.find("{\"no labels\"} 3\n") != std::string::npos);
}

TEST_CASE("a sample has at most 32 labels") {
  const PollReport report =
      PollOnce(kLoose, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        std::vector<std::string> texts;
        for (int i = 0; i < 40; ++i) texts.push_back("l" + std::to_string(i));
        const std::vector<std::string_view> names(texts.begin(), texts.end());
        const auto first = [&](size_t n) { return std::span(names).first(n); };
        sink.Add(kOpen, sink.MakeLabels(first(32), first(32)), 1);
        sink.Add(kOpen, sink.MakeLabels(first(33), first(33)), 1);
        sink.Add(kOpen, sink.MakeLabels(names, names), 1);
        return {};
      });
  CHECK(Joined(report.problems) ==
        "a sample has more labels than 32\n"
        "a sample has more labels than 32\n");
  CHECK(report.text.find("l31=\"l31\"} 1") != std::string::npos);
}

TEST_CASE("families can be declared at run time") {
  const PollReport report =
      PollOnce(kLoose, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        const Family family = sink.Declare(
            {.name = "t_setting_x", .type = MetricType::kUnknown, .help = "X.", .labels = "unit"});
        CHECK(family.valid());
        CHECK(sink.Declare({.name = "t_setting_x", .type = MetricType::kUnknown}).handle ==
              family.handle);
        sink.Add(family, {"kB"}, 8);
        return {};
      });
  CHECK(report.problems.empty());
  CHECK(report.text ==
        "# HELP t_setting_x X.\n# TYPE t_setting_x untyped\nt_setting_x{unit=\"kB\"} 8\n");
}

TEST_CASE("what cannot be declared gives an invalid family") {
  const PollReport report =
      PollOnce(kLoose, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        const Family refused = sink.Declare({.name = "not\xFFutf8"});
        CHECK_FALSE(refused.valid());
        sink.Add(refused, 1);  // counted once, when it was declared
        CHECK_FALSE(sink.Declare({.name = "x_*", .flags = PILLION_METRIC_PATTERN}).valid());
        CHECK_FALSE(sink.Declare({.name = "x", .labels = "a,a"}).valid());
        CHECK_FALSE(
            sink.Declare({.name = "x", .type = MetricType::kHistogram, .labels = "le"}).valid());
        CHECK_FALSE(sink.Declare({.name = "x", .type = static_cast<MetricType>(77)}).valid());
        CHECK(sink.Declare({.name = "x"}).valid());
        CHECK_FALSE(sink.Declare({.name = "x", .type = MetricType::kCounter}).valid());
        return {};
      });
  CHECK(report.problems.size() == 6);
  CHECK(report.text.empty());
}

TEST_CASE("families that nobody declared are refused") {
  const PollReport report =
      PollOnce(kLoose, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        sink.Add(99, 1);
        sink.Add(kPattern, 1);
        return {};
      });
  CHECK(Joined(report.problems) ==
        "family 99 is not in the table and not declared\n"
        "family 4 is not in the table and not declared\n");
}

TEST_CASE("a collector that fails or throws loses its own samples only") {
  const PollReport report =
      PollOnce(kCollected, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        CHECK_FALSE(sink.Collect(0, [&]() -> Result<void> {
          sink.Add(kSize, {"a", "b"}, 1);
          return Error{Reason::kPermission, "needs pg_monitor"};
        }));
        CHECK(sink.Collect(1, [&]() -> Result<void> {
          sink.Add(kPlain, 2);
          return {};
        }));
        return {};
      });
  CHECK(report.ok());
  CHECK(report.problems.empty());
  CHECK(report.text == "# TYPE t_plain gauge\nt_plain 2\n");
  REQUIRE(report.collectors.size() == 2);
  CHECK(report.collectors[0].reason == Reason::kPermission);
  CHECK(report.CollectorNamed("first")->message == "needs pg_monitor");
  CHECK(report.CollectorNamed("second")->reason == Reason::kOk);
  CHECK(report.CollectorNamed("third") == nullptr);
}

TEST_CASE("an exception costs its collector only") {
  const PollReport report =
      PollOnce(kCollected, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        sink.Collect(0, [&]() -> Result<void> {
          sink.Add(kSize, {"a", "b"}, 1);
          throw std::runtime_error("bad row");
        });
        sink.Collect(1, [&]() -> Result<void> { throw 7; });
        return {};
      });
  CHECK(report.text.empty());
  REQUIRE(report.collectors.size() == 2);
  CHECK(report.collectors[0].reason == Reason::kInternal);
  CHECK(report.collectors[0].message == "bad row");
  CHECK(report.collectors[1].message == "unknown exception");
}

TEST_CASE("a collector that is not due does not run") {
  TestHost host(
      ExporterOf(kCollected, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        CHECK(sink.Collect(0, []() -> Result<void> {
          FAIL("ran");
          return {};
        }));
        return {};
      }));
  REQUIRE(host.Create().ok());
  CHECK(host.Poll({.due = {"second"}}).collectors.empty());
}

TEST_CASE("collectors can be begun and ended in two steps") {
  const PollReport report =
      PollOnce(kCollected, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        sink.Begin(1);
        sink.Add(kPlain, 1);
        CHECK(sink.End({}));
        sink.Begin(0);
        sink.Add(kSize, {"a", "b"}, 1);
        CHECK_FALSE(sink.End({Reason::kProtocol, "cut off"}));
        return {};
      });
  CHECK(report.problems.empty());
  CHECK(report.text == "# TYPE t_plain gauge\nt_plain 1\n");
  CHECK(report.collectors.at(1).reason == Reason::kProtocol);
}

TEST_CASE("a collector that is unchanged shows its last good run") {
  TestHost host(
      ExporterOf(kCollected, [](const Options&, PollContext& context, Sink& sink) -> Result<void> {
        static int runs = 0;
        ++runs;
        for (const uint32_t id : {0u, 1u}) {
          sink.Collect(id, [&]() -> Result<void> {
            if (sink.Unchanged()) return {};
            const Family family = sink.Declare({.name = "t_declared", .labels = "run"});
            if (id == 1) sink.Add(family, {std::to_string(runs)}, 1);
            return {};
          });
        }
        context.Fact("runs", std::to_string(runs));
        return {};
      }));
  REQUIRE(host.Create().ok());
  const std::string shown = "# TYPE t_declared gauge\nt_declared{run=\"1\"} 1\n";
  for (int i = 1; i <= 3; ++i) {
    const PollReport report = host.Poll();
    CHECK(report.text == shown);
    CHECK(report.facts.at("runs") == std::to_string(i));
    // The first collector is not remembered, and must not ask.
    CHECK(report.problems.size() == 1);
  }
  CHECK(host.Poll({.due = {"first"}}).text.empty());
}

TEST_CASE("collectors that are opened and closed wrongly are told") {
  TestHost host(
      ExporterOf(kCollected, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        (void)sink.End({});
        sink.Begin(7);
        sink.Begin(1);
        sink.Begin(0);
        (void)sink.End({});
        sink.Begin(0);
        sink.Add(kPlain, 1);
        return {};
      }));
  REQUIRE(host.Create().ok());
  const PollReport report = host.Poll({.due = {"first"}});
  CHECK(Joined(report.problems) ==
        "a collector ends that did not begin\n"
        "collector 7 is not in the table\n"
        "collector `second` was not due\n"
        "collector `first` begins inside `second`\n"
        "collector `first` ran twice\n"
        "poll returned inside collector `first`\n");
  CHECK(report.text.empty());
}

TEST_CASE("samples outside of a collector are refused if there is a collector table") {
  const PollReport report =
      PollOnce(kCollected, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        sink.Add(kPlain, 1);
        sink.Add(kSize, {"a", "b"}, 1);
        CHECK_FALSE(sink.Declare({.name = "t_more"}).valid());
        return {};
      });
  CHECK(Joined(report.problems) ==
        "t_plain: a sample outside a collector\n"
        "labels were made outside a collector\n"
        "a family was declared outside a collector\n");
  CHECK(report.text.empty());
}

TEST_CASE("labels and declared families end with their collector") {
  const PollReport report =
      PollOnce(kCollected, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        Labels labels;
        Family family;
        sink.Collect(0, [&]() -> Result<void> {
          labels = sink.MakeLabels(kSize, {"a", "b"});
          family = sink.Declare({.name = "t_more"});
          return {};
        });
        sink.Collect(1, [&]() -> Result<void> {
          sink.Add(kSize, labels, 1);
          sink.Add(family, 1);
          return {};
        });
        return {};
      });
  CHECK(Joined(report.problems) ==
        "t_size_bytes: labels of another collector\n"
        "t_more was declared in another collector\n");
}

TEST_CASE("the same series twice is told and kept once") {
  const PollReport report =
      PollOnce(kCollected, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        sink.Collect(0, [&]() -> Result<void> {
          const std::string_view ab[] = {"a", "b"}, ba[] = {"b", "a"};
          const std::string_view xy[] = {"x", "y"}, yx[] = {"y", "x"};
          sink.Add(kOpen, sink.MakeLabels(ab, xy), 1);
          sink.Add(kOpen, sink.MakeLabels(ba, yx), 2);
          sink.Add(kPlain, 1);
          return {};
        });
        sink.Collect(1, [&]() -> Result<void> {
          sink.Add(kPlain, 2);
          return {};
        });
        return {};
      });
  CHECK(Joined(report.problems) == "t_open{b=\"y\",a=\"x\"} stands twice\nt_plain stands twice\n");
  CHECK(report.text ==
        "# TYPE t_open gauge\nt_open{a=\"x\",b=\"y\"} 1\n# TYPE t_plain gauge\nt_plain 1\n");
}

TEST_CASE("one name with two types keeps the first") {
  const PollReport report =
      PollOnce(kCollected, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        sink.Collect(0, [&]() -> Result<void> {
          CHECK_FALSE(sink.Declare({.name = "t_plain", .type = MetricType::kCounter}).valid());
          sink.Add(sink.Declare({.name = "t_plain"}), 1);
          return {};
        });
        return {};
      });
  CHECK(report.problems.size() == 1);
  CHECK(report.text == "# TYPE t_plain gauge\nt_plain 1\n");
}

TEST_CASE("a failed poll shows nothing") {
  const PollReport report =
      PollOnce(kLoose, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        sink.Add(kPlain, 1);
        return Error{Reason::kRefused, "connection refused"};
      });
  CHECK(report.reason == Reason::kRefused);
  CHECK(report.text.empty());
}

TEST_CASE("label values and help are escaped and made UTF-8") {
  static constexpr Metric kOdd[] = {
      {.name = "t_odd", .help = "One \\ two\nthree \"four\".", .labels = "l"}};
  const PollReport report = PollOnce({.type = "t", .metrics = kOdd},
                                     [](const Options&, PollContext&, Sink& sink) -> Result<void> {
                                       sink.Add(0, {"a\\b\"c\nd"}, 1);
                                       sink.Add(0, {"gr\xC3\xBC\xC3\x9F \xFFx\xC3"}, 2);
                                       sink.Add(0, {std::string(4095, 'x') + "\xC3\xBC"}, 3);
                                       // Overlong, a surrogate, above U+10FFFF: each byte is
                                       // replaced.
                                       sink.Add(0, {"\xC0\xAF"}, 4);
                                       sink.Add(0, {"\xED\xA0\x80"}, 5);
                                       sink.Add(0, {"\xF4\x90\x80\x80"}, 6);
                                       return {};
                                     });
  const std::string bad = "\xEF\xBF\xBD";
  CHECK(report.problems.empty());
  CHECK(report.text ==
        "# HELP t_odd One \\\\ two\\nthree \"four\".\n"
        "# TYPE t_odd gauge\n"
        "t_odd{l=\"a\\\\b\\\"c\\nd\"} 1\n"
        "t_odd{l=\"gr\xC3\xBC\xC3\x9F " +
            bad + "x" + bad + "\"} 2\nt_odd{l=\"" + std::string(4095, 'x') + "\"} 3\nt_odd{l=\"" +
            bad + bad + "\"} 4\nt_odd{l=\"" + bad + bad + bad + "\"} 5\nt_odd{l=\"" + bad + bad +
            bad + bad + "\"} 6\n");
}

TEST_CASE("numbers are written in full or shortest") {
  const PollReport report =
      PollOnce(kLoose, [](const Options&, PollContext&, Sink& sink) -> Result<void> {
        const double inf = std::numeric_limits<double>::infinity();
        const std::string_view name[] = {"n"};
        int n = 0;
        for (const double value : {1000000.0, -0.0, 0.1, 1e300, -2.5e-9, 9007199254740991.0, inf,
                                   -inf, std::numeric_limits<double>::quiet_NaN()}) {
          const std::string text = std::to_string(n++);
          const std::string_view view[] = {text};
          sink.Add(kOpen, sink.MakeLabels(name, view), value);
        }
        return {};
      });
  CHECK(report.text ==
        "# TYPE t_open gauge\n"
        "t_open{n=\"0\"} 1000000\n"
        "t_open{n=\"1\"} 0\n"
        "t_open{n=\"2\"} 0.1\n"
        "t_open{n=\"3\"} 1e+300\n"
        "t_open{n=\"4\"} -2.5e-09\n"
        "t_open{n=\"5\"} 9007199254740991\n"
        "t_open{n=\"6\"} +Inf\n"
        "t_open{n=\"7\"} -Inf\n"
        "t_open{n=\"8\"} NaN\n");
  CHECK(report.Value("t_open{n=\"4\"}") == -2.5e-9);
  CHECK(std::isnan(*report.Value("t_open{n=\"8\"}")));
  CHECK_FALSE(report.Value("t_open{n=\"9\"}").has_value());
  CHECK_FALSE(report.Value("t_open").has_value());
}
