// Tape: what a collector gave for one database, kept so that it can be given to a sink later.
#pragma once

#include <pillion/sink.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pillion::postgres {

class Tape {
 public:
  // As of a collector of the host.
  static constexpr size_t kSamplesMax = 1'000'000;  // and label sets
  static constexpr size_t kTextBytesMax = 256 * 1024 * 1024;

  // As a host's functions of these names. Its numbers of families and labels are its own.
  pillion_family Declare(const pillion_metric& metric);
  pillion_labels MakeLabels(pillion_family family, const pillion_str* values, size_t count);
  void Add(pillion_family family, pillion_labels labels, double value);
  void Add(pillion_family family, pillion_labels labels, const pillion_histogram& histogram);

  // Gives all of it to the sink, between Begin and End of the collector.
  void Play(Sink& sink) const;

  // Whether a bound was reached: what came later is not there.
  bool IsFull() const;
  // Gives back what its growth has taken too much.
  void Trim();
  // What it takes up, about.
  size_t bytes() const;

 private:
  static constexpr pillion_family kFirstDeclared = 1u << 30;  // beyond those of the metric table

  struct Declared {
    std::string name, unit, help, labels;
    MetricType type;
    uint32_t flags;
    uint32_t collector;
  };
  struct LabelSet {
    pillion_family family;
    uint32_t first;  // of its ends
    uint32_t count;
  };
  struct Sample {
    pillion_family family;
    pillion_labels labels;
    double value;
  };
  struct HistogramSample {
    pillion_family family;
    pillion_labels labels;
    std::vector<double> bounds, counts;
    double count, sum;
  };

  std::vector<Declared> declared_;
  std::string texts_;           // of all label values
  std::vector<uint32_t> ends_;  // of each in texts_
  std::vector<LabelSet> label_sets_;
  std::vector<Sample> samples_;
  std::vector<HistogramSample> histograms_;
};

}  // namespace pillion::postgres
