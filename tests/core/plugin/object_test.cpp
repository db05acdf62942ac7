// The real host behind a plugin's object: what the author's test kit imitates is checked here.
#include "core/plugin/probe.hpp"

#include <doctest/doctest.h>

#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

using namespace pillion;
using namespace pillion::test;
using namespace std::chrono_literals;

TEST_CASE("samples of two collectors become two fragments with the instance's labels") {
  auto object = Make(ConfigOfProbe());
  script = [](PollContext&, Sink& sink, const Options&) -> Result<void> {
    sink.Collect(kA, [&]() -> Result<void> {
      sink.Add(0, {"first"}, 1);
      sink.Add(0, {"second"}, 2);
      return {};
    });
    sink.Collect(kB, [&]() -> Result<void> {
      sink.Add(1, 3);
      return {};
    });
    return {};
  };
  const PollOutcome outcome = Run(*object);
  CHECK(outcome.ok());
  CHECK(outcome.collectors.size() == 2);
  CHECK(Text(outcome) ==
        "probe_a{row=\"first\",team=\"x\"} 1\nprobe_a{row=\"second\",team=\"x\"} 2\n"
        "probe_b_total{team=\"x\"} 3\n");
  CHECK(outcome.drops.total() == 0);
}

TEST_CASE("a collector that fails or throws loses its own samples only") {
  auto object = Make(ConfigOfProbe());
  script = [](PollContext&, Sink& sink, const Options&) -> Result<void> {
    sink.Collect(kA, [&]() -> Result<void> {
      sink.Add(0, {"lost"}, 1);
      throw std::runtime_error("in the middle");
    });
    sink.Collect(kB, [&]() -> Result<void> {
      sink.Add(1, 3);
      return {};
    });
    return {};
  };
  const PollOutcome outcome = Run(*object);
  REQUIRE(outcome.collectors.size() == 2);
  CHECK(outcome.collectors[0].reason == Reason::kInternal);
  CHECK(outcome.collectors[0].message == "in the middle");
  CHECK(Text(outcome) == "probe_b_total{team=\"x\"} 3\n");
}

TEST_CASE("a collector that is not due does not run") {
  auto object = Make(ConfigOfProbe());
  script = [](PollContext&, Sink& sink, const Options&) -> Result<void> {
    sink.Collect(kA, [&]() -> Result<void> {
      FAIL("not due");
      return {};
    });
    sink.Begin(kA);  // a plugin that doesn't ask
    sink.Add(0, {"x"}, 1);
    sink.End({});
    return {};
  };
  const PollOutcome outcome = Run(*object, {false, true});
  CHECK(outcome.collectors.empty());
}

TEST_CASE("samples outside of a collector are refused and counted") {
  auto object = Make(ConfigOfProbe());
  script = [](PollContext&, Sink& sink, const Options&) -> Result<void> {
    sink.Add(1, 1);
    return {};
  };
  CHECK(Dropped(Run(*object), DropReason::kUndeclared) == 1);
}

TEST_CASE("a poll that throws fails as internal with its message") {
  auto object = Make(ConfigOfProbe());
  script = [](PollContext&, Sink&, const Options&) -> Result<void> {
    throw std::runtime_error("bang");
  };
  const PollOutcome outcome = Run(*object);
  CHECK(outcome.reason == Reason::kInternal);
  CHECK(outcome.message == "bang");
}

TEST_CASE("a constructor that throws gives its text") {
  auto config = ConfigOfProbe();
  OptionValue value;
  value.type = PILLION_OPT_STRING;
  value.text = "bad";
  config->options["mode"] = value;
  const ExporterTypePtr type = ProbeType();
  const auto object =
      PluginObject::Create(type, config, {type, &type->families()}, {}, &SystemClock());
  REQUIRE_FALSE(object.ok());
  CHECK(object.error().message == "mode and limit don't fit");
}

TEST_CASE("invalid samples are dropped by reason and the rest is kept") {
  auto object = Make(ConfigOfProbe());
  script = [](PollContext&, Sink& sink, const Options&) -> Result<void> {
    sink.Collect(kA, [&]() -> Result<void> {
      sink.Add(0, {"twice"}, 1);
      sink.Add(0, {"twice"}, 2);
      sink.Add(0, {"too", "many"}, 1);
      sink.Add(99, 1);
      sink.Add(2, 1);  // a value for a histogram
      CHECK_FALSE(sink.Declare({.name = "not\xFFutf8"}).valid());
      return {};
    });
    return {};
  };
  const PollOutcome outcome = Run(*object);
  CHECK(Dropped(outcome, DropReason::kDuplicate) == 1);
  CHECK(Dropped(outcome, DropReason::kLabelMismatch) == 1);
  CHECK(Dropped(outcome, DropReason::kUndeclared) == 1);
  CHECK(Dropped(outcome, DropReason::kWrongType) == 1);
  CHECK(Dropped(outcome, DropReason::kInvalidName) == 1);
  CHECK(Text(outcome) == "probe_a{row=\"twice\",team=\"x\"} 1\n");
}

TEST_CASE("families declared at run time say that they are cached in a slow lane") {
  auto object = Make(ConfigOfProbe(), {" (cached)", ""});
  script = [](PollContext&, Sink& sink, const Options&) -> Result<void> {
    sink.Collect(kA, [&]() -> Result<void> {
      sink.Add(sink.Declare({.name = "probe_setting_x", .help = "X.", .collector = kA}), 1);
      return {};
    });
    return {};
  };
  for (int poll = 0; poll < 2; ++poll) {  // the second finds the family declared before
    const PollOutcome outcome = Run(*object);
    REQUIRE(outcome.collectors.size() == 2 - 1);
    CHECK(outcome.collectors[0].fragment->families[0].family->help == "X. (cached)");
  }
}

TEST_CASE("waiting returns at the deadline and when data is there") {
  auto object = Make(ConfigOfProbe());
  int fds[2];
  REQUIRE(::pipe(fds) == 0);
  script = [&](PollContext& ctx, Sink&, const Options&) -> Result<void> {
    auto waited = ctx.Wait(fds[0], PILLION_READABLE, ctx.Now() + 1ms);
    CHECK_FALSE(waited.ok());
    REQUIRE(::write(fds[1], "x", 1) == 1);
    waited = ctx.Wait(fds[0], PILLION_READABLE);
    REQUIRE(waited.ok());
    CHECK(*waited == PILLION_READABLE);
    char c;
    REQUIRE(::read(fds[0], &c, 1) == 1);
    CHECK(ctx.Left() > 0s);
    return {};
  };
  CHECK(Run(*object, {true, true}, 60s).reason == Reason::kOk);
  script = [&](PollContext& ctx, Sink&, const Options&) -> Result<void> {
    const auto late = ctx.Wait(fds[0], PILLION_READABLE);
    return late.ok() ? Result<void>() : Result<void>(late.error());
  };
  CHECK(Run(*object, {true, true}, 20ms).reason == Reason::kTimeout);
  ::close(fds[0]);
  ::close(fds[1]);
}

TEST_CASE("a collector that is over its own time-out fails alone and the next one has its time") {
  auto config = std::make_shared<InstanceConfig>(*ConfigOfProbe());
  config->collectors[kA].timeout = 10ms;
  auto object = Make(config);
  std::chrono::nanoseconds told[2];
  MonoTime waited{0};
  script = [&](PollContext& ctx, Sink& sink, const Options&) -> Result<void> {
    told[0] = ctx.CollectorTimeout(kA);
    told[1] = ctx.CollectorTimeout(kB);
    sink.Collect(kA, [&]() -> Result<void> {
      const MonoTime began = ctx.Now();
      const auto silent = ctx.Wait(-1, 0, ctx.Deadline());
      waited = ctx.Now() - began;
      return silent.ok() ? Result<void>() : Result<void>(silent.error());
    });
    sink.Collect(kB, [&]() -> Result<void> {
      sink.Add(1, 3);
      return {};
    });
    return {};
  };
  const PollOutcome outcome = Run(*object, {true, true}, 60s);
  CHECK(outcome.ok());
  REQUIRE(outcome.collectors.size() == 2);
  CHECK(outcome.collectors[0].reason == Reason::kTimeout);
  CHECK(outcome.collectors[1].reason == Reason::kOk);
  CHECK(waited >= 10ms + pillion_poll::kCollectorGrace);
  CHECK(waited < 20s);
  CHECK(told[0] == 10ms);
  CHECK(told[1] == 0s);
}

TEST_CASE("waiting on a closed descriptor is an error and not an endless loop") {
  auto object = Make(ConfigOfProbe());
  script = [&](PollContext& ctx, Sink&, const Options&) -> Result<void> {
    CHECK(ctx.Wait(12345, PILLION_READABLE).error().reason == Reason::kInternal);
    return {};
  };
  CHECK(Run(*object).ok());
}

TEST_CASE("a secret is read anew each time and never comes out as an option") {
  char path[] = "/tmp/pillion-secret-XXXXXX";
  const int fd = ::mkstemp(path);
  REQUIRE(fd >= 0);
  ::close(fd);
  std::ofstream(path) << "first\n";
  auto config = ConfigOfProbe();
  OptionValue value;
  value.type = PILLION_OPT_STRING;
  value.secret = Secret(std::string("${file:") + path + "}");
  config->options["password"] = value;
  auto object = Make(config);
  std::string seen;
  script = [&](PollContext&, Sink&, const Options& options) -> Result<void> {
    CHECK(options.String("password").empty());
    CHECK_FALSE(options.IsSet("password"));
    auto secret = options.Secret("password");
    if (!secret) return secret.error();
    seen = secret->view();
    return {};
  };
  CHECK(Run(*object).ok());
  CHECK(seen == "first");
  std::ofstream(path, std::ios::trunc) << std::string(2000, 'k');
  CHECK(Run(*object).ok());
  CHECK(seen == std::string(2000, 'k'));
  std::ofstream(path, std::ios::trunc) << std::string(Secret::kFileBytesMax + 1, 'k');
  CHECK(Run(*object).reason == Reason::kLimit);
  std::filesystem::remove(path);
  const PollOutcome outcome = Run(*object);
  CHECK(outcome.reason == Reason::kAuth);
  CHECK(outcome.message ==
        "secret `password`: cannot read `" + std::string(path) + "`: No such file or directory");
  CHECK(outcome.secrets.refused == 0);
}

TEST_CASE("list options come out item by item") {
  auto config = ConfigOfProbe();
  OptionValue value;
  value.type = PILLION_OPT_STRING_LIST;
  value.list = {"a", "bb"};
  config->options["names"] = value;
  auto object = Make(config);
  script = [&](PollContext&, Sink&, const Options& options) -> Result<void> {
    CHECK(options.StringList("names") == std::vector<std::string_view>{"a", "bb"});
    return {};
  };
  CHECK(Run(*object).ok());
}

TEST_CASE("a poll that leaves a collector open has failed in it") {
  auto object = Make(ConfigOfProbe());
  script = [](PollContext&, Sink& sink, const Options&) -> Result<void> {
    sink.Begin(kA);
    sink.Add(0, {"x"}, 1);
    return {};
  };
  const PollOutcome outcome = Run(*object);
  REQUIRE(outcome.collectors.size() == 1);
  CHECK(outcome.collectors[0].reason == Reason::kInternal);
  CHECK(Text(outcome).empty());
}

TEST_CASE("facts are kept by name and bounded") {
  auto object = Make(ConfigOfProbe());
  script = [](PollContext& ctx, Sink&, const Options&) -> Result<void> {
    ctx.Fact("version", "1");
    ctx.Fact("version", "2");
    for (int i = 0; i < 1000; ++i) ctx.Fact("fact" + std::to_string(i), "x");
    return {};
  };
  const PollOutcome outcome = Run(*object);
  CHECK(outcome.facts.size() == pillion_poll::kFactsMax);
  CHECK(outcome.facts[0].second == "2");
}

TEST_CASE("labels of an earlier collector are refused and not mistaken for others") {
  auto object = Make(ConfigOfProbe());
  script = [](PollContext&, Sink& sink, const Options&) -> Result<void> {
    Labels kept;
    sink.Collect(kA, [&]() -> Result<void> {
      kept = sink.MakeLabels(0, {"first"});
      sink.Add(0, kept, 1);
      return {};
    });
    sink.Begin(kA);
    (void)sink.MakeLabels(0, {"other"});
    sink.Add(0, kept, 2);
    sink.End({});
    return {};
  };
  const PollOutcome outcome = Run(*object);
  CHECK(Dropped(outcome, DropReason::kLabelMismatch) == 1);
  CHECK(Text(outcome) == "probe_a{row=\"first\",team=\"x\"} 1\n");
}

TEST_CASE("a plugin without a collector table may call its one collector by number") {
  struct Tableless {
    explicit Tableless(const Options&) {}
    Result<void> Poll(PollContext&, Sink& sink) {
      sink.Add(0, 1);
      sink.Collect(0, [&]() -> Result<void> {
        sink.Add(1, 2);
        return {};
      });
      sink.Add(2, 3);
      return {};
    }
  };
  static constexpr Metric kThree[] = {{.name = "one"}, {.name = "two"}, {.name = "three"}};
  static const ExporterInfo info{.type = "tableless", .metrics = kThree};
  const auto type = ExporterType::FromDescriptor(detail::PluginOf<Tableless>::Describe(info), "t");
  REQUIRE(type.ok());
  auto config = ConfigOfProbe();
  config->labels.clear();
  auto object =
      PluginObject::Create(*type, config, {*type, &(*type)->families()}, {}, &SystemClock());
  REQUIRE(object.ok());
  const PollOutcome outcome = (*object)->Poll({true}, SystemClock().Now() + 10s);
  CHECK(outcome.collectors.size() == 1);
  CHECK(Text(outcome) == "one{} 1\nthree{} 3\ntwo{} 2\n");
}
