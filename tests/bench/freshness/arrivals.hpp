// When scrapes arrive: models of Prometheus servers over hours, and recordings of real ones.
//
// A Prometheus scrapes on a grid of its interval. Its phase comes from hashes of its labels and
// the target's, so it keeps it over a restart. Its clock drifts against ours; each arrival is a
// little late (jitter), one in a hundred much (a stall), and the grid stays where it was.
#pragma once

#include <pillion/poll.hpp>  // MonoTime

#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace pillion::freshness {

using Random = std::mt19937_64;

struct Arrival {
  MonoTime at{0};
  uint32_t scraper = 0;
};

struct Stream {
  std::string name;
  MonoTime interval{0};
  std::vector<std::string> addresses;  // by scraper: what tells them apart, if anything does
  std::vector<Arrival> arrivals;       // ascending
};

// How several scrapers stand to each other.
struct Scrapers {
  const char* name;
  size_t count = 1;
  bool one_address = true;
  // How far the phases of neighbours are apart; none: drawn once per stream, and further than
  // what one poll serves together.
  std::optional<MonoTime> apart;
  // Each with its own phase and drift, so that they pass each other. Otherwise their hosts' clocks
  // are kept in step, and only ours drifts against them.
  bool unrelated = false;
};

// Per 24 hours: two restarts of one to three minutes, one change of the interval.
Stream Model(const Scrapers& scrapers, MonoTime interval, MonoTime length, Random& random);

// A recording as record.py writes it: one address, a scraper for each connection, and
// the interval that its first had for most of the time. nullopt: it cannot be read.
std::optional<Stream> Recording(const std::filesystem::path& file);

}  // namespace pillion::freshness
