#include "poll/beats.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pillion {
namespace {

using std::chrono::milliseconds;

// Two gaps count as equal if they differ by less.
constexpr MonoTime Tolerance(MonoTime period) { return milliseconds(20) + period / 2000; }

// An arrival further off was held up, which says nothing about the grid.
constexpr MonoTime kHeldUp = milliseconds(20);

constexpr double kPhaseGain = 0.25;
constexpr double kPeriodGain = 0.02;
constexpr double kDeviationGain = 1.0 / 16;

MonoTime Scaled(MonoTime time, double by) {
  return MonoTime(static_cast<int64_t>(static_cast<double>(time.count()) * by));
}

MonoTime Abs(MonoTime time) { return time.count() < 0 ? -time : time; }

// By how much each error is larger than the one before, if all of them agree; a jump between two of
// them is none.
MonoTime Slope(const std::array<MonoTime, 3>& errors) {
  const MonoTime first = errors[1] - errors[0], second = errors[2] - errors[1];
  if ((first.count() < 0) != (second.count() < 0)) return MonoTime(0);
  return Abs(first) < Abs(second) ? first : second;
}

MonoTime Median(std::array<MonoTime, 3> of) {
  std::sort(of.begin(), of.end());
  return of[1];
}

}  // namespace

MonoTime Beats::Beat::margin() const {
  const MonoTime wanted(static_cast<int64_t>(2.5 * deviation_ns));
  return std::clamp(kMarginMin + wanted, kMarginMin, kMarginMax);
}

// What should have come by now did not.
void Beats::Beat::GiveUp(MonoTime now) {
  if (now <= next + late()) return;
  const auto missed = static_cast<uint64_t>((now - next - late()) / period) + 1;
  next += static_cast<int64_t>(missed) * period;
  misses += static_cast<uint32_t>(std::min<uint64_t>(missed, kMissesToSleep));
  for (uint64_t i = 0; i < std::min<uint64_t>(missed, 8); ++i) {
    history = static_cast<uint8_t>(history << 1 | 1);
  }
}

// It came: the grid follows the median of the last three, so that one which was held up moves
// nothing, and a phase that jumped is followed after two.
void Beats::Beat::Follow(MonoTime now) {
  const MonoTime error = now - next;
  if (asleep()) history = 0, errors_known = 0;
  misses = 0;
  history = static_cast<uint8_t>(history << 1);
  errors = {errors[1], errors[2], error};
  errors_known = std::min<size_t>(errors_known + 1, errors.size());
  MonoTime correction{0};
  if (errors_known < errors.size()) {
    if (Abs(error) < kHeldUp) correction = Scaled(error, kPhaseGain);
  } else {
    const MonoTime median = Median(errors);
    const bool jumped = Abs(median) >= kHeldUp;
    correction = jumped ? error : Scaled(median, kPhaseGain);
    period += jumped ? Slope(errors) : Scaled(median, kPeriodGain);
    if (jumped) errors_known = 0;
  }
  if (Abs(error) < kHeldUp) {
    deviation_ns += kDeviationGain * (std::abs(static_cast<double>(error.count())) - deviation_ns);
  }
  for (MonoTime& e : errors) e -= correction;
  next += period + correction;
  last = now;
}

void Beats::GiveUp(MonoTime now) {
  for (Beat& beat : beats_) beat.GiveUp(now);
  std::erase_if(beats_, [&](const Beat& beat) {
    if (beat.asleep()) return now - beat.last > kForgetAfter + 3 * beat.period;
    if (std::popcount(beat.history) < kMissesToForget) return false;
    AddStray(beat.last);  // the first of its new interval
    return true;
  });
}

// The beat that this arrival is nearest to, of those it may belong to.
Beats::Beat* Beats::Match(MonoTime now) {
  Beat* best = nullptr;
  for (Beat& beat : beats_) {
    const MonoTime error = now - beat.next;
    if (error < -beat.early() || error > beat.late()) continue;
    if (best == nullptr || Abs(error) < Abs(now - best->next)) best = &beat;
  }
  return best;
}

std::optional<uint64_t> Beats::Arrived(MonoTime now) {
  if (now - last_arrival_ < kTogether) return std::nullopt;
  last_arrival_ = now;
  GiveUp(now);
  if (Beat* beat = Match(now)) {
    beat->Follow(now);
    return beat->id;
  }
  const uint64_t learnt = Learn(now);
  if (learnt != 0) return learnt;
  AddStray(now);
  return 0;
}

void Beats::AddStray(MonoTime at) {
  if (strays_.size() == kStraysMax) strays_.erase(strays_.begin());
  strays_.insert(std::upper_bound(strays_.begin(), strays_.end(), at), at);
}

bool Beats::HasStray(MonoTime at, MonoTime tolerance) const {
  return std::any_of(strays_.begin(), strays_.end(),
                     [&](MonoTime stray) { return Abs(stray - at) <= tolerance; });
}

// The shortest gap to an earlier arrival that is there twice, or is a known beat's.
std::optional<MonoTime> Beats::FindPeriod(MonoTime now) const {
  for (auto stray = strays_.rbegin(); stray != strays_.rend(); ++stray) {
    const MonoTime gap = now - *stray;
    if (gap < kPeriodMin) continue;
    if (gap > kPeriodMax) break;
    if (HasStray(*stray - gap, Tolerance(gap))) return gap;
    for (const Beat& beat : beats_) {
      if (Abs(beat.period - gap) <= kHeldUp) return beat.period;
    }
  }
  return std::nullopt;
}

// The id of a new beat, if this arrival makes one with earlier ones.
uint64_t Beats::Learn(MonoTime now) {
  const auto period = FindPeriod(now);
  if (!period) return 0;
  const MonoTime tolerance = Tolerance(*period);
  std::erase_if(strays_, [&](MonoTime stray) {
    return Abs(now - stray - *period) <= tolerance || Abs(now - stray - 2 * *period) <= tolerance;
  });
  if (beats_.size() == kBeatsMax) {
    beats_.erase(std::min_element(beats_.begin(), beats_.end(),
                                  [](const Beat& a, const Beat& b) { return a.last < b.last; }));
  }
  Beat& beat = beats_.emplace_back();
  beat.id = ++last_id_;
  beat.period = *period;
  beat.last = now;
  beat.next = now + *period;
  return beat.id;
}

std::vector<Beats::Expected> Beats::Coming(MonoTime now) {
  GiveUp(now);
  std::vector<Expected> coming;
  for (const Beat& beat : beats_) {
    if (beat.asleep()) continue;
    coming.push_back({beat.id, beat.next, beat.period, beat.margin(), beat.next + beat.late()});
  }
  return coming;
}

}  // namespace pillion
