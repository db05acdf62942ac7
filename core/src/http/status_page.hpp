// The status page: a pure function from a report to HTML or JSON.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pillion {

struct CollectorStatus {
  std::string name;
  bool enabled = true;
  double every_seconds = 0;  // 0: with each scrape
  bool ran = false;
  bool ok = false;
  std::string reason;   // "ok", "permission", ...
  std::string message;  // of the last failure; empty after a success
  double duration_seconds = 0;
  double last_success_unix = 0;  // 0: never
  uint64_t series = 0;
};

// One of the largest families.
struct FamilyStatus {
  std::string name;
  uint64_t series = 0;
};

struct InstanceStatus {
  std::string name;
  std::string exporter;
  std::string state;  // "up", "down", "late", "stuck", "not polled yet"
  bool up = false;
  double last_success_unix = 0;  // 0: never
  double poll_seconds = 0;       // how long the last poll took
  uint64_t series = 0;
  uint64_t polls_total = 0;
  uint64_t polls_failed_total = 0;
  uint64_t samples_dropped_total = 0;
  std::string last_error;  // "timeout: no answer by the deadline"; empty if there was none
  double last_error_unix = 0;
  std::vector<std::pair<std::string, std::string>> facts;  // server_version and the like
  std::vector<CollectorStatus> collectors;
  std::vector<FamilyStatus> families;  // the largest, largest first
  std::string last_drop;               // the last sample left out and why; empty: none
};

struct StatusReport {
  std::string version;
  double started_unix = 0;
  double now_unix = 0;
  std::vector<std::string> addresses;
  // What merged pages had to leave out, "conflict: ..."; the last of each reason.
  std::vector<std::string> left_out;
  std::vector<InstanceStatus> instances;
};

// A complete HTML page, self-contained, readable without JavaScript; everything is escaped.
std::string StatusPageHtml(const StatusReport& report);
// The same as JSON, with the field names of these structs.
std::string StatusPageJson(const StatusReport& report);

}  // namespace pillion
