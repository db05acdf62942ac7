// What a plugin's create may say about its options, and where it is told.
#include "log/log.hpp"
#include "plugin/instance.hpp"
#include "plugin/object.hpp"

#include <pillion/exporter.hpp>

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

using namespace pillion;

namespace {

// Says about `mode` what its value asks for.
class Talker {
 public:
  explicit Talker(const Options& options) {
    const std::string_view mode = options.String("mode");
    if (mode == "thrown") throw std::runtime_error("mode and limit don't fit");
    if (mode == "silent") throw std::runtime_error("");
    if (mode == "refused") throw OptionError("mode", "too fast for this road");
    if (mode == "warned") options.Log(PILLION_LOG_WARN, "this mode is old");
    if (mode == "told") options.Log(PILLION_LOG_INFO, "this mode is new");
  }
  Result<void> Poll(PollContext&, Sink&) { return {}; }
};

constexpr Option kOptions[] = {{.name = "mode"}};

ExporterTypePtr TypeOf(const pillion_plugin* plugin) {
  auto type = ExporterType::FromDescriptor(plugin, "test");
  REQUIRE(type.ok());
  return *type;
}

ExporterTypePtr TalkerType() {
  static const ExporterInfo info{.type = "talker", .options = kOptions};
  return TypeOf(detail::PluginOf<Talker>::Describe(info));
}

std::shared_ptr<const InstanceConfig> WithMode(const std::string& mode) {
  auto config = std::make_shared<InstanceConfig>();
  config->name = "one";
  config->type = "talker";
  config->collectors.resize(1);
  OptionValue value;
  value.type = PILLION_OPT_STRING;
  value.text = mode;
  config->options["mode"] = value;
  return config;
}

// "error mode: text\n" for each.
std::string Said(const ExporterTypePtr& type, const std::string& mode) {
  std::string text;
  for (const auto& c : PluginObject::Try(type, WithMode(mode), &SystemClock()).complaints) {
    text += (c.warning ? "warning " : "error ") + c.option + ": " + c.what + "\n";
  }
  return text;
}

std::string CreateError(const ExporterTypePtr& type, const std::string& mode) {
  auto object =
      PluginObject::Create(type, WithMode(mode), {type, &type->families()}, {}, &SystemClock());
  return object ? "" : object.error().message;
}

// What is logged while it lives.
class LogCapture {
 public:
  LogCapture() {
    REQUIRE(::pipe(ends_) == 0);
    SetLogDescriptor(ends_[1]);
  }
  ~LogCapture() {
    SetLogDescriptor(STDERR_FILENO);
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  // All lines so far; there must be no more than a pipe holds.
  std::string Take() {
    const char end = '\0';
    REQUIRE(::write(ends_[1], &end, 1) == 1);
    std::string text(65536, '\0');
    const ssize_t got = ::read(ends_[0], text.data(), text.size());
    REQUIRE(got > 0);
    text.resize(static_cast<size_t>(got) - 1);
    return text;
  }

 private:
  int ends_[2] = {-1, -1};
};

}  // namespace

TEST_CASE("an option that create refuses is told with its name") {
  CHECK(Said(TalkerType(), "refused") == "error mode: too fast for this road\n");
  CHECK(CreateError(TalkerType(), "refused") == "mode: too fast for this road");
}

TEST_CASE("an exception about no option is told about the instance") {
  CHECK(Said(TalkerType(), "thrown") == "error : mode and limit don't fit\n");
  CHECK(CreateError(TalkerType(), "thrown") == "mode and limit don't fit");
}

TEST_CASE("an object that is refused without a text is still an error") {
  CHECK(Said(TalkerType(), "silent") == "error : the exporter refuses it without saying why\n");
  CHECK_FALSE(CreateError(TalkerType(), "silent").empty());
}

TEST_CASE("options that are fine leave nothing to say") {
  CHECK(Said(TalkerType(), "fine") == "");
  CHECK(CreateError(TalkerType(), "fine") == "");
}

TEST_CASE("what create warns of is told once and not logged for each object") {
  LogCapture log;
  CHECK(Said(TalkerType(), "warned") == "warning : this mode is old\n");
  CHECK(CreateError(TalkerType(), "warned") == "");
  CHECK(log.Take() == "");
}

TEST_CASE("what create says below a warning is logged when the object is for use") {
  LogCapture log;
  CHECK(Said(TalkerType(), "told") == "");
  CHECK(log.Take() == "");
  CHECK(CreateError(TalkerType(), "told") == "");
  CHECK(log.Take().find("msg=\"this mode is new\" instance=one") != std::string::npos);
}

TEST_CASE("an object that comes with a refusal is destroyed and several refusals are all told") {
  static int alive = 0;
  static pillion_plugin plugin = TalkerType()->plugin();
  plugin.create = [](const pillion_host* host, pillion_instance* instance,
                     pillion_buffer*) -> void* {
    for (const char* name : {"mode", "other"}) {
      host->refuse_option(instance, ToStr(name), ToStr("no"));
    }
    return &++alive;
  };
  plugin.destroy = [](void*) { --alive; };
  const ExporterTypePtr type = TypeOf(&plugin);
  CHECK(Said(type, "") == "error mode: no\nerror other: no\n");
  CHECK(CreateError(type, "") == "mode: no; other: no");
  CHECK(alive == 0);
}

TEST_CASE("complaints are bounded in number and length") {
  static pillion_plugin plugin = TalkerType()->plugin();
  plugin.create = [](const pillion_host* host, pillion_instance* instance,
                     pillion_buffer*) -> void* {
    const std::string text(100'000, 'x');
    for (int i = 0; i < 1000; ++i) host->refuse_option(instance, ToStr(text), ToStr(text));
    return nullptr;
  };
  const auto complaints =
      PluginObject::Try(TypeOf(&plugin), WithMode(""), &SystemClock()).complaints;
  REQUIRE(complaints.size() == pillion_instance::kComplaintsMax);
  CHECK(complaints[0].option.size() == pillion_instance::kComplaintBytesMax);
  CHECK(complaints[0].what.size() == pillion_instance::kComplaintBytesMax);
}

namespace {

// Adds a collector for each text of `names`.
class Adder {
 public:
  explicit Adder(const Options& options) {
    for (const Record& record : options.Records("part")) {
      if (record.String("name") == "refused") record.Refuse("name", "not this one");
      indices_.push_back(options.AddCollector({.name = record.String("name"),
                                               .help = "A part.",
                                               .default_every = 5'000'000'000,
                                               .default_timeout = 2'000'000'000}));
    }
  }
  Result<void> Poll(PollContext& ctx, Sink& sink) {
    for (const uint32_t index : indices_) {
      if (index == PILLION_NO_COLLECTOR || !ctx.Due(index)) continue;
      sink.Collect(index, [&] {
        const Metric metric{.name = "adder_parts", .help = "x", .collector = index};
        sink.Add(sink.Declare(metric), 1);
        return Result<void>();
      });
    }
    return {};
  }

 private:
  std::vector<uint32_t> indices_;
};

constexpr Option kPartFields[] = {{.name = "name"}};
constexpr Option kAdderOptions[] = {
    {.name = "part", .type = OptionType::kRecords, .fields = kPartFields}};
constexpr Collector kAdderCollectors[] = {{.name = "base"}};

ExporterTypePtr AdderType() {
  static const ExporterInfo info{
      .type = "adder", .options = kAdderOptions, .collectors = kAdderCollectors};
  return TypeOf(detail::PluginOf<Adder>::Describe(info));
}

std::shared_ptr<InstanceConfig> WithParts(const std::vector<std::string>& names) {
  auto config = std::make_shared<InstanceConfig>();
  config->name = "one";
  config->type = "adder";
  config->collectors.resize(1);
  OptionValue value;
  value.type = PILLION_OPT_RECORDS;
  for (const std::string& name : names) {
    OptionValue field;
    field.type = PILLION_OPT_STRING;
    field.text = name;
    value.records.push_back({{"name", field}});
  }
  config->options["part"] = value;
  return config;
}

}  // namespace

TEST_CASE("collectors that create adds follow those of the table and run like them") {
  auto config = WithParts({"a", "b"});
  auto trial = PluginObject::Try(AdderType(), config, &SystemClock());
  CHECK(trial.complaints.empty());
  REQUIRE(trial.collectors.size() == 2);
  CHECK(trial.collectors[1].name == "b");
  CHECK(trial.collectors[1].default_every == 5'000'000'000);
  CHECK(trial.collectors[1].default_timeout == 2'000'000'000);

  const ExporterTypePtr type = AdderType()->WithCollectors(trial.collectors);
  REQUIRE(type->collectors().size() == 3);
  CHECK(type->table_collectors() == 1);
  config->collectors.resize(3);
  auto object =
      PluginObject::Create(type, config, {type, &type->families()}, {"", "", ""}, &SystemClock());
  REQUIRE(object.ok());
  const PollOutcome outcome =
      (*object)->Poll({false, false, true}, SystemClock().Now() + std::chrono::seconds(10));
  CHECK(outcome.ok());
  REQUIRE(outcome.collectors.size() == 1);
  CHECK(outcome.collectors[0].collector == 2);
  CHECK(outcome.collectors[0].fragment->series() == 1);
}

TEST_CASE("the labels of an instance are read like an option") {
  static std::string told;
  static pillion_plugin plugin = TalkerType()->plugin();
  plugin.create = [](const pillion_host* host, pillion_instance* instance,
                     pillion_buffer*) -> void* {
    const Options options(host, instance);
    for (const auto& [name, value] : options.StringMap("labels")) {
      told.append(name).append("=").append(value).append(";");
    }
    return nullptr;
  };
  auto config = std::make_shared<InstanceConfig>(*WithMode(""));
  (void)PluginObject::Try(TypeOf(&plugin), config, &SystemClock());
  CHECK(told.empty());
  config->labels = {{"shop", "north"}, {"server", "db:1"}};
  (void)PluginObject::Try(TypeOf(&plugin), config, &SystemClock());
  CHECK(told == "shop=north;server=db:1;");
}

TEST_CASE("an object that declares other collectors than its type knows goes without them") {
  const ExporterTypePtr type = AdderType()->WithCollectors({{.name = "b"}});
  auto config = WithParts({"a", "b"});
  config->collectors.resize(2);
  auto object =
      PluginObject::Create(type, config, {type, &type->families()}, {"", ""}, &SystemClock());
  REQUIRE(object.ok());
  const PollOutcome outcome =
      (*object)->Poll({true, true}, SystemClock().Now() + std::chrono::seconds(10));
  REQUIRE(outcome.collectors.size() == 1);
  CHECK(outcome.collectors[0].collector == 1);
}

TEST_CASE("collectors that cannot be added are told about") {
  const auto said = [](const std::vector<std::string>& names) {
    const auto trial = PluginObject::Try(AdderType(), WithParts(names), &SystemClock());
    return trial.complaints.empty() ? std::string() : trial.complaints[0].what;
  };
  CHECK(said({"a", "a"}) == "there are two collectors `a`");
  CHECK(said({"base"}) == "there are two collectors `base`");
  CHECK(said({"a b"}) == "a collector that is added needs a name of a-z, A-Z, 0-9 and _");
  CHECK(said({std::string(200, 'x')}).find("needs a name") != std::string::npos);
  CHECK(said(std::vector<std::string>(1)).find("needs a name") != std::string::npos);
  std::vector<std::string> many;
  for (int i = 0; i < 300; ++i) many.push_back("p" + std::to_string(i));
  CHECK(said(many) == "more than 256 collectors are added");
}

TEST_CASE("a refused field of a table is told with the table and the field") {
  const auto trial = PluginObject::Try(AdderType(), WithParts({"a", "refused"}), &SystemClock());
  REQUIRE(trial.complaints.size() == 1);
  CHECK(trial.complaints[0].option == "part");
  CHECK(trial.complaints[0].record == 1);
  CHECK(trial.complaints[0].field == "name");
  CHECK(trial.complaints[0].what == "not this one");
}

namespace {

// Says about its target what `mode` asks for.
class Asker {
 public:
  explicit Asker(const Options& options) : options_(options) {}
  Result<void> Poll(PollContext&, Sink&) { return {}; }
  Result<void> Check(PollContext& ctx) {
    const std::string_view mode = options_.String("mode");
    if (mode == "refused") options_.Refuse("mode", "not known there");
    if (mode == "warned") options_.Log(PILLION_LOG_WARN, "slow there");
    if (mode == "gone") return Error{Reason::kRefused, "nobody listens"};
    if (mode == "thrown") throw std::runtime_error("oh");
    if (ctx.Left() <= std::chrono::seconds(5)) return Error{Reason::kTimeout, "no time"};
    return {};
  }

 private:
  const Options options_;
};

// Has no check.
class Polled {
 public:
  explicit Polled(const Options& options) : options_(options) {}
  Result<void> Poll(PollContext& ctx, Sink&) {
    if (ctx.Due(0)) return Error{Reason::kInternal, "a collector is due"};
    if (options_.String("mode") == "gone") return Error{Reason::kRefused, "nobody listens"};
    return {};
  }

 private:
  const Options options_;
};

std::string SaidOfTarget(const pillion_plugin* plugin, const std::string& mode) {
  const ExporterTypePtr type = TypeOf(plugin);
  auto object =
      PluginObject::Create(type, WithMode(mode), {type, &type->families()}, {}, &SystemClock());
  REQUIRE(object.ok());
  std::string text;
  for (const auto& c : (*object)->CheckTarget(SystemClock().Now() + std::chrono::seconds(60))) {
    text += (c.warning ? "warning " : "error ") + c.option + ": " + c.what + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("an exporter without a check is polled with no collector due") {
  static constexpr Collector kDue[] = {{.name = "a"}};
  static const ExporterInfo info{.type = "polled", .options = kOptions, .collectors = kDue};
  const pillion_plugin* plugin = detail::PluginOf<Polled>::Describe(info);
  CHECK(SaidOfTarget(plugin, "fine") == "");
  CHECK(SaidOfTarget(plugin, "gone") ==
        "error : its target cannot be asked: refused: nobody listens\n");
}

TEST_CASE("what an exporter finds at its target is told as what create finds") {
  static const ExporterInfo info{.type = "talker", .options = kOptions};
  const pillion_plugin* plugin = detail::PluginOf<Asker>::Describe(info);
  CHECK(SaidOfTarget(plugin, "fine") == "");
  CHECK(SaidOfTarget(plugin, "refused") == "error mode: not known there\n");
  CHECK(SaidOfTarget(plugin, "warned") == "warning : slow there\n");
  CHECK(SaidOfTarget(plugin, "gone") ==
        "error : its target cannot be asked: refused: nobody listens\n");
  CHECK(SaidOfTarget(plugin, "thrown") == "error : its target cannot be asked: internal: oh\n");
}

TEST_CASE("an exporter without a check or of an older header has nothing to say") {
  static pillion_plugin older = TalkerType()->plugin();
  CHECK(SaidOfTarget(&older, "refused-later") == "");
  older.check = [](void*, pillion_poll*, pillion_buffer*) -> uint32_t { std::abort(); };
  older.size = offsetof(pillion_plugin, check);
  CHECK(SaidOfTarget(&older, "refused-later") == "");
}
