// TopReader: of a result's rows the largest are shown, and the sum of the others as one row whose
// labels are all "other". The query gives the largest rows, largest first, and one row whose labels
// are all NULL and whose counters are the totals of all rows.
#pragma once

#include <deque>

#include "columns.hpp"
#include "reader.hpp"
#include "top.hpp"

namespace pillion::postgres {

class TopReader : public Reader {
 public:
  // `top` remembers from poll to poll, also across sessions.
  TopReader(const Query& query, const Shape& shape, StickyTop& top)
      : columns_(query, shape), top_(top) {}

  void Finish(Sink& sink) override;

 private:
  void OnStart() override;
  // kLimit: more rows than it could show.
  Result<void> OnRows(const PGresult* rows, Sink& sink) override;
  std::vector<double> CountersOf(const Columns::Row& row) const;

  Columns columns_;
  StickyTop& top_;
  std::deque<Columns::Row> kept_;  // at most kRanksPerShown * shown_max; with texts of their own
  std::vector<StickyTop::Row> rows_of_top_;
  Columns::Row totals_;
  bool has_totals_ = false;
};

}  // namespace pillion::postgres
