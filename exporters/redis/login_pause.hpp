// LoginPause: how one node of a cluster takes the password.
//
// For an instance as a whole the host remembers that a password was refused and does not hand it
// out for a while. While the nodes of a cluster get a new one after the other, the same password is
// right for some of them and wrong for others; so each session keeps this account of its own, by
// the host's rule: a refused password is tried again after 10 s, then after pauses that double up
// to 5 minutes, and another one at once.
//
// Of a password only a hash stays. Threads: one at a time.
#pragma once

#include <pillion/poll.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

namespace pillion::redis {

// FNV-1a, from a random number of this process. `before`: of what it goes on from; 0: nothing.
uint64_t HashOfSecret(std::string_view secret, uint64_t before = 0);

class LoginPause {
 public:
  static constexpr MonoTime kFirst = std::chrono::seconds(10);
  static constexpr MonoTime kLongest = std::chrono::minutes(5);

  // Whether a log-in with the password would only be refused again. If not, it is the one that
  // Accepted and Refused are about.
  bool Holds(std::string_view password, MonoTime now) {
    const uint64_t hash = HashOfSecret(password);
    if (hash == hash_ && Waits(now)) return true;
    if (hash != std::exchange(hash_, hash)) times_ = 0;
    return false;
  }
  // True: it had been refused.
  bool Accepted() {
    times_ = 0;
    lifted_ = false;
    return std::exchange(refused_, false);
  }
  // True: for the first time.
  bool Refused(MonoTime now) {
    refused_ = true;
    lifted_ = false;
    MonoTime pause = kFirst;
    for (uint32_t i = 0; i < times_ && pause < kLongest; ++i) pause *= 2;
    until_ = now + std::min(pause, kLongest);
    return times_++ == 0;
  }
  // A connection that worked was lost: perhaps the server is back with another password. The next
  // try need not wait.
  void Lift() { lifted_ = true; }

  bool refused() const { return refused_; }
  MonoTime until() const { return until_; }
  // Whether the password that was tried last is not to be tried yet.
  bool Waits(MonoTime now) const { return refused_ && !lifted_ && now < until_; }

 private:
  uint64_t hash_ = 0;  // of the password that was tried last
  bool refused_ = false;
  bool lifted_ = false;
  uint32_t times_ = 0;
  MonoTime until_{0};
};

}  // namespace pillion::redis
