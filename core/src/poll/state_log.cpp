#include "poll/state_log.hpp"

#include "log/log.hpp"

namespace pillion {

std::string_view ToString(InstanceCondition condition) {
  switch (condition) {
    case InstanceCondition::kNotPolled: return "not polled yet";
    case InstanceCondition::kUp: return "up";
    case InstanceCondition::kDown: return "down";
    case InstanceCondition::kLate: return "late";
    case InstanceCondition::kStuck: return "stuck";
  }
  return "internal";
}

StateLog::StateLog(ExporterTypePtr type, std::shared_ptr<const InstanceConfig> config,
                   const Clock* clock)
    : type_(std::move(type)),
      config_(std::move(config)),
      clock_(clock),
      collectors_(type_->collectors().size()),
      drops_(kDropReasons),
      slow_drops_(kDropReasons) {}

void StateLog::PollEnded(const InstanceState& state, const PollOutcome& outcome,
                         const std::vector<bool>& due, bool decides_up) {
  if (decides_up && outcome.ok()) {
    Up();
  } else if (decides_up) {
    Down(ToString(outcome.reason), outcome.message);
  }
  // When the target as a whole was named, its collectors are not named as well.
  for (size_t i = 0; i < state.collectors.size() && (outcome.ok() || !decides_up); ++i) {
    if (due[i]) LogCollector(i, state.collectors[i]);
  }
  LogDrops(outcome.drops, decides_up ? drops_ : slow_drops_);
}

void StateLog::Up() {
  if (instance_.Worked(clock_->Now()) == News::kNone) return;
  if (instance_.failures() <= 1) {
    Log(LogLevel::kInfo, "instance is up",
        {{"instance", config_->SaidName()}, {"exporter", config_->type}});
  } else {
    Log(LogLevel::kInfo, "instance is up",
        {{"instance", config_->SaidName()},
         {"exporter", config_->type},
         {"failed_polls", std::to_string(instance_.failures())}});
  }
}

void StateLog::Down(std::string_view reason, const std::string& message) {
  // The reason decides whether it is news: messages hold ports, times and counts that change.
  const News news = instance_.Failed(reason, clock_->Now());
  if (news == News::kReminder) return Remind(reason);
  if (news == News::kNone) return;
  Log(LogLevel::kError, "instance is down",
      {{"instance", config_->SaidName()},
       {"exporter", config_->type},
       {"reason", std::string(reason)},
       {"error", message}});
}

void StateLog::Remind(std::string_view reason) {
  Log(LogLevel::kError, "instance is still down",
      {{"instance", config_->SaidName()},
       {"exporter", config_->type},
       {"reason", std::string(reason)},
       {"failed_polls", std::to_string(instance_.failures())}});
}

void StateLog::LogCollector(size_t index, const CollectorState& state) {
  const std::string& name = type_->collectors()[index].name;
  NewsGate& collector = collectors_[index];
  if (state.reason == Reason::kOk) {
    if (collector.told_nothing() || collector.Worked(clock_->Now()) == News::kNone) return;
    Log(LogLevel::kInfo, "collector works again",
        {{"instance", config_->SaidName()}, {"collector", name}});
    return;
  }
  if (instance_.told_failure()) return;  // the target was named already
  const std::string reason(ToString(state.reason));
  switch (collector.Failed(reason, clock_->Now())) {
    case News::kNone: break;
    case News::kChange:
      Log(LogLevel::kWarn, "collector failed",
          {{"instance", config_->SaidName()},
           {"collector", name},
           {"reason", reason},
           {"error", state.message}});
      break;
    case News::kReminder:
      Log(LogLevel::kWarn, "collector still fails",
          {{"instance", config_->SaidName()},
           {"collector", name},
           {"reason", reason},
           {"failures", std::to_string(collector.failures())}});
      break;
  }
}

void StateLog::LogDrops(const Drops& drops, std::vector<SaidDrop>& said) {
  const MonoTime now = clock_->Now();
  for (size_t i = 0; i < kDropReasons; ++i) {
    if (drops.count[i] == 0) {
      said[i].first.clear();
      continue;
    }
    // The sample that is named may be another one each time.
    if (said[i].first == drops.first[i] || now < said[i].not_before) continue;
    said[i] = {drops.first[i], now + NewsGate::kWindow};
    Log(LogLevel::kWarn, "samples dropped",
        {{"instance", config_->SaidName()},
         {"reason", std::string(ToString(static_cast<DropReason>(i)))},
         {"count", std::to_string(drops.count[i])},
         {"first", drops.first[i]}});
  }
}

void StateLog::Late() {
  // Each poll of a target that hangs is late and then fails: once it is known to be down, only
  // another reason is news.
  if (instance_.told_failure() ||
      instance_.Failed("late", clock_->Now(), /*counts=*/false) != News::kChange) {
    return;
  }
  Log(LogLevel::kWarn, "poll is late: the scrape was answered without it",
      {{"instance", config_->SaidName()}, {"exporter", config_->type}});
}

void StateLog::Stuck() {
  const News news = instance_.Failed("stuck", clock_->Now(), /*counts=*/false);
  if (news == News::kReminder) return Remind("stuck");
  if (news == News::kNone) return;
  Log(LogLevel::kError, "poll is stuck: it did not return after twice its timeout",
      {{"instance", config_->SaidName()}, {"exporter", config_->type}});
}

}  // namespace pillion
