#include "same_rows.hpp"

#include <cstring>

namespace pillion::postgres {

// Goes over the old cells and leaves the new ones in their place.
class SameRows::Pass {
 public:
  Pass(std::string* cells, bool same) : cells_(*cells), same_(same) {
    if (!same_) cells_.clear();
  }

  void Put(int number) { Put(&number, sizeof number); }
  void Put(const void* bytes, size_t size) {
    if (same_) {
      if (size <= cells_.size() - at_ && std::memcmp(cells_.data() + at_, bytes, size) == 0) {
        at_ += size;
        return;
      }
      Differs();
    }
    full_ = full_ || size > kBytesMax - cells_.size();
    if (!full_) cells_.append(static_cast<const char*>(bytes), size);
  }
  bool full() const { return full_; }  // more than may be kept came
  bool End() {
    if (same_ && at_ < cells_.size()) Differs();
    return same_;
  }

 private:
  void Differs() {
    cells_.resize(at_);
    same_ = false;
  }

  std::string& cells_;
  bool same_;  // so far
  bool full_ = false;
  size_t at_ = 0;  // while they are
};

bool SameRows::Take(const PGresult* rows) {
  Pass pass(&cells_, known_);
  const int columns = PQnfields(rows), count = PQntuples(rows);
  pass.Put(columns);
  pass.Put(count);
  for (int row = 0; row < count; ++row) {
    for (int column = 0; column < columns; ++column) {
      const int length = PQgetlength(rows, row, column);  // 0 for NULL as well
      if (length > 0) {
        pass.Put(length);
        pass.Put(PQgetvalue(rows, row, column), static_cast<size_t>(length));
      } else {
        pass.Put(PQgetisnull(rows, row, column) != 0 ? -1 : 0);
      }
    }
    if (pass.full()) {
      Forget();
      return false;
    }
  }
  known_ = true;
  return pass.End();
}

void SameRows::Forget() {
  cells_ = {};
  known_ = false;
}

}  // namespace pillion::postgres
