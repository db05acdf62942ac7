#include "collecting.hpp"

#include <utility>

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
  const Expected& expected = expected_[step];
  switch (expected.purpose) {
    case Purpose::kSession: pooled_ = PQntuples(rows) == 0; return {};
    case Purpose::kExtensions: extensions_.Take(rows); return {};
    case Purpose::kDatabases:
      databases_->Take(rows, !std::exchange(databases_begun_, true));
      return {};
    case Purpose::kPrivilege:
      if (PQntuples(rows) != 1) return {};
      reads_all_stats_ = DecodeNumber(PQftype(rows, 0), Cell(rows, 0, 0)) == 1.0;
      return {};
    case Purpose::kCollector: break;
  }
  if ((expected.traits->needs & kNeedsReadAllStats) && !reads_all_stats_) {
    return Error{Reason::kPermission, "only the sessions of its own role are shown to it"};
  }
  Begin(expected.collector);
  return expected.reader->Add(rows, SinkOf(expected.collector));
}

void Collecting::OnDone(size_t step, const Result<void>& outcome) {
  const Expected& expected = expected_[step];
  next_ = step + 1;
  if (expected.purpose == Purpose::kSession) session_ = outcome;
  if (expected.purpose == Purpose::kCollector) {
    Begin(expected.collector);
    if (outcome.ok()) expected.reader->Finish(SinkOf(expected.collector));
    const size_t nulls = expected.reader->nulls();
    if (nulls > 0 && (expected.traits->needs & kNullIsHidden)) {
      hidden_.push_back({expected.collector, expected.traits, nulls});
    }
    const bool has_extension = !expected.traits->extension.empty();
    if (!outcome.ok() && has_extension && outcome.error().reason == Reason::kVersion) {
      extensions_changed_ = true;
    }
    End(outcome, expected.traits);
    if (quick_.size() <= expected.collector) quick_.resize(expected.collector + 1);
    quick_[expected.collector] = outcome.ok();
    if (outcome.ok()) ++succeeded_;
  }
  if (expected.sync) EndTransaction();
  // The next collector's time runs from here: the server is at work on its statement now. Behind
  // a failure it may be skipped instead.
  if (expected.sync || outcome.ok()) BeginNext();
}

void Collecting::OnSkipped(size_t step) {
  const Expected& expected = expected_[step];
  next_ = step + 1;
  if (expected.purpose == Purpose::kCollector) skipped_.push_back(expected.collector);
  if (!expected.sync) return;
  EndTransaction();
  BeginNext();
}

void Collecting::EndTransaction() {
  const MonoTime now = ctx_.Now();
  for (; transaction_ < next_; ++transaction_) {
    const Expected& expected = expected_[transaction_];
    if (expected.purpose != Purpose::kCollector || !WasQuick(expected.collector)) continue;
    quick_[expected.collector] = now - transaction_began_ <= kQuickMax;
  }
  transaction_began_ = now;
}

void Collecting::BeginNext() {
  if (next_ == expected_.size() || expected_[next_].purpose != Purpose::kCollector) return;
  Begin(expected_[next_].collector);
}

void Collecting::EndTheRest(const Error& error) {
  for (; next_ < expected_.size(); ++next_) {
    if (expected_[next_].purpose == Purpose::kCollector) Fail(expected_[next_].collector, error);
  }
  for (const uint32_t collector : skipped_) Fail(collector, error);
}

void Collecting::Fail(uint32_t collector, const Error& error) {
  Begin(collector);
  End(error, nullptr);
}

void Collecting::Begin(uint32_t collector) {
  if (in_collector_) return;
  in_collector_ = started_ = true;
  begun_ = collector;
  SinkOf(collector).Begin(collector);
}

void Collecting::End(const Result<void>& outcome, const CollectorTraits* traits) {
  if (!outcome.ok() && traits != nullptr && outcome.error().reason == Reason::kPermission) {
    SinkOf(begun_).End(Error{Reason::kPermission, outcome.error().message + "; to mend it: " +
                                                      GrantHint(role_, traits->grant)});
  } else {
    SinkOf(begun_).End(outcome);
  }
  in_collector_ = false;
}

}  // namespace pillion::postgres
