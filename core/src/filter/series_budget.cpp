#include "filter/series_budget.hpp"

#include "model/fragment_rewriter.hpp"
#include "model/label_block.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace pillion {
namespace {

// The height to which the sizes must be cut so that their sum is at most `room`; 0 if there is no
// room for one of each.
uint64_t CommonHeight(std::vector<uint64_t> sizes, uint64_t room) {
  std::sort(sizes.begin(), sizes.end());
  for (size_t i = 0; i < sizes.size(); ++i) {
    const uint64_t height = room / (sizes.size() - i);
    if (sizes[i] > height) return height;
    room -= sizes[i];
  }
  return sizes.empty() ? 0 : sizes.back();
}

std::string OverflowBlock(std::string_view own_labels) {
  std::string block = "overflow=\"true\"";
  AppendLabelsIf(block, own_labels, [](std::string_view name) { return name != "overflow"; });
  return block;
}

std::vector<uint64_t> SizesOf(const Fragment& fragment) {
  std::vector<uint64_t> sizes;
  for (const FamilyRange& range : fragment.families) {
    uint64_t size = HasSingleValue(range.family->type) ? range.count : 0;
    if (!HasSingleValue(range.family->type)) {
      for (uint32_t i = range.first; i < range.first + range.count; ++i) {
        size += fragment.SeriesOf(range, i);
      }
    }
    sizes.push_back(size);
  }
  return sizes;
}

class Cut {
 public:
  explicit Cut(const Fragment& from) : from_(from), to_(from) {}

  void Family(uint32_t range, uint64_t size, uint64_t height, Drops& drops) {
    const FamilyRange& source = from_.families[range];
    const bool single = HasSingleValue(source.family->type);
    const bool sums = single && source.family->sums_overflow && size > height && height > 0;
    uint64_t room = sums ? height - 1 : height;
    uint64_t cut = 0;
    double sum = 0;
    to_.Begin(source.family);
    for (uint32_t point = source.first; point < source.first + source.count; ++point) {
      const uint64_t series = from_.SeriesOf(source, point);
      if (series <= room && cut == 0) {
        room -= series;
        to_.Copy(range, point,
                 to_.Keep(single ? from_.labels[point] : from_.distributions[point].labels));
      } else {
        cut += series;
        if (sums) sum += from_.values[point];
      }
    }
    if (sums) to_.Add(to_.Intern(OverflowBlock(from_.blocks[0])), sum);
    to_.End();
    if (cut == 0) return;
    drops.Note(DropReason::kLimit,
               source.family->name + ": " + std::to_string(cut) + " of its " +
                   std::to_string(size) + " series are over the budget",
               cut);
  }
  FragmentPtr Take() { return to_.Take(); }

 private:
  const Fragment& from_;
  FragmentRewriter to_;
};

}  // namespace

// How high a family may be.
uint64_t SeriesBudget::Height() const {
  uint64_t all = 0;
  for (const Wanted& wanted : wanted_) {
    for (const uint64_t size : wanted.sizes) all += std::min(size, family_series_max_);
  }
  if (all <= series_max_) return family_series_max_;
  std::vector<uint64_t> allowed;
  for (const Wanted& wanted : wanted_) {
    for (const uint64_t size : wanted.sizes) allowed.push_back(std::min(size, family_series_max_));
  }
  return CommonHeight(std::move(allowed), series_max_);
}

void SeriesBudget::Fit(std::span<FragmentPtr* const> fragments, Drops& drops) {
  const std::lock_guard lock(mutex_);
  for (const FragmentPtr* fragment : fragments) {
    const uint32_t collector = (*fragment)->collector;
    if (collector >= wanted_.size()) wanted_.resize(collector + size_t{1});
    Wanted& wanted = wanted_[collector];
    if (wanted.id == (*fragment)->id) continue;  // it is shown again
    wanted = {(*fragment)->id, SizesOf(**fragment)};
  }
  const uint64_t height = Height();
  for (FragmentPtr* fragment : fragments) {
    const std::vector<uint64_t>& sizes = wanted_[(*fragment)->collector].sizes;
    const auto fits = [&](uint64_t size) { return size <= height; };
    if (std::all_of(sizes.begin(), sizes.end(), fits)) continue;
    Cut cut(**fragment);
    for (uint32_t range = 0; range < sizes.size(); ++range) {
      cut.Family(range, sizes[range], height, drops);
    }
    *fragment = cut.Take();
  }
}

void SeriesBudget::Free(uint32_t collector) {
  const std::lock_guard lock(mutex_);
  if (collector < wanted_.size()) wanted_[collector] = {};
}

}  // namespace pillion
