#include "app/recent_answers.hpp"

#include <utility>

namespace pillion {

RecentAnswers::Key::Key(std::span<const SnapshotPtr> snapshots, const ScrapeRequest& request,
                        bool with_self)
    : accept(request.accept),
      accept_encoding(request.accept_encoding),
      names(request.query.names),
      self(with_self) {
  size_t count = 0;
  for (const SnapshotPtr& snapshot : snapshots) count += snapshot->fragments.size();
  fragments.reserve(count);
  for (const SnapshotPtr& snapshot : snapshots) {
    for (const FragmentPtr& fragment : snapshot->fragments) fragments.push_back(fragment->id);
  }
}

std::optional<ScrapeAnswer> RecentAnswers::Find(const Key& key) const {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.key != key) continue;
    BodyPtr body = entry.body.lock();
    if (body == nullptr) return std::nullopt;
    return ScrapeAnswer{
        .status = 200, .body = std::move(body), .message = {}, .content_type = entry.content_type};
  }
  return std::nullopt;
}

void RecentAnswers::Keep(Key key, const ScrapeAnswer& answer) {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.key != key) continue;
    entry.body = answer.body;
    return;
  }
  entries_[next_] = {std::move(key), answer.body, answer.content_type};
  next_ = (next_ + 1) % entries_.size();
}

}  // namespace pillion
