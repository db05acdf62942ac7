// Reader: makes samples of the rows of one collector's results. One per collector and session.
#pragma once

#include <libpq-fe.h>
#include <pillion/result.hpp>
#include <pillion/sink.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace pillion::postgres {

// The bytes of a value; empty for NULL. Valid as long as `rows`.
inline std::string_view Cell(const PGresult* rows, int row, int column) {
  return {PQgetvalue(rows, row, column), static_cast<size_t>(PQgetlength(rows, row, column))};
}

class Reader {
 public:
  virtual ~Reader() = default;

  // Before each run of the query.
  void Start() {
    rows_ = nulls_ = 0;
    OnStart();
  }
  // Those of the query that only the reader knows; valid until the next run.
  virtual std::span<const char* const> Parameters() const { return {}; }
  // Some rows of the run: one, or all of them, or any number of times none.
  Result<void> Add(const PGresult* rows, Sink& sink) {
    rows_ += static_cast<size_t>(PQntuples(rows));
    return OnRows(rows, sink);
  }
  // After the last row of a run that went well.
  virtual void Finish(Sink&) {}

  // Rows of the run.
  size_t rows() const { return rows_; }
  // Values left out because they were NULL.
  size_t nulls() const { return nulls_; }

 protected:
  virtual void OnStart() {}
  virtual Result<void> OnRows(const PGresult* rows, Sink& sink) = 0;

  size_t rows_ = 0;
  size_t nulls_ = 0;
};

}  // namespace pillion::postgres
