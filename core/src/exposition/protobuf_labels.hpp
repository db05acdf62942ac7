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

// Sizes of the blocks of a page, each found once: 4 bytes for each block. One thread.
class LabelPairsSizes {
 public:
  uint32_t Of(const Fragment& fragment, LabelRef ref) {
    if (&fragment != fragment_) Select(fragment);
    uint32_t& size = (*sizes_)[ref];
    if (size == kUnknown) size = static_cast<uint32_t>(LabelPairsSize(fragment.blocks[ref]));
    return size;
  }

 private:
  static constexpr uint32_t kUnknown = 0xffffffffu;

  void Select(const Fragment& fragment);

  std::unordered_map<const Fragment*, std::vector<uint32_t>> of_fragment_;
  const Fragment* fragment_ = nullptr;
  std::vector<uint32_t>* sizes_ = nullptr;
};

}  // namespace pillion
