// Days of scrapes in moments: how fresh and how fast are Pillion, a cache with a timer and an
// exporter that reads at each scrape, given the same scrapers and a target as quick?
//
//   freshness_simulate [--hours N] [--seed N] [--recordings DIRECTORY] [--only TEXT] [--check]
//
// Prints one TSV line per scenario and server; with --check only what misses its target, and fails
// if anything does. The same arguments give the same output.
#include "arrivals.hpp"
#include "servers.hpp"
#include "tally.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::freshness {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kFreshness = 1s;
constexpr double kAgeQuantiles[] = {0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999};

struct Options {
  MonoTime length = 24h;
  uint64_t seed = 1;
  std::string recordings;
  std::string only;  // scenarios whose name holds it
  bool check = false;
};

struct Scenario {
  Stream stream;
  MonoTime cost{0};
  bool recorded = false;

  std::string Name() const {
    std::string name = stream.name;
    if (!recorded) name += " " + std::to_string(stream.interval / 1s) + "s";
    return name + " " + std::to_string(cost / 1ms) + "ms";
  }
};

struct Target {
  double share_without_wait, polls_per_scrape;
};

// Of a recording of a quarter of an hour the first scrapes, from which a beat is learnt, are a
// part that counts.
Target TargetOf(const Scenario& scenario) {
  if (scenario.recorded) return {0.85, 1.2};
  return {0.99, scenario.stream.addresses.size() == 1 ? 1.02 : 1.1};
}

MonoTime HighCost(MonoTime median) {
  Costs costs(median, 1);
  std::vector<MonoTime> drawn(20'000);
  for (MonoTime& cost : drawn) cost = costs.Next();
  std::sort(drawn.begin(), drawn.end());
  return drawn[drawn.size() * 99 / 100];
}

struct Contender {
  const char* name;
  std::unique_ptr<Server> server;
  Tally tally;
};

std::vector<Contender> Contenders(const Stream& stream, test::FakeTime* time, MonoTime cost,
                                  uint64_t seed) {
  Random random(seed);
  const MonoTime phase(static_cast<int64_t>(std::uniform_real_distribution<double>(0, 1)(random) *
                                            static_cast<double>(stream.interval.count())));
  const auto parts = [&](uint64_t which) {
    return ServerParts{time, Costs(cost, seed * 3 + which), stream.interval, phase};
  };
  std::vector<Contender> contenders;
  contenders.push_back({"pillion", MakePillion(parts(0)), Tally(stream)});
  contenders.push_back({"cache", MakeCache(parts(1)), Tally(stream)});
  contenders.push_back({"scrape-time", MakeScrapeTime(parts(2)), Tally(stream)});
  return contenders;
}

void Print(const Scenario& scenario, const char* server, const Summary& s, Bound bound) {
  std::printf("%s\t%lld\t%lld\t%s\t%zu\t%.5f\t%zu\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.6f\t%.6f",
              scenario.stream.name.c_str(), static_cast<long long>(scenario.stream.interval / 1ms),
              static_cast<long long>(scenario.cost / 1ms), server, s.scrapes,
              s.share_without_wait(), s.without_data, Quantile(s.waits, 0.99), s.polls_per_scrape,
              std::chrono::duration<double>(bound.alone).count(), Quantile(s.excess, 0.99),
              Quantile(s.waits, 1), Quantile(s.steady_errors, 0.99), Quantile(s.steady_errors, 1));
  std::printf("\t%.6f\t%.6f", Quantile(s.wave_errors, 0.99), Quantile(s.wave_errors, 1));
  for (const double q : kAgeQuantiles) std::printf("\t%.4f", Quantile(s.ages, q));
  std::printf("\n");
}

void PrintHead() {
  std::printf(
      "scenario\tinterval_ms\tcost_ms\tserver\tscrapes\twithout_wait\twithout_data\twait_p99"
      "\tpolls_per_scrape\tage_bound\tage_excess_p99\twait_max\tsteady_p99\tsteady_max"
      "\twave_p99\twave_max");
  for (const double q : kAgeQuantiles) std::printf("\tage_p%g", 100 * q);
  std::printf("\n");
}

// How many targets it misses; each is told.
int Misses(const Scenario& scenario, const Summary& s) {
  const Target target = TargetOf(scenario);
  int misses = 0;
  const auto miss = [&](const char* what, double is, double should) {
    std::printf("%s: %s is %.4f, should be %.4f\n", scenario.Name().c_str(), what, is, should);
    ++misses;
  };
  if (s.share_without_wait() < target.share_without_wait) {
    miss("the share answered without waiting", s.share_without_wait(), target.share_without_wait);
  }
  if (s.polls_per_scrape > target.polls_per_scrape) {
    miss("polls per scrape", s.polls_per_scrape, target.polls_per_scrape);
  }
  if (Quantile(s.excess, 0.99) > 0) {
    miss("the 99th percentile of the age over its bound", Quantile(s.excess, 0.99), 0);
  }
  if (s.without_data > 0) miss("scrapes without data", static_cast<double>(s.without_data), 0);
  return misses;
}

int Run(Scenario& scenario, const Options& options) {
  test::FakeTime time;
  // The cache has read once before the first scrape.
  const MonoTime start = time.Now() + 2 * scenario.stream.interval + Costs::kMax;
  for (Arrival& arrival : scenario.stream.arrivals) arrival.at += start;
  std::vector<Contender> contenders =
      Contenders(scenario.stream, &time, scenario.cost, options.seed);
  const std::vector<Arrival>& arrivals = scenario.stream.arrivals;
  for (size_t i = 0; i < arrivals.size(); ++i) {
    time.Advance(arrivals[i].at - time.Now());
    for (Contender& contender : contenders) {
      contender.server->Scrape(
          scenario.stream.addresses[arrivals[i].scraper],
          [&time, &contender, i](const Reading* r) { contender.tally.Answered(i, time.Now(), r); });
    }
  }
  time.Advance(10s);
  const Bound bound{HighCost(scenario.cost) + 100ms, kFreshness};
  int misses = 0;
  for (const Contender& contender : contenders) {
    const Summary summary = contender.tally.Summarize(contender.server->polls(), bound);
    if (!options.check) Print(scenario, contender.name, summary, bound);
    if (options.check && &contender == &contenders[0]) misses += Misses(scenario, summary);
  }
  return misses;
}

constexpr Scrapers kScrapers[] = {
    {"single"},
    {"HA pair", 2, false},
    {"HA pair on one address", 2, true},
    {"HA pair on one address and 0.3 s apart", 2, true, 300ms},
    {"three unrelated", 3, false, {}, true},
};
constexpr MonoTime kIntervals[] = {5s, 15s, 60s};
constexpr MonoTime kCosts[] = {1ms, 30ms, 300ms, 1s};

// nullopt: a recording cannot be read.
std::optional<std::vector<Scenario>> Scenarios(const Options& options) {
  std::vector<Scenario> scenarios;
  for (const Scrapers& scrapers : kScrapers) {
    for (const MonoTime interval : kIntervals) {
      Random random(options.seed);
      const Stream stream = Model(scrapers, interval, options.length, random);
      for (const MonoTime cost : kCosts) scenarios.push_back({stream, cost});
    }
  }
  if (options.recordings.empty()) return scenarios;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(options.recordings)) {
    if (entry.path().extension() == ".tsv") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const auto stream = Recording(file);
    if (!stream) return std::nullopt;
    for (const MonoTime cost : {MonoTime(30ms), MonoTime(300ms)}) {
      scenarios.push_back({*stream, cost, true});
    }
  }
  return scenarios;
}

bool Parse(int count, char** words, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--check") {
      options.check = true;
      continue;
    }
    if (++i == count) return false;
    if (word == "--hours") {
      options.length = std::chrono::hours(std::atoi(words[i]));
    } else if (word == "--seed") {
      options.seed = std::strtoull(words[i], nullptr, 10);
    } else if (word == "--recordings") {
      options.recordings = words[i];
    } else if (word == "--only") {
      options.only = words[i];
    } else {
      return false;
    }
  }
  return options.length >= 1h;
}

int Main(int count, char** words) {
  Options options;
  if (!Parse(count, words, options)) {
    std::fputs(
        "usage: freshness_simulate [--hours N] [--seed N] [--recordings DIRECTORY] "
        "[--only TEXT] [--check]\n",
        stderr);
    return 2;
  }
  auto scenarios = Scenarios(options);
  if (!scenarios) {
    std::fputs("a recording cannot be read\n", stderr);
    return 2;
  }
  int misses = 0;
  if (!options.check) PrintHead();
  for (Scenario& scenario : *scenarios) {
    if (scenario.Name().find(options.only) == std::string::npos) continue;
    misses += Run(scenario, options);
  }
  return misses == 0 ? 0 : 1;
}

}  // namespace
}  // namespace pillion::freshness

int main(int argc, char** argv) { return pillion::freshness::Main(argc, argv); }
