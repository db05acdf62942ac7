// The metric table against the names, types and labels of the peer exporter, as data.
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "postgres/collectors.hpp"
#include "postgres/metrics.hpp"

using namespace pillion;
using namespace pillion::postgres;

namespace {

struct PeerMetric {
  std::string type;
  std::set<std::string> labels;
  std::string collector;
};

std::set<std::string> SplitLabels(std::string_view list) {
  std::set<std::string> labels;
  std::istringstream in{std::string(list)};
  for (std::string label; std::getline(in, label, ',');) labels.insert(label);
  return labels;
}

// Collectors of the peer that are not offered here, and its families for servers before 12.
const std::set<std::string> kNotOffered = {"buffercache_summary", "stat_statements",
                                           "xlog_location", "collector"};
const std::set<std::string> kBefore12 = {"pg_replication_slots_pg_xlog_location_diff",
                                         "pg_stat_replication_pg_xlog_location_diff"};

std::map<std::string, PeerMetric> ReadPeer() {
  std::map<std::string, PeerMetric> peer;
  std::ifstream in(POSTGRES_TESTDATA "/peer_metrics.tsv");
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::vector<std::string> fields;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) fields.push_back(cell);
    REQUIRE(fields.size() >= 5);
    if (kNotOffered.count(fields[3]) || kBefore12.count(fields[0])) continue;
    std::string name = fields[0].starts_with("pg_settings_<") ? "pg_settings_*" : fields[0];
    peer[name] = {fields[1], SplitLabels(fields[2]), fields[3]};
  }
  return peer;
}

std::string TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter: return "counter";
    case MetricType::kGauge: return "gauge";
    case MetricType::kUnknown: return "untyped";
    default: return "other";
  }
}

}  // namespace

TEST_CASE("every family of the peer is there with its type and labels and collector") {
  const auto peer = ReadPeer();
  CHECK(peer.size() > 110);
  std::map<std::string, const Metric*> ours;
  for (const Metric& metric : Metrics()) ours[std::string(metric.name)] = &metric;
  for (const auto& entry : peer) {
    const std::string& name = entry.first;
    const PeerMetric& expected = entry.second;
    CAPTURE(name);
    REQUIRE(ours.count(name) == 1);
    const Metric& metric = *ours[name];
    CHECK(TypeName(metric.type) == expected.type);
    CHECK(SplitLabels(metric.labels) == expected.labels);
    CHECK(kCollectors[metric.collector].name == expected.collector);
  }
}

TEST_CASE("no family has a name that the peer does not know") {
  const auto peer = ReadPeer();
  for (const Metric& metric : Metrics()) {
    CAPTURE(metric.name);
    CHECK(peer.count(std::string(metric.name)) == 1);
  }
}

TEST_CASE("every family says where it comes from") {
  for (const Metric& metric : Metrics()) {
    CAPTURE(metric.name);
    const bool names_source = metric.help.find("pg_") != std::string_view::npos ||
                              metric.help.find("()") != std::string_view::npos ||
                              metric.help.find("restart_lsn") != std::string_view::npos ||
                              metric.help.find("repmgr") != std::string_view::npos;
    CHECK(names_source);
    CHECK(metric.help.ends_with('.'));
  }
}

TEST_CASE("what a drop-in needs is on by default") {
  const std::set<std::string_view> off = {"stat_wal_receiver", "stat_activity_autovacuum",
                                          "statio_user_indexes"};
  for (const Collector& collector : kCollectors) {
    CAPTURE(collector.name);
    CHECK(((collector.flags & PILLION_COLLECTOR_OFF) != 0) == (off.count(collector.name) == 1));
  }
}
