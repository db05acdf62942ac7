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

StateLog::StateLog(ExporterTypePtr type, std::shared_ptr<const InstanceConfig> config)
    : type_(std::move(type)),
      config_(std::move(config)),
      said_of_collector_(type_->collectors().size()),
      said_of_drops_(kDropReasons),
      said_of_slow_drops_(kDropReasons) {}

void StateLog::PollEnded(const InstanceState& state, const PollOutcome& outcome,
                         const std::vector<bool>& due, bool decides_up) {
  if (decides_up && outcome.ok()) {
    if (said_ != "up") {
      Log(LogLevel::kInfo, "instance is up",
          {{"instance", config_->name}, {"exporter", config_->type}});
    }
    said_ = "up";
  } else if (decides_up) {
    // The reason decides whether it is news: messages hold ports, times and counts that change.
    std::string now(ToString(outcome.reason));
    if (said_ != now) {
      Log(LogLevel::kError, "instance is down",
          {{"instance", config_->name},
           {"exporter", config_->type},
           {"reason", now},
           {"error", outcome.message}});
    }
    said_ = std::move(now);
  }
  // When the target as a whole was named, its collectors are not named as well.
  for (size_t i = 0; i < state.collectors.size() && (outcome.ok() || !decides_up); ++i) {
    if (due[i]) LogCollector(i, state.collectors[i]);
  }
  LogDrops(outcome.drops, decides_up ? said_of_drops_ : said_of_slow_drops_);
}

void StateLog::LogCollector(size_t index, const CollectorState& state) {
  std::string now(ToString(state.reason));
  std::string& said = said_of_collector_[index];
  if (now == said || (said.empty() && state.reason == Reason::kOk)) return;
  if (state.reason == Reason::kOk) {
    Log(LogLevel::kInfo, "collector works again",
        {{"instance", config_->name}, {"collector", type_->collectors()[index].name}});
  } else if (said_.empty() || said_ == "up") {  // otherwise the target was named already
    Log(LogLevel::kWarn, "collector failed",
        {{"instance", config_->name},
         {"collector", type_->collectors()[index].name},
         {"reason", now},
         {"error", state.message}});
  } else {
    return;
  }
  said = std::move(now);
}

void StateLog::LogDrops(const Drops& drops, std::vector<std::string>& said) {
  for (size_t i = 0; i < kDropReasons; ++i) {
    if (drops.count[i] == 0) {
      said[i].clear();
      continue;
    }
    if (said[i] == drops.first[i]) continue;
    said[i] = drops.first[i];
    Log(LogLevel::kWarn, "samples dropped",
        {{"instance", config_->name},
         {"reason", std::string(ToString(static_cast<DropReason>(i)))},
         {"count", std::to_string(drops.count[i])},
         {"first", drops.first[i]}});
  }
}

void StateLog::Late() {
  // Each poll of a target that hangs is late and then fails: once it is known to be down, only
  // another reason is news.
  if (!said_.empty() && said_ != "up") return;
  said_ = "late";
  Log(LogLevel::kWarn, "poll is late: the scrape was answered without it",
      {{"instance", config_->name}, {"exporter", config_->type}});
}

void StateLog::Stuck() {
  said_ = "stuck";
  Log(LogLevel::kError, "poll is stuck: it did not return after twice its timeout",
      {{"instance", config_->name}, {"exporter", config_->type}});
}

}  // namespace pillion
