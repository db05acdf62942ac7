// Numbers and texts as PostgreSQL sends them. Pure functions, safe on any bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::postgres {

// Type numbers of pg_type that results may hold; fixed for all server versions.
enum TypeOid : uint32_t {
  kBoolOid = 16,
  kNameOid = 19,
  kInt8Oid = 20,
  kInt2Oid = 21,
  kInt4Oid = 23,
  kTextOid = 25,
  kOidOid = 26,
  kXidOid = 28,
  kFloat4Oid = 700,
  kFloat8Oid = 701,
  kTimestamptzOid = 1184,
  kPgLsnOid = 3220,
};

// A value in binary form as a number. Booleans are 0 and 1, timestamps Unix seconds, positions
// in the WAL bytes. Nothing: a type that is no number, or of the wrong length.
std::optional<double> DecodeNumber(uint32_t type, std::string_view bytes);

// The elements of a float8[] in binary form, of one dimension; none for an empty one. Nothing: it
// is something else, or holds a NULL.
std::optional<std::vector<double>> DecodeNumbers(std::string_view bytes);

// A value in binary form as a label. Integers are written out into `scratch`, which the result
// may point to; every other type is text already.
std::string_view DecodeLabel(uint32_t type, std::string_view bytes, std::string& scratch);

// Goes through the elements of a text[] in binary form.
class TextArray {
 public:
  explicit TextArray(std::string_view bytes);

  // The next element; a NULL is an empty one. False: there is none, or it makes no sense.
  bool Next(std::string_view& element);
  // Whether all of it was taken and made sense.
  bool done() const { return rest_.empty() && left_ == 0; }

 private:
  std::string_view rest_;
  uint32_t left_ = 0;  // elements
};

// A number as a server parameter is written: "128", "-1", "0.0025", "NaN", "Infinity", and on,
// off, true, false. Nothing: anything else. A unit behind the number is left in `rest`.
std::optional<double> ParseNumber(std::string_view text, std::string_view* rest = nullptr);

// The array literal that text[] parameters take: {"a","b"}.
std::string ArrayLiteral(const std::vector<std::string>& items);

}  // namespace pillion::postgres
