// SelfRegistry: the sidecar's own metrics, shown as an instance's snapshot.
//
// Threads: any. Snapshot() asks the kernel four times: call it when other fragments changed, not
// for each scrape.
#pragma once

#include "model/fragment.hpp"
#include "poll/instance_poller.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pillion {

// What the scrape plane counts; totals only rise.
struct ConnectionCounts {
  uint64_t open = 0;
  uint64_t closed_at_cap_total = 0;
  uint64_t closed_readers_total = 0;  // held old pages too long
  uint64_t accept_pauses_total = 0;
  uint64_t pinned_body_bytes = 0;
};

// What guards the pages.
struct GuardCounts {
  uint64_t handshakes_failed_total = 0;
  uint64_t requests_refused_total = 0;
  bool last_reload_good = true;
  int64_t loaded = 0;                          // Unix time
  std::optional<int64_t> certificate_expires;  // Unix time
};

class SelfRegistry final : public PollObserver {
 public:
  explicit SelfRegistry(std::string_view version);
  ~SelfRegistry() override;

  // Makes an instance's series exist with 0 before anything happened.
  void Announce(const InstanceConfig& instance);

  void PollEnded(const InstanceConfig& instance, const PollOutcome& outcome) override;
  void PollLate(const InstanceConfig& instance) override;
  void Prefetched(const InstanceConfig& instance) override;
  void PrefetchUnused(const InstanceConfig& instance) override;
  // What a merged page had to leave out.
  void Dropped(const Drops& drops);
  // A scrape was answered. `format` as in ToString(Format).
  void ScrapeEnded(std::string_view format, MonoTime took);
  void Connections(const ConnectionCounts& counts);
  // Makes the series of the guard exist; without it there are none. Before any snapshot.
  void AnnounceGuard(bool tls);
  void Guarded(const GuardCounts& counts);

  SnapshotPtr Snapshot();

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace pillion
