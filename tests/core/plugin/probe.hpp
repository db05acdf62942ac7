// A plugin behind the real host, whose poll a test writes.
#pragma once

#include "plugin/object.hpp"

#include <pillion/exporter.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace pillion::test {

// What the probe does in Poll is given by the test.
inline std::function<Result<void>(PollContext&, Sink&, const Options&)> script;

class Probe {
 public:
  explicit Probe(const Options& options) : options_(options) {
    if (options.String("mode") == "bad") throw std::runtime_error("mode and limit don't fit");
  }
  Result<void> Poll(PollContext& ctx, Sink& sink) { return script(ctx, sink, options_); }

 private:
  Options options_;
};

inline constexpr Option kOptions[] = {
    {.name = "mode", .default_value = "x"},
    {.name = "password", .flags = PILLION_OPT_SECRET},
    {.name = "names", .type = OptionType::kStringList},
};
inline constexpr Collector kCollectors[] = {{.name = "a", .flags = PILLION_COLLECTOR_REMEMBERED},
                                            {.name = "b"}};
enum { kA, kB };
inline constexpr Metric kMetrics[] = {
    {.name = "probe_a", .help = "A.", .labels = "row", .collector = kA},
    {.name = "probe_b_total", .type = MetricType::kCounter, .help = "B.", .collector = kB},
    {.name = "probe_seconds", .type = MetricType::kHistogram, .help = "H.", .collector = kB},
    {.name = "probe_setting_*", .collector = kA, .flags = PILLION_METRIC_PATTERN},
};

inline ExporterTypePtr ProbeType() {
  static const ExporterInfo info{
      .type = "probe", .options = kOptions, .collectors = kCollectors, .metrics = kMetrics};
  auto type = ExporterType::FromDescriptor(detail::PluginOf<Probe>::Describe(info), "test");
  REQUIRE(type.ok());
  return *type;
}

inline std::shared_ptr<InstanceConfig> ConfigOfProbe() {
  auto config = std::make_shared<InstanceConfig>();
  config->name = "one";
  config->type = "probe";
  config->collectors.resize(2);
  config->labels = {{"team", "x"}};
  return config;
}

inline std::unique_ptr<PluginObject> Make(std::shared_ptr<const InstanceConfig> config,
                                          std::vector<std::string> suffix = {}) {
  const ExporterTypePtr type = ProbeType();
  auto object = PluginObject::Create(type, std::move(config), {type, &type->families()},
                                     std::move(suffix), &SystemClock());
  REQUIRE(object.ok());
  return std::move(*object);
}

inline PollOutcome Run(PluginObject& object, std::vector<bool> due = {true, true},
                       std::chrono::nanoseconds within = std::chrono::seconds(10)) {
  return object.Poll(due, SystemClock().Now() + within);
}

inline std::string Text(const PollOutcome& outcome) {
  std::string text;
  for (const CollectorOutcome& c : outcome.collectors) {
    if (c.fragment == nullptr) continue;
    for (const FamilyRange& range : c.fragment->families) {
      for (uint32_t i = range.first;
           HasSingleValue(range.family->type) && i < range.first + range.count; ++i) {
        text += range.family->name + "{" + std::string(c.fragment->blocks[c.fragment->labels[i]]) +
                "} " + std::to_string(static_cast<int>(c.fragment->values[i])) + "\n";
      }
    }
  }
  return text;
}

inline uint64_t Dropped(const PollOutcome& outcome, DropReason reason) {
  return outcome.drops.count[static_cast<size_t>(reason)];
}

}  // namespace pillion::test
