// SameRows: whether a result has the rows that the last one had. What reads the same need not be
// taken apart again, and on most servers most of what is read does: who has which right, tables
// that nobody uses, slots that keep still.
//
// It keeps a copy of the cells, in the form in which they came, and compares each byte.
//
// Threads: one at a time.
#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <string>

namespace pillion::postgres {

class SameRows {
 public:
  static constexpr size_t kBytesMax = 32 * 1024;  // larger results are never the same

  // Takes a whole result in place of the last one; true: they are equal.
  bool Take(const PGresult* rows);
  void Forget();

 private:
  class Pass;

  std::string cells_;   // the numbers of columns and rows, then of each cell its length and bytes
  bool known_ = false;  // cells_ are of a whole result
};

}  // namespace pillion::postgres
