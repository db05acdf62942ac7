// ScrapeService: answers the scrape plane. The life of a scrape between HTTP and polls: which
// instances, until when, wait for them, add our own metrics, render.
//
// Threads: any.
#pragma once

#include "app/job_thread.hpp"
#include "app/page_check.hpp"
#include "app/page_selection.hpp"
#include "app/poller_factory.hpp"
#include "app/probe_targets.hpp"
#include "app/recent_answers.hpp"
#include "config/config.hpp"
#include "exposition/exposer.hpp"
#include "http/scrape_plane.hpp"
#include "poll/beat_watch.hpp"
#include "poll/instance_poller.hpp"
#include "poll/prefetcher.hpp"
#include "poll/scheduler.hpp"
#include "self/self_registry.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace pillion {

// How long a scrape may take, from its arrival: the own limit, or the scraper's time-out less a
// margin of 5 %, at least 50 and at most 500 ms. Pure.
std::chrono::nanoseconds ScrapeBudget(std::chrono::nanoseconds own_limit,
                                      std::optional<double> timeout_seconds);

class ScrapeService final : public ScrapeHandler {
 public:
  static constexpr std::string_view kSelfName = kSelfInstanceName;
  static constexpr std::chrono::seconds kSelfFreshness{1};  // beside others' metrics
  // Unhealthy: the scheduler was not seen for so long, nor in that time after this was noticed.
  static constexpr std::chrono::seconds kSchedulerLateMax{5}, kSecondLook{2};
  static constexpr size_t kTrimPageBytes = size_t{4} << 20;  // return memory after such pages
  static constexpr std::chrono::seconds kTrimEvery{30};
  // Pages of few series are rendered by the lane whose poll they waited for, if that takes no
  // longer.
  static constexpr std::chrono::milliseconds kRenderOnLaneMax{2};
  static constexpr size_t kRenderOnLaneSeriesMax = 5'000;

  // `probes`: may be null.
  ScrapeService(std::shared_ptr<const Config> config,
                std::vector<std::shared_ptr<InstancePoller>> pollers, ProbeTargets* probes,
                SelfRegistry* self, Scheduler* scheduler, const Clock* clock);
  ~ScrapeService() override;

  void Scrape(ScrapeRequest request, std::function<void(ScrapeAnswer)> done) override;
  bool Healthy() override;
  bool Ready() override { return ready_; }
  std::vector<std::string> InstanceNames() override;
  void Finished(std::string_view path, int status, std::string_view format,
                std::chrono::nanoseconds took) override;

  // Where the connections' own metrics come from. Before the first scrape; must work until Stop.
  void SetConnectionStats(std::function<ScrapePlaneStats()> stats) {
    connection_stats_ = std::move(stats);
  }
  // Whose state is shown among our own metrics. Before the first scrape; must outlive Stop.
  void SetGuard(const PageGuard* guard);
  // What merged pages had to leave out, the last of each reason.
  std::vector<std::string> LeftOut() const;
  Prefetcher::Stats prefetch_stats() const { return prefetcher_.stats(); }
  void SetReady(bool ready) { ready_ = ready; }
  // Ends prefetching and rendering; scrapes that come later are answered 503.
  void Stop();

 private:
  struct Gathering;
  using OnSnapshot = std::function<void(SnapshotPtr, bool polled)>;

  Result<PageSelection> Select(const ScrapeRequest& request, const Pollers& pollers) const;
  void ScrapeFrom(const Pollers& there, ScrapeRequest request, MonoTime deadline,
                  std::function<void(ScrapeAnswer)> done);
  std::shared_ptr<Gathering> Gather(ScrapeRequest request, bool self, size_t instances,
                                    std::function<void(ScrapeAnswer)> done);
  // What instance `i` is to call: the last one to do so has the page made.
  OnSnapshot ReadyFor(const std::shared_ptr<Gathering>& gathering, const Pollers& pollers,
                      size_t i);
  void Complete(const std::shared_ptr<Gathering>& gathering);
  bool IsQuick(const std::vector<SnapshotPtr>& snapshots) const;
  void NoteArrival(const ScrapeRequest& request, const Pollers& pollers);
  void Prefetch(const ScrapeRequest& request, MonoTime expected, std::function<void(bool)> done);
  bool AnswerFromRecent(Gathering& gathering);
  void Render(Gathering& gathering);
  SnapshotPtr SelfSnapshot(const std::vector<uint64_t>& others);  // fragments beside it
  SnapshotPtr NewSelfSnapshot();
  void LogDrops(const Drops& drops);  // names each once while it stays the same
  void TrimAfter(const Body& body);

  const std::shared_ptr<const Config> config_;
  const std::vector<std::shared_ptr<InstancePoller>> pollers_;
  ProbeTargets* const probes_;
  SelfRegistry* const self_;
  Scheduler* const scheduler_;
  const Clock* const clock_;
  std::function<ScrapePlaneStats()> connection_stats_;
  const PageGuard* guard_ = nullptr;
  Exposer exposer_;
  Exposer own_exposer_;  // of our own metrics alone: each page of them would take others' place
  RecentAnswers recent_;
  BeatWatch watch_{kSchedulerLateMax, kSecondLook};
  std::atomic<bool> ready_{false};
  std::atomic<bool> stopped_{false};
  std::atomic<int64_t> render_ns_{0};  // how long new pages took lately

  // Only jobs of render_ touch these.
  SnapshotPtr self_snapshot_;
  std::vector<uint64_t> self_saw_;
  MonoTime self_made_{0};
  MonoTime trimmed_{0};
  bool trim_owed_ = false;  // a large page was made since
#ifndef NDEBUG
  PageCheck page_check_;
#endif

  mutable std::mutex said_mutex_;
  std::array<std::string, kDropReasons> said_of_drops_;  // guarded by said_mutex_

  JobThread render_;       // its jobs use the above
  Prefetcher prefetcher_;  // last: what it prepares uses all of it
};

}  // namespace pillion
