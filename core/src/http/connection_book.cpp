#include "http/connection_book.hpp"

#include <algorithm>

namespace pillion {

void ConnectionBook::Add(Entry* entry, Clock::time_point now) {
  entry->phase = Phase::kIdle;
  entry->since = now;
  std::list<Entry*>& list = of(entry->phase);
  entry->place = list.insert(list.end(), entry);
  ++size_;
}

void ConnectionBook::Remove(Entry* entry) {
  of(entry->phase).erase(entry->place);
  --size_;
}

void ConnectionBook::Enter(Entry* entry, Phase phase, Clock::time_point now) {
  std::list<Entry*>& to = of(phase);
  to.splice(to.end(), of(entry->phase), entry->place);
  entry->phase = phase;
  entry->since = now;
}

std::vector<ConnectionBook::Entry*> ConnectionBook::Expired(Clock::time_point now) const {
  std::vector<Entry*> expired;
  for (size_t phase = 0; phase < kPhases; ++phase) {
    if (limits_[phase] == Clock::duration::zero()) continue;
    for (Entry* entry : lists_[phase]) {
      if (now - entry->since <= limits_[phase]) break;
      expired.push_back(entry);
    }
  }
  return expired;
}

ConnectionBook::Clock::time_point ConnectionBook::NextExpiry() const {
  Clock::time_point next = Clock::time_point::max();
  for (size_t phase = 0; phase < kPhases; ++phase) {
    if (limits_[phase] == Clock::duration::zero() || lists_[phase].empty()) continue;
    next = std::min(next, lists_[phase].front()->since + limits_[phase]);
  }
  return next;
}

ConnectionBook::Entry* ConnectionBook::Victim(Phase last) const {
  for (size_t phase = 0; phase <= static_cast<size_t>(last); ++phase) {
    if (!lists_[phase].empty()) return lists_[phase].front();
  }
  return nullptr;
}

ConnectionBook::Entry* ConnectionBook::First(Phase phase) const {
  const std::list<Entry*>& list = lists_[static_cast<size_t>(phase)];
  return list.empty() ? nullptr : list.front();
}

std::vector<ConnectionBook::Entry*> ConnectionBook::In(Phase phase) const {
  const std::list<Entry*>& list = lists_[static_cast<size_t>(phase)];
  return {list.begin(), list.end()};
}

}  // namespace pillion
