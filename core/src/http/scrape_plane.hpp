// ScrapePlane: the asynchronous HTTP listener that the network sees (Boost.Beast).
//
// GET and HEAD of /metrics, /metrics/NAME, /probe, /sd, /-/healthy, /-/ready and a landing page. It
// knows nothing of exporters: it asks a ScrapeHandler and writes what that answers. A request
// that waits for its answer holds no thread; a slow or hostile client costs its own connection.
//
// Threads: one thread of its own runs everything and calls the handler; Start and Stop are called
// by the owner (never from inside the handler), the `done` callbacks may come from any thread, also
// after Stop. The handler must outlive Stop, not longer.
//
// Constructing one raises the process' soft limit of descriptors.
#pragma once

#include "exposition/body.hpp"
#include "http/page_guard.hpp"
#include "http/page_query.hpp"
#include "http/request_rules.hpp"

#include <pillion/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pillion {

struct ScrapeRequest {
  std::string instance;             // empty: all of them merged
  std::optional<ProbeQuery> probe;  // of /probe: in place of an instance
  PageQuery query;
  std::string accept;
  std::string accept_encoding;
  // X-Prometheus-Scrape-Timeout-Seconds, if it is a positive number.
  std::optional<double> timeout_seconds;
};

struct ScrapeAnswer {
  // 404: no such instance or probe, 400: the query names what there is not, 403: a target that may
  // not be asked for, 503: too much is asked for at once, or stopping; `message` says what there
  // is.
  int status = 200;
  BodyPtr body;
  std::string message;
  std::string content_type;  // of the body; empty: that of its format
};

class ScrapeHandler {
 public:
  virtual ~ScrapeHandler() = default;
  // Must return at once; `done` is called exactly once, from any thread, possibly before return.
  virtual void Scrape(ScrapeRequest request, std::function<void(ScrapeAnswer)> done) = 0;
  // Whether the rest of the process makes progress (the HTTP loop itself is watched here).
  virtual bool Healthy() = 0;
  virtual bool Ready() = 0;  // started, and not stopping; never depends on a target
  virtual std::vector<std::string> InstanceNames() = 0;
  // A request ended: for the scrape's own metrics. `path` is one of a fixed few ("/metrics",
  // "/metrics/NAME", "/probe", "/sd", "/-/healthy", "/-/ready", "/", "other"), never the client's
  // text. `status` is 499 if the client was gone before its answer. `format` is empty for other
  // paths. `took` runs from the end of the request's header to the last byte written.
  virtual void Finished(std::string_view path, int status, std::string_view format,
                        std::chrono::nanoseconds took) = 0;
};

struct ScrapePlaneLimits {
  uint32_t connections_max = 0;  // 0: derived from the descriptor limit
  size_t request_header_bytes_max = 16 * 1024;
  std::chrono::seconds handshake_timeout{10};  // of TLS, from the connect on
  // Under way at once; beyond it the one that has taken longest is closed.
  size_t handshakes_max = 64;
  std::chrono::seconds request_timeout{10};      // from the first byte to the end of the header
  std::chrono::seconds idle_timeout{120};        // between requests; scrape intervals fit in
  std::chrono::seconds write_stall_timeout{30};  // no byte taken for this long
  std::chrono::seconds drain_timeout{5};         // at Stop, for answers that are under way
  // Pages that readers hold, each counted once; beyond it the oldest reader is closed. The newest
  // page may be larger than that by itself.
  size_t pinned_body_bytes_max = size_t{64} << 20;
  // The longest time between two beats of the HTTP loop, when nothing is due before.
  std::chrono::milliseconds loop_beat_max{60'000};
  // /-/healthy turns red when a beat came later than this, or is that late.
  std::chrono::milliseconds loop_late_max{5000};
};

struct ScrapePlaneConfig {
  PageGuard* guard = nullptr;              // of `listen`; null: whoever asks is answered, in plain
  std::vector<std::string> listen;         // "host:port", "[v6]:port", "unix:/path"
  std::vector<std::string> health_listen;  // serves only /-/healthy and /-/ready
  std::string version;                     // for the landing page
  ScrapePaths paths;
  ScrapePlaneLimits limits;
};

struct ScrapePlaneStats {
  uint64_t connections = 0;
  uint64_t connections_accepted_total = 0;
  uint64_t connections_closed_at_cap_total = 0;
  uint64_t readers_closed_total = 0;  // too slow for pinned_body_bytes_max
  uint64_t pinned_body_bytes = 0;
  uint64_t accept_pauses_total = 0;      // EMFILE and the like
  uint64_t handshakes_failed_total = 0;  // of TLS; those that took too long among them
  uint64_t requests_refused_total = 0;   // by the guard
};

class ScrapePlane {
 public:
  ScrapePlane(ScrapePlaneConfig config, ScrapeHandler* handler);
  ~ScrapePlane();  // Stop()s
  ScrapePlane(const ScrapePlane&) = delete;
  ScrapePlane& operator=(const ScrapePlane&) = delete;

  // Binds every address and starts the thread. On error nothing runs, and the message names
  // the address and the reason.
  Result<void> Start();
  // The real addresses ("127.0.0.1:40123", "[::]:9970", "unix:/path"), `listen` in its order.
  std::vector<std::string> Addresses() const;
  std::vector<std::string> HealthAddresses() const;
  // Stops accepting, lets answers under way finish (drain_timeout), ends the thread.
  void Stop();
  ScrapePlaneStats Stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pillion
