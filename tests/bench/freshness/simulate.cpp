// Days of scrapes in moments: how fresh and how fast are Pillion, a cache with a timer and an
// exporter that reads at each scrape, given the same scrapers and a target as quick?
//
//   freshness_simulate [--hours N] [--days N] [--seed N] [--recordings DIRECTORY] [--only TEXT]
//                      [--check | --guard]
//
// Each day begins anew, with a seed of its own; what is told is of all of them together. Prints one
// TSV line per scenario and server; with --check only what misses its target, and fails if anything
// does; --guard forgives half a percent of the scrapes and 150 ms of age. The same arguments give
// the same output.
#include "arrivals.hpp"
#include "servers.hpp"
#include "tally.hpp"

#include "log/log.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::freshness {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kFreshness = 1s;

struct Options {
  MonoTime length = 24h;
  uint64_t seed = 1;
  int days = 1;  // each of `length`
  std::string recordings;
  std::string only;  // scenarios whose name holds it
  bool check = false;
  double forgiven_share = 0, forgiven_age = 0;  // seconds
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

// A recording of a quarter of an hour has few scrapes: those from which a beat is learnt, and the
// first of each connection, are a part that counts.
Target TargetOf(const Scenario& scenario) {
  const auto scrapers = static_cast<double>(scenario.stream.addresses.size());
  if (scenario.recorded) {
    return {0.975 - 4 * scrapers / static_cast<double>(scenario.stream.arrivals.size()), 1.2};
  }
  return {0.99, scrapers == 1 ? 1.02 : 1.1};
}

MonoTime HighCost(MonoTime median) {
  Costs costs(median, 1);
  std::vector<MonoTime> drawn(20'000);
  for (MonoTime& cost : drawn) cost = costs.Next();
  std::sort(drawn.begin(), drawn.end());
  return drawn[drawn.size() * 99 / 100];
}

constexpr const char* kServers[] = {"pillion", "cache", "scrape-time"};

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
  contenders.push_back({kServers[0], MakePillion(parts(0)), Tally(stream)});
  contenders.push_back({kServers[1], MakeCache(parts(1)), Tally(stream)});
  contenders.push_back({kServers[2], MakeScrapeTime(parts(2)), Tally(stream)});
  return contenders;
}

struct Column {
  const char* name;
  double (*of)(const Summary&);
};

constexpr Column kColumns[] = {
    {"at_once", [](const Summary& s) { return s.share_without_wait(); }},
    {"without_data", [](const Summary& s) { return static_cast<double>(s.without_data); }},
    {"polls_per_scrape", [](const Summary& s) { return s.polls_per_scrape; }},
    {"wait_p50", [](const Summary& s) { return Quantile(s.waits, 0.5); }},
    {"wait_p99", [](const Summary& s) { return Quantile(s.waits, 0.99); }},
    {"age_p50", [](const Summary& s) { return Quantile(s.ages, 0.5); }},
    {"age_p99", [](const Summary& s) { return Quantile(s.ages, 0.99); }},
    {"age_excess_p99", [](const Summary& s) { return Quantile(s.excess, 0.99); }},
    {"steady_p99", [](const Summary& s) { return Quantile(s.steady_errors, 0.99); }},
    {"steady_max", [](const Summary& s) { return Quantile(s.steady_errors, 1); }},
    {"wave_p99", [](const Summary& s) { return Quantile(s.wave_errors, 0.99); }},
    {"wave_max", [](const Summary& s) { return Quantile(s.wave_errors, 1); }},
};

// Times are in seconds.
void PrintHead() {
  std::printf("scenario\trecorded\tinterval\tcost\tcost_p99\tserver\tscrapes");
  for (const Column& column : kColumns) std::printf("\t%s", column.name);
  std::printf("\n");
}

void Print(const Scenario& scenario, const char* server, const Summary& summary) {
  std::printf("%s\t%d\t%.0f\t%.3f\t%.4f\t%s\t%zu", scenario.stream.name.c_str(),
              scenario.recorded ? 1 : 0, Seconds(scenario.stream.interval), Seconds(scenario.cost),
              Seconds(HighCost(scenario.cost)), server, summary.scrapes);
  for (const Column& column : kColumns) std::printf("\t%.6f", column.of(summary));
  std::printf("\n");
}

// How many targets it misses; each is told.
int Misses(const Scenario& scenario, const Options& options, const Summary& s) {
  const Target target = TargetOf(scenario);
  int misses = 0;
  const auto miss = [&](const char* what, double is, double should) {
    std::printf("%s: %s is %.4f, should be %.4f\n", scenario.Name().c_str(), what, is, should);
    ++misses;
  };
  if (s.share_without_wait() < target.share_without_wait - options.forgiven_share) {
    miss("the share answered without waiting", s.share_without_wait(), target.share_without_wait);
  }
  if (s.polls_per_scrape > target.polls_per_scrape) {
    miss("polls per scrape", s.polls_per_scrape, target.polls_per_scrape);
  }
  if (Quantile(s.excess, 0.99) > options.forgiven_age) {
    miss("the 99th percentile of the age over its bound", Quantile(s.excess, 0.99), 0);
  }
  if (s.without_data > 0) miss("scrapes without data", static_cast<double>(s.without_data), 0);
  return misses;
}

// A day of the scenario; what each contender did is added to its summary.
void Run(Scenario& scenario, uint64_t seed, std::map<std::string, Summary>& summaries) {
  test::FakeTime time;
  // The cache has read once before the first scrape.
  const MonoTime start = time.Now() + 2 * scenario.stream.interval + Costs::kMax;
  for (Arrival& arrival : scenario.stream.arrivals) arrival.at += start;
  std::vector<Contender> contenders = Contenders(scenario.stream, &time, scenario.cost, seed);
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
  for (const Contender& contender : contenders) {
    summaries[contender.name].Add(contender.tally.Summarize(contender.server->polls(), bound));
  }
}

int Tell(const Scenario& scenario, const Options& options,
         std::map<std::string, Summary>& summaries) {
  for (auto& [_, summary] : summaries) summary.Sort();
  if (options.check) return Misses(scenario, options, summaries["pillion"]);
  for (const char* server : kServers) Print(scenario, server, summaries[server]);
  return 0;
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
std::optional<std::vector<Scenario>> Scenarios(const Options& options, uint64_t seed) {
  std::vector<Scenario> scenarios;
  for (const Scrapers& scrapers : kScrapers) {
    for (const MonoTime interval : kIntervals) {
      Random random(seed);
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
    if (word == "--check" || word == "--guard") {
      options.check = true;
      if (word == "--guard") options.forgiven_share = 0.005, options.forgiven_age = 0.15;
      continue;
    }
    if (++i == count) return false;
    if (word == "--hours") {
      options.length = std::chrono::hours(std::atoi(words[i]));
    } else if (word == "--days") {
      options.days = std::atoi(words[i]);
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
  return options.length >= 1h && options.days >= 1;
}

int Main(int count, char** words) {
  Options options;
  if (!Parse(count, words, options)) {
    std::fputs(
        "usage: freshness_simulate [--hours N] [--days N] [--seed N] [--recordings DIRECTORY] "
        "[--only TEXT] [--check | --guard]\n",
        stderr);
    return 2;
  }
  SetLog(LogLevel::kOff, LogFormat::kLogfmt);
  std::vector<Scenario> scenarios;
  std::vector<std::map<std::string, Summary>> summaries;
  for (int day = 0; day < options.days; ++day) {
    const uint64_t seed = options.seed + static_cast<uint64_t>(day);
    auto of_day = Scenarios(options, seed);
    if (!of_day) {
      std::fputs("a recording cannot be read\n", stderr);
      return 2;
    }
    scenarios = *std::move(of_day);
    std::erase_if(scenarios, [&](const Scenario& scenario) {
      return scenario.Name().find(options.only) == std::string::npos;
    });
    summaries.resize(scenarios.size());
    for (size_t i = 0; i < scenarios.size(); ++i) Run(scenarios[i], seed, summaries[i]);
  }
  int misses = 0;
  if (!options.check) PrintHead();
  for (size_t i = 0; i < scenarios.size(); ++i) misses += Tell(scenarios[i], options, summaries[i]);
  return misses == 0 ? 0 : 1;
}

}  // namespace
}  // namespace pillion::freshness

int main(int argc, char** argv) { return pillion::freshness::Main(argc, argv); }
