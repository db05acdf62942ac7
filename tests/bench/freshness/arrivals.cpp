#include "arrivals.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

namespace pillion::freshness {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kDay = 24h;
constexpr double kDrift = 50e-6;
constexpr double kStallShare = 0.01;
constexpr MonoTime kApartMin = 1200ms;

double Uniform(Random& random, double from, double to) {
  return std::uniform_real_distribution<double>(from, to)(random);
}

MonoTime Uniform(Random& random, MonoTime from, MonoTime to) {
  return MonoTime(std::uniform_int_distribution<int64_t>(from.count(), to.count())(random));
}

// As in the recordings: most within half a millisecond of each other, one in ten later than that.
MonoTime Lateness(Random& random) {
  if (Uniform(random, 0, 1) < kStallShare) return Uniform(random, 50ms, 500ms);
  const double seconds = std::lognormal_distribution<double>(std::log(0.0003), 0.5)(random);
  const auto late = std::chrono::duration_cast<MonoTime>(std::chrono::duration<double>(seconds));
  return Uniform(random, 0, 1) < 0.1 ? late + Uniform(random, 0ms, 4ms) : late;
}

// A span of time in which a scraper keeps its interval.
struct Regime {
  MonoTime from{0}, to{0}, interval{0}, phase{0};
};

struct Pause {
  MonoTime from{0}, to{0};
};

std::vector<Pause> Restarts(MonoTime length, Random& random) {
  const auto count = std::max<int64_t>(1, 2 * length / kDay);
  std::vector<Pause> pauses;
  for (int64_t i = 0; i < count; ++i) {
    const MonoTime share = length / count;
    const MonoTime from = i * share + Uniform(random, 0ms, share - 3min);
    pauses.push_back({from, from + Uniform(random, 1min, 3min)});
  }
  return pauses;
}

void AddArrivals(std::vector<Arrival>& out, uint32_t scraper, const std::vector<Regime>& regimes,
                 const std::vector<Pause>& pauses, double drift, Random& random) {
  for (const Regime& regime : regimes) {
    const double step = static_cast<double>(regime.interval.count()) * (1 + drift);
    for (int64_t i = (regime.from - regime.phase) / regime.interval;; ++i) {
      const MonoTime grid =
          regime.phase + MonoTime(static_cast<int64_t>(static_cast<double>(i) * step));
      if (grid >= regime.to) break;
      const bool paused = std::any_of(pauses.begin(), pauses.end(), [&](const Pause& p) {
        return p.from <= grid && grid < p.to;
      });
      if (grid >= regime.from && !paused) out.push_back({grid + Lateness(random), scraper});
    }
  }
}

// The median gap of the first scraper.
MonoTime TypicalGap(const std::vector<Arrival>& arrivals) {
  std::vector<MonoTime> gaps;
  const Arrival* last = nullptr;
  for (const Arrival& arrival : arrivals) {
    if (arrival.scraper != arrivals[0].scraper) continue;
    if (last != nullptr) gaps.push_back(arrival.at - last->at);
    last = &arrival;
  }
  if (gaps.empty()) return arrivals.back().at;
  std::nth_element(gaps.begin(), gaps.begin() + static_cast<ptrdiff_t>(gaps.size() / 2),
                   gaps.end());
  return gaps[gaps.size() / 2];
}

void Sort(std::vector<Arrival>& arrivals) {
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.at < b.at; });
}

}  // namespace

Stream Model(const Scrapers& scrapers, MonoTime interval, MonoTime length, Random& random) {
  Stream stream{scrapers.name, interval, {}, {}};
  const MonoTime other = interval <= 15s ? 2 * interval : interval / 2;
  const MonoTime apart = scrapers.apart.value_or(Uniform(random, kApartMin, interval / 2));
  const MonoTime changes = Uniform(random, length / 4, length * 3 / 4);
  MonoTime phases[] = {Uniform(random, 0ms, interval), Uniform(random, 0ms, other)};
  double drift = Uniform(random, -kDrift, kDrift);
  for (uint32_t i = 0; i < scrapers.count; ++i) {
    if (scrapers.unrelated) {
      phases[0] = Uniform(random, 0ms, interval);
      phases[1] = Uniform(random, 0ms, other);
      drift = Uniform(random, -kDrift, kDrift);
    }
    // A new configuration reaches the servers one after another.
    const MonoTime change = changes + Uniform(random, 0ms, 30s);
    const MonoTime offset = scrapers.unrelated ? 0s : static_cast<int64_t>(i) * apart;
    AddArrivals(
        stream.arrivals, i,
        {{0s, change, interval, phases[0] + offset}, {change, length, other, phases[1] + offset}},
        Restarts(length, random), drift, random);
    stream.addresses.push_back(scrapers.one_address ? "10.0.0.1"
                                                    : "10.0.0." + std::to_string(i + 1));
  }
  Sort(stream.arrivals);
  return stream;
}

std::optional<Stream> Recording(const std::filesystem::path& file) {
  std::ifstream in(file);
  Stream stream{file.stem().string(), MonoTime(0), {}, {}};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream fields(line);
    int64_t micros = 0;
    uint32_t scraper = 0;
    if (!(fields >> micros >> scraper)) return std::nullopt;
    stream.arrivals.push_back({std::chrono::microseconds(micros), scraper});
    stream.addresses.resize(std::max<size_t>(stream.addresses.size(), scraper + 1), "10.0.0.1");
  }
  if (stream.arrivals.size() < 2) return std::nullopt;
  stream.interval = TypicalGap(stream.arrivals);
  return stream;
}

}  // namespace pillion::freshness
