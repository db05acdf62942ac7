#include "exposition/protobuf_labels.hpp"

#include "exposition/protobuf_wire.hpp"

#include <cstring>

namespace pillion {
namespace {

constexpr uint32_t kName = 1, kValue = 2;  // fields of LabelPair
constexpr uint32_t kLabel = 1;             // the field of Metric, and of Exemplar

// Text as it stands in a block, and how many escapes it holds.
struct Escaped {
  std::string_view text;
  size_t escapes = 0;

  size_t size() const { return text.size() - escapes; }
};

// Takes the text up to a quote off the front of `block`, and the quote.
Escaped TakeQuoted(std::string_view& block) {
  Escaped taken;
  size_t i = 0;
  for (; i < block.size() && block[i] != '"'; ++i) {
    if (block[i] != '\\') continue;
    ++i;
    ++taken.escapes;
  }
  taken.text = block.substr(0, i);
  block.remove_prefix(i + 1);
  return taken;
}

// Calls fn(name, value) for each label.
template <typename Fn>
void ForEachLabel(std::string_view block, Fn fn) {
  while (!block.empty()) {
    Escaped name;
    if (block.front() == '"') {  // not a name that could stand bare
      block.remove_prefix(1);
      name = TakeQuoted(block);
    } else {
      name.text = block.substr(0, block.find('='));
      block.remove_prefix(name.text.size());
    }
    block.remove_prefix(2);  // the equals sign and a quote
    const Escaped value = TakeQuoted(block);
    if (!block.empty()) block.remove_prefix(1);  // the comma
    fn(name, value);
  }
}

size_t PairSize(const Escaped& name, const Escaped& value) {
  return 2 + wire::VarintSize(name.size()) + name.size() + wire::VarintSize(value.size()) +
         value.size();
}

char* PutText(char* out, uint32_t field, const Escaped& escaped) {
  *out++ = static_cast<char>(wire::Tag(field, wire::Type::kBytes));
  out = wire::PutVarint(out, escaped.size());
  if (escaped.escapes == 0) {
    std::memcpy(out, escaped.text.data(), escaped.text.size());
    return out + escaped.text.size();
  }
  for (size_t i = 0; i < escaped.text.size(); ++i) {
    char c = escaped.text[i];
    if (c == '\\') c = escaped.text[++i] == 'n' ? '\n' : escaped.text[i];
    *out++ = c;
  }
  return out;
}

}  // namespace

size_t LabelPairsSize(std::string_view block) {
  size_t size = 0;
  ForEachLabel(block, [&](const Escaped& name, const Escaped& value) {
    const size_t pair = PairSize(name, value);
    size += 1 + wire::VarintSize(pair) + pair;
  });
  return size;
}

char* PutLabelPairs(char* out, std::string_view block) {
  ForEachLabel(block, [&](const Escaped& name, const Escaped& value) {
    *out++ = static_cast<char>(wire::Tag(kLabel, wire::Type::kBytes));
    out = wire::PutVarint(out, PairSize(name, value));
    out = PutText(out, kName, name);
    out = PutText(out, kValue, value);
  });
  return out;
}

void AppendLabelPairs(std::string& out, std::string_view block) {
  const size_t before = out.size();
  out.resize(before + LabelPairsSize(block));
  PutLabelPairs(out.data() + before, block);
}

void PageLabels::Select(const Fragment& fragment) {
  Blocks& blocks = of_fragment_[&fragment];
  last_ = &fragment;
  blocks_ = &blocks;
  if (!blocks.ends.empty()) return;
  size_t end = 0;
  blocks.ends.reserve(fragment.blocks.count());
  for (LabelRef ref = 0; ref < fragment.blocks.count(); ++ref) {
    end += LabelPairsSize(fragment.blocks[ref]);
    blocks.ends.push_back(static_cast<uint32_t>(end));
  }
  if (end > kKeptBytesMax - kept_bytes_) return;
  kept_bytes_ += end;
  blocks.kept = true;
  blocks.bytes.resize(end);
  char* out = blocks.bytes.data();
  for (LabelRef ref = 0; ref < fragment.blocks.count(); ++ref) {
    out = PutLabelPairs(out, fragment.blocks[ref]);
  }
}

char* PageLabels::Put(char* out, const Fragment& fragment, LabelRef ref) {
  const Blocks& blocks = Of(fragment);
  if (!blocks.kept) return PutLabelPairs(out, fragment.blocks[ref]);
  const uint32_t begin = ref == 0 ? 0 : blocks.ends[ref - 1];
  const uint32_t size = blocks.ends[ref] - begin;
  std::memcpy(out, blocks.bytes.data() + begin, size);
  return out + size;
}

}  // namespace pillion
