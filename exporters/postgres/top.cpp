#include "top.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace pillion::postgres {
namespace {

// Whether no counter is less than it was.
bool GrewOn(const std::vector<double>& before, const std::vector<double>& now) {
  return std::equal(before.begin(), before.end(), now.begin(),
                    [](double was, double is) { return is >= was; });
}

}  // namespace

std::vector<size_t> StickyTop::Choose(const std::vector<Row>& rows) const {
  std::vector<size_t> chosen;
  const size_t ranks = std::min(rows.size(), kRanksPerShown * shown_max_);
  for (size_t i = 0; i < ranks; ++i) {
    if (shown_.count(rows[i].key) != 0 && chosen.size() < shown_max_) chosen.push_back(i);
  }
  for (size_t i = 0; i < ranks && chosen.size() < shown_max_; ++i) {
    if (shown_.count(rows[i].key) == 0) chosen.push_back(i);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

void StickyTop::GrowOther(const std::vector<Row>& rows, const std::vector<double>& totals) {
  std::map<std::string_view, const Row*> by_key;
  for (const Row& row : rows) by_key.emplace(row.key, &row);
  // Rows that the target dropped make the totals less too; only when no shown row went on counting
  // has all begun at 0 again.
  bool restarted = !GrewOn(totals_, totals);
  for (const auto& [key, before] : shown_) {
    const auto row = by_key.find(key);
    if (row != by_key.end() && GrewOn(before, row->second->counters)) restarted = false;
  }
  for (size_t c = 0; c < totals.size(); ++c) {
    double grown = restarted ? totals[c] : totals[c] - totals_[c];
    for (const auto& [key, before] : shown_) {
      const auto row = by_key.find(key);
      if (row == by_key.end()) continue;
      const double now = row->second->counters[c];
      grown -= restarted ? now : now - before[c];
    }
    other_[c] += std::max(grown, 0.0);
  }
}

std::vector<size_t> StickyTop::Update(const std::vector<Row>& rows,
                                      const std::vector<double>& totals) {
  if (totals.size() == totals_.size()) {
    GrowOther(rows, totals);
  } else {
    shown_.clear();
    other_.assign(totals.size(), 0);
  }
  std::vector<size_t> chosen = Choose(rows);
  totals_ = totals;
  shown_.clear();
  for (const size_t i : chosen) shown_.emplace(rows[i].key, rows[i].counters);
  return chosen;
}

}  // namespace pillion::postgres
