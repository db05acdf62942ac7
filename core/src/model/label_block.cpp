#include "model/label_block.hpp"

#include <algorithm>

namespace pillion {

bool TakeLabel(std::string_view& block, std::string_view* name, std::string_view* value) {
  if (block.empty()) return false;
  const size_t open = block.find("=\"");
  if (open == std::string_view::npos) return false;
  *name = block.substr(0, open);
  block.remove_prefix(open + 2);
  size_t close = 0;
  while (close < block.size() && block[close] != '"') close += block[close] == '\\' ? 2 : 1;
  close = std::min(close, block.size());
  *value = block.substr(0, close);
  block.remove_prefix(std::min(close + 2, block.size()));  // the quote, and the comma if any
  return true;
}

bool HasLabel(std::string_view block, std::string_view name) {
  std::string_view found, value;
  while (TakeLabel(block, &found, &value)) {
    if (found == name) return true;
  }
  return false;
}

std::string_view BlockIdentity::Of(std::string_view block) {
  labels_.clear();
  std::string_view name, value;
  while (TakeLabel(block, &name, &value)) {
    if (!value.empty()) labels_.emplace_back(name, value);
  }
  std::sort(labels_.begin(), labels_.end());
  text_.clear();
  for (const auto& [n, v] : labels_) {
    text_.append(n).append("=\"").append(v).append("\",");
  }
  return text_;
}

std::vector<uint32_t> SeriesNumbers::Of(const LabelBlocks& blocks) {
  std::vector<uint32_t> numbers;
  numbers.reserve(blocks.count());
  for (LabelRef ref = 0; ref < blocks.count(); ++ref) {
    const auto next = static_cast<uint32_t>(numbers_.size());
    const std::string identity(identity_.Of(blocks[ref]));
    numbers.push_back(numbers_.try_emplace(identity, next).first->second);
  }
  return numbers;
}

}  // namespace pillion
