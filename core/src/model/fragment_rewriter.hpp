// FragmentRewriter: a new fragment out of parts of another one, for whoever leaves samples out or
// changes their labels. Only what is used is copied.
//
// Threads: one at a time. `from` must outlive it.
#pragma once

#include "model/fragment.hpp"
#include "model/label_block.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pillion {

class FragmentRewriter {
 public:
  explicit FragmentRewriter(const Fragment& from);

  // The next family of the result; they must come in order of their names.
  void Begin(FamilyPtr family);
  // A point of from.families[range], `point` counting as there.
  void Copy(uint32_t range, uint32_t point, LabelRef labels);
  // A sample of its own, for families with a single value.
  void Add(LabelRef labels, double value);
  // Families without a sample are left out.
  void End();

  // Label blocks of the result: the text of one of `from`, or a new text. Texts that mean the same
  // series give the same reference.
  LabelRef Keep(LabelRef labels);
  LabelRef Intern(std::string_view block);

  std::shared_ptr<Fragment> Take();

 private:
  LabelRef Append(std::string_view block);

  const Fragment& from_;
  std::shared_ptr<Fragment> to_;
  FamilyRange family_;
  std::vector<LabelRef> kept_;  // by reference of `from`; kNone: not yet
  std::unordered_map<std::string, LabelRef> interned_;
  BlockIdentity identity_;
};

}  // namespace pillion
