// Fragment: the immutable result of one collector's last successful run.
//
// Storage is flat: one array of values, one of references to label blocks, and for each family a
// range in them. A label block is the escaped text `a="x",b="y"`, written once and shared by all
// families of that row; there is no allocation per sample.
//
// Threads: a Fragment never changes after Build, so any thread may read it without a lock.
#pragma once

#include "model/family.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

using LabelRef = uint32_t;  // 0: only the instance's own labels

class LabelBlocks {
 public:
  std::string_view operator[](LabelRef ref) const {
    const uint32_t begin = ref == 0 ? 0 : ends_[ref - 1];
    return std::string_view(bytes_).substr(begin, ends_[ref] - begin);
  }
  size_t count() const { return ends_.size(); }
  size_t bytes() const { return bytes_.size(); }
  size_t longest() const { return longest_; }
  friend bool operator==(const LabelBlocks& a, const LabelBlocks& b) {
    return a.ends_ == b.ends_ && a.bytes_ == b.bytes_;
  }
  // False only if every label name of the fragment is a legacy one, exemplars' included.
  bool may_have_quoted_names() const { return may_have_quoted_names_; }

 private:
  friend class FragmentBuilder;
  friend class FragmentRewriter;
  std::string bytes_;
  std::vector<uint32_t> ends_;
  size_t longest_ = 0;
  bool may_have_quoted_names_ = false;
};

// A classic histogram or a summary: `size` keys (bounds or quantiles), then `size` numbers
// (cumulative counts or values), in Fragment::numbers from `first` on.
struct Distribution {
  LabelRef labels = 0;
  uint32_t native = kNotNative;  // index into Fragment::natives instead
  uint32_t first = 0;
  uint32_t size = 0;
  double count = 0;
  double sum = 0;  // NaN: not known

  static constexpr uint32_t kNotNative = 0xffffffffu;
};

struct NativeHistogram {
  int32_t schema = 0;
  double zero_threshold = 0;
  double zero_count = 0;
  struct Span {
    int32_t offset;
    uint32_t length;
  };
  std::vector<Span> positive_spans, negative_spans;
  std::vector<double> positive_counts, negative_counts;
};

struct Exemplar {
  std::string labels;  // escaped block without braces; may be empty
  double value = 0;
  double timestamp_seconds = 0;  // NaN: none
};

// What hangs on a sample besides its value. Sorted by (family, point).
struct SampleNote {
  uint32_t family = 0;         // index into Fragment::families
  uint32_t point = 0;          // index into values or distributions
  double created_seconds = 0;  // NaN: none
  std::vector<Exemplar> exemplars;
};

struct FamilyRange {
  FamilyPtr family;
  uint32_t first = 0;  // in values and labels, or in distributions, as HasSingleValue(type) says
  uint32_t count = 0;
};

struct Fragment {
  static constexpr uint32_t kHost = 0xffffffffu;

  uint64_t id = 0;                    // unique in this process: what caches compare
  uint32_t collector = 0;             // kHost: the host's own families
  std::vector<FamilyRange> families;  // ascending by name; at least one sample each
  std::vector<double> values;
  std::vector<LabelRef> labels;  // parallel to values
  std::vector<Distribution> distributions;
  std::vector<double> numbers;
  std::vector<NativeHistogram> natives;
  std::vector<SampleNote> notes;
  LabelBlocks blocks;

  // As Prometheus counts them: a histogram has its buckets, +Inf, sum and count. For a native one
  // about as many as its classic form in text has.
  size_t series() const;
  size_t SeriesOf(const FamilyRange& range, uint32_t point) const;
  size_t bytes() const;  // memory held
};
using FragmentPtr = std::shared_ptr<const Fragment>;

uint64_t NewFragmentId();  // from any thread

// What an instance shows at one moment: its fragments, the host's own (up, collector success)
// among them. Immutable.
struct Snapshot {
  std::string instance;
  std::string exporter;
  std::vector<FragmentPtr> fragments;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace pillion
