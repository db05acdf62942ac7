#include "filter/fragment_filter.hpp"

#include "model/fragment_rewriter.hpp"
#include "model/label_block.hpp"
#include "model/name.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {
namespace {

constexpr uint32_t kNone = 0xffffffffu;

struct Part {
  uint32_t range;
  FamilyDecision decision;
};

std::string EditBlock(std::string_view block, const LabelEdit& edit) {
  std::string out;
  AppendLabelsIf(out, block, [&](std::string_view name) { return !edit.Removes(name); });
  for (const auto& [added, text] : edit.add) {
    if (!out.empty()) out += ',';
    AppendLabelName(out, added);
    out.append("=\"");
    AppendLabelValue(out, text);
    out += '"';
  }
  return out;
}

// Rewrites the label blocks of one fragment, each once per edit.
class BlockEditor {
 public:
  BlockEditor(const Fragment& from, FragmentRewriter& to) : from_(from), to_(to) {}

  LabelRef Edit(LabelRef labels, size_t index, const LabelEdit& edit) {
    if (edit.empty()) return to_.Keep(labels);
    std::vector<LabelRef>& known = known_[index];
    if (known.empty()) known.assign(from_.blocks.count(), kNone);
    if (known[labels] == kNone) known[labels] = to_.Intern(EditBlock(from_.blocks[labels], edit));
    return known[labels];
  }

 private:
  const Fragment& from_;
  FragmentRewriter& to_;
  std::map<size_t, std::vector<LabelRef>> known_;  // by edit, by reference of `from`
};

}  // namespace

FragmentPtr FragmentFilter::Apply(FragmentPtr fragment, Drops& drops) {
  if (families_.empty()) return fragment;
  std::vector<Part> parts;
  bool changed = false;
  for (uint32_t range = 0; range < fragment->families.size(); ++range) {
    const FamilyPtr& family = fragment->families[range].family;
    const FamilyDecision& decision = families_.DecisionOf(family);
    changed = changed || !decision.kept || decision.family != family;
    if (decision.kept) parts.push_back({range, decision});
  }
  if (!changed) return fragment;
  std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return a.decision.family->name < b.decision.family->name;
  });

  const Fragment& from = *fragment;
  FragmentRewriter to(from);
  BlockEditor blocks(from, to);
  std::vector<uint32_t> last_part;  // by new label reference: finds duplicates
  for (uint32_t p = 0; p < parts.size(); ++p) {
    const auto& [range, decision] = parts[p];
    const FamilyRange& source = from.families[range];
    const LabelEdit& edit = families_.edit(decision.edit);
    const bool single = HasSingleValue(source.family->type);
    to.Begin(decision.family);
    for (uint32_t point = source.first; point < source.first + source.count; ++point) {
      const LabelRef old = single ? from.labels[point] : from.distributions[point].labels;
      const LabelRef labels = blocks.Edit(old, decision.edit, edit);
      if (labels >= last_part.size()) last_part.resize(labels + size_t{1}, kNone);
      if (last_part[labels] == p) {
        drops.NoteParts(DropReason::kDuplicate, decision.family->name, "{", from.blocks[old],
                        "}: without the dropped labels it is there already");
        continue;
      }
      last_part[labels] = p;
      to.Copy(range, point, labels);
    }
    to.End();
  }
  return to.Take();
}

}  // namespace pillion
