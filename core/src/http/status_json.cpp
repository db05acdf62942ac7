#include "http/status_page.hpp"
#include "http/text_escape.hpp"

#include <fmt/format.h>

#include <initializer_list>
#include <string_view>

namespace pillion {
namespace {

// "name": value, ... of an object; values are JSON already.
struct Field {
  std::string_view name;
  std::string value;
};

std::string Object(std::initializer_list<Field> fields) {
  std::string json = "{";
  for (const Field& field : fields) {
    if (json.size() > 1) json += ", ";
    json += fmt::format("\"{}\": {}", field.name, field.value);
  }
  return json + "}";
}

template <typename Range, typename ToJson>
std::string Array(const Range& range, ToJson to_json) {
  std::string json = "[";
  for (const auto& item : range) {
    if (json.size() > 1) json += ", ";
    json += to_json(item);
  }
  return json + "]";
}

std::string Bool(bool value) { return value ? "true" : "false"; }
std::string Count(uint64_t value) { return fmt::format("{}", value); }

std::string CollectorJson(const CollectorStatus& collector) {
  return Object({{"name", JsonString(collector.name)},
                 {"enabled", Bool(collector.enabled)},
                 {"every_seconds", JsonNumber(collector.every_seconds)},
                 {"ran", Bool(collector.ran)},
                 {"ok", Bool(collector.ok)},
                 {"reason", JsonString(collector.reason)},
                 {"message", JsonString(collector.message)},
                 {"duration_seconds", JsonNumber(collector.duration_seconds)},
                 {"last_success_unix", JsonNumber(collector.last_success_unix)},
                 {"series", Count(collector.series)}});
}

std::string FamilyJson(const FamilyStatus& family) {
  return Object({{"name", JsonString(family.name)}, {"series", Count(family.series)}});
}

std::string FactsJson(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string json = "{";
  for (const auto& [name, value] : facts) {
    if (json.size() > 1) json += ", ";
    json += fmt::format("{}: {}", JsonString(name), JsonString(value));
  }
  return json + "}";
}

std::string InstanceJson(const InstanceStatus& instance) {
  return Object({{"name", JsonString(instance.name)},
                 {"exporter", JsonString(instance.exporter)},
                 {"state", JsonString(instance.state)},
                 {"up", Bool(instance.up)},
                 {"last_success_unix", JsonNumber(instance.last_success_unix)},
                 {"poll_seconds", JsonNumber(instance.poll_seconds)},
                 {"series", Count(instance.series)},
                 {"polls_total", Count(instance.polls_total)},
                 {"polls_failed_total", Count(instance.polls_failed_total)},
                 {"samples_dropped_total", Count(instance.samples_dropped_total)},
                 {"last_drop", JsonString(instance.last_drop)},
                 {"last_error", JsonString(instance.last_error)},
                 {"last_error_unix", JsonNumber(instance.last_error_unix)},
                 {"facts", FactsJson(instance.facts)},
                 {"collectors", Array(instance.collectors, CollectorJson)},
                 {"largest_families", Array(instance.families, FamilyJson)}});
}

}  // namespace

std::string StatusPageJson(const StatusReport& report) {
  return Object({{"version", JsonString(report.version)},
                 {"started_unix", JsonNumber(report.started_unix)},
                 {"now_unix", JsonNumber(report.now_unix)},
                 {"addresses", Array(report.addresses, JsonString)},
                 {"left_out", Array(report.left_out, JsonString)},
                 {"instances", Array(report.instances, InstanceJson)}}) +
         "\n";
}

}  // namespace pillion
