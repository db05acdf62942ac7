// Nap: how long to sleep before looking for the answers to what was sent.
//
// The server sends each collector's rows when it has them; who waits for the first byte of each
// is woken a dozen times, and a wake-up costs more than reading the rows. So a run sleeps for
// most of the time that the shortest of the last runs took, and then mostly finds all of it. The
// last answer comes later than that, unless the server has become faster or is asked for less.
//
// It is short, because what the server does meanwhile is in no collector's duration.
//
// Threads: one at a time.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace pillion::postgres {

class Nap {
 public:
  using Duration = std::chrono::nanoseconds;
  // Larger answers don't fit the buffers of a socket: the server would wait for us.
  static constexpr size_t kAnswerBytesMax = 64 * 1024;
  static constexpr std::chrono::milliseconds kMax{2};

  // Of the next run; 0: none.
  Duration Length() const {
    const Duration shortest = *std::min_element(last_.begin(), last_.end());
    return std::min<Duration>(shortest / 4 * 3, kMax);
  }
  // A run has taken so long, from its last byte sent to its last answer.
  void Note(Duration took, size_t answer_bytes) {
    last_[next_++ % last_.size()] = answer_bytes <= kAnswerBytesMax ? took : Duration(0);
  }

 private:
  std::array<Duration, 4> last_{};
  size_t next_ = 0;
};

}  // namespace pillion::postgres
