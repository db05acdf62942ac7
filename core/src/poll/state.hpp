// What is known of an instance at one moment: for the host's own families, the status page and
// the log. Plain values, copied out under the poller's lock.
#pragma once

#include "plugin/exporter_type.hpp"
#include "plugin/poll_session.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion {

struct CollectorState {
  bool enabled = false;
  std::chrono::nanoseconds every{0};
  // How often it runs at most because of max_target_load; 0: as often as it is asked for.
  MonoTime stretched{0};
  bool ran = false;
  Reason reason = Reason::kOk;  // of the last run
  std::string message;
  // How long it took; negative: the poll failed before the collector had its turn.
  MonoTime duration{-1};
  double last_success_unix = 0;  // 0: never
  MonoTime ended{0};
  FragmentPtr fragment;  // of the last run if it succeeded

  // In the slow lane and not run yet: neither a success nor a failure.
  bool awaits_first_turn() const { return every.count() > 0 && !ran; }
  bool timed() const { return duration.count() >= 0; }
  bool ok() const { return ran && reason == Reason::kOk; }
};

enum class InstanceCondition { kNotPolled, kUp, kDown, kLate, kStuck };
std::string_view ToString(InstanceCondition condition);

struct InstanceState {
  InstanceCondition condition = InstanceCondition::kNotPolled;
  Reason reason = Reason::kOk;
  std::string message;           // of the last failure
  double last_error_unix = 0;    // 0: never
  double last_success_unix = 0;  // when data was last read; 0: never
  MonoTime poll_duration{0};
  uint64_t polls = 0;
  uint64_t polls_failed = 0;
  uint64_t samples_dropped = 0;
  std::string last_drop;  // what the last poll with drops left out; empty: none did
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<CollectorState> collectors;

  bool up() const { return condition == InstanceCondition::kUp; }
};

}  // namespace pillion
