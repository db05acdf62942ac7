#include "app/commands.hpp"
#include "app/poller_factory.hpp"
#include "app/setup.hpp"
#include "exposition/exposer.hpp"
#include "poll/scheduler.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <future>

namespace pillion {
namespace {

// Once is once: collectors with `every` are polled too, on the same lane.
std::shared_ptr<const InstanceConfig> OnOneLane(InstanceConfig config,
                                                std::chrono::nanoseconds timeout) {
  for (CollectorConfig& collector : config.collectors) collector.every = {};
  config.timeout = timeout;
  return std::make_shared<const InstanceConfig>(std::move(config));
}

// All polls run at once; each ends by its own timeout.
std::vector<SnapshotPtr> PollAll(const std::vector<std::shared_ptr<InstancePoller>>& pollers,
                                 MonoTime deadline) {
  std::vector<std::promise<SnapshotPtr>> promises(pollers.size());
  for (size_t i = 0; i < pollers.size(); ++i) {
    pollers[i]->Acquire(deadline,
                        [&promise = promises[i]](SnapshotPtr s) { promise.set_value(s); });
  }
  std::vector<SnapshotPtr> snapshots;
  for (auto& promise : promises) snapshots.push_back(promise.get_future().get());
  return snapshots;
}

// While it lives a target that goes away is an error of that write, not the end of the process.
class PipeSignalIgnored {
 public:
  PipeSignalIgnored() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  PipeSignalIgnored(const PipeSignalIgnored&) = delete;
  PipeSignalIgnored& operator=(const PipeSignalIgnored&) = delete;
  // What would have happened without it.
  void RaiseAfterAll() const {
    std::signal(SIGPIPE, before_);
    std::raise(SIGPIPE);
  }

 private:
  void (*const before_)(int);
};

std::string Names(const Config& config) {
  std::string names;
  for (const InstanceConfig& instance : config.instances) {
    names.append(names.empty() ? ": " : ", ").append(instance.name);
  }
  return names.empty() ? " none" : names;
}

void Print(const Body& body, const PipeSignalIgnored& pipe_signal) {
  bool written = true;
  for (const std::string& chunk : body.chunks) {
    written = written && std::fwrite(chunk.data(), 1, chunk.size(), stdout) == chunk.size();
  }
  written = written && std::fflush(stdout) == 0;
  // Whoever reads our output has had enough: end as any filter does.
  if (!written && errno == EPIPE) pipe_signal.RaiseAfterAll();
}

// What the page lacks, as `serve` would log it.
void TellDrops(const Arguments& arguments,
               const std::vector<std::shared_ptr<InstancePoller>>& pollers, const Drops& merge) {
  const auto tell = [&](const std::string& where, uint64_t count, const std::string& first) {
    if (count == 0) return;
    Tell(arguments, LogLevel::kWarn,
         where + std::to_string(count) + " samples are left out; the first: " + first);
  };
  for (const auto& poller : pollers) {
    const InstanceState state = poller->State();
    tell(poller->config().name + ": ", state.samples_dropped, state.last_drop);
  }
  tell("the merged page: ", merge.total(), merge.Summary());
}

std::string_view AcceptOf(std::string_view format) {
  if (format == "openmetrics") return "application/openmetrics-text;version=1.0.0";
  if (format == "text") return "text/plain";
  return "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
         "encoding=delimited";
}

}  // namespace

int Scrape(const Arguments& arguments) {
  const PipeSignalIgnored pipe_signal;
  const auto catalog = MakeCatalog(arguments);
  const auto config = ReadConfig(arguments, *catalog, [&](const InstanceConfig& instance) {
    return CheckInstance(instance, *catalog);
  });
  if (config == nullptr) return kExitUsage;
  const std::chrono::nanoseconds timeout = *ParseDuration(arguments.timeout);  // was checked there
  PollObserver observer;
  Scheduler scheduler(&SystemClock());
  std::vector<std::shared_ptr<InstancePoller>> pollers;
  for (const InstanceConfig& instance : config->instances) {
    if (!arguments.instance.empty() && instance.name != arguments.instance) continue;
    auto poller =
        MakePoller(OnOneLane(instance, timeout),
                   {catalog.get(), &scheduler, &SystemClock(), &observer, /*one_lane=*/true});
    if (!poller) {
      Tell(arguments, LogLevel::kError, poller.error().message);
      return kExitUsage;
    }
    pollers.push_back(std::move(*poller));
  }
  if (pollers.empty()) {
    Tell(arguments, LogLevel::kError,
         arguments.instance.empty()
             ? "nothing to scrape: no instance is configured; give --config or --exporter"
             : "--instance: no instance is called so; there are" + Names(*config));
    return kExitUsage;
  }
  ApplyLog(*config);
  const MonoTime deadline = SystemClock().Now() + timeout + InstancePoller::kInterruptGrace * 2;
  const std::vector<SnapshotPtr> snapshots = PollAll(pollers, deadline);
  Exposer exposer(OpenMetricsMode::kAlways, {.series_max = config->http.page_series_max,
                                             .bytes_max = config->http.page_bytes_max});
  const Exposition page = exposer.Expose(snapshots, AcceptOf(arguments.format), "identity");
  TellDrops(arguments, pollers, *page.drops);
  Print(*page.body, pipe_signal);
  bool all_up = true, ended = true;
  for (const auto& poller : pollers) {
    all_up = all_up && poller->State().up();
    ended = poller->Stop(std::chrono::seconds(1)) && ended;
  }
  const int exit_code = all_up && std::ferror(stdout) == 0 ? kExitOk : kExitFailed;
  if (!ended) ::_exit(exit_code);  // a plugin hangs: its thread cannot be joined
  return exit_code;
}

}  // namespace pillion
