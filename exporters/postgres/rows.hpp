// From rows of a result to samples.
#pragma once

#include <libpq-fe.h>
#include <pillion/sink.hpp>

#include <array>
#include <optional>
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

// Feeds the families of one collector from the results of its query, by the columns' names. What
// it finds out about the columns serves all results of one query in one session.
class RowReader {
 public:
  RowReader(const Query& query, const DatabaseFilter& filter) : query_(query), filter_(filter) {}

  // Before each run of the query.
  void Start() { nulls_ = rows_ = 0; }
  void Add(const PGresult* rows, Sink& sink);
  // Rows of the run.
  size_t rows() const { return rows_; }
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
  int columns_ = -1;  // -1: not looked at yet
  int database_column_ = -1;
  std::vector<uint32_t> label_types_;
  std::vector<LabelSet> label_sets_;
  std::vector<Value> values_;
  size_t nulls_ = 0;
  size_t rows_ = 0;
};

// The readers of one session.
class RowReaders {
 public:
  explicit RowReaders(const DatabaseFilter& filter) : filter_(filter) {}

  // Ready for a run of this query.
  RowReader& Start(const Query& query);
  // Whether the collector's last result of this session had few rows.
  bool WasSmall(CollectorId collector) const;
  // When a new session begins.
  void Forget();

 private:
  // What this many rows take up in libpq is nothing to speak of.
  static constexpr size_t kSmallRowsMax = 100;

  const DatabaseFilter& filter_;
  std::array<std::optional<RowReader>, kCollectorCount> readers_;
};

// The collector `settings`: declares a family for each parameter. kProtocol: its query is not
// answered like this.
Result<void> AddSettings(const PGresult* rows, Sink& sink);

}  // namespace pillion::postgres
