#include "collecting.hpp"

#include "failure.hpp"
#include "value.hpp"

namespace pillion::postgres {

Result<void> Collecting::OnRows(size_t step, const PGresult* rows) {
  const auto& [purpose, query] = expected_[step];
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
  const auto& [purpose, query] = expected_[step];
  next_ = step + 1;
  if (purpose == Purpose::kSession) session_ = outcome;
  if (purpose == Purpose::kCollector) {
    Begin(query->collector);
    if (query->collector == kDatabase && reader_ != nullptr) hidden_sizes_ = reader_->nulls();
    End(outcome);
    if (outcome.ok()) ++succeeded_;
  }
  // The next collector's time runs from here: the server is at work on its statement now.
  const bool is_last = next_ == expected_.size();
  if (!is_last && expected_[next_].purpose == Purpose::kCollector) {
    Begin(expected_[next_].query->collector);
  }
}

void Collecting::EndTheRest(const Error& error) {
  for (; next_ < expected_.size(); ++next_) {
    const auto& [purpose, query] = expected_[next_];
    if (purpose != Purpose::kCollector) continue;
    Begin(query->collector);
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
