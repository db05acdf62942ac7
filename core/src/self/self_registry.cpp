#include "self/self_registry.hpp"

#include "plugin/instance.hpp"
#include "self/process_stats.hpp"

#include <pillion/prometheus_cpp.hpp>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <mutex>

namespace pillion {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using PromLabels = prometheus::Labels;

const prometheus::Histogram::BucketBoundaries kSecondsBuckets = {0.001, 0.005, 0.02, 0.1,
                                                                 0.5,   2,     10};

PromLabels Of(const InstanceConfig& instance) {
  return {{"exporter", instance.type}, {"instance_name", instance.name}};
}

PromLabels With(PromLabels labels, const std::string& name, std::string_view value) {
  labels.emplace(name, std::string(value));
  return labels;
}

}  // namespace

struct SelfRegistry::Families {
  explicit Families(const Clock* clock_in) : clock(clock_in) {}

  prometheus::Family<Counter>& NewCounter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Gauge& NewGauge(const char* name, const char* help, const PromLabels& labels = {}) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
  }
  prometheus::Family<prometheus::Histogram>& NewHistogram(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }

  // Raises a counter to a total that something else counts.
  static void Raise(Counter& counter, double total) {
    if (total > counter.Value()) counter.Increment(total - counter.Value());
  }

  const Clock* clock;
  prometheus::Registry registry;
  prometheus::Family<Counter>& failures =
      NewCounter("pillion_poll_failures_total", "Polls that could not read their target.");
  prometheus::Family<Counter>& late =
      NewCounter("pillion_poll_late_total", "Polls that a scrape was answered without.");
  prometheus::Family<Counter>& prefetched =
      NewCounter("pillion_poll_prefetched_total",
                 "Polls that were started ahead of a scrape that comes regularly.");
  prometheus::Family<Counter>& prefetch_unused = NewCounter(
      "pillion_poll_prefetch_unused_total", "Polls ahead of a scrape that then did not come.");
  prometheus::Family<Counter>& dropped = NewCounter(
      "pillion_samples_dropped_total",
      "Samples left out because they were invalid, doubled or over a bound. Drops on the merged "
      "page have no instance.");
  prometheus::Family<Counter>& secret_changes =
      NewCounter("pillion_secret_changes_total", "New values of secrets that the target accepted.");
  prometheus::Family<Counter>& secret_refused =
      NewCounter("pillion_secret_refused_total", "Log-ins that the target refused.");
  prometheus::Family<Gauge>& secret_accepted =
      prometheus::BuildGauge()
          .Name("pillion_secret_accepted")
          .Help(
              "0: the target has refused the present secrets. The instance may be up all the same, "
              "by a session that is older than they are.")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& poll_seconds =
      NewHistogram("pillion_poll_duration_seconds", "How long polls took.");
  prometheus::Family<prometheus::Histogram>& scrape_seconds =
      NewHistogram("pillion_scrape_duration_seconds", "From a scrape's request to its last byte.");
  Gauge& connections =
      NewGauge("pillion_http_connections", "Connections open on the scrape plane.");
  prometheus::Family<Counter>& closed =
      NewCounter("pillion_http_connections_closed_total",
                 "Connections that had to make room: at the cap of connections, or of the memory "
                 "that slow readers of old pages hold.");
  Counter& closed_at_cap = closed.Add({{"reason", "connections"}});
  Counter& closed_readers = closed.Add({{"reason", "pinned_bodies"}});
  Gauge& pinned_bytes = NewGauge("pillion_http_pinned_body_bytes",
                                 "Pages that are being written to readers, each counted once.");
  Counter& accept_pauses =
      NewCounter("pillion_http_accept_pauses_total", "Pauses because descriptors ran out.").Add({});
  Counter& cpu =
      NewCounter("process_cpu_seconds_total", "CPU time of this process, user and system.").Add({});
  Gauge& resident = NewGauge("process_resident_memory_bytes", "Resident memory of this process.");
  Gauge& virtual_memory =
      NewGauge("process_virtual_memory_bytes", "Virtual memory of this process.");
  Gauge& open_fds = NewGauge("process_open_fds", "Open file descriptors of this process.");
  Gauge& max_fds = NewGauge("process_max_fds", "Limit of open file descriptors.");
  Gauge& start = NewGauge("process_start_time_seconds", "When this process started, Unix time.");

  struct Guard {
    Counter* refused;
    Gauge* reload_good;
    Gauge* loaded;
    Counter* handshakes_failed;  // this and what follows: only with TLS
    Gauge* expires;
  } guard{};

  std::mutex mutex;  // one Snapshot at a time
  FamilyTable no_table;
  FragmentBuilder builder{&no_table, {}};
  Interrupter interrupter;
};

SelfRegistry::SelfRegistry(std::string_view version, const Clock* clock)
    : families_(std::make_unique<Families>(clock)) {
  families_
      ->NewGauge("pillion_build_info", "1; the labels say what is running.",
                 {{"version", std::string(version)}})
      .Set(1);
  families_->start.Set(ProcessStartUnixSeconds());
}

SelfRegistry::~SelfRegistry() = default;

void SelfRegistry::Announce(const InstanceConfig& instance) {
  for (const Reason reason : kFailureReasons) {
    families_->failures.Add(With(Of(instance), "reason", ToString(reason)));
  }
  families_->late.Add(Of(instance));
  families_->secret_changes.Add(Of(instance));
  families_->secret_refused.Add(Of(instance));
  families_->secret_accepted.Add(Of(instance)).Set(1);
  families_->prefetched.Add(Of(instance));
  families_->prefetch_unused.Add(Of(instance));
  families_->poll_seconds.Add(Of(instance), kSecondsBuckets);
}

void SelfRegistry::PollEnded(const InstanceConfig& instance, const PollOutcome& outcome) {
  const PromLabels labels = Of(instance);
  families_->poll_seconds.Add(labels, kSecondsBuckets)
      .Observe(std::chrono::duration<double>(outcome.duration).count());
  if (!outcome.ok()) {
    families_->failures.Add(With(labels, "reason", ToString(outcome.reason))).Increment();
  }
  const auto count = [&](prometheus::Family<Counter>& family, uint32_t events) {
    if (events > 0) family.Add(labels).Increment(events);
  };
  count(families_->secret_changes, outcome.secrets.changes);
  count(families_->secret_refused, outcome.secrets.refused);
  families_->secret_accepted.Add(labels).Set(outcome.secrets.accepted ? 1 : 0);
  for (size_t i = 0; i < kDropReasons; ++i) {
    if (outcome.drops.count[i] == 0) continue;
    families_->dropped.Add(With(labels, "reason", ToString(static_cast<DropReason>(i))))
        .Increment(static_cast<double>(outcome.drops.count[i]));
  }
}

void SelfRegistry::PollLate(const InstanceConfig& instance) {
  families_->late.Add(Of(instance)).Increment();
}

void SelfRegistry::Prefetched(const InstanceConfig& instance) {
  families_->prefetched.Add(Of(instance)).Increment();
}

void SelfRegistry::PrefetchUnused(const InstanceConfig& instance) {
  families_->prefetch_unused.Add(Of(instance)).Increment();
}

void SelfRegistry::Dropped(const Drops& drops) {
  for (size_t i = 0; i < kDropReasons; ++i) {
    if (drops.count[i] == 0) continue;
    families_->dropped
        .Add({{"exporter", ""},
              {"instance_name", ""},
              {"reason", std::string(ToString(static_cast<DropReason>(i)))}})
        .Increment(static_cast<double>(drops.count[i]));
  }
}

void SelfRegistry::ScrapeEnded(std::string_view format, MonoTime took) {
  families_->scrape_seconds.Add({{"format", std::string(format)}}, kSecondsBuckets)
      .Observe(std::chrono::duration<double>(took).count());
}

void SelfRegistry::Connections(const ConnectionCounts& counts) {
  families_->connections.Set(static_cast<double>(counts.open));
  families_->pinned_bytes.Set(static_cast<double>(counts.pinned_body_bytes));
  Families::Raise(families_->closed_at_cap, static_cast<double>(counts.closed_at_cap_total));
  Families::Raise(families_->closed_readers, static_cast<double>(counts.closed_readers_total));
  Families::Raise(families_->accept_pauses, static_cast<double>(counts.accept_pauses_total));
}

void SelfRegistry::AnnounceGuard(bool tls) {
  Families& f = *families_;
  f.guard = {
      .refused = &f.NewCounter("pillion_web_requests_refused_total",
                               "Requests without the password that the pages ask for, or beyond "
                               "their rate limit.")
                      .Add({}),
      .reload_good = &f.NewGauge(
          "pillion_web_config_last_reload_successful",
          "0: the files of TLS and users were changed and cannot be used; those before stay."),
      .loaded = &f.NewGauge("pillion_web_config_last_reload_success_timestamp_seconds",
                            "When the files of TLS and users that are in force were read."),
      .handshakes_failed = nullptr,
      .expires = nullptr};
  if (!tls) return;
  f.guard.handshakes_failed =
      &f.NewCounter("pillion_web_tls_handshakes_failed_total",
                    "TLS handshakes of clients that failed, or took too long.")
           .Add({});
  f.guard.expires = &f.NewGauge("pillion_web_certificate_expiry_timestamp_seconds",
                                "Until when the certificate of the pages is good, Unix time.");
}

void SelfRegistry::Guarded(const GuardCounts& counts) {
  const auto& guard = families_->guard;
  Families::Raise(*guard.refused, static_cast<double>(counts.requests_refused_total));
  guard.reload_good->Set(counts.last_reload_good ? 1 : 0);
  guard.loaded->Set(static_cast<double>(counts.loaded));
  if (guard.expires == nullptr) return;
  Families::Raise(*guard.handshakes_failed, static_cast<double>(counts.handshakes_failed_total));
  guard.expires->Set(static_cast<double>(counts.certificate_expires.value_or(0)));
}

SnapshotPtr SelfRegistry::Snapshot() {
  Families& f = *families_;
  const std::lock_guard lock(f.mutex);
  const ProcessStats stats = ReadProcessStats();
  Families::Raise(f.cpu, stats.cpu_seconds);
  f.resident.Set(stats.resident_bytes);
  f.virtual_memory.Set(stats.virtual_bytes);
  f.open_fds.Set(stats.open_fds);
  f.max_fds.Set(stats.max_fds);

  const std::vector<bool> due = {true};
  f.builder.Reset();
  pillion_poll poll(f.clock, &f.builder, &f.interrupter, &due, /*implicit_collector_in=*/true,
                    f.clock->Now());
  poll.open = 0;
  Sink sink(&HostTable(), &poll);
  AddCollectable(sink, f.registry);
  auto snapshot = std::make_shared<pillion::Snapshot>();
  snapshot->instance = "pillion";
  snapshot->exporter = "pillion";
  snapshot->fragments.push_back(f.builder.Build(Fragment::kHost));
  return snapshot;
}

}  // namespace pillion
