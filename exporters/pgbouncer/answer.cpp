#include "answer.hpp"

#include <charconv>
#include <cmath>

namespace pillion::pgbouncer {

std::optional<double> ToNumber(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

size_t Answer::rows() const {
  return result_ == nullptr ? 0 : static_cast<size_t>(PQntuples(result_.get()));
}

// Not PQfnumber, which folds its argument as SQL folds names.
std::optional<int> Answer::Column(std::string_view name) const {
  const int columns = result_ == nullptr ? 0 : PQnfields(result_.get());
  for (int i = 0; i < columns; ++i) {
    if (name == PQfname(result_.get(), i)) return i;
  }
  return std::nullopt;
}

std::string_view Answer::Text(size_t row, std::optional<int> column) const {
  const int index = static_cast<int>(row);
  if (!column || row >= rows() || PQgetisnull(result_.get(), index, *column) == 1) return {};
  return {PQgetvalue(result_.get(), index, *column),
          static_cast<size_t>(PQgetlength(result_.get(), index, *column))};
}

std::optional<double> Answer::Number(size_t row, std::optional<int> column) const {
  return ToNumber(Text(row, column));
}

}  // namespace pillion::pgbouncer
