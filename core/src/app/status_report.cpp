#include "app/status_report.hpp"

namespace pillion {
namespace {

double Seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

CollectorStatus ToStatus(const CollectorInfo& info, const CollectorState& state) {
  CollectorStatus status;
  status.name = info.name;
  status.enabled = state.enabled;
  status.every_seconds = Seconds(state.every);
  status.ran = state.ran;
  status.ok = state.ok();
  status.reason = state.ran ? std::string(ToString(state.reason)) : "";
  status.message = state.message;
  status.duration_seconds = state.timed() ? Seconds(state.duration) : 0;
  status.last_success_unix = state.last_success_unix;
  status.series = state.fragment == nullptr ? 0 : state.fragment->series();
  return status;
}

InstanceStatus ToStatus(const InstancePoller& poller) {
  const InstanceState state = poller.State();
  InstanceStatus status;
  status.name = poller.config().name;
  status.exporter = poller.config().type;
  status.state = ToString(state.condition);
  status.up = state.up();
  status.last_success_unix = state.last_success_unix;
  status.poll_seconds = Seconds(state.poll_duration);
  status.polls_total = state.polls;
  status.polls_failed_total = state.polls_failed;
  status.samples_dropped_total = state.samples_dropped;
  if (state.last_error_unix > 0) {
    const bool named = state.reason != Reason::kOk;
    status.last_error = (named ? std::string(ToString(state.reason)) + ": " : "") + state.message;
  }
  status.last_error_unix = state.last_error_unix;
  status.facts = state.facts;
  for (size_t i = 0; i < state.collectors.size(); ++i) {
    status.collectors.push_back(ToStatus(poller.type().collectors()[i], state.collectors[i]));
    if (state.up()) status.series += status.collectors.back().series;
  }
  return status;
}

}  // namespace

StatusReport MakeStatusReport(const std::vector<std::shared_ptr<InstancePoller>>& pollers,
                              std::string_view version, double started_unix, double now_unix,
                              std::vector<std::string> addresses) {
  StatusReport report;
  report.version = version;
  report.started_unix = started_unix;
  report.now_unix = now_unix;
  report.addresses = std::move(addresses);
  for (const auto& poller : pollers) report.instances.push_back(ToStatus(*poller));
  return report;
}

}  // namespace pillion
