#include "exposition/page_limits.hpp"

#include "exposition/openmetrics_form.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pillion {
namespace {

// Of a line beside the family's name and the sample's labels: a suffix, `le` with a bound, braces
// and the value.
constexpr uint64_t kLineBytesMax = 112;
// Of an exemplar beside its labels: value, time, braces; and of a created line's own parts.
constexpr uint64_t kNoteBytesMax = 96;

struct Size {
  uint64_t series = 0;
  uint64_t bytes = 0;
};

uint64_t NoteBytes(const Fragment& fragment, const FamilyDesc& desc) {
  uint64_t bytes = 0;
  for (const SampleNote& note : fragment.notes) {
    if (fragment.families[note.family].family.get() != &desc) continue;
    bytes += 2 * (kNoteBytesMax + desc.name.size());
    for (const Exemplar& exemplar : note.exemplars) bytes += exemplar.labels.size() + kNoteBytesMax;
  }
  return bytes;
}

uint64_t HeadBytes(const FamilyDesc& desc) {
  return 3 * (desc.name.size() + 32) + 2 * desc.help.size() + desc.unit.size();
}

// Never less than SizeOf, and found without looking at each sample.
Size AtMost(const PlanFamily& family) {
  const FamilyDesc& desc = *family.desc;
  const bool single = HasSingleValue(desc.type);
  Size size{0, HeadBytes(desc)};
  for (const PlanPart& part : family.parts) {
    const Fragment& from = *part.fragment;
    const FamilyRange& range = from.families[part.range];
    uint64_t series = range.count;
    if (!single) {
      series = 0;
      for (uint32_t i = range.first; i < range.first + range.count; ++i) {
        series += from.SeriesOf(range, i);
      }
    }
    size.series += series;
    size.bytes += series * (desc.name.size() + from.blocks.longest() + kLineBytesMax);
    if (!from.notes.empty()) size.bytes += NoteBytes(from, desc);
  }
  return size;
}

Size SizeOf(const PlanFamily& family) {
  const FamilyDesc& desc = *family.desc;
  const bool single = HasSingleValue(desc.type);
  Size size{0, HeadBytes(desc)};
  ForEachPoint(family, [&](const PlanPart& part, uint32_t point) {
    const Fragment& from = *part.fragment;
    const LabelRef labels = single ? from.labels[point] : from.distributions[point].labels;
    const uint64_t series = single ? 1 : from.SeriesOf(from.families[part.range], point);
    size.series += series;
    size.bytes += series * (desc.name.size() + from.blocks[labels].size() + kLineBytesMax);
  });
  for (const PlanPart& part : family.parts) {
    if (!part.fragment->notes.empty()) size.bytes += NoteBytes(*part.fragment, desc);
  }
  return size;
}

// Who asks whether a target is up must get an answer, whatever else the page can hold.
bool IsHosts(const PlanFamily& family) {
  return std::any_of(family.parts.begin(), family.parts.end(), [](const PlanPart& part) {
    return part.fragment->collector == Fragment::kHost;
  });
}

bool IsNamed(const FamilyDesc& desc, std::span<const std::string> names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    if (name == desc.name) return true;
    if (!name.starts_with(desc.name)) return false;
    name.remove_prefix(desc.name.size());
    const auto suffixes = SampleSuffixes(desc.type);
    return std::find(suffixes.begin(), suffixes.end(), name) != suffixes.end();
  });
}

}  // namespace

void KeepNamed(PagePlan& plan, std::span<const std::string> names) {
  if (names.empty()) return;
  std::erase_if(plan.families,
                [&](const PlanFamily& family) { return !IsNamed(*family.desc, names); });
}

void ApplyLimits(PagePlan& plan, const PageLimits& limits, Drops& drops) {
  Size all;
  const auto fits = [&] {
    return all.series <= limits.series_max && all.bytes <= limits.bytes_max;
  };
  const auto add = [&](const Size& size) {
    all.series += size.series;
    all.bytes += size.bytes;
  };
  for (const PlanFamily& family : plan.families) add(AtMost(family));
  if (fits()) return;
  all = {};
  std::vector<Size> sizes;
  for (const PlanFamily& family : plan.families) add(sizes.emplace_back(SizeOf(family)));
  if (fits()) return;
  std::vector<size_t> largest;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (!IsHosts(plan.families[i])) largest.push_back(i);
  }
  std::stable_sort(largest.begin(), largest.end(),
                   [&](size_t a, size_t b) { return sizes[a].bytes > sizes[b].bytes; });
  for (const size_t i : largest) {
    if (fits()) break;
    drops.Note(DropReason::kLimit,
               plan.families[i].desc->name + " with its " + std::to_string(sizes[i].series) +
                   " series does not fit the limits of a page",
               sizes[i].series);
    all.series -= sizes[i].series;
    all.bytes -= sizes[i].bytes;
    plan.families[i].parts.clear();
  }
  std::erase_if(plan.families, [](const PlanFamily& family) { return family.parts.empty(); });
}

}  // namespace pillion
