// FragmentBuilder: from the log to the fragment.
#include "model/fragment_builder.hpp"
#include "model/label_block.hpp"

#include <algorithm>
#include <utility>

namespace pillion {

// A stable counting sort into grouped_. Table families and declared ones share one row of counters,
// of which only those in use are touched: a table may have 500, and a collector ten.
void FragmentBuilder::GroupLog() {
  const auto table_size = static_cast<uint32_t>(table_->size());
  const auto place = [&](uint32_t family) -> uint32_t& {
    return places_[family >= kDeclaredBase ? family - kDeclaredBase + table_size : family];
  };
  auto& [families, starts, entries] = grouped_;
  // All memory at first: what follows must not fail half way, as it counts in places_.
  places_.resize(table_size + declared_.size());
  families.clear();
  families.reserve(std::min(log_.size(), places_.size()));
  starts.clear();
  starts.reserve(families.capacity() + 1);
  entries.resize(log_.size());
  for (const Entry& e : log_) {
    if (place(e.family)++ == 0) families.push_back(e.family);
  }
  // Two of the table are told apart by their rank there, which costs no comparison of names.
  const auto before = [&](uint32_t a, uint32_t b) {
    if (a < kDeclaredBase && b < kDeclaredBase) return table_->rank(a) < table_->rank(b);
    return Find(a)->name < Find(b)->name;
  };
  if (!std::is_sorted(families.begin(), families.end(), before)) {
    std::sort(families.begin(), families.end(), before);
  }
  uint32_t start = 0;
  for (const uint32_t family : families) {
    starts.push_back(start);
    start += std::exchange(place(family), start);
  }
  starts.push_back(start);
  for (uint32_t i = 0; i < log_.size(); ++i) entries[place(log_[i].family)++] = i;
  for (const uint32_t family : families) place(family) = 0;
}

std::shared_ptr<Fragment> FragmentBuilder::Build(uint32_t collector) {
  auto fragment = std::make_shared<Fragment>();
  fragment->id = NewFragmentId();
  fragment->collector = collector;

  GroupLog();
  const auto& [order, starts, entries] = grouped_;
  last_family_.assign(blocks_.count(), kNothing);
  // Closed families name their labels alike in each sample, so equal series are equal blocks.
  // Where labels are open they may differ in order, or by labels without value.
  std::vector<uint32_t> series_numbers;
  size_t single_values = 0;
  for (size_t f = 0; f < order.size(); ++f) {
    if (HasSingleValue(TraitsOf(order[f])->type)) single_values += starts[f + 1] - starts[f];
  }
  fragment->values.reserve(single_values);
  fragment->labels.reserve(single_values);
  fragment->families.reserve(order.size());
  fragment->distributions.reserve(log_.size() - single_values);
  std::vector<uint32_t> note_of;  // entry -> note + 1, only if there are notes
  if (!notes_.empty()) {
    note_of.assign(log_.size(), 0);
    for (uint32_t i = 0; i < notes_.size(); ++i) note_of[notes_[i].entry] = i + 1;
  }
  for (uint32_t f = 0; f < order.size(); ++f) {
    FamilyRange range;
    range.family = Share(order[f]);
    const FamilyTraits& traits = *TraitsOf(order[f]);
    const bool single = HasSingleValue(traits.type);
    const bool open = traits.open_labels && starts[f + 1] - starts[f] > 1;
    if (open && series_numbers.empty()) series_numbers = SeriesNumbers().Of(blocks_);
    const auto point = [&] {
      return static_cast<uint32_t>(single ? fragment->values.size()
                                          : fragment->distributions.size());
    };
    range.first = point();
    for (uint32_t i = starts[f]; i < starts[f + 1]; ++i) {
      const Entry& e = log_[entries[i]];
      uint32_t& last = last_family_[open ? series_numbers[e.labels] : e.labels];
      if (last == f) {
        drops_.NoteParts(DropReason::kDuplicate, range.family->name, "{", blocks_[e.labels],
                         "} stands twice");
        continue;
      }
      last = f;
      if (!note_of.empty() && note_of[entries[i]] != 0) {
        Note& note = notes_[note_of[entries[i]] - 1];
        fragment->notes.push_back({static_cast<uint32_t>(fragment->families.size()), point(),
                                   note.created_seconds, std::move(note.exemplars)});
      }
      if (single) {
        fragment->values.push_back(e.value);
        fragment->labels.push_back(e.labels);
      } else {
        fragment->distributions.push_back(distributions_[static_cast<size_t>(e.value)]);
      }
    }
    range.count = point() - range.first;
    fragment->families.push_back(std::move(range));
  }
  fragment->numbers = numbers_;
  fragment->natives = std::move(natives_);
  natives_.clear();
  fragment->blocks = blocks_;  // a copy of exact size; ours keeps its memory for the next poll
  fragment->blocks.bytes_.shrink_to_fit();
  Reset();
  return fragment;
}

}  // namespace pillion
