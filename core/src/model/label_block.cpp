#include "model/label_block.hpp"

#include "model/name.hpp"

#include <algorithm>

namespace pillion {

namespace {

// Where the quoted text ends that begins at `from`: the place of its closing quote.
size_t FindClosingQuote(std::string_view text, size_t from) {
  size_t at = from;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return std::min(at, text.size());
}

}  // namespace

bool TakeLabel(std::string_view& block, std::string_view* name, std::string_view* value) {
  if (block.empty()) return false;
  const size_t search_from = block[0] == '"' ? FindClosingQuote(block, 1) : 0;
  const size_t open = block.find("=\"", search_from);
  if (open == std::string_view::npos) return false;
  *name = block.substr(0, open);
  block.remove_prefix(open + 2);
  const size_t close = FindClosingQuote(block, 0);
  *value = block.substr(0, close);
  block.remove_prefix(std::min(close + 2, block.size()));  // the quote, and the comma if any
  return true;
}

bool IsSameName(std::string_view in_block, std::string_view name) {
  if (!in_block.starts_with('"')) return in_block == name;
  if (in_block.size() < name.size() + 2) return false;
  return UnescapeLabelValue(in_block.substr(1, in_block.size() - 2)) == name;
}

bool HasLabel(std::string_view block, std::string_view name) {
  std::string_view found, value;
  while (TakeLabel(block, &found, &value)) {
    if (IsSameName(found, name)) return true;
  }
  return false;
}

bool MayHaveQuotedNames(std::string_view block) {
  return block.starts_with('"') || block.find(",\"") != std::string_view::npos;
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
