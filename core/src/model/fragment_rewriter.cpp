#include "model/fragment_rewriter.hpp"

#include <algorithm>
#include <utility>

namespace pillion {
namespace {

constexpr LabelRef kNone = 0xffffffffu;

}  // namespace

FragmentRewriter::FragmentRewriter(const Fragment& from)
    : from_(from), to_(std::make_shared<Fragment>()), kept_(from.blocks.count(), kNone) {
  to_->id = NewFragmentId();
  to_->collector = from.collector;
  Keep(0);  // the instance's own labels stay block 0
}

LabelRef FragmentRewriter::Append(std::string_view block) {
  LabelBlocks& blocks = to_->blocks;
  blocks.bytes_.append(block);
  blocks.longest_ = std::max(blocks.longest_, block.size());
  blocks.may_have_quoted_names_ = blocks.may_have_quoted_names_ || MayHaveQuotedNames(block);
  blocks.ends_.push_back(static_cast<uint32_t>(blocks.bytes_.size()));
  return static_cast<LabelRef>(blocks.ends_.size() - 1);
}

LabelRef FragmentRewriter::Keep(LabelRef labels) {
  if (kept_[labels] == kNone) kept_[labels] = Append(from_.blocks[labels]);
  return kept_[labels];
}

LabelRef FragmentRewriter::Intern(std::string_view block) {
  const auto [at, is_new] = interned_.try_emplace(std::string(identity_.Of(block)), kNone);
  if (is_new) at->second = Append(block);
  return at->second;
}

void FragmentRewriter::Begin(FamilyPtr family) {
  const bool single = HasSingleValue(family->type);
  family_.family = std::move(family);
  family_.first = static_cast<uint32_t>(single ? to_->values.size() : to_->distributions.size());
  family_.count = 0;
}

void FragmentRewriter::Add(LabelRef labels, double value) {
  to_->values.push_back(value);
  to_->labels.push_back(labels);
  ++family_.count;
}

void FragmentRewriter::Copy(uint32_t range, uint32_t point, LabelRef labels) {
  const std::pair key(range, point);
  const auto note = std::lower_bound(
      from_.notes.begin(), from_.notes.end(), key,
      [](const SampleNote& n, const auto& k) { return std::pair(n.family, n.point) < k; });
  if (note != from_.notes.end() && std::pair(note->family, note->point) == key) {
    to_->notes.push_back(*note);
    to_->notes.back().family = static_cast<uint32_t>(to_->families.size());
    to_->notes.back().point = family_.first + family_.count;
    for (const Exemplar& exemplar : note->exemplars) {
      bool& quoted = to_->blocks.may_have_quoted_names_;
      quoted = quoted || MayHaveQuotedNames(exemplar.labels);
    }
  }
  if (HasSingleValue(family_.family->type)) return Add(labels, from_.values[point]);

  Distribution d = from_.distributions[point];
  d.labels = labels;
  if (d.native != Distribution::kNotNative) {
    to_->natives.push_back(from_.natives[d.native]);
    d.native = static_cast<uint32_t>(to_->natives.size() - 1);
  } else {
    const auto begin = from_.numbers.begin() + d.first;
    d.first = static_cast<uint32_t>(to_->numbers.size());
    to_->numbers.insert(to_->numbers.end(), begin, begin + 2 * static_cast<ptrdiff_t>(d.size));
  }
  to_->distributions.push_back(d);
  ++family_.count;
}

void FragmentRewriter::End() {
  if (family_.count > 0) to_->families.push_back(std::move(family_));
  family_ = {};
}

std::shared_ptr<Fragment> FragmentRewriter::Take() {
  to_->values.shrink_to_fit();
  to_->labels.shrink_to_fit();
  to_->blocks.bytes_.shrink_to_fit();
  return std::move(to_);
}

}  // namespace pillion
