#include "core/config/fake_exporter.hpp"

namespace pillion::testing {
namespace {

template <typename Wide, typename T>
void Widen(const T* narrow, size_t count, std::vector<Wide>& wide) {
  for (size_t i = 0; i < count; ++i) {
    Wide entry{narrow[i], {~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}}};
    entry.base.size = sizeof entry;
    wide.push_back(entry);
  }
}

constexpr Option kQueryFields[] = {
    {.name = "name", .flags = PILLION_OPT_REQUIRED},
    {.name = "sql", .flags = PILLION_OPT_REQUIRED},
    {.name = "labels", .type = OptionType::kStringList},
    {.name = "values", .type = OptionType::kStringMap, .choices = "gauge,counter"},
    {.name = "every", .type = OptionType::kDuration, .minimum = 0.01, .maximum = 86400},
    {.name = "run_on", .default_value = "any", .choices = "primary,replica,any"},
};

std::vector<Option> FakeOptions() {
  return {
      {.name = "address", .default_value = "127.0.0.1:1", .flags = PILLION_OPT_ADDRESS},
      {.name = "password", .flags = PILLION_OPT_SECRET},
      {.name = "mode", .default_value = "fast", .choices = "fast,slow,careful"},
      {.name = "tls", .type = OptionType::kBool, .default_value = "false"},
      {.name = "port", .type = OptionType::kInt, .minimum = 1, .maximum = 65535},
      {.name = "ratio",
       .type = OptionType::kFloat,
       .default_value = "0.5",
       .minimum = 0,
       .maximum = 1},
      {.name = "lock_timeout",
       .type = OptionType::kDuration,
       .default_value = "500ms",
       .minimum = 0.01,
       .maximum = 60},
      {.name = "reply_bytes",
       .type = OptionType::kSize,
       .default_value = "16MiB",
       .minimum = 1024,
       .maximum = 1073741824},
      {.name = "databases", .type = OptionType::kStringList},
      {.name = "sections",
       .type = OptionType::kStringList,
       .default_value = R"(["one", "two"])",
       .choices = "one,two,three"},
      {.name = "plain_list", .type = OptionType::kStringList, .default_value = "x,y"},
      {.name = "query", .type = OptionType::kRecords, .maximum = 3, .fields = kQueryFields},
  };
}

std::vector<Collector> FakeCollectors() {
  return {
      {.name = "base"},
      {.name = "sizes", .flags = PILLION_COLLECTOR_OFF, .default_every = 300'000'000'000},
      {.name = "keys"},
  };
}

}  // namespace

FakeExporter::FakeExporter(std::string_view type, std::vector<Option> options,
                           std::vector<Collector> collectors, std::vector<Metric> metrics)
    : tables_(options, collectors, metrics) {
  plugin_.size = sizeof plugin_;
  plugin_.abi_version = PILLION_ABI_VERSION;
  plugin_.type = ToStr(type);
  tables_.Describe(plugin_);
  Widen(plugin_.options, plugin_.option_count, options_);
  Widen(plugin_.collectors, plugin_.collector_count, collectors_);
  Widen(plugin_.metrics, plugin_.metric_count, metrics_);
  plugin_.options = options_.empty() ? nullptr : &options_[0].base;
  plugin_.collectors = collectors_.empty() ? nullptr : &collectors_[0].base;
  plugin_.metrics = metrics_.empty() ? nullptr : &metrics_[0].base;
}

const FakeExporter& Fake() {
  static const FakeExporter fake(
      "fake", FakeOptions(), FakeCollectors(),
      {{.name = "fake_rows", .labels = "datname"}, {.name = "fake_locks", .labels = "mode,state"}});
  return fake;
}

DescriptorLookup FakeLookup() {
  static const FakeExporter strict(
      "strict",
      {{.name = "dsn", .flags = PILLION_OPT_ADDRESS | PILLION_OPT_SECRET | PILLION_OPT_REQUIRED},
       {.name = "realm", .flags = PILLION_OPT_REQUIRED},
       {.name = "zone", .default_value = "here", .flags = PILLION_OPT_REQUIRED}});
  static const FakeExporter plain("plain", {});
  static const FakeExporter broken("broken", {{.name = "port",
                                               .type = OptionType::kInt,
                                               .default_value = "0",
                                               .minimum = 1,
                                               .maximum = 9}});
  return [](std::string_view type) -> Result<const pillion_plugin*> {
    for (const FakeExporter* exporter : {&Fake(), &strict, &plain, &broken}) {
      if (type == ToView(exporter->plugin().type)) return &exporter->plugin();
    }
    return Error{Reason::kInternal, "no such exporter; there are fake, plain, strict"};
  };
}

ConfigResult Load(const std::vector<ConfigText>& texts, const World& world) {
  ConfigSource source;
  source.exporters = world.exporters;
  source.flags = world.flags;
  source.known_types = kFakeTypes;
  const Outside outside{
      [&](const char* name) -> const char* {
        const auto at = world.variables.find(name);
        return at == world.variables.end() ? nullptr : at->second.c_str();
      },
      [&](const std::string& path) -> Result<std::string> {
        const auto at = world.files.find(path);
        if (at == world.files.end()) return Error{Reason::kInternal, "cannot read `" + path + "`"};
        return at->second;
      },
  };
  return BuildConfig(texts, source, FakeLookup(), outside, world.check);
}

std::string Text(const ConfigResult& result) {
  std::string text;
  for (const ConfigProblem& problem : result.problems) {
    text += (problem.warning ? "warning: " : "") + problem.text + "\n";
  }
  return text;
}

}  // namespace pillion::testing
