// ReplyGuard: looks at RESP2 bytes before hiredis' reader gets them.
//
// The reader believes what a server announces: `$2000000000` makes it collect 2 GB, `*1000000000`
// makes it reserve 8 GB, and so on at each level of nesting. The guard walks the same bytes with
// a few words of state, refuses what would pass a bound as soon as it is announced, and knows
// when the awaited number of replies is there.
//
// Threads: one at a time.
#pragma once

#include <pillion/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pillion::redis {

struct ReplyLimits {
  size_t bytes_max = size_t{16} << 20;  // of all replies of one exchange
  size_t elements_max = 262'144;        // array elements of all replies of one exchange
};

class ReplyGuard {
 public:
  ReplyGuard(ReplyLimits limits, size_t replies) : limits_(limits), awaited_(replies) {}

  // Takes the next bytes. kLimit: they announce or are more than allowed. kProtocol: they are
  // not RESP2, or more than the awaited replies.
  Result<void> Take(std::string_view bytes);

  bool complete() const { return awaited_ == 0; }
  size_t bytes() const { return bytes_; }

 private:
  static constexpr size_t kDepthMax = 7;        // what hiredis' reader can nest
  static constexpr size_t kNumberLineMax = 24;  // characters of a length or an integer

  Result<void> Header();
  Result<void> BeginBulk(int64_t length);
  Result<void> BeginArray(int64_t length);
  void ItemDone();

  ReplyLimits limits_;
  size_t awaited_;
  size_t bytes_ = 0;
  size_t elements_ = 0;

  char type_ = 0;  // of the header that is being read; 0: at its first byte
  bool after_cr_ = false;
  size_t line_size_ = 0;  // of a number line, without type and line end
  std::array<char, kNumberLineMax> line_{};
  size_t skip_ = 0;                         // bytes left of a bulk, its line end included
  std::array<uint64_t, kDepthMax> open_{};  // elements left of each array that is open
  size_t depth_ = 0;
};

}  // namespace pillion::redis
