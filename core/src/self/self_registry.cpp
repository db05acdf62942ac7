#include "self/self_registry.hpp"

#include "plugin/instance.hpp"
#include "self/own_series.hpp"
#include "self/process_stats.hpp"

#include <array>
#include <map>
#include <mutex>
#include <utility>

namespace pillion {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

// Rows of the table below.
enum : uint32_t {
  kBuildInfo,
  kPollFailures,
  kPollLate,
  kPrefetched,
  kPrefetchUnused,
  kDropped,
  kSecretChanges,
  kSecretRefused,
  kSecretAccepted,
  kPollSeconds,
  kScrapeSeconds,
  kConnections,
  kConnectionsClosed,
  kPinnedBytes,
  kAcceptPauses,
  kRequestsRefused,
  kReloadGood,
  kReloadTime,
  kHandshakesFailed,
  kCertificateExpiry,
  kCpuSeconds,
  kResidentBytes,
  kVirtualBytes,
  kOpenFds,
  kMaxFds,
  kStartTime,
};

const std::vector<FamilyRow>& Table() {
  constexpr auto counter = MetricType::kCounter;
  constexpr auto gauge = MetricType::kGauge;
  constexpr auto histogram = MetricType::kHistogram;
  const std::vector<std::string_view> instance = {"exporter", "instance_name"};
  const std::vector<std::string_view> with_reason = {"exporter", "instance_name", "reason"};
  static const std::vector<FamilyRow> table = {
      {"pillion_build_info", "1; the labels say what is running.", gauge, {"version"}},
      {"pillion_poll_failures_total", "Polls that could not read their target.", counter,
       with_reason},
      {"pillion_poll_late_total", "Polls that a scrape was answered without.", counter, instance},
      {"pillion_poll_prefetched_total",
       "Polls that were started ahead of a scrape that comes regularly.", counter, instance},
      {"pillion_poll_prefetch_unused_total", "Polls ahead of a scrape that then did not come.",
       counter, instance},
      {"pillion_samples_dropped_total",
       "Samples left out because they were invalid, doubled or over a bound. Drops on the merged "
       "page have no instance.",
       counter, with_reason},
      {"pillion_secret_changes_total", "New values of secrets that the target accepted.", counter,
       instance},
      {"pillion_secret_refused_total", "Log-ins that the target refused.", counter, instance},
      {"pillion_secret_accepted",
       "0: the target has refused the present secrets. The instance may be up all the same, by a "
       "session that is older than they are.",
       gauge, instance},
      {"pillion_poll_duration_seconds", "How long polls took.", histogram, instance},
      {"pillion_scrape_duration_seconds",
       "From a scrape's request to its last byte.",
       histogram,
       {"format"}},
      {"pillion_http_connections", "Connections open on the scrape plane.", gauge, {}},
      {"pillion_http_connections_closed_total",
       "Connections that had to make room: at the cap of connections, or of the memory that slow "
       "readers of old pages hold.",
       counter,
       {"reason"}},
      {"pillion_http_pinned_body_bytes",
       "Pages that are being written to readers, each counted once.",
       gauge,
       {}},
      {"pillion_http_accept_pauses_total", "Pauses because descriptors ran out.", counter, {}},
      {"pillion_web_requests_refused_total",
       "Requests without the password that the pages ask for, or beyond their rate limit.",
       counter,
       {}},
      {"pillion_web_config_last_reload_successful",
       "0: the files of TLS and users were changed and cannot be used; those before stay.",
       gauge,
       {}},
      {"pillion_web_config_last_reload_success_timestamp_seconds",
       "When the files of TLS and users that are in force were read.",
       gauge,
       {}},
      {"pillion_web_tls_handshakes_failed_total",
       "TLS handshakes of clients that failed, or took too long.",
       counter,
       {}},
      {"pillion_web_certificate_expiry_timestamp_seconds",
       "Until when the certificate of the pages is good, Unix time.",
       gauge,
       {}},
      {"process_cpu_seconds_total", "CPU time of this process, user and system.", counter, {}},
      {"process_resident_memory_bytes", "Resident memory of this process.", gauge, {}},
      {"process_virtual_memory_bytes", "Virtual memory of this process.", gauge, {}},
      {"process_open_fds", "Open file descriptors of this process.", gauge, {}},
      {"process_max_fds", "Limit of open file descriptors.", gauge, {}},
      {"process_start_time_seconds", "When this process started, Unix time.", gauge, {}},
  };
  return table;
}

const Histogram::BucketBoundaries kSecondsBuckets = {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10};

// Raises a counter to a total that something else counts.
void Raise(Counter& counter, double total) {
  if (total > counter.Value()) counter.Increment(total - counter.Value());
}

}  // namespace

struct SelfRegistry::Families {
  struct Instance {
    Instance(OwnSeries& in, const std::string& type_in, const std::string& name_in)
        : type(type_in),
          name(name_in),
          late(in.NewCounter(kPollLate, {type, name})),
          prefetched(in.NewCounter(kPrefetched, {type, name})),
          prefetch_unused(in.NewCounter(kPrefetchUnused, {type, name})),
          secret_changes(in.NewCounter(kSecretChanges, {type, name})),
          secret_refused(in.NewCounter(kSecretRefused, {type, name})),
          secret_accepted(in.NewGauge(kSecretAccepted, {type, name})),
          poll_seconds(in.NewHistogram(kPollSeconds, {type, name}, kSecondsBuckets)) {
      secret_accepted.Set(1);
      for (const Reason reason : kFailureReasons) {
        failures.emplace(reason, in.NewCounter(kPollFailures, {type, name, ToString(reason)}));
      }
    }
    const std::string type, name;
    Counter& late;
    Counter& prefetched;
    Counter& prefetch_unused;
    Counter& secret_changes;
    Counter& secret_refused;
    Gauge& secret_accepted;
    Histogram& poll_seconds;
    std::map<Reason, Counter&> failures;
    std::array<Counter*, kDropReasons> dropped{};  // each from its first drop on
  };

  Instance& Of(const InstanceConfig& instance) {
    const std::lock_guard lock(mutex);
    const auto found = instances.find({instance.type, instance.name});
    if (found != instances.end()) return *found->second;
    auto entry = std::make_unique<Instance>(series, instance.type, instance.name);
    const Key key{entry->type, entry->name};
    return *instances.emplace(key, std::move(entry)).first->second;
  }

  void CountDrops(const Drops& drops, const std::string& type, const std::string& name,
                  std::array<Counter*, kDropReasons>& dropped) {
    for (size_t i = 0; i < kDropReasons; ++i) {
      if (drops.count[i] == 0) continue;
      const std::lock_guard lock(mutex);
      if (dropped[i] == nullptr) {
        const auto reason = ToString(static_cast<DropReason>(i));
        dropped[i] = &series.NewCounter(kDropped, {type, name, reason});
      }
      dropped[i]->Increment(static_cast<double>(drops.count[i]));
    }
  }

  Histogram& ScrapeSeconds(std::string_view format) {
    const std::lock_guard lock(mutex);
    const auto found = scrape_seconds.find(format);
    if (found != scrape_seconds.end()) return *found->second;
    Histogram& made = series.NewHistogram(kScrapeSeconds, {format}, kSecondsBuckets);
    scrape_seconds.emplace(format, &made);
    return made;
  }

  OwnSeries series{Table()};
  Gauge& connections = series.NewGauge(kConnections);
  Counter& closed_at_cap = series.NewCounter(kConnectionsClosed, {"connections"});
  Counter& closed_readers = series.NewCounter(kConnectionsClosed, {"pinned_bodies"});
  Gauge& pinned_bytes = series.NewGauge(kPinnedBytes);
  Counter& accept_pauses = series.NewCounter(kAcceptPauses);
  Counter& cpu = series.NewCounter(kCpuSeconds);
  Gauge& resident = series.NewGauge(kResidentBytes);
  Gauge& virtual_memory = series.NewGauge(kVirtualBytes);
  Gauge& open_fds = series.NewGauge(kOpenFds);
  Gauge& max_fds = series.NewGauge(kMaxFds);

  struct Guard {
    Counter* refused;
    Gauge* reload_good;
    Gauge* loaded;
    Counter* handshakes_failed;  // this and what follows: only with TLS
    Gauge* expires;
  } guard{};

  using Key = std::pair<std::string_view, std::string_view>;  // into the entry's type and name
  std::mutex mutex;  // all below is guarded by it; an entry stays where it is
  std::map<Key, std::unique_ptr<Instance>> instances;
  std::map<std::string, Histogram*, std::less<>> scrape_seconds;  // by format
  std::array<Counter*, kDropReasons> dropped_on_page{};

  std::mutex process_mutex;  // one Snapshot at a time
};

SelfRegistry::SelfRegistry(std::string_view version) : families_(std::make_unique<Families>()) {
  families_->series.NewGauge(kBuildInfo, {version}).Set(1);
  families_->series.NewGauge(kStartTime).Set(ProcessStartUnixSeconds());
}

SelfRegistry::~SelfRegistry() = default;

void SelfRegistry::Announce(const InstanceConfig& instance) { families_->Of(instance); }

void SelfRegistry::PollEnded(const InstanceConfig& instance, const PollOutcome& outcome) {
  Families::Instance& of = families_->Of(instance);
  of.poll_seconds.Observe(std::chrono::duration<double>(outcome.duration).count());
  if (!outcome.ok()) of.failures.at(outcome.reason).Increment();
  if (outcome.secrets.changes > 0) of.secret_changes.Increment(outcome.secrets.changes);
  if (outcome.secrets.refused > 0) of.secret_refused.Increment(outcome.secrets.refused);
  of.secret_accepted.Set(outcome.secrets.accepted ? 1 : 0);
  families_->CountDrops(outcome.drops, of.type, of.name, of.dropped);
}

void SelfRegistry::PollLate(const InstanceConfig& instance) {
  families_->Of(instance).late.Increment();
}

void SelfRegistry::Prefetched(const InstanceConfig& instance) {
  families_->Of(instance).prefetched.Increment();
}

void SelfRegistry::PrefetchUnused(const InstanceConfig& instance) {
  families_->Of(instance).prefetch_unused.Increment();
}

void SelfRegistry::Dropped(const Drops& drops) {
  families_->CountDrops(drops, "", "", families_->dropped_on_page);
}

void SelfRegistry::ScrapeEnded(std::string_view format, MonoTime took) {
  families_->ScrapeSeconds(format).Observe(std::chrono::duration<double>(took).count());
}

void SelfRegistry::Connections(const ConnectionCounts& counts) {
  families_->connections.Set(static_cast<double>(counts.open));
  families_->pinned_bytes.Set(static_cast<double>(counts.pinned_body_bytes));
  Raise(families_->closed_at_cap, static_cast<double>(counts.closed_at_cap_total));
  Raise(families_->closed_readers, static_cast<double>(counts.closed_readers_total));
  Raise(families_->accept_pauses, static_cast<double>(counts.accept_pauses_total));
}

void SelfRegistry::AnnounceGuard(bool tls) {
  OwnSeries& series = families_->series;
  families_->guard = {.refused = &series.NewCounter(kRequestsRefused),
                      .reload_good = &series.NewGauge(kReloadGood),
                      .loaded = &series.NewGauge(kReloadTime),
                      .handshakes_failed = tls ? &series.NewCounter(kHandshakesFailed) : nullptr,
                      .expires = tls ? &series.NewGauge(kCertificateExpiry) : nullptr};
}

void SelfRegistry::Guarded(const GuardCounts& counts) {
  const auto& guard = families_->guard;
  Raise(*guard.refused, static_cast<double>(counts.requests_refused_total));
  guard.reload_good->Set(counts.last_reload_good ? 1 : 0);
  guard.loaded->Set(static_cast<double>(counts.loaded));
  if (guard.expires == nullptr) return;
  Raise(*guard.handshakes_failed, static_cast<double>(counts.handshakes_failed_total));
  guard.expires->Set(static_cast<double>(counts.certificate_expires.value_or(0)));
}

SnapshotPtr SelfRegistry::Snapshot() {
  Families& f = *families_;
  auto snapshot = std::make_shared<pillion::Snapshot>();
  snapshot->instance = "pillion";
  snapshot->exporter = "pillion";
  const std::lock_guard lock(f.process_mutex);
  const ProcessStats stats = ReadProcessStats();
  Raise(f.cpu, stats.cpu_seconds);
  f.resident.Set(stats.resident_bytes);
  f.virtual_memory.Set(stats.virtual_bytes);
  f.open_fds.Set(stats.open_fds);
  f.max_fds.Set(stats.max_fds);
  snapshot->fragments.push_back(f.series.Show());
  return snapshot;
}

}  // namespace pillion
