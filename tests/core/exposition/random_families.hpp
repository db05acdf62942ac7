// Random families with everything that is hard to write: names, labels and values.
#pragma once

#include "core/exposition/page_fixture.hpp"
#include "core/exposition/read_page.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace pillion::test {

// What a family was given, as it must be read back; all texts are UTF-8.
struct RandomPoint {
  SortedLabels labels;
  double value = 0;                    // of a single value; else:
  std::vector<double> bounds, counts;  // or quantiles and values
  double count = 0, sum = 0;
  bool native = false;
  ReadNative own;  // a native one's
  std::vector<ReadExemplar> exemplars;
  double created = -1;  // none
};

struct RandomFamily {
  std::string name;
  MetricType type = MetricType::kGauge;
  std::string help, unit;
  std::vector<RandomPoint> points;
};

class RandomFamilies {
 public:
  explicit RandomFamilies(uint32_t seed) : engine_(seed) {}

  // Some families, the same in `maker` and as a model. `legacy`: all names are legacy ones.
  std::vector<RandomFamily> Fill(Maker& maker, bool legacy);

 private:
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(engine_() % n); }
  bool Often() { return Below(4) != 0; }
  std::string Junk(bool legacy);       // a few characters of a name
  std::string Bytes(size_t size_max);  // any
  double Value();
  double Count();
  LabelPairs Labels(bool legacy, int sample);
  void AddPoint(Maker& maker, uint32_t handle, RandomFamily& family, bool legacy);
  void AddDistribution(Maker& maker, uint32_t handle, const LabelPairs& labels, MetricType type,
                       RandomPoint& point);
  void AddNative(Maker& maker, uint32_t handle, const LabelPairs& labels, RandomPoint& point);
  void AddNotes(Maker& maker, RandomPoint& point);

  std::mt19937 engine_;
  int names_ = 0;
  bool whole_counts_ = true, natives_ = false;  // of the family under way
};

}  // namespace pillion::test
