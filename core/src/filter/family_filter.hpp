// FamilyFilter: what an operator's `keep`, `drop` and `rules` say about a family.
//
// Threads: one at a time (it remembers its decisions). Patterns are RE2's, which match in linear
// time, and must match the whole name. They were checked when the configuration was read; a
// pattern that is broken all the same matches nothing.
#pragma once

#include "config/config.hpp"
#include "model/family.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace re2 {
class RE2;
}

namespace pillion {

// How the labels of a sample change.
struct LabelEdit {
  std::vector<std::string> drop;
  std::vector<std::pair<std::string, std::string>> add;  // replaces a label of the same name

  bool empty() const { return drop.empty() && add.empty(); }
  // Dropped, or replaced by one that is added.
  bool Removes(std::string_view name) const;
  friend bool operator==(const LabelEdit&, const LabelEdit&) = default;
};

struct FamilyDecision {
  bool kept = true;
  FamilyPtr family;  // under its new name and with its new label names; the same if unchanged
  size_t edit = 0;   // index into edits()
};

class FamilyFilter {
 public:
  static constexpr size_t kDecisionsMax = 20'000;  // remembered; then all are made anew

  explicit FamilyFilter(const FilterConfig& config);
  ~FamilyFilter();

  bool empty() const { return keep_.empty() && drop_.empty() && rules_.empty(); }
  const FamilyDecision& DecisionOf(const FamilyPtr& family);
  const LabelEdit& edit(size_t index) const { return edits_[index]; }  // 0: none

 private:
  using Pattern = std::unique_ptr<re2::RE2>;
  struct Rule {
    Pattern families;
    std::string rename;
    LabelEdit edit;
  };

  FamilyDecision Decide(const FamilyPtr& family);
  size_t EditIndex(const LabelEdit& edit);

  std::vector<Pattern> keep_, drop_;
  std::vector<Rule> rules_;
  std::vector<LabelEdit> edits_;
  std::unordered_map<FamilyPtr, FamilyDecision> decisions_;
};

}  // namespace pillion
