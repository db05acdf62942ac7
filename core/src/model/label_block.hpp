// Reading label blocks (`a="x","b.c"="y"`, escaped) back. Pure.
#pragma once

#include "model/fragment.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pillion {

// Takes the first label off a block: its name as it stands there (with the quotes, if it has any)
// and its value, still escaped. False at the end.
bool TakeLabel(std::string_view& block, std::string_view* name, std::string_view* value);

// Whether a name as it stands in a block is this one.
bool IsSameName(std::string_view in_block, std::string_view name);

// Appends those labels of a block for which keep(name) holds, as they stand there, behind a comma
// where `out` has labels already.
template <typename Keep>
void AppendLabelsIf(std::string& out, std::string_view block, Keep keep) {
  std::string_view rest = block, name, value;
  while (!rest.empty()) {
    const std::string_view before = rest;
    if (!TakeLabel(rest, &name, &value)) return;
    if (!keep(name)) continue;
    std::string_view label = before.substr(0, before.size() - rest.size());
    if (label.ends_with(',')) label.remove_suffix(1);
    if (!out.empty()) out += ',';
    out += label;
  }
}

bool HasLabel(std::string_view block, std::string_view name);

// False only if no name in the block is quoted.
bool MayHaveQuotedNames(std::string_view block);

// The block as Prometheus identifies it: labels sorted by name, empty values left out. Two blocks
// mean the same series if and only if this is equal. Keeps its memory between calls; one thread.
class BlockIdentity {
 public:
  // Valid until the next call.
  std::string_view Of(std::string_view block);

 private:
  std::vector<std::pair<std::string_view, std::string_view>> labels_;
  std::string text_;
};

// Numbers the label blocks of any number of fragments: equal numbers, the same series. One thread.
class SeriesNumbers {
 public:
  std::vector<uint32_t> Of(const LabelBlocks& blocks);  // by LabelRef
  size_t count() const { return numbers_.size(); }

 private:
  BlockIdentity identity_;
  std::unordered_map<std::string, uint32_t> numbers_;
};

}  // namespace pillion
