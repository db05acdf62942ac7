#include "model/fragment_builder.hpp"

#include "model/label_block.hpp"
#include "model/name.hpp"

#include <algorithm>
#include <functional>

namespace pillion {
namespace {

constexpr uint32_t kEmptySlot = 0xffffffffu;
constexpr uint32_t kNoFamily = PILLION_NO_FAMILY;

uint32_t HashOf(std::string_view text) {
  const uint64_t hash = std::hash<std::string_view>()(text);
  return static_cast<uint32_t>(hash ^ (hash >> 32));
}

}  // namespace

FragmentBuilder::FragmentBuilder(const FamilyTable* table, LabelPairs constant,
                                 FragmentLimits limits)
    : table_(table), constant_(std::move(constant)), limits_(limits) {
  std::string spelled;
  for (const auto& [name, value] : constant_) {
    spelled.clear();
    AppendLabelName(spelled, name);
    AppendPair(spelled, value);
  }
  constant_block_.swap(scratch_);
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
  native_numbers_ = 0;
  exemplars_ = 0;
  last_dropped_ = true;  // nothing that an exemplar could belong to
  if (!keeps_labels_) ForgetLabels();
}

void FragmentBuilder::ForgetLabels() {
  blocks_.bytes_.clear();
  blocks_.ends_.clear();
  blocks_.longest_ = 0;
  blocks_.may_have_quoted_names_ = MayHaveQuotedNames(constant_block_);
  block_schema_.clear();
  hashes_.clear();
  index_.assign(64, kEmptySlot);
  scratch_ = constant_block_;
  Intern(0);  // block 0
}

const FragmentBuilder::Declared* FragmentBuilder::FindDeclared(uint32_t family) const {
  const size_t i = family - kDeclaredBase;
  return i < declared_.size() && declared_[i].epoch == epoch_ ? &declared_[i] : nullptr;
}

const FamilyDesc* FragmentBuilder::Find(uint32_t family) const {
  if (family >= kDeclaredBase) {
    const Declared* known = FindDeclared(family);
    return known == nullptr ? nullptr : known->family.get();
  }
  return family < table_->size() ? table_->at(family).get() : nullptr;
}

const FamilyTraits* FragmentBuilder::TraitsOf(uint32_t family) const {
  if (family >= kDeclaredBase) {
    const Declared* known = FindDeclared(family);
    return known == nullptr ? nullptr : &known->traits;
  }
  const bool known = family < table_->size() && table_->at(family) != nullptr;
  return known ? &table_->traits(family) : nullptr;
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
  for (uint32_t i = 0; i < table_->size(); ++i) {
    const FamilyPtr& family = table_->at(i);
    if (family == nullptr || family->name != ToView(metric.name)) continue;
    if (static_cast<uint32_t>(family->type) == metric.type) break;
    drops_.Note(DropReason::kWrongType, family->name + " has another type in the metric table");
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
  SpellLabels(desc);
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
    known = Declared(std::move(desc), help_size, epoch_);
    declared_by_name_.emplace(known.family->name, index);
    return kDeclaredBase + index;
  }
  if (declared_.size() >= limits_.families_max) {
    drops_.Note(DropReason::kLimit, desc.name + ": too many families were declared");
    return kNoFamily;
  }
  const auto index = static_cast<uint32_t>(declared_.size());
  declared_.emplace_back(std::move(desc), help_size, epoch_);
  declared_by_name_.emplace(declared_.back().family->name, index);
  return kDeclaredBase + index;
}

void FragmentBuilder::AppendPair(std::string_view spelled_name, std::string_view value) {
  if (!scratch_.empty()) scratch_.push_back(',');
  scratch_.append(spelled_name);
  scratch_.append("=\"");
  AppendLabelValue(scratch_, CutAtCharacter(value, limits_.label_value_bytes_max));
  scratch_.push_back('"');
}

void FragmentBuilder::AppendConstants() {
  if (constant_block_.empty()) return;
  if (!scratch_.empty()) scratch_.push_back(',');
  scratch_.append(constant_block_);
}

bool FragmentBuilder::ClashesWithConstant(const FamilyDesc& desc) {
  if (constant_.empty()) return false;
  if (clash_schema_ == desc.schema) return clashes_;  // rows of one table come one after another
  clash_schema_ = desc.schema;
  clashes_ = false;
  for (const std::string& name : desc.label_names) {
    for (const auto& [constant, _] : constant_) clashes_ = clashes_ || constant == name;
  }
  return clashes_;
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
  if (ClashesWithConstant(*desc)) {
    drops_.NoteParts(DropReason::kInvalidName, desc->name,
                     ": a label of it is also a constant label of the instance");
    return kBadLabels;
  }
  scratch_.clear();
  const bool bare = desc->spelled_labels.empty();
  const std::vector<std::string>& names = bare ? desc->label_names : desc->spelled_labels;
  if (!bare) blocks_.may_have_quoted_names_ = true;
  for (size_t i = 0; i < count; ++i) AppendPair(names[i], ToView(values[i]));
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
  bool bare = true;
  for (size_t i = 0; i < count; ++i) {
    const std::string_view name = ToView(names[i]);
    const NameKind kind = KindOfLabelName(name);
    bool bad = kind == NameKind::kInvalid;
    bare = bare && kind == NameKind::kLegacy;
    for (size_t j = 0; j < i; ++j) bad = bad || ToView(names[j]) == name;
    for (const auto& [constant, _] : constant_) bad = bad || constant == name;
    if (bad) {
      drops_.NoteParts(DropReason::kInvalidName, "label `", name, "` is invalid or stands twice");
      return kBadLabels;
    }
  }
  if (!bare) blocks_.may_have_quoted_names_ = true;
  scratch_.clear();
  std::string spelled;
  for (size_t i = 0; i < count; ++i) {
    if (bare) {
      AppendPair(ToView(names[i]), ToView(values[i]));
      continue;
    }
    spelled.clear();
    AppendLabelName(spelled, ToView(names[i]));
    AppendPair(spelled, ToView(values[i]));
  }
  AppendConstants();
  return Intern(SchemaOf(names, count));
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
  blocks_.longest_ = std::max(blocks_.longest_, scratch_.size());
  blocks_.ends_.push_back(static_cast<uint32_t>(blocks_.bytes_.size()));
  block_schema_.push_back(schema);
  hashes_.push_back(hash);
  index_[slot] = ref;
  if (hashes_.size() * 2 > index_.size()) GrowIndex();
  return ref;
}

}  // namespace pillion
