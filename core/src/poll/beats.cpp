#include "poll/beats.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pillion {
namespace {

using std::chrono::milliseconds;

// Two gaps count as equal if they differ by less.
constexpr MonoTime Tolerance(MonoTime period) { return milliseconds(40) + period / 1000; }

// An arrival further off was held up, which says nothing about the grid.
constexpr MonoTime kHeldUp = milliseconds(20);

constexpr double kPhaseGain = 0.25;
constexpr double kPeriodGain = 0.02;
constexpr double kDeviationGain = 1.0 / 16;

MonoTime Scaled(MonoTime time, double by) {
  return MonoTime(static_cast<int64_t>(static_cast<double>(time.count()) * by));
}

MonoTime Abs(MonoTime time) { return time.count() < 0 ? -time : time; }

MonoTime Median(std::array<MonoTime, 3> of) {
  std::sort(of.begin(), of.end());
  return of[1];
}

}  // namespace

MonoTime Beats::Beat::margin() const {
  const MonoTime wanted(static_cast<int64_t>(3 * deviation_ns));
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
    correction = jumped ? median : Scaled(median, kPhaseGain);
    if (!jumped) period += Scaled(median, kPeriodGain);
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
  std::erase_if(beats_, [now](const Beat& beat) {
    if (beat.asleep()) return now - beat.last > kForgetAfter + 3 * beat.period;
    return std::popcount(beat.history) >= kMissesToForget;
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
  if (strays_.size() == kStraysMax) strays_.erase(strays_.begin());
  strays_.push_back(now);
  return 0;
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
    for (const Beat& beat : beats_) {
      if (Abs(beat.period - gap) <= Tolerance(gap)) return beat.period;
    }
    if (HasStray(*stray - gap, Tolerance(gap))) return gap;
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
    coming.push_back({beat.id, beat.next, beat.margin(), beat.next + beat.late()});
  }
  return coming;
}

}  // namespace pillion
