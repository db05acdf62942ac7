// The status page and its JSON.
#include "http/status_page.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

namespace pillion::test {
namespace {

constexpr double kNow = 1'795'363'200;  // 2026-11-22 16:00:00 UTC

CollectorStatus Collector(const char* name, bool ok) {
  CollectorStatus collector;
  collector.name = name;
  collector.ran = true;
  collector.ok = ok;
  collector.reason = ok ? "ok" : "permission";
  collector.message = ok ? "" : "permission denied for pg_stat_wal: GRANT pg_monitor TO monitor";
  collector.duration_seconds = ok ? 0.0042 : 0.0011;
  collector.last_success_unix = ok ? kNow - 3 : 0;
  collector.series = ok ? 1'234 : 0;
  return collector;
}

// One of each kind: up, up with a failed collector, down, not polled yet.
StatusReport Report() {
  StatusReport report;
  report.version = "0.1.0";
  report.started_unix = kNow - 7'500;
  report.now_unix = kNow;
  report.addresses = {"[::]:9970", "unix:/run/pillion/metrics.sock"};

  report.left_out = {"conflict: up of cache has another type than up of orders_db"};

  InstanceStatus up;
  up.name = "cache";
  up.exporter = "redis";
  up.state = "up";
  up.up = true;
  up.last_success_unix = kNow - 3;
  up.poll_seconds = 0.00081;
  up.series = 309;
  up.polls_total = 12'345;
  up.polls_failed_total = 2;
  up.last_error = "refused: 127.0.0.1:6379: connection refused";
  up.last_error_unix = kNow - 3'000;
  up.facts = {{"server_version", "7.0.15"}, {"role", "master"}};
  report.instances.push_back(up);

  InstanceStatus part = up;
  part.name = "orders_db";
  part.exporter = "postgres";
  part.series = 1'270'506;
  part.samples_dropped_total = 17;
  part.last_error.clear();
  part.facts = {{"server_version", "15.14"}};
  part.collectors = {Collector("stat_database", true), Collector("wal", false)};
  CollectorStatus slow = Collector("stat_user_tables", true);
  slow.every_seconds = 300;
  CollectorStatus off = Collector("locks", true);
  off.enabled = off.ran = false;
  CollectorStatus fresh = Collector("replication", true);
  fresh.ran = false;
  part.collectors.insert(part.collectors.end(), {slow, off, fresh});
  part.families = {{"pg_stat_user_tables_n_live_tup", 1'200'000}, {"pg_settings_<x>", 340}};
  part.last_drop = "limit: pg_stat_user_tables_n_live_tup: 17 of its 1200017 series are over";
  report.instances.push_back(part);

  InstanceStatus waiting;
  waiting.name = "warehouse";
  waiting.exporter = "postgres";
  waiting.state = "not polled yet";
  report.instances.push_back(waiting);

  InstanceStatus down = up;
  down.name = "sessions";
  down.state = "down";
  down.up = false;
  down.last_success_unix = kNow - 400;
  down.polls_failed_total = 27;
  down.last_error = "timeout: 127.0.0.1:6380: no answer by the deadline";
  down.last_error_unix = kNow - 1.2;
  report.instances.push_back(down);
  return report;
}

// Compares with a file of testdata; PILLION_UPDATE_GOLDEN=1 writes it instead.
void CheckGolden(const std::string& name, const std::string& text) {
  const std::string path = std::string(PILLION_SOURCE_DIR) + "/tests/core/http/testdata/" + name;
  if (std::getenv("PILLION_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  std::stringstream golden;
  golden << file.rdbuf();
  CHECK(text == golden.str());
}

size_t Count(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(what, at)) != text.npos; at += what.size()) ++count;
  return count;
}

// Without the style sheet, which a golden file of the page's words need not repeat.
std::string WithoutStyle(const std::string& page) {
  const size_t begin = page.find("<style>");
  const size_t end = page.find("</style>");
  return page.substr(0, begin) + page.substr(end + 8);
}

}  // namespace

TEST_CASE("the status page is as it was agreed") {
  CheckGolden("status.html", WithoutStyle(StatusPageHtml(Report())));
}

TEST_CASE("the status JSON is as it was agreed") {
  CheckGolden("status.json", StatusPageJson(Report()));
}

TEST_CASE("instances that are down stand first") {
  const std::string page = StatusPageHtml(Report());
  const size_t sessions = page.find("<h2>sessions");
  const size_t warehouse = page.find("<h2>warehouse");
  const size_t cache = page.find("<h2>cache");
  const size_t orders = page.find("<h2>orders_db");
  REQUIRE(sessions != page.npos);
  CHECK(sessions < warehouse);
  CHECK(warehouse < cache);
  CHECK(cache < orders);
  CHECK(page.find("2 of 4 not up") != page.npos);
}

TEST_CASE("the page loads nothing and runs nothing") {
  const std::string page = StatusPageHtml(Report());
  CHECK(page.find("<script") == page.npos);
  CHECK(page.find("http:") == page.npos);
  CHECK(page.find("https:") == page.npos);
  CHECK(page.find("url(") == page.npos);
  CHECK(page.find("@import") == page.npos);
  CHECK(page.find("src=") == page.npos);
  CHECK(page.find("prefers-color-scheme: dark") != page.npos);
  CHECK(page.find("http-equiv=\"refresh\" content=\"5\"") != page.npos);
}

TEST_CASE("hostile names reach neither page nor JSON as markup") {
  const std::string evil = "\"'><script>alert(1)</script>&\x01\xff</style>";
  StatusReport report = Report();
  report.version = report.addresses[0] = evil;
  for (InstanceStatus& instance : report.instances) {
    instance.name = instance.exporter = instance.state = instance.last_error = evil;
    instance.facts = {{evil, evil}};
    instance.collectors = {Collector("a", false)};
    instance.collectors[0].name = instance.collectors[0].reason = evil;
    instance.collectors[0].message = evil;
  }
  const std::string page = StatusPageHtml(report);
  CHECK(page.find("<script") == page.npos);
  CHECK(page.find('\x01') == page.npos);
  CHECK(page.find('\xff') == page.npos);
  CHECK(Count(page, "</style>") == 1);
  CHECK(Count(page, "&lt;script&gt;") == Count(page, "&lt;/script&gt;"));
  const std::string json = StatusPageJson(report);
  CHECK(json.find('<') == json.npos);
  CHECK(json.find('\x01') == json.npos);
  CHECK(json.find("\\u003cscript\\u003e") != json.npos);
}

TEST_CASE("an empty report is a page too") {
  StatusReport report;
  const std::string page = StatusPageHtml(report);
  CHECK(page.find("No instances") != page.npos);
  CHECK(page.find("</html>") != page.npos);
  CHECK(StatusPageJson(report) ==
        "{\"version\": \"\", \"started_unix\": 0, \"now_unix\": 0, \"addresses\": [], "
        "\"left_out\": [], "
        "\"instances\": []}\n");
}

TEST_CASE("numbers beyond all reason do no harm") {
  for (const double odd : {-1.0, 1e300, -1e300, std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity()}) {
    CAPTURE(odd);
    StatusReport report = Report();
    report.now_unix = report.started_unix = odd;
    for (InstanceStatus& instance : report.instances) {
      instance.last_success_unix = instance.poll_seconds = instance.last_error_unix = odd;
      instance.series = std::numeric_limits<uint64_t>::max();
      for (CollectorStatus& collector : instance.collectors) {
        collector.duration_seconds = collector.every_seconds = collector.last_success_unix = odd;
      }
    }
    CHECK(StatusPageHtml(report).find("</html>") != std::string::npos);
    CHECK(StatusPageJson(report).find("inf") == std::string::npos);
    CHECK(StatusPageJson(report).find("nan") == std::string::npos);
  }
}

}  // namespace pillion::test
