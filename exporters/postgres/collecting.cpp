#include "collecting.hpp"

#include "failure.hpp"
#include "value.hpp"

namespace pillion::postgres {

void Collecting::Expect(std::vector<Expected> expected) {
  expected_ = std::move(expected);
  expected_.back().sync = true;
  skipped_.clear();
  next_ = transaction_ = 0;
  transaction_began_ = ctx_.Now();
}

Result<void> Collecting::OnRows(size_t step, const PGresult* rows) {
  const auto& [purpose, query, sync] = expected_[step];
  if (purpose == Purpose::kPrivilege && PQntuples(rows) == 1) {
    const std::string_view bytes(PQgetvalue(rows, 0, 0),
                                 static_cast<size_t>(PQgetlength(rows, 0, 0)));
    reads_all_stats_ = DecodeNumber(PQftype(rows, 0), bytes) == 1.0;
  }
  if (purpose == Purpose::kSession) pooled_ = PQntuples(rows) == 0;
  if (purpose != Purpose::kCollector) return {};
  const CollectorId collector = query->collector;
  if ((kTraits[collector].needs & kNeedsReadAllStats) && !reads_all_stats_) {
    return Error{Reason::kPermission, "only the sessions of its own role are shown to it"};
  }
  Begin(collector);
  if (collector == kSettings) return AddSettings(rows, sink_);
  if (reader_ == nullptr) reader_ = &readers_.Start(*query);
  reader_->Add(rows, sink_);
  return {};
}

void Collecting::OnDone(size_t step, const Result<void>& outcome) {
  const auto& [purpose, query, sync] = expected_[step];
  next_ = step + 1;
  if (purpose == Purpose::kSession) session_ = outcome;
  if (purpose == Purpose::kCollector) {
    Begin(query->collector);
    if (query->collector == kDatabase && reader_ != nullptr) hidden_sizes_ = reader_->nulls();
    End(outcome);
    quick_[query->collector] = outcome.ok();
    if (outcome.ok()) ++succeeded_;
  }
  if (sync) EndTransaction();
  // The next collector's time runs from here: the server is at work on its statement now. Behind
  // a failure it may be skipped instead.
  if (sync || outcome.ok()) BeginNext();
}

void Collecting::OnSkipped(size_t step) {
  const auto& [purpose, query, sync] = expected_[step];
  next_ = step + 1;
  if (purpose == Purpose::kCollector) skipped_.push_back(query->collector);
  if (!sync) return;
  EndTransaction();
  BeginNext();
}

void Collecting::EndTransaction() {
  const MonoTime now = ctx_.Now();
  for (; transaction_ < next_; ++transaction_) {
    const auto& [purpose, query, sync] = expected_[transaction_];
    if (purpose != Purpose::kCollector) continue;
    bool& quick = quick_[query->collector];
    quick = quick && now - transaction_began_ <= kQuickMax;
  }
  transaction_began_ = now;
}

void Collecting::BeginNext() {
  if (next_ == expected_.size() || expected_[next_].purpose != Purpose::kCollector) return;
  Begin(expected_[next_].query->collector);
}

void Collecting::EndTheRest(const Error& error) {
  for (; next_ < expected_.size(); ++next_) {
    if (expected_[next_].purpose != Purpose::kCollector) continue;
    Begin(expected_[next_].query->collector);
    End(error);
  }
  for (const CollectorId collector : skipped_) {
    Begin(collector);
    End(error);
  }
}

void Collecting::Begin(CollectorId collector) {
  if (in_collector_) return;
  in_collector_ = started_ = true;
  sink_.Begin(collector);
}

void Collecting::End(const Result<void>& outcome) {
  if (!outcome.ok() && outcome.error().reason == Reason::kPermission) {
    sink_.End(
        Error{Reason::kPermission, outcome.error().message + "; to mend it: " + GrantHint(role_)});
  } else {
    sink_.End(outcome);
  }
  in_collector_ = false;
  reader_ = nullptr;
}

}  // namespace pillion::postgres
