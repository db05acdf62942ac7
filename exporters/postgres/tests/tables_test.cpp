// The metric table against the names, types and labels of the peer exporter, as data.
#include <doctest/doctest.h>

#include <fnmatch.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "postgres/aliases.hpp"
#include "postgres/collectors.hpp"
#include "postgres/metrics.hpp"

using namespace pillion;
using namespace pillion::postgres;

namespace {

struct PeerMetric {
  std::string name;
  std::string type;
  std::set<std::string> labels;
  std::string collector;
};

std::vector<std::string> Split(std::string_view list, char separator) {
  std::vector<std::string> parts;
  std::istringstream in{std::string(list)};
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

std::set<std::string> LabelSet(std::string_view list) {
  const auto labels = Split(list, ',');
  return {labels.begin(), labels.end()};
}

std::vector<std::vector<std::string>> ReadLines(const char* file) {
  std::vector<std::vector<std::string>> lines;
  std::ifstream in(std::string(POSTGRES_TESTDATA "/") + file);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] != '#') lines.push_back(Split(line, '\t'));
  }
  return lines;
}

std::vector<PeerMetric> ReadPeer() {
  std::vector<PeerMetric> peer;
  for (const auto& fields : ReadLines("peer_metrics.tsv")) {
    REQUIRE(fields.size() >= 5);
    if (fields[0] == "name") continue;
    peer.push_back({fields[0], fields[1], LabelSet(fields[2]), fields[3]});
  }
  return peer;
}

std::string TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter: return "counter";
    case MetricType::kGauge: return "gauge";
    case MetricType::kUnknown: return "untyped";
    case MetricType::kHistogram: return "histogram";
    default: return "other";
  }
}

const Metric* FindMetric(std::string_view name) {
  for (const Metric& metric : Metrics()) {
    if (metric.name == name) return &metric;
  }
  return nullptr;
}

const Alias* FindAlias(std::string_view name) {
  for (const Alias& alias : Aliases()) {
    if (alias.name == name) return &alias;
  }
  return nullptr;
}

void CheckMetric(const Metric& metric, const PeerMetric& expected) {
  CHECK(TypeName(metric.type) == expected.type);
  // Left over from 0.11, which put it everywhere; newer ones have it on these few.
  auto labels = expected.labels;
  if (labels.erase("server") != 0) MESSAGE(metric.name << ": label `server` with compat only");
  CHECK(LabelSet(metric.labels) == labels);
  if (expected.collector != "legacy") {
    CHECK(kCollectors[metric.collector].name == expected.collector);
  }
}

void CheckAlias(const Alias& alias, const PeerMetric& expected) {
  CHECK(expected.collector == "retired");
  CHECK(TypeName(alias.type) == expected.type);
  auto labels = LabelSet(alias.labels);
  if (alias.profiles & (kProfile09 | kProfile011)) labels.insert("server");
  CHECK(labels == expected.labels);
}

}  // namespace

TEST_CASE("every family of the peer is there with its type and labels or has a reason not to be") {
  const auto exceptions = ReadLines("peer_exceptions.tsv");
  std::set<std::string> used;
  size_t metrics = 0;
  size_t aliases = 0;
  for (const PeerMetric& expected : ReadPeer()) {
    CAPTURE(expected.name);
    if (const Metric* metric = FindMetric(expected.name)) {
      CheckMetric(*metric, expected);
      ++metrics;
      continue;
    }
    if (const Alias* alias = FindAlias(expected.name)) {
      CheckAlias(*alias, expected);
      ++aliases;
      continue;
    }
    bool has_reason = false;
    for (const auto& exception : exceptions) {
      if (fnmatch(exception[0].c_str(), expected.name.c_str(), 0) != 0) continue;
      MESSAGE(expected.name << ": " << exception.at(1));
      used.insert(exception[0]);
      has_reason = true;
    }
    CHECK(has_reason);
  }
  MESSAGE(metrics << " families, " << aliases << " retired names");
  CHECK(metrics > 120);
  CHECK(aliases > 50);
  CHECK(used.size() == exceptions.size());
}

TEST_CASE("a family that the peer does not know is named by convention") {
  std::set<std::string> peer;
  for (const PeerMetric& metric : ReadPeer()) peer.insert(metric.name);
  for (const Metric& metric : Metrics()) {
    CAPTURE(metric.name);
    if (peer.count(std::string(metric.name)) != 0 || metric.name == "pg_settings_*") continue;
    CHECK(metric.name.starts_with("pg_"));
    CHECK(metric.name.ends_with("_total") == (metric.type == MetricType::kCounter));
    for (const char* bad : {"_count", "_sum", "_bucket", "_info_info"}) {
      CHECK_FALSE(metric.name.ends_with(bad));
    }
  }
}

TEST_CASE("every family says where it comes from") {
  for (const Metric& metric : Metrics()) {
    CAPTURE(metric.name);
    if (metric.collector == kExporter) continue;  // from nowhere else
    const bool names_source = metric.help.find("pg_") != std::string_view::npos ||
                              metric.help.find("()") != std::string_view::npos ||
                              metric.help.find("restart_lsn") != std::string_view::npos ||
                              metric.help.find("repmgr") != std::string_view::npos;
    CHECK(names_source);
    CHECK(metric.help.ends_with('.'));
  }
}

TEST_CASE("what a drop-in needs is on by default") {
  const std::set<std::string_view> off = {"stat_wal_receiver",
                                          "stat_activity_autovacuum",
                                          "statio_user_indexes",
                                          "process_idle",
                                          "buffercache_summary",
                                          "stat_statements",
                                          "stat_user_indexes",
                                          "invalid_indexes",
                                          "table_wraparound",
                                          "sequences",
                                          "bloat"};
  for (const Collector& collector : kCollectors) {
    CAPTURE(collector.name);
    CHECK(((collector.flags & PILLION_COLLECTOR_OFF) != 0) == (off.count(collector.name) == 1));
  }
}
