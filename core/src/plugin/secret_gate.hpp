// SecretGate: what the lanes of an instance know together of how its target took their secrets. It
// keeps a wrong one from being tried again and again, so that no account is locked: once when it
// changes, then after pauses.
//
// A log-in is tried with the values of one or several options. After a refusal the same values are
// not handed out until the pause is over; then one lane tries, the others are held back until it
// knows. Values that differ in any option are tried at once.
//
// Threads: any.
#pragma once

#include "plugin/clock.hpp"
#include "plugin/secret_digest.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace pillion {

class SecretGate {
 public:
  static constexpr MonoTime kFirstPause = std::chrono::seconds(10);  // then doubled each time
  static constexpr MonoTime kLongestPause = std::chrono::minutes(5);
  // Of a pause, to either side: sidecars of many pods that were given the same wrong secret at
  // once don't come back at once.
  static constexpr double kJitter = 0.2;

  // Who tries: only compared.
  using Lane = const void*;

  struct Refusal {
    SecretDigests values;
    std::string error;  // what the target said
    MonoTime next{0};   // when they may be tried again
    uint32_t times = 0;
  };

  // `random`: in [0, 1); null: of its own.
  explicit SecretGate(const Clock* clock, std::function<double()> random = nullptr);

  // The last refusal, unless a success has come since.
  std::optional<Refusal> refusal() const;
  // Whether the lane may try the refused values now. Yes is said to one lane, for a pause; ask
  // only if the values are the refused ones.
  bool MayTryAgain(Lane lane);
  // Whether the lane may try new values beside a session that works. Yes is said to one lane,
  // until it says how it went.
  bool MayTryChanged(Lane lane);

  // How a try ended. True: the values are others than those that were accepted before.
  bool Accepted(Lane lane, const SecretDigests& values);
  // `began`: when the values were handed out. True: these values were not refused before.
  bool Refused(Lane lane, const SecretDigests& values, std::string error, MonoTime began);
  void Undecided(Lane lane);
  // These values, if they are the refused ones, are not configured any more.
  void Forget(const SecretDigests& values);

  // After so many tries, without the jitter.
  static MonoTime PauseAfter(uint32_t times);

 private:
  MonoTime Pause(uint32_t times);

  const Clock* const clock_;
  mutable std::mutex mutex_;  // all below
  std::function<double()> random_;
  std::optional<Refusal> refusal_;
  MonoTime refused_at_{0};
  Lane again_ = nullptr;    // tries the refused values
  Lane changed_ = nullptr;  // tries new ones
  SecretDigests accepted_;
};

}  // namespace pillion
