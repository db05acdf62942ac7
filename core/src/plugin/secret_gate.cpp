#include "plugin/secret_gate.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace pillion {

SecretGate::SecretGate(const Clock* clock, std::function<double()> random)
    : clock_(clock), random_(std::move(random)) {
  if (random_) return;
  random_ = [generator = std::minstd_rand(std::random_device{}())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(generator);
  };
}

MonoTime SecretGate::PauseAfter(uint32_t times) {
  MonoTime pause = kFirstPause;
  for (; times > 1 && pause < kLongestPause; --times) pause *= 2;
  return std::min(pause, kLongestPause);
}

MonoTime SecretGate::Pause(uint32_t times) {
  const double factor = 1 + kJitter * (2 * random_() - 1);
  return MonoTime(static_cast<int64_t>(static_cast<double>(PauseAfter(times).count()) * factor));
}

std::optional<SecretGate::Refusal> SecretGate::refusal() const {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

bool SecretGate::MayTryAgain(Lane lane) {
  const std::lock_guard lock(mutex_);
  if (!refusal_ || again_ == lane) return true;
  const MonoTime now = clock_->Now();
  if (now < refusal_->next) return false;
  // Whoever got the word and says nothing loses it after a pause.
  again_ = lane;
  refusal_->next = now + Pause(refusal_->times);
  return true;
}

bool SecretGate::MayTryChanged(Lane lane) {
  const std::lock_guard lock(mutex_);
  if (changed_ != nullptr && changed_ != lane) return false;
  changed_ = lane;
  return true;
}

bool SecretGate::Accepted(Lane lane, const SecretDigests& values) {
  const std::lock_guard lock(mutex_);
  if (changed_ == lane) changed_ = nullptr;
  refusal_.reset();
  again_ = nullptr;
  bool changed = false;
  for (const auto& [name, digest] : values) {
    const auto [known, is_new] = accepted_.try_emplace(name, digest);
    if (is_new || known->second == digest) continue;
    known->second = digest;
    changed = true;
  }
  return changed;
}

bool SecretGate::Refused(Lane lane, const SecretDigests& values, std::string error,
                         MonoTime began) {
  const std::lock_guard lock(mutex_);
  if (changed_ == lane) changed_ = nullptr;
  again_ = nullptr;
  const bool known = refusal_ && refusal_->values == values;
  const MonoTime now = clock_->Now();
  // Two lanes that tried at the same time are one try.
  const bool counts = !known || began >= refused_at_;
  const uint32_t times = (known ? refusal_->times : 0) + (counts ? 1 : 0);
  const MonoTime next = counts ? now + Pause(times) : refusal_->next;
  refusal_ = Refusal{values, std::move(error), next, times};
  refused_at_ = now;
  return !known;
}

void SecretGate::Undecided(Lane lane) {
  const std::lock_guard lock(mutex_);
  if (changed_ == lane) changed_ = nullptr;
}

void SecretGate::Forget(const SecretDigests& values) {
  const std::lock_guard lock(mutex_);
  if (!refusal_ || refusal_->values != values) return;
  refusal_.reset();
  again_ = nullptr;
}

}  // namespace pillion
