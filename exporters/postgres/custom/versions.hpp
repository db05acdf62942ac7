// Versions: which versions of the server something is for.
//
//   ">=13"             13 and later
//   ">=9.4 <10 || 12"  ranges with || between them; in a range all comparisons must hold
//
// The comparisons are >, >=, <, <=, =, == and !=; a number alone is =. A version is MAJOR,
// MAJOR.MINOR or MAJOR.MINOR.PATCH; `=` compares what is written: "=15" is every 15.x, and "12.x"
// is the same as "12". A PostgreSQL since 10 has two numbers: 15.8 is 15.8.0. Pure.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace pillion::postgres {

class Versions {
 public:
  static constexpr size_t kTextBytesMax = 256;

  // Nothing: it is not written like this.
  static std::optional<Versions> Parse(std::string_view text);

  // `server`: as PQserverVersion gives it: 150008 is 15.8, 90624 is 9.6.24. All, if none was given.
  bool Has(int server) const;

 private:
  using Numbers = std::array<int, 3>;
  enum class Operator { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
  struct Comparison {
    Operator is;
    Numbers numbers;
    size_t written;  // how many of them
  };

  static std::optional<Comparison> ParseComparison(std::string_view& text);
  static bool Holds(const Comparison& comparison, const Numbers& server);

  std::vector<std::vector<Comparison>> ranges_;  // any of them, and all of its comparisons
};

}  // namespace pillion::postgres
