// Label blocks as protobuf: `a="x",b="y"` as LabelPair fields with the escapes undone. Pure.
#pragma once

#include "model/fragment.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pillion {

// The bytes that a block takes as LabelPair fields (number 1, as in Metric and Exemplar).
size_t LabelPairsSize(std::string_view block);

// Writes them to `out`, which has that much room; returns the end.
char* PutLabelPairs(char* out, std::string_view block);

void AppendLabelPairs(std::string& out, std::string_view block);

// The blocks of a page as LabelPair fields, each measured once and, within kKeptBytesMax, converted
// once. One thread.
class PageLabels {
 public:
  static constexpr size_t kKeptBytesMax = size_t{4} << 20;  // the rest is converted at each use

  size_t SizeOf(const Fragment& fragment, LabelRef ref) {
    const Blocks& blocks = Of(fragment);
    return blocks.ends[ref] - (ref == 0 ? 0 : blocks.ends[ref - 1]);
  }

  // SizeOf() bytes; returns their end.
  char* Put(char* out, const Fragment& fragment, LabelRef ref);

 private:
  struct Blocks {
    bool kept = false;
    std::string bytes;           // of all, if kept
    std::vector<uint32_t> ends;  // of each, as if all stood in one text
  };

  const Blocks& Of(const Fragment& fragment) {
    if (&fragment != last_) Select(fragment);
    return *blocks_;
  }
  void Select(const Fragment& fragment);

  std::unordered_map<const Fragment*, Blocks> of_fragment_;
  const Fragment* last_ = nullptr;
  const Blocks* blocks_ = nullptr;
  size_t kept_bytes_ = 0;
};

}  // namespace pillion
