#include "app/status_report.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace pillion {
namespace {

constexpr size_t kFamiliesShown = 10;  // of each instance

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

// By series, largest first; equal ones by name.
std::vector<FamilyStatus> LargestFamilies(const InstanceState& state) {
  std::vector<FamilyStatus> families;
  for (const CollectorState& collector : state.collectors) {
    if (collector.fragment == nullptr) continue;
    for (const FamilyRange& range : collector.fragment->families) {
      FamilyStatus& family = families.emplace_back();
      family.name = range.family->name;
      for (uint32_t i = range.first; i < range.first + range.count; ++i) {
        family.series += collector.fragment->SeriesOf(range, i);
      }
    }
  }
  std::sort(families.begin(), families.end(), [](const FamilyStatus& a, const FamilyStatus& b) {
    return a.series != b.series ? a.series > b.series : a.name < b.name;
  });
  if (families.size() > kFamiliesShown) families.resize(kFamiliesShown);
  return families;
}

InstanceStatus ToStatus(const InstancePoller& poller) {
  const InstanceState state = poller.State();
  InstanceStatus status;
  status.name = poller.config().SaidName();
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
  status.last_drop = state.last_drop;
  if (state.up()) status.families = LargestFamilies(state);
  return status;
}

}  // namespace

StatusReport MakeStatusReport(const std::vector<std::shared_ptr<InstancePoller>>& pollers,
                              std::string_view version, double started_unix, double now_unix,
                              std::vector<std::string> addresses,
                              std::vector<std::string> left_out) {
  StatusReport report;
  report.version = version;
  report.started_unix = started_unix;
  report.now_unix = now_unix;
  report.addresses = std::move(addresses);
  report.left_out = std::move(left_out);
  for (const auto& poller : pollers) report.instances.push_back(ToStatus(*poller));
  return report;
}

}  // namespace pillion
