// Sidecar: the one place where things are wired. Owns everything that `serve` runs.
//
// Threads: created, started and stopped by the main thread.
#pragma once

#include "app/probe_targets.hpp"
#include "app/scrape_service.hpp"
#include "config/config.hpp"
#include "http/admin_plane.hpp"
#include "http/scrape_plane.hpp"
#include "plugin/catalog.hpp"
#include "poll/scheduler.hpp"
#include "self/self_registry.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

class Sidecar {
 public:
  // Of the scrape plane's drain_timeout; then scrapes that wait get what there is.
  static constexpr std::chrono::seconds kAnswerWaitingAfter{3};
  static constexpr std::chrono::seconds kLaneGrace{3};  // for all lanes together, at Stop

  // `guard`: of the pages; may be null.
  Sidecar(std::shared_ptr<const Config> config, PluginCatalog* catalog, std::string_view version,
          std::unique_ptr<PageGuard> guard);
  ~Sidecar();
  Sidecar(const Sidecar&) = delete;
  Sidecar& operator=(const Sidecar&) = delete;

  // Makes the instances and binds the addresses. On error nothing listens.
  Result<void> Start();
  std::vector<std::string> ScrapeAddresses() const { return scrape_plane_->Addresses(); }
  std::vector<std::string> HealthAddresses() const { return scrape_plane_->HealthAddresses(); }
  std::string AdminAddress() const;  // empty: no admin plane
  bool UsesTls() const { return guard_ != nullptr && guard_->UsesTls(); }
  // Finishes answers under way, then ends the lanes. False: a plugin did not return in time;
  // the process must then end without destroying this.
  bool Stop();

 private:
  Pollers AllPollers() const;  // of instances, and of targets that are probed

  const std::shared_ptr<const Config> config_;
  PluginCatalog* const catalog_;
  const std::string version_;
  const Clock* const clock_;
  const double started_unix_;
  const std::unique_ptr<PageGuard> guard_;
  SelfRegistry self_;
  Scheduler scheduler_;
  std::vector<std::shared_ptr<InstancePoller>> pollers_;
  std::unique_ptr<ProbeTargets> probes_;
  std::unique_ptr<ScrapeService> service_;
  std::unique_ptr<ScrapePlane> scrape_plane_;
  std::unique_ptr<AdminPlane> admin_plane_;
};

}  // namespace pillion
