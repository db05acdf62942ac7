// What a plugin's create may say about its options, and where it is told.
#include "log/log.hpp"
#include "plugin/instance.hpp"
#include "plugin/object.hpp"

#include <pillion/exporter.hpp>

#include <doctest/doctest.h>
#include <unistd.h>

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
  for (const auto& c : PluginObject::Complaints(type, WithMode(mode), &SystemClock())) {
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
  const auto complaints = PluginObject::Complaints(TypeOf(&plugin), WithMode(""), &SystemClock());
  REQUIRE(complaints.size() == pillion_instance::kComplaintsMax);
  CHECK(complaints[0].option.size() == pillion_instance::kComplaintBytesMax);
  CHECK(complaints[0].what.size() == pillion_instance::kComplaintBytesMax);
}
