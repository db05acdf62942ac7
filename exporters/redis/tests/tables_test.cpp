// The tables against the names that dashboards use.
#include "tables.hpp"
#include "info_fields.hpp"

#include "fake_redis.hpp"

#include <pillion/tables.hpp>

#include <doctest/doctest.h>

#include <map>
#include <set>
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

// What a drop-in does not need; the README says why.
const std::set<std::string> kLeftOut = {
    "redis_up",                                  // the host emits it
    "redis_exporter_build_info",                 // its labels describe a Go build
    "redis_target_scrape_request_errors_total",  // counts an endpoint that is not here
    "redis_cluster_<any>",                       // the pattern redis_cluster_*
};

// Only with an option, so not in the peer's default set.
const std::set<std::string> kOptional = {
    "redis_config_key_value",          "redis_config_value", "redis_sentinel_peer_info",
    "redis_total_system_memory_bytes", "redis_cluster_*",
};

}  // namespace

TEST_CASE("every family of the peers' default set is there with its type and labels") {
  std::map<std::string, Family> ours;
  for (const Metric& metric : MetricTable()) {
    ours[std::string(metric.name)] = {NameOf(metric.type), std::string(metric.labels)};
  }
  const auto peers = PeerFamilies();
  CHECK(peers.size() == 269);
  for (const auto& peer : peers) {
    const std::string& name = peer.first;
    const Family& family = peer.second;
    if (kLeftOut.count(name) != 0) continue;
    CAPTURE(name);
    if (ours.count(name) == 0) {  // the pattern takes it
      CHECK(name.starts_with("redis_cluster_stats_messages_"));
      CHECK(family.type == "gauge");
      continue;
    }
    CHECK(ours[name].type == family.type);
    CHECK(ours[name].labels == family.labels);
  }
}

TEST_CASE("no family is there that the peers don't have") {
  const auto peers = PeerFamilies();
  for (const Metric& metric : MetricTable()) {
    CAPTURE(metric.name);
    CHECK(peers.count(std::string(metric.name)) + kOptional.count(std::string(metric.name)) == 1);
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
    const bool self = metric.collector == kExporter;
    CHECK((self || metric.help.find("INFO") != std::string_view::npos ||
           metric.help.find("CONFIG") != std::string_view::npos ||
           metric.help.find("LOG") != std::string_view::npos ||
           metric.help.find("LATENCY") != std::string_view::npos ||
           metric.help.find("SENTINEL") != std::string_view::npos));
  }
  CHECK(MetricTable()[FindInfoField("used_memory")].help ==
        "Bytes that the server has allocated (INFO used_memory).");
  CHECK(MetricTable()[FindInfoField("cluster_size")].help ==
        "Masters that serve slots (CLUSTER INFO cluster_size).");
}
