#include "app/sidecar.hpp"

#include "app/poller_factory.hpp"
#include "app/status_report.hpp"

#include <algorithm>
#include <utility>

namespace pillion {

Sidecar::Sidecar(std::shared_ptr<const Config> config, PluginCatalog* catalog,
                 std::string_view version, std::unique_ptr<PageGuard> guard)
    : config_(std::move(config)),
      catalog_(catalog),
      version_(version),
      clock_(&SystemClock()),
      started_unix_(clock_->UnixSeconds()),
      guard_(std::move(guard)),
      self_(version),
      scheduler_(clock_) {}

Sidecar::~Sidecar() {
  // The service's thread asks the scrape plane for its numbers; the planes call into the service,
  // which calls into the pollers.
  if (service_ != nullptr) service_->Stop();
  admin_plane_.reset();
  scrape_plane_.reset();
  if (probes_ != nullptr) probes_->Stop(MonoTime(0));  // its thread answers by the service
  service_.reset();
  scheduler_.Stop();  // before the probes go: their timer is its
}

Result<void> Sidecar::Start() {
  for (const InstanceConfig& instance : config_->instances) {
    auto poller = MakePoller(std::make_shared<const InstanceConfig>(instance),
                             {catalog_, &scheduler_, clock_, &self_});
    if (!poller) return poller.error();
    self_.Announce(instance);
    pollers_.push_back(std::move(*poller));
  }
  for (const ProbeConfig& probe : config_->probes) {
    InstanceConfig announced = probe.instance;
    announced.name = probe.InstanceName();
    self_.Announce(announced);
  }
  probes_ = std::make_unique<ProbeTargets>(
      config_->probes,
      [this](std::shared_ptr<const InstanceConfig> instance) {
        return MakePoller(std::move(instance), {catalog_, &scheduler_, clock_, &self_});
      },
      &scheduler_, clock_);
  service_ = std::make_unique<ScrapeService>(config_, pollers_, probes_.get(), &self_, &scheduler_,
                                             clock_);

  ScrapePlaneConfig plane;
  plane.listen = config_->http.listen;
  plane.health_listen = config_->http.health_listen;
  plane.version = version_;
  plane.paths = {config_->http.metrics_path, config_->http.health_paths};
  plane.guard = guard_.get();
  plane.limits.connections_max = config_->http.connections_max;
  plane.limits.pinned_body_bytes_max = config_->http.pinned_body_bytes_max;
  scrape_plane_ = std::make_unique<ScrapePlane>(std::move(plane), service_.get());
  service_->SetConnectionStats([this] { return scrape_plane_->Stats(); });
  if (guard_ != nullptr) {
    service_->SetGuard(guard_.get());
    guard_->Start();
  }
  if (auto started = scrape_plane_->Start(); !started) return started;

  if (!config_->http.admin_listen.empty()) {
    admin_plane_ = std::make_unique<AdminPlane>(config_->http.admin_listen, [this] {
      return MakeStatusReport(AllPollers(), version_, started_unix_, clock_->UnixSeconds(),
                              scrape_plane_->Addresses(), service_->LeftOut());
    });
    if (auto started = admin_plane_->Start(); !started) return started;
  }
  for (const auto& poller : pollers_) poller->Start();
  service_->SetReady(true);
  return {};
}

std::string Sidecar::AdminAddress() const {
  return admin_plane_ == nullptr ? std::string() : admin_plane_->Address();
}

Pollers Sidecar::AllPollers() const {
  Pollers all = probes_->Pollers();
  all.insert(all.begin(), pollers_.begin(), pollers_.end());
  return all;
}

bool Sidecar::Stop() {
  service_->SetReady(false);
  // Scrapes that wait for a silent target are answered while they can still be written.
  const TimerId answer = scheduler_.At(clock_->Now() + kAnswerWaitingAfter, [this] {
    for (const auto& poller : AllPollers()) poller->AnswerWaiting();
  });
  scrape_plane_->Stop();
  scheduler_.Cancel(answer);
  if (admin_plane_ != nullptr) admin_plane_->Stop();
  const MonoTime until = clock_->Now() + kLaneGrace;
  bool ended = true;
  for (const auto& poller : pollers_) {
    ended = poller->Stop(std::max(until - clock_->Now(), MonoTime(0))) && ended;
  }
  ended = probes_->Stop(std::max(until - clock_->Now(), MonoTime(0))) && ended;
  service_->Stop();
  return ended;
}

}  // namespace pillion
