// The tables that describe an exporter: its options, collectors and metrics.
//
// Declare them as constexpr arrays. They are the one truth: validation of the configuration,
// `pillion describe`, the README's tables and the checks on every sample come from them.
//
//   constexpr Option kOptions[] = {
//       {.name = "address", .default_value = "127.0.0.1:6379", .help = "host:port",
//        .flags = PILLION_OPT_ADDRESS},
//   };
//   constexpr Metric kMetrics[] = {
//       {.name = "demo_requests_total", .type = MetricType::kCounter,
//        .help = "Requests served (field `requests`).", .labels = "method,code"},
//   };
//
// All strings must live as long as the process (literals do). Labels are comma separated; names
// that hold a comma need a family declared at run time.
#pragma once

#include <pillion/plugin.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion {

enum class OptionType : uint32_t {
  kString = PILLION_OPT_STRING,
  kBool = PILLION_OPT_BOOL,
  kInt = PILLION_OPT_INT,
  kFloat = PILLION_OPT_FLOAT,
  kDuration = PILLION_OPT_DURATION,  // "500ms", "1s", "5m"
  kSize = PILLION_OPT_SIZE,          // "64KiB", "16MiB"
  kStringList = PILLION_OPT_STRING_LIST,
  kStringMap = PILLION_OPT_STRING_MAP,  // { open = "gauge" }
  kRecords = PILLION_OPT_RECORDS,       // [[exporters.NAME.OPTION]], with `fields`
};

enum class MetricType : uint32_t {
  kCounter = PILLION_TYPE_COUNTER,
  kGauge = PILLION_TYPE_GAUGE,
  kUnknown = PILLION_TYPE_UNKNOWN,
  kHistogram = PILLION_TYPE_HISTOGRAM,
  kGaugeHistogram = PILLION_TYPE_GAUGE_HISTOGRAM,
  kSummary = PILLION_TYPE_SUMMARY,
  kInfo = PILLION_TYPE_INFO,
  kStateSet = PILLION_TYPE_STATESET,
};

struct Option;

// The keys of a record: a constexpr array of options.
struct Fields {
  const Option* first = nullptr;
  size_t count = 0;

  constexpr Fields() = default;
  template <size_t N>
  constexpr Fields(const Option (&fields)[N]) : first(fields), count(N) {}
};

struct Option {
  std::string_view name;
  OptionType type = OptionType::kString;
  std::string_view default_value = {};  // as written in TOML, strings without quotes
  std::string_view help = {};
  uint32_t flags = 0;  // PILLION_OPT_*
  double minimum = 0;  // numbers, seconds, bytes, how many records; no range if both are 0
  double maximum = 0;
  std::string_view choices = {};  // comma separated; empty: any
  Fields fields = {};             // of kRecords
};

struct Collector {
  std::string_view name;
  std::string_view help = {};
  uint32_t flags = 0;            // PILLION_COLLECTOR_*: _OFF, _REMEMBERED
  uint64_t default_every = 0;    // ns; 0: with each scrape
  uint64_t default_timeout = 0;  // ns; 0: the instance's
};

struct Metric {
  std::string_view name;  // best of [a-zA-Z0-9_:]; other UTF-8 is possible, see plugin.h
  MetricType type = MetricType::kGauge;
  std::string_view help = {};
  std::string_view labels = {};  // comma separated
  uint32_t collector = 0;        // index into the collector table
  std::string_view unit = {};
  std::string_view since = {};  // first target version that has it
  uint32_t flags = 0;           // PILLION_METRIC_*: _PATTERN, _OPEN_LABELS, _OVERFLOW
};

constexpr pillion_str ToStr(std::string_view text) { return {text.data(), text.size()}; }
constexpr std::string_view ToView(pillion_str text) {
  return text.size == 0 ? std::string_view{} : std::string_view{text.data, text.size};
}

namespace detail {

inline std::vector<pillion_str> SplitNames(std::string_view list) {
  std::vector<pillion_str> names;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    names.push_back(ToStr(list.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return names;
}

inline pillion_metric ToC(const Metric& metric, const std::vector<pillion_str>& labels) {
  pillion_metric out{};
  out.size = sizeof out;
  out.name = ToStr(metric.name);
  out.unit = ToStr(metric.unit);
  out.help = ToStr(metric.help);
  out.since = ToStr(metric.since);
  out.labels = labels.data();
  out.label_count = labels.size();
  out.type = static_cast<uint32_t>(metric.type);
  out.flags = metric.flags;
  out.collector = metric.collector;
  return out;
}

inline pillion_collector ToC(const Collector& collector) {
  pillion_collector out{};
  out.size = sizeof out;
  out.name = ToStr(collector.name);
  out.help = ToStr(collector.help);
  out.flags = collector.flags;
  out.default_every = collector.default_every;
  out.default_timeout = collector.default_timeout;
  return out;
}

// The C form of the tables. Built once, on the first call of a plugin's entry function.
class TablesInC {
 public:
  TablesInC(std::span<const Option> options, std::span<const Collector> collectors,
            std::span<const Metric> metrics) {
    for (const Option& option : options) options_.push_back(Add(option));
    for (const Collector& collector : collectors) collectors_.push_back(ToC(collector));
    for (const Metric& metric : metrics) {
      metrics_.push_back(ToC(metric, lists_.emplace_back(SplitNames(metric.labels))));
    }
  }

  void Describe(pillion_plugin& plugin) const {
    plugin.options = options_.data();
    plugin.option_count = options_.size();
    plugin.collectors = collectors_.data();
    plugin.collector_count = collectors_.size();
    plugin.metrics = metrics_.data();
    plugin.metric_count = metrics_.size();
  }

 private:
  pillion_option Add(const Option& option) {
    const auto& choices = lists_.emplace_back(SplitNames(option.choices));
    pillion_option out{};
    out.size = sizeof out;
    out.name = ToStr(option.name);
    out.type = static_cast<uint32_t>(option.type);
    out.flags = option.flags;
    out.default_value = ToStr(option.default_value);
    out.help = ToStr(option.help);
    out.minimum = option.minimum;
    out.maximum = option.maximum;
    out.choices = choices.empty() ? nullptr : choices.data();
    out.choice_count = choices.size();
    if (option.fields.count == 0) return out;
    std::vector<pillion_option> fields;
    for (size_t i = 0; i < option.fields.count; ++i) fields.push_back(Add(option.fields.first[i]));
    out.fields = fields_.emplace_back(std::move(fields)).data();
    out.field_count = option.fields.count;
    return out;
  }

  // The C structs point into both: their elements stay where they are.
  std::deque<std::vector<pillion_str>> lists_;
  std::deque<std::vector<pillion_option>> fields_;
  std::vector<pillion_option> options_;
  std::vector<pillion_collector> collectors_;
  std::vector<pillion_metric> metrics_;
};

}  // namespace detail
}  // namespace pillion
