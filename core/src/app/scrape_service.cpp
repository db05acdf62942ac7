#include "app/scrape_service.hpp"

#include "log/log.hpp"
#include "poll/lane.hpp"

#include <malloc.h>

#include <algorithm>
#include <exception>
#include <mutex>

namespace pillion {

using std::chrono::nanoseconds;

std::chrono::nanoseconds ScrapeBudget(nanoseconds own_limit,
                                      std::optional<double> timeout_seconds) {
  // Also keeps nonsense (NaN, negative, a year) out of the arithmetic.
  if (!timeout_seconds || !(*timeout_seconds > 0) || *timeout_seconds > 86'400) return own_limit;
  const auto timeout =
      std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(*timeout_seconds));
  const nanoseconds margin = std::clamp<nanoseconds>(timeout / 20, std::chrono::milliseconds(50),
                                                     std::chrono::milliseconds(500));
  return std::min(own_limit, std::max(timeout - margin, timeout / 2));
}

// One scrape that waits for its instances, or the preparation of one to come.
struct ScrapeService::Gathering {
  ScrapeRequest request;
  std::function<void(ScrapeAnswer)> done;
  bool self = false;  // our own metrics are to be on the page
  std::mutex mutex;
  std::vector<SnapshotPtr> snapshots;  // guarded by mutex until all are there
  size_t missing = 0;                  // guarded by mutex
  bool ahead = false;                  // nobody waits for it yet
  bool polled = false;                 // a poll was started for it; guarded by mutex
};

namespace {

// What tells one page from another: all of the request but how long the scraper waits.
std::string PageKey(const ScrapeRequest& request) {
  std::string key = request.instance;
  if (request.probe) key += '\n' + request.probe->module + '\t' + request.probe->target;
  const PageQuery& query = request.query;
  for (const auto* values :
       {&query.exporters, &query.instances, &query.collect, &query.exclude, &query.names}) {
    key += '\n';
    for (const std::string& value : *values) key += value + '\t';
  }
  return key + '\n' + request.accept + '\n' + request.accept_encoding;
}

int StatusOf(Reason reason) {
  switch (reason) {
    case Reason::kDns: return 404;
    case Reason::kPermission: return 403;
    case Reason::kLimit: return 503;
    default: return 400;
  }
}

}  // namespace

ScrapeService::ScrapeService(std::shared_ptr<const Config> config,
                             std::vector<std::shared_ptr<InstancePoller>> pollers,
                             ProbeTargets* probes, SelfRegistry* self, Scheduler* scheduler,
                             const Clock* clock)
    : config_(std::move(config)),
      pollers_(std::move(pollers)),
      probes_(probes),
      self_(self),
      scheduler_(scheduler),
      clock_(clock),
      exposer_(config_->http.openmetrics, {.series_max = config_->http.page_series_max,
                                           .bytes_max = config_->http.page_bytes_max}),
      own_exposer_(config_->http.openmetrics),
      prefetcher_(scheduler, clock) {}

ScrapeService::~ScrapeService() { Stop(); }

void ScrapeService::Stop() {
  stopped_ = true;
  prefetcher_.Stop();
  render_.Stop();
}

void ScrapeService::Scrape(ScrapeRequest request, std::function<void(ScrapeAnswer)> done) {
  const MonoTime deadline =
      clock_->Now() + ScrapeBudget(config_->http.scrape_timeout, request.timeout_seconds);
  if (stopped_) {
    done({.status = 503, .body = nullptr, .message = "pillion is stopping"});
    return;
  }
  if (!request.probe) return ScrapeFrom(pollers_, std::move(request), deadline, std::move(done));
  const ProbeQuery probe = *request.probe;
  probes_->Find(probe, [this, request = std::move(request), deadline,
                        done = std::move(done)](Result<std::shared_ptr<InstancePoller>> found) {
    if (found) return ScrapeFrom({*std::move(found)}, request, deadline, done);
    done({.status = StatusOf(found.error().reason),
          .body = nullptr,
          .message = found.error().message});
  });
}

Result<PageSelection> ScrapeService::Select(const ScrapeRequest& request,
                                            const Pollers& pollers) const {
  return SelectPage(request, pollers, request.probe ? SelfMetrics::kOff : config_->self);
}

void ScrapeService::ScrapeFrom(const Pollers& there, ScrapeRequest request, MonoTime deadline,
                               std::function<void(ScrapeAnswer)> done) {
  auto selection = Select(request, there);
  if (!selection) {
    done({.status = StatusOf(selection.error().reason),
          .body = nullptr,
          .message = selection.error().message});
    return;
  }
  const Pollers pollers = std::move(selection->pollers);
  NoteArrival(request, pollers);
  auto gathering = Gather(std::move(request), selection->self, pollers.size(), std::move(done));
  if (pollers.empty()) return Complete(gathering);
  for (size_t i = 0; i < pollers.size(); ++i) {
    pollers[i]->Acquire(deadline, [ready = ReadyFor(gathering, pollers, i)](SnapshotPtr shown) {
      ready(std::move(shown), false);
    });
  }
}

std::shared_ptr<ScrapeService::Gathering> ScrapeService::Gather(
    ScrapeRequest request, bool self, size_t instances, std::function<void(ScrapeAnswer)> done) {
  auto gathering = std::make_shared<Gathering>();
  gathering->self = self;
  gathering->request = std::move(request);
  gathering->done = std::move(done);
  gathering->snapshots.resize(instances);
  gathering->missing = instances;
  return gathering;
}

ScrapeService::OnSnapshot ScrapeService::ReadyFor(const std::shared_ptr<Gathering>& gathering,
                                                  const Pollers& pollers, size_t i) {
  return [this, gathering, i, poller = pollers[i]](SnapshotPtr shown, bool polled) {
    SnapshotPtr snapshot = NarrowTo(gathering->request.query, poller->type(), std::move(shown));
    bool last = false;
    {
      const std::lock_guard lock(gathering->mutex);
      gathering->snapshots[i] = std::move(snapshot);
      gathering->polled = gathering->polled || polled;
      last = --gathering->missing == 0;
    }
    if (last) Complete(gathering);
  };
}

void ScrapeService::Complete(const std::shared_ptr<Gathering>& gathering) {
  if (gathering->ahead && !gathering->polled) return gathering->done({});  // nothing is new
  if (AnswerFromRecent(*gathering)) return;
  auto render = [this, gathering] { Render(*gathering); };
  if (Lane::IsThisThread() && IsQuick(gathering->snapshots)) {
    render_.Run(std::move(render));
  } else {
    render_.Post(std::move(render));
  }
}

// What pages took lately does not tell of this one alone: hence its size.
bool ScrapeService::IsQuick(const std::vector<SnapshotPtr>& snapshots) const {
  const nanoseconds usual(render_ns_);  // 0: not known yet
  if (usual.count() == 0 || usual > kRenderOnLaneMax) return false;
  size_t series = 0;
  for (const SnapshotPtr& snapshot : snapshots) {
    for (const FragmentPtr& fragment : snapshot->fragments) series += fragment->series();
  }
  return series <= kRenderOnLaneSeriesMax;
}

void ScrapeService::NoteArrival(const ScrapeRequest& request, const Pollers& pollers) {
  const auto prefetches = [](const auto& poller) { return poller->prefetches(); };
  if (std::none_of(pollers.begin(), pollers.end(), prefetches)) return;
  Prefetcher::Page page;
  // Weak: a probed target goes when nobody asks for it any more.
  std::vector<std::weak_ptr<InstancePoller>> weak(pollers.begin(), pollers.end());
  page.lead = [this, weak = std::move(weak)] {
    MonoTime lead{0};
    for (const auto& poller : weak) {
      if (const auto held = poller.lock()) lead = std::max(lead, held->ExpectedPoll());
    }
    return lead + MonoTime(render_ns_);
  };
  page.prepare = [this, request](MonoTime expected, std::function<void(bool)> done) {
    Prefetch(request, expected, std::move(done));
  };
  prefetcher_.Arrived(PageKey(request), page);
}

// As a scrape, but that nobody waits for the answer: it stays in the exposer, where the scrape that
// comes finds it.
void ScrapeService::Prefetch(const ScrapeRequest& request, MonoTime expected,
                             std::function<void(bool)> done) {
  Pollers there = pollers_;
  if (request.probe) there = {probes_->Present(*request.probe)};
  if (there == Pollers{nullptr}) return done(false);
  auto selection = Select(request, there);
  if (stopped_ || !selection || selection->pollers.empty()) return done(false);
  const Pollers pollers = std::move(selection->pollers);
  auto gathering = Gather(request, selection->self, pollers.size(), nullptr);
  gathering->ahead = true;
  gathering->done = [done = std::move(done), weak = std::weak_ptr(gathering)](ScrapeAnswer) {
    const auto self = weak.lock();
    done(self != nullptr && self->polled);
  };
  for (size_t i = 0; i < pollers.size(); ++i) {
    pollers[i]->Prefetch(expected, ReadyFor(gathering, pollers, i));
  }
}

// Without targets the page is our own metrics alone, which are always new.
bool ScrapeService::AnswerFromRecent(Gathering& gathering) {
  if (gathering.snapshots.empty()) return false;
  auto answer = recent_.Find({gathering.snapshots, gathering.request, gathering.self});
  if (!answer) return false;
  gathering.done(std::move(*answer));
  return true;
}

void ScrapeService::Render(Gathering& gathering) {
  ScrapeAnswer answer;
  try {
    const MonoTime began = clock_->Now();
    RecentAnswers::Key key(gathering.snapshots, gathering.request, gathering.self);
    const bool alone = gathering.snapshots.empty();
    if (gathering.self) {
      gathering.snapshots.push_back(alone ? NewSelfSnapshot() : SelfSnapshot(key.fragments));
    }
    Exposition exposition =
        (alone ? own_exposer_ : exposer_)
            .Expose(gathering.snapshots, gathering.request.accept,
                    gathering.request.accept_encoding, gathering.request.query.names);
    answer.body = std::move(exposition.body);
    answer.content_type = std::move(exposition.content_type);
    if (!alone) recent_.Keep(std::move(key), answer);
    if (exposition.fresh && exposition.drops != nullptr && exposition.drops->total() > 0) {
      self_->Dropped(*exposition.drops);
      LogDrops(*exposition.drops);
    }
    if (exposition.fresh && !alone) {
      // Up at once, down in small steps: a page that is late makes a scrape wait.
      const int64_t before = render_ns_;
      render_ns_ = std::max((clock_->Now() - began).count(), before - before / 16);
      TrimAfter(*answer.body);
    }
  } catch (const std::exception& e) {
    Log(LogLevel::kError, "page could not be made", {{"error", e.what()}});
    answer = {.status = 500, .body = nullptr, .message = "the page could not be made"};
  }
#ifndef NDEBUG
  const BodyPtr body = answer.body;
#endif
  gathering.done(std::move(answer));
#ifndef NDEBUG
  page_check_.Check(body);
#endif
}

// Our own metrics change with every scrape; they are refreshed only when something else on the
// page did, or no body would ever equal the last one and the cache would be for nothing. (Alone
// on their page they are new each time: who looks there looks for what happened just now.)
SnapshotPtr ScrapeService::SelfSnapshot(const std::vector<uint64_t>& others) {
  const MonoTime now = clock_->Now();
  const bool due = now - self_made_ >= kSelfFreshness && others != self_saw_;
  if (self_snapshot_ == nullptr || due) {
    self_snapshot_ = NewSelfSnapshot();
    self_made_ = now;
    self_saw_ = others;
  }
  return self_snapshot_;
}

SnapshotPtr ScrapeService::NewSelfSnapshot() {
  if (connection_stats_) {
    const ScrapePlaneStats stats = connection_stats_();
    self_->Connections({.open = stats.connections,
                        .closed_at_cap_total = stats.connections_closed_at_cap_total,
                        .closed_readers_total = stats.readers_closed_total,
                        .accept_pauses_total = stats.accept_pauses_total,
                        .pinned_body_bytes = stats.pinned_body_bytes});
    if (guard_ != nullptr) {
      const PageGuard::Status status = guard_->status();
      self_->Guarded({.handshakes_failed_total = stats.handshakes_failed_total,
                      .requests_refused_total = stats.requests_refused_total,
                      .last_reload_good = status.last_reload_good,
                      .loaded = status.loaded,
                      .certificate_expires = status.certificate_expires});
    }
  }
  return self_->Snapshot();
}

void ScrapeService::SetGuard(const PageGuard* guard) {
  guard_ = guard;
  self_->AnnounceGuard(guard->UsesTls());
}

std::vector<std::string> ScrapeService::LeftOut() const {
  const std::lock_guard lock(said_mutex_);
  std::vector<std::string> out;
  for (size_t i = 0; i < kDropReasons; ++i) {
    if (said_of_drops_[i].empty()) continue;
    out.push_back(std::string(ToString(static_cast<DropReason>(i))) + ": " + said_of_drops_[i]);
  }
  return out;
}

void ScrapeService::LogDrops(const Drops& drops) {
  const std::lock_guard lock(said_mutex_);
  for (size_t i = 0; i < kDropReasons; ++i) {
    if (drops.count[i] == 0 || said_of_drops_[i] == drops.first[i]) continue;
    said_of_drops_[i] = drops.first[i];
    Log(LogLevel::kWarn, "samples left out of the page",
        {{"reason", std::string(ToString(static_cast<DropReason>(i)))},
         {"count", std::to_string(drops.count[i])},
         {"first", drops.first[i]}});
  }
}

void ScrapeService::TrimAfter(const Body& body) {
  trim_owed_ = trim_owed_ || body.size >= kTrimPageBytes;
  const MonoTime now = clock_->Now();
  if (!trim_owed_ || now - trimmed_ < kTrimEvery) return;
  trim_owed_ = false;
  trimmed_ = now;
  ::malloc_trim(0);
}

bool ScrapeService::Healthy() {
  return !watch_.Stopped(scheduler_->Beat(), Scheduler::BeatClock());
}

std::vector<std::string> ScrapeService::InstanceNames() {
  std::vector<std::string> names;
  for (const auto& poller : pollers_) names.push_back(poller->config().name);
  if (config_->self != SelfMetrics::kOff) names.emplace_back(kSelfName);
  return names;
}

void ScrapeService::Finished(std::string_view, int, std::string_view format, nanoseconds took) {
  if (!format.empty()) self_->ScrapeEnded(format, took);
}

}  // namespace pillion
