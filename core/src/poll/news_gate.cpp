#include "poll/news_gate.hpp"

namespace pillion {

News NewsGate::Failed(std::string_view kind, MonoTime now, bool counts) {
  if (told_ == Told::kWork) {
    failures_ = 0;
    kinds_.clear();
  }
  if (counts) ++failures_;
  const bool known = kinds_.count(kind) > 0;
  const MonoTime since = now - failure_told_;
  News news = News::kNone;
  if (!known && kinds_.size() < kKindsMax) {
    kinds_.emplace(kind);
    news = News::kChange;
  } else if (known && kind != kind_told_ && since >= kWindow) {
    news = News::kChange;
  } else if (since >= kReminderEvery) {
    news = News::kReminder;
  }
  if (news == News::kNone) return news;
  told_ = Told::kFailure;
  failure_told_ = now;
  kind_told_ = kind;
  return news;
}

News NewsGate::Worked(MonoTime now) {
  if (told_ == Told::kWork) return News::kNone;
  MonoTime& oldest = recoveries_[recovery_count_ % kRecoveriesMax];
  if (recovery_count_ >= kRecoveriesMax && now - oldest < kWindow) return News::kNone;
  oldest = now;
  ++recovery_count_;
  told_ = Told::kWork;
  return News::kChange;
}

}  // namespace pillion
