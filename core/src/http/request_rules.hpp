// What the parts of a request mean: its target, its Host, its time-out header. Pure; everything
// here is fed by strangers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

enum class Route { kOther, kLanding, kMetrics, kInstance, kProbe, kSd, kHealthy, kReady };

struct RequestTarget {
  Route route = Route::kOther;
  std::string instance;    // of kInstance, percent-decoded
  std::string_view query;  // behind the question mark, as it came; part of the target
};

// Where pages stand that an operator may want elsewhere.
struct ScrapePaths {
  std::string metrics = "/metrics";  // "/" takes the landing page's place
  std::vector<std::string> health;   // answer as /-/healthy does

  // What stands before an instance's name: that of `metrics`, or "/metrics/" if that is "/".
  std::string InstancePrefix() const { return (metrics == "/" ? "/metrics" : metrics) + "/"; }
};

// Takes origin form ("/metrics?x=y") and absolute form ("http://host/metrics").
RequestTarget ParseRequestTarget(std::string_view target, const ScrapePaths& paths = {});

// Nothing if an escape is broken or stands for a zero byte.
std::optional<std::string> PercentDecode(std::string_view text);

// A fixed text for each route ("/metrics", "/metrics/NAME", ..., "other"): safe as a label value,
// whatever clients ask for.
std::string_view ToString(Route route);

// X-Prometheus-Scrape-Timeout-Seconds: a positive, finite number and nothing else.
std::optional<double> ParseScrapeTimeout(std::string_view text);

// A Host header that can be repeated to others: name, IPv4 or [IPv6], with or without a port.
bool IsValidHost(std::string_view host);

// A Host header that names this machine only: 127.0.0.1, localhost or [::1], with or without a
// port. A browser that was lured by DNS rebinding sends the name of the attacker's site.
bool IsLoopbackHost(std::string_view host);

}  // namespace pillion
