// RowReader: each row of a result becomes samples at once, by the names of the columns.
#pragma once

#include <array>
#include <string>

#include "columns.hpp"
#include "reader.hpp"

namespace pillion::postgres {

class RowReader : public Reader {
 public:
  RowReader(const Query& query, const Shape& shape) : columns_(query, shape) {}

 private:
  void OnStart() override { columns_.StartRun(); }
  Result<void> OnRows(const PGresult* rows, Sink& sink) override;

  Columns columns_;
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
