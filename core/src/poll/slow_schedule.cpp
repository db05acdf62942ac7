#include "poll/slow_schedule.hpp"

#include <algorithm>
#include <utility>

namespace pillion {
namespace {

constexpr MonoTime kNever = MonoTime::max();

MonoTime Part(MonoTime time, double part) {
  return MonoTime(static_cast<int64_t>(static_cast<double>(time.count()) * part));
}

}  // namespace

SlowSchedule::SlowSchedule(const std::vector<CollectorConfig>& collectors,
                           std::function<double()> random)
    : stretched_(collectors.size()),
      next_due_(collectors.size(), kNever),
      random_(std::move(random)) {
  for (const CollectorConfig& c : collectors) every_.push_back(c.enabled ? c.every : MonoTime(0));
}

void SlowSchedule::Start(MonoTime now) {
  const MonoTime first = now + Part(kFirstWithin, random_());
  for (size_t i = 0; i < every_.size(); ++i) {
    if (every_[i].count() > 0) next_due_[i] = first;
  }
}

std::optional<MonoTime> SlowSchedule::Next() const {
  const auto next = std::min_element(next_due_.begin(), next_due_.end());
  if (next == next_due_.end() || *next == kNever) return std::nullopt;
  return *next;
}

std::vector<bool> SlowSchedule::TakeDue(MonoTime now) {
  if (!Next() || *Next() > now) return {};
  std::vector<bool> due(every_.size());
  for (size_t i = 0; i < every_.size(); ++i) {
    due[i] = next_due_[i] <= now;
    if (!due[i]) continue;
    const MonoTime every = std::max(every_[i], stretched_[i]);
    next_due_[i] = now + Part(every, 1 + kJitter * (2 * random_() - 1));
  }
  return due;
}

void SlowSchedule::Retry(size_t collector, MonoTime at) {
  next_due_[collector] = std::min(next_due_[collector], at);
}

void SlowSchedule::RetryFailed(const std::vector<bool>& ran,
                               const std::vector<CollectorState>& states, MonoTime now) {
  for (size_t i = 0; i < every_.size(); ++i) {
    if (every_[i].count() == 0 || !ran[i] || states[i].ok() || states[i].reason == Reason::kTimeout)
      continue;
    Retry(i, now + kRetry);
  }
}

void SlowSchedule::TargetIsBack(const std::vector<CollectorState>& states, MonoTime now) {
  const MonoTime at = now + Part(kBackWithin, random_());
  for (size_t i = 0; i < every_.size(); ++i) {
    if (every_[i].count() > 0 && states[i].ran && !states[i].ok()) Retry(i, at);
  }
}

}  // namespace pillion
