#include "poll/prefetcher.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace pillion {
namespace {

// One beat's next arrival, for which the page was or is being prepared.
struct Made {
  MonoTime until{0};  // who has not come by then does not come
  uint64_t number = 0;
  bool polled = false;
};

struct PageState {
  Prefetcher::Page page;
  Beats beats;
  std::map<uint64_t, Made> made;  // by beat
  TimerId timer = 0;
  MonoTime timer_at{0};
  MonoTime last_arrival{0};
};

// Beginning so much sooner or later than wanted is no difference: a timer that is nearly right
// stays, and the thread that keeps the time is not woken to set it anew.
constexpr MonoTime kSlack = std::chrono::milliseconds(1);

}  // namespace

struct Prefetcher::State : std::enable_shared_from_this<State> {
  State(Timers* t, const Clock* c) : timers(t), clock(c) {}

  PageState& PageOf(const std::string& key);
  void Settle(PageState& page, MonoTime now);
  MonoTime Start(const Beats::Expected& arrival, MonoTime lead, MonoTime now);
  void Arm(const std::string& key, PageState& page, MonoTime now);
  void Due(const std::string& key);
  void Prepared(const std::string& key, uint64_t beat, uint64_t number);

  Timers* const timers;
  const Clock* const clock;
  mutable std::mutex mutex;  // all below is guarded by it
  std::map<std::string, PageState> pages;
  double allowance = kUnusedAtOnce;
  uint64_t last_number = 0;
  Stats stats;
  bool stopped = false;
  int preparing = 0;  // calls of `prepare`
  std::condition_variable prepared;
};

Prefetcher::Prefetcher(Timers* timers, const Clock* clock)
    : state_(std::make_shared<State>(timers, clock)) {}

Prefetcher::~Prefetcher() { Stop(); }

// Pages without a beat go first: whoever asks for ever new pages does not make us forget others'.
PageState& Prefetcher::State::PageOf(const std::string& key) {
  const auto known = pages.find(key);
  if (known != pages.end()) return known->second;
  if (pages.size() == kPagesMax) {
    const auto first = std::min_element(pages.begin(), pages.end(), [](auto& a, auto& b) {
      return std::pair(a.second.beats.size() > 0, a.second.last_arrival) <
             std::pair(b.second.beats.size() > 0, b.second.last_arrival);
    });
    Settle(first->second, clock->Now());
    timers->Cancel(first->second.timer);
    pages.erase(first);
  }
  return pages[key];
}

// Counts what nobody came for.
void Prefetcher::State::Settle(PageState& page, MonoTime now) {
  std::erase_if(page.made, [&](const auto& entry) {
    if (now <= entry.second.until) return false;
    if (entry.second.polled) {
      ++stats.unused;
      allowance -= 1;
    }
    return true;
  });
}

// When to begin for the arrival. A target has one poll at a time: where another arrival comes too
// soon behind this one for a poll of its own, and too late for the data of this one's, the two
// polls have to be done in the time before it.
MonoTime Prefetcher::State::Start(const Beats::Expected& arrival, MonoTime lead, MonoTime now) {
  MonoTime start = arrival.at - arrival.margin - lead;
  for (auto& [_, page] : pages) {
    for (const Beats::Expected& other : page.beats.Coming(now)) {
      // Behind this arrival, whichever of its periods is the next one now.
      MonoTime gap = (other.at - arrival.at) % other.period;
      if (gap.count() < 0) gap += other.period;
      if (gap <= Beats::kLateMax || gap >= lead) continue;
      start = std::min(start, arrival.at + gap - other.margin - lead - lead / 2);
    }
  }
  return start;
}

// Sets the timer for the next page to prepare. An arrival for which it is made has no timer of its
// own: if it does not come, the next one is prepared in its time.
void Prefetcher::State::Arm(const std::string& key, PageState& page, MonoTime now) {
  MonoTime next = MonoTime::max();
  const MonoTime lead = page.page.lead();
  for (Beats::Expected coming : page.beats.Coming(now)) {
    MonoTime earliest = now;
    if (page.made.count(coming.beat) > 0) {
      earliest = coming.until + MonoTime(1);  // the beat has moved on by then
      coming.at += coming.period;
    }
    next = std::min(next, std::max(earliest, Start(coming, lead, now)));
  }
  const MonoTime off = next - page.timer_at;
  if (page.timer != 0 && off >= -kSlack && off <= kSlack) return;
  timers->Cancel(std::exchange(page.timer, 0));
  if (next == MonoTime::max()) return;
  page.timer_at = next;
  page.timer = timers->At(next, [weak = weak_from_this(), key] {
    if (auto self = weak.lock()) self->Due(key);
  });
}

void Prefetcher::State::Due(const std::string& key) {
  struct Job {
    uint64_t beat, number;
    MonoTime at;
  };
  std::vector<Job> jobs;
  Page page;
  {
    const std::lock_guard lock(mutex);
    const auto found = pages.find(key);
    if (stopped || found == pages.end()) return;
    PageState& state = found->second;
    page = state.page;
    // Usually this very one. A scrape that came while we were on our way has set the next already.
    timers->Cancel(std::exchange(state.timer, 0));
    const MonoTime now = clock->Now();
    for (auto& [_, any] : pages) Settle(any, now);  // the allowance is that of all of them
    const MonoTime lead = page.lead();
    for (const Beats::Expected& coming : state.beats.Coming(now)) {
      if (state.made.count(coming.beat) > 0 || Start(coming, lead, now) > now + kSlack) continue;
      const uint64_t number = ++last_number;
      state.made[coming.beat] = {coming.until, number, false};
      // Too late for it, or not allowed: the scrape will read for itself.
      if (coming.at > now && allowance >= 1) jobs.push_back({coming.beat, number, coming.at});
    }
    Arm(key, state, now);
    ++preparing;
  }
  for (const Job& job : jobs) {
    page.prepare(job.at, [weak = weak_from_this(), key, job](bool polled) {
      auto self = weak.lock();
      if (self != nullptr && polled) self->Prepared(key, job.beat, job.number);
    });
  }
  const std::lock_guard lock(mutex);
  --preparing;
  prepared.notify_all();
}

void Prefetcher::State::Prepared(const std::string& key, uint64_t beat, uint64_t number) {
  const std::lock_guard lock(mutex);
  ++stats.prefetches;
  const auto page = pages.find(key);
  if (page == pages.end()) return;
  const auto made = page->second.made.find(beat);
  if (made != page->second.made.end() && made->second.number == number) made->second.polled = true;
}

void Prefetcher::Arrived(const std::string& key, const Page& page) {
  State& s = *state_;
  const std::lock_guard lock(s.mutex);
  if (s.stopped) return;
  const MonoTime now = s.clock->Now();
  PageState& state = s.PageOf(key);
  state.page = page;  // what it calls may have changed
  state.last_arrival = now;
  s.Settle(state, now);
  const auto beat = state.beats.Arrived(now);
  if (!beat) return;
  s.allowance = std::min(s.allowance + kUnusedPerArrival, kUnusedAtOnce);
  state.made.erase(*beat);
  s.Arm(key, state, now);
}

void Prefetcher::Stop() {
  std::unique_lock lock(state_->mutex);
  state_->stopped = true;
  for (auto& [_, page] : state_->pages) state_->timers->Cancel(page.timer);
  state_->pages.clear();
  state_->prepared.wait(lock, [this] { return state_->preparing == 0; });
}

Prefetcher::Stats Prefetcher::stats() const {
  const std::lock_guard lock(state_->mutex);
  Stats stats = state_->stats;
  stats.pages = state_->pages.size();
  for (const auto& [_, page] : state_->pages) stats.beats += page.beats.size();
  return stats;
}

}  // namespace pillion
