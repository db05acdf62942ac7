#include "top_reader.hpp"

#include <algorithm>

namespace pillion::postgres {

void TopReader::OnStart() {
  columns_.StartRun();
  kept_.clear();
  rows_of_top_.clear();
  has_totals_ = false;
}

std::vector<double> TopReader::CountersOf(const Columns::Row& row) const {
  std::vector<double> counters;
  for (size_t i = 0; i < columns_.numbers(); ++i) {
    if (columns_.IsCounter(i)) counters.push_back(row.known[i] ? row.numbers[i] : 0);
  }
  return counters;
}

Result<void> TopReader::OnRows(const PGresult* rows, Sink& sink) {
  columns_.Prepare(rows, sink);
  const int count = PQntuples(rows);
  for (int i = 0; i < count; ++i) {
    Columns::Row& row = kept_.emplace_back();
    columns_.Read(rows, i, row);
    std::string key;
    bool all_null = true;
    for (size_t text = 0; text < columns_.texts(); ++text) {
      all_null = all_null && PQgetisnull(rows, i, static_cast<int>(text));
      // The rows outlive the result.
      row.scratch[text].assign(row.texts[text]);
      row.texts[text] = row.scratch[text];
      key.append(row.texts[text]).push_back('\0');
    }
    if (all_null) {
      totals_ = row;
      has_totals_ = true;
      kept_.pop_back();
      continue;
    }
    if (kept_.size() > StickyTop::kRanksPerShown * top_.shown_max()) {
      return Error{Reason::kLimit, "the server gave more statements than it was asked for"};
    }
    rows_of_top_.push_back({std::move(key), CountersOf(row)});
  }
  return {};
}

void TopReader::Finish(Sink& sink) {
  if (!has_totals_) return;
  for (const size_t shown : top_.Update(rows_of_top_, CountersOf(totals_))) {
    columns_.Emit(kept_[shown], sink);
  }
  size_t counter = 0;
  for (size_t i = 0; i < columns_.numbers(); ++i) {
    if (columns_.IsCounter(i)) {
      totals_.numbers[i] = top_.other()[counter++];
    } else {
      totals_.known[i] = false;
    }
  }
  std::fill(totals_.texts.begin(), totals_.texts.end(), "other");
  columns_.Emit(totals_, sink);
  kept_.clear();
  rows_of_top_.clear();
}

}  // namespace pillion::postgres
