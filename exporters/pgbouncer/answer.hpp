// Answer: what the console said to one command, as rows of text with named columns.
#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace pillion::pgbouncer {

// A whole, finite decimal number and nothing else.
std::optional<double> ToNumber(std::string_view text);

class Answer {
 public:
  Answer() = default;
  explicit Answer(PGresult* result) : result_(result) {}  // takes it over

  bool empty() const { return result_ == nullptr; }  // nothing was answered
  size_t rows() const;
  // Nothing if there is no such column.
  std::optional<int> Column(std::string_view name) const;
  // Empty for NULL and for a column that is not there. Valid as long as the answer.
  std::string_view Text(size_t row, std::optional<int> column) const;
  // Nothing if it is NULL or no number.
  std::optional<double> Number(size_t row, std::optional<int> column) const;

 private:
  struct Closer {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Closer> result_;
};

}  // namespace pillion::pgbouncer
