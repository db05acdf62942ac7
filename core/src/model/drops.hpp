// Drops: what was left out of a fragment or a page, counted by reason, the first of each described.
//
// Threads: one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pillion {

enum class DropReason : uint8_t {
  kUndeclared,     // a family that is neither in the table nor declared
  kInvalidName,    // a metric or label name
  kLabelMismatch,  // wrong number of labels, or a label set of other names
  kWrongType,      // a value for a histogram family, or the like
  kDuplicate,      // the same series twice
  kInvalidValue,   // buckets that do not ascend, counts that fall
  kLimit,          // a bound of the builder
  kConflict,       // found at the merge: another instance has this family with another type
  kCount_
};
inline constexpr size_t kDropReasons = static_cast<size_t>(DropReason::kCount_);
std::string_view ToString(DropReason reason);

struct Drops {
  static constexpr size_t kDescriptionBytesMax = 300;  // of each in `first`; longer ones are cut

  std::array<uint64_t, kDropReasons> count{};
  std::array<std::string, kDropReasons> first{};  // the first of each, for people

  void Note(DropReason reason, std::string_view what, uint64_t n = 1);

  // The same with the description in parts, which are joined only if it is the first.
  template <typename... Parts>
  void NoteParts(DropReason reason, const Parts&... parts) {
    std::string what;
    if (count[static_cast<size_t>(reason)] == 0) (what.append(parts), ...);
    Note(reason, what);
  }

  void Merge(const Drops& other);
  uint64_t total() const;
  // "limit: foo: too many samples": the first one described; empty if nothing was dropped.
  std::string Summary() const;
};

}  // namespace pillion
