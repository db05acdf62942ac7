#include "tally.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pillion::freshness {
namespace {

constexpr size_t kRateIntervals = 4;
// Scrapes with gaps more different than this are not of one regular stretch.
constexpr double kGapsAlike = 1.4;

double Steady(double at) { return 100 * at; }

// Its rate is 100 (1 + sin(2 pi t / period) / 2).
double Wave(double at) {
  constexpr double kPeriod = 600;
  const double turn = 2 * std::numbers::pi / kPeriod;
  return 100 * (at + (1 - std::cos(turn * at)) / (2 * turn));
}

struct Sample {
  double stamp = 0;  // when Prometheus believes it was read
  double read = 0;
};

double Error(double (*counter)(double), const Sample& first, const Sample& last) {
  const double truth = counter(last.stamp) - counter(first.stamp);
  return std::abs((counter(last.read) - counter(first.read)) / truth - 1);
}

bool Regular(const std::vector<Sample>& samples, size_t last) {
  double least = 1e9, most = 0;
  for (size_t i = last - kRateIntervals; i < last; ++i) {
    const double gap = samples[i + 1].stamp - samples[i].stamp;
    least = std::min(least, gap);
    most = std::max(most, gap);
  }
  return most < kGapsAlike * least;
}

}  // namespace

constexpr std::vector<double> Summary::*kNumbers[] = {&Summary::waits, &Summary::ages,
                                                      &Summary::excess, &Summary::steady_errors,
                                                      &Summary::wave_errors};

double Seconds(MonoTime time) { return std::chrono::duration<double>(time).count(); }

double Quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return 0;
  const auto index = static_cast<size_t>(q * static_cast<double>(sorted.size()));
  return sorted[std::min(index, sorted.size() - 1)];
}

double Summary::share_without_wait() const {
  return scrapes == 0 ? 0 : 1 - static_cast<double>(waited) / static_cast<double>(scrapes);
}

void Tally::Answered(size_t scrape, MonoTime now, const Reading* reading) {
  Answer& answer = answers_[scrape];
  answer.given = true;
  answer.waited = now - stream_.arrivals[scrape].at;
  if (reading == nullptr) return;
  answer.has_data = true;
  answer.age = now - reading->ended;
  answer.read = reading->read();
}

Summary Tally::Summarize(uint64_t polls, Bound bound) const {
  Summary summary;
  summary.scrapes = answers_.size();
  summary.polls_per_scrape = static_cast<double>(polls) / static_cast<double>(answers_.size());
  for (size_t i = 0; i < answers_.size(); ++i) {
    const Answer& answer = answers_[i];
    if (!answer.given || answer.waited.count() > 0) ++summary.waited;
    if (!answer.has_data) {
      ++summary.without_data;
      continue;
    }
    const MonoTime gap =
        i == 0 ? MonoTime::max() : stream_.arrivals[i].at - stream_.arrivals[i - 1].at;
    const MonoTime allowed =
        gap <= bound.freshness ? std::max(bound.alone + gap, bound.freshness) : bound.alone;
    summary.waits.push_back(Seconds(answer.waited));
    summary.ages.push_back(Seconds(answer.age));
    summary.excess.push_back(Seconds(answer.age - allowed));
  }
  AddRates(summary);
  return summary;
}

void Summary::Add(const Summary& day) {
  const auto before = static_cast<double>(scrapes), more = static_cast<double>(day.scrapes);
  polls_per_scrape =
      (polls_per_scrape * before + day.polls_per_scrape * more) / std::max(before + more, 1.0);
  scrapes += day.scrapes;
  waited += day.waited;
  without_data += day.without_data;
  for (const auto numbers : kNumbers) {
    (this->*numbers).insert((this->*numbers).end(), (day.*numbers).begin(), (day.*numbers).end());
  }
}

void Summary::Sort() {
  for (const auto numbers : kNumbers) std::sort((this->*numbers).begin(), (this->*numbers).end());
}

void Tally::AddRates(Summary& summary) const {
  std::vector<std::vector<Sample>> series(stream_.addresses.size());
  for (size_t i = 0; i < answers_.size(); ++i) {
    if (!answers_[i].has_data) continue;
    const Arrival& arrival = stream_.arrivals[i];
    series[arrival.scraper].push_back({Seconds(arrival.at), Seconds(answers_[i].read)});
  }
  for (const std::vector<Sample>& samples : series) {
    for (size_t last = kRateIntervals; last < samples.size(); ++last) {
      if (!Regular(samples, last)) continue;
      const Sample& first = samples[last - kRateIntervals];
      summary.steady_errors.push_back(Error(Steady, first, samples[last]));
      summary.wave_errors.push_back(Error(Wave, first, samples[last]));
    }
  }
}

}  // namespace pillion::freshness
