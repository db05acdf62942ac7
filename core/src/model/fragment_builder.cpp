#include "model/fragment_builder.hpp"

#include "model/name.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>

namespace pillion {
namespace {

constexpr uint32_t kDeclaredBase = 0x40000000u;  // handles of families declared at run time
constexpr uint32_t kEmptySlot = 0xffffffffu;
constexpr uint32_t kNoFamily = PILLION_NO_FAMILY;

uint32_t HashOf(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return static_cast<uint32_t>(hash ^ (hash >> 32));
}

// Cuts before a UTF-8 continuation byte, never inside a character.
std::string_view CutAtCharacter(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

bool Ascends(const double* numbers, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (std::isnan(numbers[i])) return false;
    if (i > 0 && numbers[i] <= numbers[i - 1]) return false;
  }
  return true;
}

bool NeverFalls(const double* numbers, size_t size, double last) {
  for (size_t i = 0; i < size; ++i) {
    const double next = i + 1 < size ? numbers[i + 1] : last;
    if (!(numbers[i] <= next)) return false;
  }
  return true;
}

}  // namespace

std::string_view ToString(DropReason reason) {
  switch (reason) {
    case DropReason::kUndeclared: return "undeclared";
    case DropReason::kInvalidName: return "invalid_name";
    case DropReason::kLabelMismatch: return "label_mismatch";
    case DropReason::kWrongType: return "wrong_type";
    case DropReason::kDuplicate: return "duplicate";
    case DropReason::kInvalidValue: return "invalid_value";
    case DropReason::kLimit: return "limit";
    case DropReason::kConflict: return "conflict";
    case DropReason::kCount_: break;
  }
  return "internal";
}

void Drops::Note(DropReason reason, std::string_view what, uint64_t n) {
  const auto i = static_cast<size_t>(reason);
  if (count[i] == 0) first[i] = what;
  count[i] += n;
}

void Drops::Merge(const Drops& other) {
  for (size_t i = 0; i < kDropReasons; ++i) {
    if (other.count[i] > 0) Note(static_cast<DropReason>(i), other.first[i], other.count[i]);
  }
}

uint64_t Drops::total() const { return std::accumulate(count.begin(), count.end(), uint64_t{0}); }

FragmentBuilder::FragmentBuilder(const FamilyTable* table, LabelPairs constant,
                                 FragmentLimits limits)
    : table_(table), constant_(std::move(constant)), limits_(limits) {
  Reset();
}

void FragmentBuilder::Reset() {
  ++epoch_;
  if (declared_.size() > limits_.families_max / 2) {  // names that come and go
    declared_by_name_.clear();
    declared_.clear();
  }
  log_.clear();
  distributions_.clear();
  numbers_.clear();
  natives_.clear();
  notes_.clear();
  blocks_.bytes_.clear();
  blocks_.ends_.clear();
  block_schema_.clear();
  hashes_.clear();
  index_.assign(64, kEmptySlot);
  last_dropped_ = true;  // nothing that an exemplar could belong to
  scratch_.clear();
  AppendConstants();
  Intern(0);  // block 0
}

const FamilyDesc* FragmentBuilder::Find(uint32_t family) const {
  if (family >= kDeclaredBase) {
    const size_t i = family - kDeclaredBase;
    const bool known = i < declared_.size() && declared_[i].epoch == epoch_;
    return known ? declared_[i].family.get() : nullptr;
  }
  return family < table_->size() ? table_->at(family).get() : nullptr;
}

FamilyPtr FragmentBuilder::Share(uint32_t family) const {
  return family >= kDeclaredBase ? declared_[family - kDeclaredBase].family : table_->at(family);
}

bool FragmentBuilder::IsSame(const Declared& known, const pillion_metric& metric) const {
  const FamilyDesc& desc = *known.family;
  if (static_cast<uint32_t>(desc.type) != metric.type || desc.unit != ToView(metric.unit) ||
      desc.open_labels != ((metric.flags & PILLION_METRIC_OPEN_LABELS) != 0) ||
      desc.collector != metric.collector || desc.label_names.size() != metric.label_count ||
      std::string_view(desc.help).substr(0, known.help_size) != ToView(metric.help)) {
    return false;
  }
  for (size_t i = 0; i < metric.label_count; ++i) {
    if (desc.label_names[i] != ToView(metric.labels[i])) return false;
  }
  return true;
}

uint32_t FragmentBuilder::Declare(const pillion_metric& metric) {
  const auto it = declared_by_name_.find(ToView(metric.name));
  if (it != declared_by_name_.end() && IsSame(declared_[it->second], metric)) {
    declared_[it->second].epoch = epoch_;
    return kDeclaredBase + it->second;
  }
  if (metric.flags & PILLION_METRIC_PATTERN) {
    drops_.Note(DropReason::kInvalidName, "a pattern cannot be declared at run time");
    return kNoFamily;
  }
  if (std::string problem = CheckMetric(metric); !problem.empty()) {
    drops_.Note(DropReason::kInvalidName, problem);
    return kNoFamily;
  }
  FamilyDesc desc = ToFamily(metric);
  const size_t help_size = desc.help.size();
  if (metric.collector < help_suffix_.size()) desc.help += help_suffix_[metric.collector];
  return Store(std::move(desc), help_size);
}

uint32_t FragmentBuilder::DeclareUnchecked(FamilyDesc desc) {
  const size_t help_size = desc.help.size();
  return Store(std::move(desc), help_size);
}

uint32_t FragmentBuilder::Store(FamilyDesc desc, size_t help_size) {
  const auto it = declared_by_name_.find(desc.name);
  if (it != declared_by_name_.end()) {
    Declared& known = declared_[it->second];
    const uint32_t index = it->second;
    if (known.epoch == epoch_ && known.family->type != desc.type) {
      drops_.Note(DropReason::kWrongType, desc.name + " is declared twice with different types");
      return kNoFamily;
    }
    if (known.epoch == epoch_) return kDeclaredBase + index;  // the first declaration stands
    declared_by_name_.erase(it);  // its key lives in the family that goes now
    known = {std::make_shared<const FamilyDesc>(std::move(desc)), help_size, epoch_};
    declared_by_name_.emplace(known.family->name, index);
    return kDeclaredBase + index;
  }
  if (declared_.size() >= limits_.families_max) {
    drops_.Note(DropReason::kLimit, desc.name + ": too many families were declared");
    return kNoFamily;
  }
  const auto index = static_cast<uint32_t>(declared_.size());
  declared_.push_back({std::make_shared<const FamilyDesc>(std::move(desc)), help_size, epoch_});
  declared_by_name_.emplace(declared_.back().family->name, index);
  return kDeclaredBase + index;
}

void FragmentBuilder::AppendPair(std::string_view name, std::string_view value) {
  if (!scratch_.empty()) scratch_.push_back(',');
  scratch_.append(name);
  scratch_.append("=\"");
  AppendLabelValue(scratch_, CutAtCharacter(value, limits_.label_value_bytes_max));
  scratch_.push_back('"');
}

void FragmentBuilder::AppendConstants() {
  for (const auto& [name, value] : constant_) AppendPair(name, value);
}

LabelRef FragmentBuilder::MakeLabels(uint32_t family, const pillion_str* values, size_t count) {
  const FamilyDesc* desc = Find(family);
  if (desc == nullptr) {
    drops_.Note(DropReason::kUndeclared, "labels for a family that is not declared");
    return kBadLabels;
  }
  if (count != desc->label_names.size()) {
    drops_.Note(DropReason::kLabelMismatch,
                desc->name + " has " + std::to_string(desc->label_names.size()) + " labels, " +
                    std::to_string(count) + " were given");
    return kBadLabels;
  }
  if (count == 0) return 0;
  scratch_.clear();
  for (size_t i = 0; i < count; ++i) AppendPair(desc->label_names[i], ToView(values[i]));
  AppendConstants();
  return Intern(desc->schema);
}

LabelRef FragmentBuilder::MakeNamedLabels(const pillion_str* names, const pillion_str* values,
                                          size_t count) {
  if (count == 0) return 0;
  if (count > limits_.labels_per_sample_max) {
    drops_.Note(DropReason::kLimit,
                "a sample has more labels than " + std::to_string(limits_.labels_per_sample_max));
    return kBadLabels;
  }
  FamilyDesc shape;  // only to get at the schema of these names
  for (size_t i = 0; i < count; ++i) {
    const std::string_view name = ToView(names[i]);
    bool bad = !IsLabelName(name);
    for (const std::string& earlier : shape.label_names) bad = bad || earlier == name;
    for (const auto& [constant, _] : constant_) bad = bad || constant == name;
    if (bad) {
      drops_.Note(DropReason::kInvalidName,
                  "label `" + std::string(name) + "` is invalid or stands twice");
      return kBadLabels;
    }
    shape.label_names.emplace_back(name);
  }
  pillion_metric metric{};
  metric.labels = names;
  metric.label_count = count;
  const uint32_t schema = ToFamily(metric).schema;
  scratch_.clear();
  for (size_t i = 0; i < count; ++i) AppendPair(shape.label_names[i], ToView(values[i]));
  AppendConstants();
  return Intern(schema);
}

void FragmentBuilder::GrowIndex() {
  index_.assign(index_.size() * 2, kEmptySlot);
  const size_t mask = index_.size() - 1;
  for (uint32_t ref = 0; ref < hashes_.size(); ++ref) {
    size_t slot = hashes_[ref] & mask;
    while (index_[slot] != kEmptySlot) slot = (slot + 1) & mask;
    index_[slot] = ref;
  }
}

LabelRef FragmentBuilder::Intern(uint32_t schema) {
  const uint32_t hash = HashOf(scratch_);
  const size_t mask = index_.size() - 1;
  size_t slot = hash & mask;
  while (index_[slot] != kEmptySlot) {
    const LabelRef ref = index_[slot];
    if (hashes_[ref] == hash && block_schema_[ref] == schema && blocks_[ref] == scratch_) {
      return ref;
    }
    slot = (slot + 1) & mask;
  }
  if (blocks_.count() >= limits_.label_blocks_max ||
      blocks_.bytes() + scratch_.size() > limits_.label_block_bytes_max) {
    drops_.Note(DropReason::kLimit, "too many different label sets in one collector");
    return kBadLabels;
  }
  const auto ref = static_cast<LabelRef>(blocks_.count());
  blocks_.bytes_.append(scratch_);
  blocks_.ends_.push_back(static_cast<uint32_t>(blocks_.bytes_.size()));
  block_schema_.push_back(schema);
  hashes_.push_back(hash);
  index_[slot] = ref;
  if (hashes_.size() * 2 > index_.size()) GrowIndex();
  return ref;
}

bool FragmentBuilder::Accepts(uint32_t family, LabelRef labels, bool single_value) {
  last_dropped_ = true;
  if (labels == kBadLabels) return false;  // counted when the labels were made
  const FamilyDesc* desc = Find(family);
  if (desc == nullptr) {
    if (family != kNoFamily) drops_.Note(DropReason::kUndeclared, "a sample of an unknown family");
    return false;
  }
  if (HasSingleValue(desc->type) != single_value) {
    drops_.Note(DropReason::kWrongType, desc->name + ": the sample is not of the family's type");
    return false;
  }
  const bool fits = desc->open_labels || (labels == 0 ? desc->label_names.empty()
                                                      : labels < block_schema_.size() &&
                                                            block_schema_[labels] == desc->schema);
  if (!fits || labels >= blocks_.count()) {
    drops_.Note(DropReason::kLabelMismatch, desc->name + ": the label set has other names");
    return false;
  }
  if (log_.size() >= limits_.samples_max) {
    drops_.Note(DropReason::kLimit, desc->name + ": too many samples in one collector");
    return false;
  }
  last_dropped_ = false;
  return true;
}

void FragmentBuilder::Append(uint32_t family, LabelRef labels, double value) {
  log_.push_back({family, labels, value});
}

void FragmentBuilder::Add(uint32_t family, LabelRef labels, double value) {
  if (Accepts(family, labels, /*single_value=*/true)) Append(family, labels, value);
}

void FragmentBuilder::AddHistogram(uint32_t family, LabelRef labels,
                                   const pillion_histogram& histogram) {
  if (!Accepts(family, labels, /*single_value=*/false)) return;
  const size_t size = histogram.bucket_count;
  if (Find(family)->type == MetricType::kSummary) {
    last_dropped_ = true;
    drops_.Note(DropReason::kWrongType, Find(family)->name + " is a summary");
    return;
  }
  if (!Ascends(histogram.bounds, size) || !(histogram.count >= 0) ||
      !NeverFalls(histogram.cumulative_counts, size, histogram.count)) {
    last_dropped_ = true;
    drops_.Note(DropReason::kInvalidValue,
                Find(family)->name + ": buckets must ascend and their counts must not fall");
    return;
  }
  // +Inf is written from `count`, so a bound of +Inf would stand twice.
  const size_t kept = size > 0 && std::isinf(histogram.bounds[size - 1]) ? size - 1 : size;
  Distribution d;
  d.labels = labels;
  d.first = static_cast<uint32_t>(numbers_.size());
  d.size = static_cast<uint32_t>(kept);
  d.count = histogram.count;
  d.sum = histogram.sum;
  numbers_.insert(numbers_.end(), histogram.bounds, histogram.bounds + kept);
  numbers_.insert(numbers_.end(), histogram.cumulative_counts, histogram.cumulative_counts + kept);
  distributions_.push_back(d);
  Append(family, labels, static_cast<double>(distributions_.size() - 1));
}

void FragmentBuilder::AddSummary(uint32_t family, LabelRef labels, const pillion_summary& summary) {
  if (!Accepts(family, labels, /*single_value=*/false)) return;
  if (Find(family)->type != MetricType::kSummary ||
      !Ascends(summary.quantiles, summary.quantile_count)) {
    last_dropped_ = true;
    drops_.Note(DropReason::kInvalidValue,
                Find(family)->name + ": not a summary, or its quantiles don't ascend");
    return;
  }
  Distribution d;
  d.labels = labels;
  d.first = static_cast<uint32_t>(numbers_.size());
  d.size = static_cast<uint32_t>(summary.quantile_count);
  d.count = summary.count;
  d.sum = summary.sum;
  numbers_.insert(numbers_.end(), summary.quantiles, summary.quantiles + d.size);
  numbers_.insert(numbers_.end(), summary.values, summary.values + d.size);
  distributions_.push_back(d);
  Append(family, labels, static_cast<double>(distributions_.size() - 1));
}

void FragmentBuilder::AddNativeHistogram(uint32_t family, LabelRef labels,
                                         const pillion_native_histogram& h) {
  if (!Accepts(family, labels, /*single_value=*/false)) return;
  const auto buckets = [](const uint32_t* lengths, size_t spans) {
    uint64_t sum = 0;
    for (size_t i = 0; i < spans; ++i) sum += lengths[i];
    return sum;
  };
  if (Find(family)->type == MetricType::kSummary || h.schema < -4 || h.schema > 8 ||
      buckets(h.positive_span_lengths, h.positive_spans) != h.positive_buckets ||
      buckets(h.negative_span_lengths, h.negative_spans) != h.negative_buckets) {
    last_dropped_ = true;
    drops_.Note(DropReason::kInvalidValue,
                Find(family)->name + ": spans and buckets of a native histogram don't match");
    return;
  }
  NativeHistogram native;
  native.schema = h.schema;
  native.zero_threshold = h.zero_threshold;
  native.zero_count = h.zero_count;
  for (size_t i = 0; i < h.positive_spans; ++i) {
    native.positive_spans.push_back({h.positive_span_offsets[i], h.positive_span_lengths[i]});
  }
  for (size_t i = 0; i < h.negative_spans; ++i) {
    native.negative_spans.push_back({h.negative_span_offsets[i], h.negative_span_lengths[i]});
  }
  native.positive_counts.assign(h.positive_counts, h.positive_counts + h.positive_buckets);
  native.negative_counts.assign(h.negative_counts, h.negative_counts + h.negative_buckets);
  Distribution d;
  d.labels = labels;
  d.native = static_cast<uint32_t>(natives_.size());
  d.count = h.count;
  d.sum = h.sum;
  natives_.push_back(std::move(native));
  distributions_.push_back(d);
  Append(family, labels, static_cast<double>(distributions_.size() - 1));
}

FragmentBuilder::Note& FragmentBuilder::NoteOfLast() {
  const auto entry = static_cast<uint32_t>(log_.size() - 1);
  if (notes_.empty() || notes_.back().entry != entry) {
    notes_.push_back({entry, std::nan(""), {}});
  }
  return notes_.back();
}

void FragmentBuilder::AddExemplar(const pillion_exemplar& exemplar) {
  if (last_dropped_) return;
  pillion::Exemplar out;
  scratch_.clear();
  size_t code_points = 0;
  for (size_t i = 0; i < exemplar.label_count; ++i) {
    const std::string_view name = ToView(exemplar.label_names[i]);
    const std::string_view value = ToView(exemplar.label_values[i]);
    for (const char c : name) code_points += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    for (const char c : value) code_points += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (!IsLabelName(name)) {
      drops_.Note(DropReason::kInvalidName, "an exemplar's label name");
      return;
    }
    AppendPair(name, value);
  }
  if (code_points > 128) {  // OpenMetrics 1.0, "Exemplars"
    drops_.Note(DropReason::kLimit, "an exemplar's labels exceed 128 characters");
    return;
  }
  out.labels = scratch_;
  out.value = exemplar.value;
  out.timestamp_seconds = exemplar.timestamp_seconds;
  NoteOfLast().exemplars.push_back(std::move(out));
}

void FragmentBuilder::AddCreated(double unix_seconds) {
  if (!last_dropped_) NoteOfLast().created_seconds = unix_seconds;
}

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
  std::sort(handles.begin(), handles.end(),
            [&](uint32_t a, uint32_t b) { return Find(a)->name < Find(b)->name; });
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
  static std::atomic<uint64_t> next_id{1};
  auto fragment = std::make_shared<Fragment>();
  fragment->id = next_id.fetch_add(1, std::memory_order_relaxed);
  fragment->collector = collector;

  const std::vector<uint32_t> order = SortedFamilies();
  std::vector<uint32_t> starts;
  const std::vector<uint32_t> entries = SortEntries(order, starts);
  std::vector<uint32_t> last_family(blocks_.count(), kEmptySlot);  // finds duplicates
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
    const auto point = [&] {
      return static_cast<uint32_t>(single ? fragment->values.size()
                                          : fragment->distributions.size());
    };
    range.first = point();
    for (uint32_t i = starts[f]; i < starts[f + 1]; ++i) {
      const Entry& e = log_[entries[i]];
      if (last_family[e.labels] == f) {
        drops_.Note(DropReason::kDuplicate,
                    range.family->name + "{" + std::string(blocks_[e.labels]) + "} stands twice");
        continue;
      }
      last_family[e.labels] = f;
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
