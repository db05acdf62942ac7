#include "filter/family_filter.hpp"

#include "model/name.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

namespace pillion {
namespace {

std::vector<std::unique_ptr<re2::RE2>> Compile(const std::vector<std::string>& patterns) {
  std::vector<std::unique_ptr<re2::RE2>> compiled;
  for (const std::string& pattern : patterns) {
    compiled.push_back(std::make_unique<re2::RE2>(pattern, re2::RE2::Quiet));
  }
  return compiled;
}

bool MatchesAny(const std::vector<std::unique_ptr<re2::RE2>>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const auto& pattern) { return re2::RE2::FullMatch(name, *pattern); });
}

// The names that the edit leaves of a family's labels, in their order, and then the new ones.
std::vector<std::string> Edited(const std::vector<std::string>& names, const LabelEdit& edit) {
  std::vector<std::string> out;
  std::remove_copy_if(names.begin(), names.end(), std::back_inserter(out),
                      [&](const std::string& name) { return edit.Removes(name); });
  for (const auto& [name, _] : edit.add) out.push_back(name);
  return out;
}

void Merge(LabelEdit& into, const LabelEdit& from) {
  into.drop.insert(into.drop.end(), from.drop.begin(), from.drop.end());
  for (const auto& pair : from.add) {
    std::erase_if(into.add, [&](const auto& known) { return known.first == pair.first; });
    into.add.push_back(pair);
  }
}

}  // namespace

bool LabelEdit::Removes(std::string_view name) const {
  return std::find(drop.begin(), drop.end(), name) != drop.end() ||
         std::any_of(add.begin(), add.end(), [&](const auto& pair) { return pair.first == name; });
}

FamilyFilter::FamilyFilter(const FilterConfig& config)
    : keep_(Compile(config.keep)), drop_(Compile(config.drop)), edits_(1) {
  for (const FamilyRule& rule : config.rules) {
    rules_.push_back({std::make_unique<re2::RE2>(rule.families, re2::RE2::Quiet),
                      rule.rename,
                      {rule.drop_labels, rule.add_labels}});
  }
}

FamilyFilter::~FamilyFilter() = default;

size_t FamilyFilter::EditIndex(const LabelEdit& edit) {
  const auto at = std::find(edits_.begin(), edits_.end(), edit);
  if (at != edits_.end()) return static_cast<size_t>(at - edits_.begin());
  edits_.push_back(edit);
  return edits_.size() - 1;
}

// All rules that match apply, in their order; patterns see the name that the exporter gave.
FamilyDecision FamilyFilter::Decide(const FamilyPtr& family) {
  FamilyDecision decision;
  decision.family = family;
  decision.kept =
      (keep_.empty() || MatchesAny(keep_, family->name)) && !MatchesAny(drop_, family->name);
  if (!decision.kept) return decision;
  LabelEdit edit;
  std::string name = family->name;
  for (const Rule& rule : rules_) {
    if (!re2::RE2::FullMatch(family->name, *rule.families)) continue;
    Merge(edit, rule.edit);
    if (rule.rename.empty()) continue;
    std::string renamed = family->name;
    if (re2::RE2::Replace(&renamed, *rule.families, rule.rename) && IsMetricName(renamed)) {
      name = std::move(renamed);
    }
  }
  decision.edit = EditIndex(edit);
  if (name == family->name && edit.empty()) return decision;
  FamilyDesc desc = *family;
  desc.name = std::move(name);
  desc.label_names = Edited(family->label_names, edit);
  desc.schema = SchemaOf(desc.label_names);
  decision.family = std::make_shared<const FamilyDesc>(std::move(desc));
  return decision;
}

const FamilyDecision& FamilyFilter::DecisionOf(const FamilyPtr& family) {
  const auto known = decisions_.find(family);
  if (known != decisions_.end()) return known->second;
  if (decisions_.size() >= kDecisionsMax) decisions_.clear();
  return decisions_.emplace(family, Decide(family)).first->second;
}

}  // namespace pillion
