// The messages inside a Metric: values, summaries, histograms, exemplars. Pure.
#pragma once

#include "exposition/buckets.hpp"
#include "model/fragment.hpp"

#include <string>

namespace pillion {

// One thread. Each function appends the field of Metric that holds the value.
class ProtobufValues {
 public:
  void AppendCounter(std::string& out, double value, const SampleNote* note);
  void AppendSummary(std::string& out, const Fragment& fragment, const Distribution& d,
                     const SampleNote* note);
  // The buckets of text; `native`: and its own. A native gauge histogram has only these, because
  // a client that took the others would call them NAME_count and NAME_sum.
  void AppendHistogram(std::string& out, const Fragment& fragment, const Distribution& d,
                       const SampleNote* note, bool native, bool gauge);

 private:
  void Bucket(double upper, double count, const Exemplar* exemplar);
  void ClassicBuckets(const Fragment& fragment, const Distribution& d, const SampleNote* note);

  BucketReader reader_;
  std::string message_, part_;
};

}  // namespace pillion
