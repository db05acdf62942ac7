// From rows of a result to samples.
#pragma once

#include <libpq-fe.h>
#include <pillion/sink.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "queries.hpp"

namespace pillion::postgres {

// Which databases are shown: those of `include` (empty: all) that are not in `exclude`.
struct DatabaseFilter {
  std::vector<std::string> include;
  std::vector<std::string> exclude;

  // The empty name stands for what belongs to no database and always fits.
  bool Fits(std::string_view database) const;
};

// Feeds the families of one collector from the results of its query, by the columns' names.
// One object serves one run of the query; the results must all have the same columns.
class RowReader {
 public:
  RowReader(const Query& query, const DatabaseFilter& filter) : query_(query), filter_(filter) {}

  void Add(const PGresult* rows, Sink& sink);
  // Values left out because they were NULL.
  size_t nulls() const { return nulls_; }

 private:
  static constexpr size_t kLabelColumnsMax = 8;

  // Families with the same label names share one set of labels per row.
  struct LabelSet {
    std::string_view names;  // as in the metric table
    std::vector<int> columns;
    Family family;  // any of them
  };
  struct Value {
    int column;
    uint32_t type;
    uint32_t metric;
    size_t label_set;
  };

  void Bind(const PGresult* rows);
  size_t LabelSetFor(const PGresult* rows, uint32_t metric);
  void AddRow(const PGresult* rows, int row, Sink& sink);

  const Query& query_;
  const DatabaseFilter& filter_;
  bool bound_ = false;
  int database_column_ = -1;
  std::vector<uint32_t> label_types_;
  std::vector<LabelSet> label_sets_;
  std::vector<Value> values_;
  size_t nulls_ = 0;
};

// The collector `settings`: declares a family for each row of its query.
void AddSettings(const PGresult* rows, Sink& sink);

}  // namespace pillion::postgres
