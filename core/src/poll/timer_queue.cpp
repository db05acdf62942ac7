#include "poll/timer_queue.hpp"

namespace pillion {

TimerId TimerQueue::Add(MonoTime when, std::function<void()> what) {
  const TimerId id = ++last_id_;
  by_time_.emplace(Key{when, id}, std::move(what));
  times_.emplace(id, when);
  return id;
}

void TimerQueue::Cancel(TimerId id) {
  const auto it = times_.find(id);
  if (it == times_.end()) return;
  by_time_.erase({it->second, id});
  times_.erase(it);
}

std::optional<MonoTime> TimerQueue::Next() const {
  if (by_time_.empty()) return std::nullopt;
  return by_time_.begin()->first.first;
}

std::vector<std::function<void()>> TimerQueue::TakeDue(MonoTime now) {
  std::vector<std::function<void()>> due;
  while (!by_time_.empty() && by_time_.begin()->first.first <= now) {
    times_.erase(by_time_.begin()->first.second);
    due.push_back(std::move(by_time_.begin()->second));
    by_time_.erase(by_time_.begin());
  }
  return due;
}

}  // namespace pillion
