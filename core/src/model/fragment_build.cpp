// FragmentBuilder: from the log to the fragment.
#include "model/fragment_builder.hpp"
#include "model/label_block.hpp"

#include <algorithm>
#include <numeric>

namespace pillion {

// The families that have samples, by name. Handles of the table and declared ones are renumbered
// densely here: position in the result.
std::vector<uint32_t> FragmentBuilder::SortedFamilies() const {
  std::vector<uint32_t> handles;
  std::vector<bool> table_seen(table_->size()), declared_seen(declared_.size());
  for (const Entry& e : log_) {
    auto&& seen =
        e.family >= kDeclaredBase ? declared_seen[e.family - kDeclaredBase] : table_seen[e.family];
    if (!seen) handles.push_back(e.family);
    seen = true;
  }
  // Two of the table are told apart by their rank there, which costs no comparison of names.
  const auto before = [&](uint32_t a, uint32_t b) {
    if (a < kDeclaredBase && b < kDeclaredBase) return table_->rank(a) < table_->rank(b);
    return Find(a)->name < Find(b)->name;
  };
  if (!std::is_sorted(handles.begin(), handles.end(), before)) {
    std::sort(handles.begin(), handles.end(), before);
  }
  return handles;
}

// A stable counting sort: returns entry numbers grouped by position in `order`.
std::vector<uint32_t> FragmentBuilder::SortEntries(const std::vector<uint32_t>& order,
                                                   std::vector<uint32_t>& counts) {
  std::vector<uint32_t> table_position(table_->size()), declared_position(declared_.size());
  for (uint32_t i = 0; i < order.size(); ++i) {
    (order[i] >= kDeclaredBase ? declared_position[order[i] - kDeclaredBase]
                               : table_position[order[i]]) = i;
  }
  const auto position = [&](const Entry& e) {
    return e.family >= kDeclaredBase ? declared_position[e.family - kDeclaredBase]
                                     : table_position[e.family];
  };
  counts.assign(order.size() + 1, 0);
  for (const Entry& e : log_) ++counts[position(e) + 1];
  std::partial_sum(counts.begin(), counts.end(), counts.begin());
  std::vector<uint32_t> next(counts.begin(), counts.end() - 1);
  std::vector<uint32_t> entries(log_.size());
  for (uint32_t i = 0; i < log_.size(); ++i) entries[next[position(log_[i])]++] = i;
  return entries;
}

std::shared_ptr<Fragment> FragmentBuilder::Build(uint32_t collector) {
  auto fragment = std::make_shared<Fragment>();
  fragment->id = NewFragmentId();
  fragment->collector = collector;

  const std::vector<uint32_t> order = SortedFamilies();
  std::vector<uint32_t> starts;
  const std::vector<uint32_t> entries = SortEntries(order, starts);
  std::vector<uint32_t> last_family(blocks_.count(), kNothing);  // finds duplicates
  // Closed families name their labels alike in each sample, so equal series are equal blocks.
  // Where labels are open they may differ in order, or by labels without value.
  std::vector<uint32_t> series_numbers;
  size_t single_values = 0;
  for (size_t f = 0; f < order.size(); ++f) {
    if (HasSingleValue(Find(order[f])->type)) single_values += starts[f + 1] - starts[f];
  }
  fragment->values.reserve(single_values);
  fragment->labels.reserve(single_values);
  fragment->distributions.reserve(log_.size() - single_values);
  std::vector<uint32_t> note_of;  // entry -> note + 1, only if there are notes
  if (!notes_.empty()) {
    note_of.assign(log_.size(), 0);
    for (uint32_t i = 0; i < notes_.size(); ++i) note_of[notes_[i].entry] = i + 1;
  }
  for (uint32_t f = 0; f < order.size(); ++f) {
    FamilyRange range;
    range.family = Share(order[f]);
    const bool single = HasSingleValue(range.family->type);
    const bool open = range.family->open_labels && starts[f + 1] - starts[f] > 1;
    if (open && series_numbers.empty()) series_numbers = SeriesNumbers().Of(blocks_);
    const auto point = [&] {
      return static_cast<uint32_t>(single ? fragment->values.size()
                                          : fragment->distributions.size());
    };
    range.first = point();
    for (uint32_t i = starts[f]; i < starts[f + 1]; ++i) {
      const Entry& e = log_[entries[i]];
      uint32_t& last = last_family[open ? series_numbers[e.labels] : e.labels];
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
