// The tables against the names that dashboards use.
#include "memcached/tables.hpp"

#include "memcached/answers.hpp"
#include "memcached/tests/fake_memcached.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>

using namespace pillion::memcached;
using namespace pillion::memcached::testing;
using pillion::Metric;
using pillion::MetricType;

namespace {

struct PeerFamily {
  std::string type;
  std::string labels;
};

std::map<std::string, PeerFamily> PeerFamilies() {
  std::map<std::string, PeerFamily> families;
  std::istringstream lines(ReadFile("peer_metrics.tsv"));
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
    {"memcached_up", "the host emits it"},
    {"memcached_exporter_build_info", "its labels describe a Go build"},
    {"memcached_process_cpu_seconds_total", "of /proc: the server's own CPU times are there"},
    {"memcached_process_open_fds", "of /proc"},
    {"memcached_process_max_fds", "of /proc"},
    {"memcached_process_virtual_memory_bytes", "of /proc"},
    {"memcached_process_virtual_memory_max_bytes", "of /proc"},
    {"memcached_process_resident_memory_bytes", "of /proc"},
    {"memcached_process_start_time_seconds", "of /proc"},
};

const std::set<std::string> kOurs = {"memcached_stats_fields_unknown", "memcached_*"};

}  // namespace

TEST_CASE("every family of the peer is there with its type and labels or a reason why not") {
  const auto peers = PeerFamilies();
  CHECK(peers.size() == 103 + 8);
  std::map<std::string, Metric> ours;
  for (const Metric& metric : MetricTable()) {
    CHECK(ours.emplace(metric.name, metric).second);
    CHECK(peers.count(std::string(metric.name)) + kOurs.count(std::string(metric.name)) == 1);
  }
  for (const auto& entry : peers) {
    const std::string& name = entry.first;
    const PeerFamily& peer = entry.second;
    CAPTURE(name);
    if (kLeftOut.count(name) != 0) {
      CHECK(ours.count(name) == 0);
      continue;
    }
    REQUIRE(ours.count(name) == 1);
    CHECK(ours[name].labels == peer.labels);
    CHECK((ours[name].type == MetricType::kCounter) == (peer.type == "counter"));
  }
}

TEST_CASE("each family but the special ones has a field that leads to it") {
  std::set<uint32_t> families;
  for (uint32_t id = 0; id < kCollectorCount; ++id) {
    for (const char* folder : {"memcached_1.6.18", "memcached_1.6.38_extstore"}) {
      const std::string name(CollectorTable()[id].name);
      std::string stats;
      for (std::istringstream lines(ReadFile(std::string(folder) + "/" + name + ".txt"));
           std::getline(lines, stats);) {
        StatCursor at(std::string_view(stats).substr(5));
        const auto stat = at.Next();
        REQUIRE(stat);
        const Place* place = FindPlace(static_cast<CollectorId>(id), stat->field);
        if (place != nullptr) families.insert(place->family);
      }
    }
  }
  size_t unseen = 0;
  for (uint32_t i = 0; i < MetricTable().size(); ++i) {
    const std::string_view name = MetricTable()[i].name;
    if (families.count(i) != 0 || name.starts_with("memcached_proxy_")) continue;
    CAPTURE(name);
    ++unseen;
    CHECK(
        (i == kVersion || i == kUnknown || i == kAny || name == "memcached_slab_temporary_items"));
  }
  CHECK(unseen == 4);
}

TEST_CASE("a field is found with its own command only") {
  REQUIRE(FindPlace(kStats, "reclaimed") != nullptr);
  CHECK(MetricTable()[FindPlace(kStats, "reclaimed")->family].name ==
        "memcached_items_reclaimed_total");
  CHECK(MetricTable()[FindPlace(kItems, "reclaimed")->family].name ==
        "memcached_slab_items_reclaimed_total");
  CHECK(FindPlace(kSettings, "reclaimed") == nullptr);
  CHECK(FindPlace(kStats, "reclaimed_") == nullptr);
  CHECK(FindPlace(kStats, "") == nullptr);
  CHECK(FindPlace(kSlabs, "mem_requested")->family == FindPlace(kItems, "mem_requested")->family);
}

TEST_CASE("every HELP is a sentence") {
  for (const Metric& metric : MetricTable()) {
    CAPTURE(metric.name);
    CHECK(metric.help.ends_with("."));
    CHECK(metric.help.size() < 220);
  }
}
