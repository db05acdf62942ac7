// The tables against the names that dashboards use.
#include "tables.hpp"
#include "info_fields.hpp"

#include "fake_redis.hpp"

#include <pillion/tables.hpp>

#include <doctest/doctest.h>

#include <map>
#include <sstream>
#include <string>

using namespace pillion::redis;
using pillion::Metric;
using pillion::MetricType;
using pillion::redis::testing::Folder;
using pillion::redis::testing::ReadFile;

namespace {

struct Family {
  std::string type;
  std::string labels;
  bool operator==(const Family&) const = default;
};

std::string NameOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter: return "counter";
    case MetricType::kGauge: return "gauge";
    case MetricType::kSummary: return "summary";
    case MetricType::kHistogram: return "histogram";
    default: return "other";
  }
}

std::map<std::string, Family> PeerFamilies() {
  std::map<std::string, Family> families;
  std::istringstream lines(ReadFile(Folder("peer_metrics.tsv")));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    const size_t type = line.find('\t');
    const size_t labels = line.find('\t', type + 1);
    families[line.substr(0, type)] = {line.substr(type + 1, labels - type - 1),
                                      line.substr(labels + 1)};
  }
  return families;
}

// What a drop-in does not have, and why.
const std::map<std::string, std::string> kLeftOut = {
    {"redis_up", "the host emits it"},
    {"redis_exporter_build_info", "its labels describe a Go build"},
    {"redis_target_scrape_request_errors_total", "counts an endpoint of another program"},
    {"redis_cluster_<any>", "is the pattern redis_cluster_*"},
    {"redis_exporter_last_scrape_ping_time_seconds", "no PING is sent: INFO shows the same"},
    {"redis_memory_fragmentation_ratio", "retired by the exporter itself"},
};

// Of the process, not of the server: the sidecar has its own.
bool IsOfProcess(std::string_view name) {
  return name.starts_with("process_") || name.starts_with("go_");
}

// Ours alone.
bool IsOurs(std::string_view name) {
  return name.starts_with("redis_client_group") || name.ends_with("_left_out") ||
         name.find("_scan_") != std::string_view::npos || name == "redis_cluster_*" ||
         name == "redis_info_*" || name == "redis_info_fields_unknown" ||
         name == "redis_exporter_commands_denied" || name.starts_with("redis_target_") ||
         name.starts_with("redis_node") || name.starts_with("redis_big_key_");
}

bool HasCommand(std::string_view help) {
  size_t capitals = 0;
  for (const char c : help) {
    capitals = c >= 'A' && c <= 'Z' ? capitals + 1 : 0;
    if (capitals == 3) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("every family of the peers is there with its type and labels or a reason why not") {
  std::map<std::string, Family> ours;
  for (const Metric& metric : MetricTable()) {
    ours[std::string(metric.name)] = {NameOf(metric.type), std::string(metric.labels)};
  }
  const auto peers = PeerFamilies();
  CHECK(peers.size() == 444);
  size_t same = 0;
  for (const auto& peer : peers) {
    const std::string& name = peer.first;
    const Family& family = peer.second;
    CAPTURE(name);
    if (const auto out = kLeftOut.find(name); out != kLeftOut.end()) {
      MESSAGE(name, " is left out: ", out->second);
      CHECK(ours.count(name) == 0);
      continue;
    }
    if (IsOfProcess(name)) continue;
    if (ours.count(name) == 0) {  // the pattern takes it
      CHECK(name.starts_with("redis_cluster_stats_messages_"));
      CHECK(family.type == "gauge");
      continue;
    }
    CHECK(ours[name].type == family.type);
    CHECK(ours[name].labels == family.labels);
    ++same;
  }
  MESSAGE(same, " of ", peers.size(), " are in the table");
}

TEST_CASE("no family is there that the peers don't have unless it is ours on purpose") {
  const auto peers = PeerFamilies();
  for (const Metric& metric : MetricTable()) {
    CAPTURE(metric.name);
    CHECK(peers.count(std::string(metric.name)) + (IsOurs(metric.name) ? 1 : 0) == 1);
  }
}

TEST_CASE("each field is found and nothing else is") {
  for (size_t i = 0; i < kInfoFieldCount; ++i) {
    CHECK(FindInfoField(kInfoFields[i].field) == i);
    CHECK(FindInfoField(std::string(kInfoFields[i].field) + "x") == kInfoFieldCount);
  }
  CHECK(FindInfoField("") == kInfoFieldCount);
  CHECK(FindInfoField("used_memory_human") == kInfoFieldCount);
}

TEST_CASE("every HELP is a sentence that names its source") {
  for (const Metric& metric : MetricTable()) {
    CAPTURE(metric.name);
    CHECK(metric.help.ends_with("."));
    CHECK(metric.help.size() < 220);
    CHECK((metric.collector == kExporter || HasCommand(metric.help)));
  }
  CHECK(MetricTable()[FindInfoField("used_memory")].help ==
        "Bytes that the server has allocated (INFO used_memory).");
  CHECK(MetricTable()[FindInfoField("cluster_size")].help ==
        "Masters that serve slots (CLUSTER INFO cluster_size).");
}
