// StickyTop: which of many rows are shown, and what the others come to. Pure logic.
//
// Rows have counters. At most `shown_max` rows are shown, largest first; one that is shown stays
// until it is clearly out: gone, or not among the first kRanksPerShown * shown_max any more. So
// rows of about the same size don't take turns, and series don't come and go.
//
// The others are one sum, `other`, which begins at 0 and only grows, by what all rows grow by less
// what those that are shown do. A row that changes sides neither takes with it nor brings along
// what it counted before. What rows that vanish had counted since the last update is lost.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace pillion::postgres {

class StickyTop {
 public:
  // A row is out when more than this many times `shown_max` rows are larger.
  static constexpr size_t kRanksPerShown = 2;

  struct Row {
    std::string key;
    std::vector<double> counters;  // as many in each row
  };

  explicit StickyTop(size_t shown_max) : shown_max_(shown_max) {}

  size_t shown_max() const { return shown_max_; }

  // `rows`: the largest rows, largest first; `totals`: the counters of all rows there are. Returns
  // the indexes of the rows to show, in order. Another number of counters than before begins anew.
  std::vector<size_t> Update(const std::vector<Row>& rows, const std::vector<double>& totals);

  // What all that is not shown has counted since the first update.
  const std::vector<double>& other() const { return other_; }

 private:
  using Shown = std::map<std::string, std::vector<double>>;  // by key: counters at the last update

  std::vector<size_t> Choose(const std::vector<Row>& rows) const;
  void GrowOther(const std::vector<Row>& rows, const std::vector<double>& totals);

  const size_t shown_max_;
  Shown shown_;
  std::vector<double> totals_;  // at the last update
  std::vector<double> other_;
};

}  // namespace pillion::postgres
