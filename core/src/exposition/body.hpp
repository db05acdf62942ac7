// Body: the bytes of one exposition in one format and encoding. Immutable, shared by all readers.
//
// A body is a list of chunks of at most kChunkBytes, so that neither a large page nor its
// compressed form ever needs one contiguous allocation.
#pragma once

#include "exposition/format.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pillion {

inline constexpr size_t kChunkBytes = 64 * 1024;

struct Body {
  std::vector<std::string> chunks;
  size_t size = 0;  // of all chunks
  Format format = Format::kText004;
  Encoding encoding = Encoding::kIdentity;
};
using BodyPtr = std::shared_ptr<const Body>;

}  // namespace pillion
