// What a collector has added, kept for a later poll in which it is unchanged.
//
// Part of TestHost; nothing to include on its own.
//
// Threads: one at a time.
#pragma once

#include <pillion/testing/recorder.hpp>

#include <vector>

namespace pillion::testing::detail {

struct Recorder::Run {
  std::vector<FamilyInfo> families;  // parallel to `samples`, whose own indices mean nothing here
  std::vector<Sample> samples;
};

inline Recorder::Run Recorder::CopyRun() const {
  Run run;
  for (size_t i = mark_; i < samples_.size(); ++i) {
    run.families.push_back(families_[samples_[i].family]);
    run.samples.push_back(samples_[i]);
  }
  return run;
}

inline void Recorder::ShowRun(const Run& run) {
  samples_.resize(mark_);
  last_ = nullptr;
  for (size_t i = 0; i < run.samples.size(); ++i) {
    samples_.push_back(run.samples[i]);
    samples_.back().family = families_.size();
    families_.push_back(run.families[i]);
    families_.back().scope = scope_;
  }
}

}  // namespace pillion::testing::detail
