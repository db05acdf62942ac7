// What a family is: its name, type, help and label names. Immutable once made.
//
// Threads: immutable objects, shared freely. Ownership: shared_ptr, because fragments outlive the
// configuration that made them.
#pragma once

#include <pillion/tables.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pillion {

struct FamilyDesc {
  std::string name;  // the full name as in text 0.0.4: a counter of ours ends in _total
  MetricType type = MetricType::kUnknown;
  std::string help;
  std::string unit;
  std::vector<std::string> label_names;
  // As they stand in a label block; empty if that is how they are anyway (no name is quoted).
  std::vector<std::string> spelled_labels;
  bool open_labels = false;    // label names differ from sample to sample
  bool sums_overflow = false;  // series over the budget are summed
  uint32_t schema = 0;         // SchemaOf(label_names); set by who stores the family
  uint32_t collector = 0;
};
using FamilyPtr = std::shared_ptr<const FamilyDesc>;

// What is asked of a family for each of its samples: without the texts, which are cold memory.
struct FamilyTraits {
  FamilyTraits() = default;
  explicit FamilyTraits(const FamilyDesc& desc)
      : schema(desc.schema),
        type(desc.type),
        open_labels(desc.open_labels),
        has_labels(!desc.label_names.empty()) {}
  uint32_t schema = 0;
  MetricType type = MetricType::kUnknown;
  bool open_labels = false;
  bool has_labels = false;
};

// Whether samples of this type carry one value (counter, gauge, unknown, info, stateset).
bool HasSingleValue(MetricType type);

// A family name that matches `pattern`, which holds one `*`.
bool MatchesPattern(std::string_view name, std::string_view pattern);

// A row of the host's own tables.
struct FamilyRow {
  std::string_view name, help;
  MetricType type;
  std::vector<std::string_view> labels;
};

// An exporter's metric table, checked. Index i is the plugin's family i; rows that are patterns
// hold a null pointer there.
class FamilyTable {
 public:
  FamilyTable() = default;

  // Bad rows (invalid names, labels, types, duplicates) are left out and named in `problems`.
  static FamilyTable FromC(const pillion_metric* metrics, size_t count, size_t collector_count,
                           std::vector<std::string>* problems);

  // The host's own; a row without a name is a null pointer.
  static FamilyTable FromRows(std::span<const FamilyRow> rows);

  // A copy whose help texts end in a suffix, by collector ("" for none): says that the values of
  // an `every` collector are cached.
  FamilyTable WithHelpSuffix(const std::vector<std::string>& by_collector) const;

  size_t size() const { return families_.size(); }
  // Pointers of a table share one count of references, as a fragment copies hundreds of them; those
  // to families with a suffix have their own.
  const FamilyPtr& at(size_t index) const { return families_[index]; }
  const FamilyTraits& traits(size_t index) const { return traits_[index]; }  // of those not null
  // Where the family's name stands among the table's names.
  uint32_t rank(size_t index) const { return ranks_[index]; }
  const std::vector<FamilyDesc>& patterns() const { return patterns_; }

 private:
  // `present`: whether the row is a family, not a pattern or a bad one.
  void Fill(std::vector<FamilyDesc> rows, const std::vector<bool>& present);

  std::vector<FamilyPtr> families_;
  std::vector<FamilyTraits> traits_;  // parallel to families_
  std::vector<uint32_t> ranks_;       // parallel to families_
  std::vector<FamilyDesc> patterns_;
};

// Sets `spelled_labels` and `schema`.
void SpellLabels(FamilyDesc& desc);

// Equal for equal label names in equal order.
uint32_t SchemaOf(const std::vector<std::string>& label_names);
uint32_t SchemaOf(const pillion_str* label_names, size_t count);

// Checks one metric of a plugin; returns what is wrong, or an empty string.
std::string CheckMetric(const pillion_metric& metric);
FamilyDesc ToFamily(const pillion_metric& metric);

}  // namespace pillion
