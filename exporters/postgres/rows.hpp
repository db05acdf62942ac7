// RowReader: each row of a result becomes samples at once, by the names of the columns. A result
// that comes whole and is the last one again is left to the host, which has its samples.
#pragma once

#include <array>
#include <string>

#include "columns.hpp"
#include "reader.hpp"
#include "same_rows.hpp"

namespace pillion::postgres {

class RowReader : public Reader {
 public:
  RowReader(const Query& query, const Shape& shape);

  void Finish(Sink&) override;

 private:
  void OnStart() override;
  Result<void> OnRows(const PGresult* rows, Sink& sink) override;
  bool IsAsLast(const PGresult* rows);

  Columns columns_;
  // Of several databases' rows no one's are all that the collector shows.
  const bool shows_all_;
  SameRows last_;
  size_t last_nulls_ = 0;  // in them
  bool first_ = true;      // of the run's results
  bool finished_ = false;  // the last run has
};

// The collector `settings`: declares a family for each parameter. The query's row holds the names,
// units and values as arrays, and the state that they are of. It is told the state of the last run
// that went well, and leaves the arrays NULL if that is still the present one.
class SettingsReader : public Reader {
 public:
  explicit SettingsReader(const Shape& shape) : shape_(shape) {}

  std::span<const char* const> Parameters() const override { return parameters_; }
  void Finish(Sink&) override;

 private:
  // kProtocol: its query is not answered like this.
  Result<void> OnRows(const PGresult* rows, Sink& sink) override;

  const Shape& shape_;
  std::string state_;  // empty: none
  std::string state_of_run_;
  std::array<const char*, 1> parameters_{""};
};

}  // namespace pillion::postgres
