// LineWriter: the sample lines that text 0.0.4 and OpenMetrics 1.0 have in common. A line is
// `name{block} value`, or `{"my.name",block} value` where the name must be quoted; block is the
// fragment's escaped text as it is, so a line costs two copies and a number.
//
// Threads: one at a time.
#pragma once

#include "exposition/bounded_samples.hpp"
#include "exposition/buckets.hpp"
#include "exposition/output.hpp"
#include "exposition/page_plan.hpp"
#include "exposition/sample_name.hpp"

#include <string_view>

namespace pillion {

class LineWriter {
 public:
  explicit LineWriter(Output* out) : out_(*out) {}

  // Counters, gauges and the like.
  void Values(const PlanFamily& family, bool exemplars);

  // Histograms and summaries. A sum or a summary's count that is NaN is not known: no line.
  void Distributions(const PlanFamily& family, Series series, bool exemplars);

 private:
  void Line(const SampleName& name, std::string_view block, double value);
  void Long(const SampleName& name, std::string_view block, double value, const Exemplar* exemplar);
  void Start(const SampleName& name, std::string_view block);
  void Bounded(const SampleName& name, std::string_view block, const BoundedSample& sample,
               const Exemplar* exemplar);
  void End(double value, const Exemplar* exemplar);
  void Number(double value);

  Output& out_;
  SampleName name_, sum_name_, count_name_;  // of the family that is written
  BucketReader reader_;
};

}  // namespace pillion
