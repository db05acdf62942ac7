// FragmentBuilder: an append-only log of samples that becomes a Fragment.
//
// Samples may come in any order of families. Build() sorts them by family (counting sort), drops
// duplicates and packs; Reset() forgets what was added, which is how a failed collector is rolled
// back. The log's memory is kept between polls.
//
// Nothing here fails: what is not valid is dropped, counted by DropReason, and the first of each
// reason is described for the log.
//
// Threads: one at a time.
#pragma once

#include "model/drops.hpp"
#include "model/fragment.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pillion {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

struct FragmentLimits {
  uint32_t samples_max = 1'000'000;
  uint32_t label_blocks_max = 1'000'000;
  size_t label_block_bytes_max = size_t{256} << 20;
  size_t label_value_bytes_max = 4096;  // longer values are cut, at a UTF-8 boundary
  size_t labels_per_sample_max = 32;
  size_t numbers_max = 8'000'000;  // in all histograms and summaries: bounds, counts, quantiles
  size_t exemplars_max = 100'000;
  size_t families_max = 10'000;  // declared at run time
};

class FragmentBuilder {
 public:
  // `table` must outlive the builder. `constant` labels are added to every sample; a family that
  // has a label of the same name itself is dropped, because no page could show it.
  FragmentBuilder(const FamilyTable* table, LabelPairs constant, FragmentLimits limits = {});

  // Appended to the help of families that are declared at run time, by their collector: says
  // that the values of an `every` collector are cached.
  void SetDeclaredHelpSuffix(std::vector<std::string> by_collector) {
    help_suffix_ = std::move(by_collector);
  }

  // From now on labels outlive Reset and Build: for who has the same ones each time, and a bounded
  // number of them.
  void KeepLabels() { keeps_labels_ = true; }

  // The family's handle; PILLION_NO_FAMILY and a drop if it cannot be declared.
  uint32_t Declare(const pillion_metric& metric);
  uint32_t DeclareUnchecked(FamilyDesc desc);  // for the host's own families

  LabelRef MakeLabels(uint32_t family, const pillion_str* values, size_t count);
  LabelRef MakeNamedLabels(const pillion_str* names, const pillion_str* values, size_t count);

  void Add(uint32_t family, LabelRef labels, double value);
  void AddHistogram(uint32_t family, LabelRef labels, const pillion_histogram& histogram);
  void AddNativeHistogram(uint32_t family, LabelRef labels, const pillion_native_histogram& h);
  void AddSummary(uint32_t family, LabelRef labels, const pillion_summary& summary);
  void AddExemplar(const pillion_exemplar& exemplar);
  void AddCreated(double unix_seconds);

  // Packs what was added since the last Reset and resets. Never null; may have no families.
  std::shared_ptr<Fragment> Build(uint32_t collector);
  void Reset();

  Drops& drops() { return drops_; }
  // Changes with each Reset and Build: labels and families of another one are not valid, unless
  // labels are kept.
  uint64_t generation() const { return epoch_; }
  size_t sample_count() const { return log_.size(); }

 private:
  static constexpr LabelRef kBadLabels = 0xffffffffu;
  static constexpr uint32_t kDeclaredBase =
      0x40000000u;  // handles of families declared at run time
  static constexpr uint32_t kNothing = 0xffffffffu;
  struct Entry {
    uint32_t family;
    LabelRef labels;
    double value;  // or the index of a distribution
  };
  // A family declared at run time. It is kept between polls, so that 250 settings cost no
  // allocation each time.
  struct Declared {
    Declared(FamilyDesc desc, size_t help_size_in, uint64_t epoch_in)
        : family(std::make_shared<const FamilyDesc>(std::move(desc))),
          traits(*family),
          help_size(help_size_in),
          epoch(epoch_in) {}
    FamilyPtr family;
    FamilyTraits traits;
    size_t help_size;  // without the suffix
    uint64_t epoch;    // when it was declared last
  };
  struct Note {
    uint32_t entry;
    double created_seconds;
    std::vector<Exemplar> exemplars;
  };

  void ForgetLabels();
  uint32_t Store(FamilyDesc desc, size_t help_size);
  bool IsSame(const Declared& known, const pillion_metric& metric) const;
  const Declared* FindDeclared(uint32_t family) const;
  const FamilyDesc* Find(uint32_t family) const;
  const FamilyTraits* TraitsOf(uint32_t family) const;  // null as Find
  FamilyPtr Share(uint32_t family) const;
  bool ClashesWithConstant(const FamilyDesc& desc);
  bool Accepts(uint32_t family, LabelRef labels, bool single_value);
  bool AcceptsNumbers(uint32_t family, size_t numbers);
  void DropLast(DropReason reason, const FamilyDesc& desc, std::string_view why);
  LabelRef Intern(uint32_t schema);  // takes scratch_
  void AppendPair(std::string_view spelled_name, std::string_view value);
  void AppendConstants();
  void Append(uint32_t family, LabelRef labels, double value);
  Note& NoteOfLast();
  void GrowIndex();
  void GroupLog();

  const FamilyTable* table_;
  LabelPairs constant_;
  std::string constant_block_;
  FragmentLimits limits_;
  std::vector<std::string> help_suffix_;

  std::vector<Declared> declared_;
  std::unordered_map<std::string_view, uint32_t> declared_by_name_;  // keys live in declared_
  uint64_t epoch_ = 0;                                               // counts Resets
  std::vector<Entry> log_;
  std::vector<Distribution> distributions_;
  std::vector<double> numbers_;
  std::vector<NativeHistogram> natives_;
  std::vector<Note> notes_;
  size_t native_numbers_ = 0;
  size_t exemplars_ = 0;
  LabelBlocks blocks_;
  std::vector<uint32_t> block_schema_;  // the schema that a block was made for
  std::vector<uint32_t> index_;         // open addressing over blocks, by content
  std::vector<uint32_t> hashes_;
  std::string scratch_;
  // Of Build, kept for their memory.
  struct Grouped {
    std::vector<uint32_t> families;  // handles, by name; each has samples
    std::vector<uint32_t> starts;    // of each family in `entries`, and the end
    std::vector<uint32_t> entries;   // indices into the log
  } grouped_;
  std::vector<uint32_t> places_;       // one for each family; 0 between calls
  std::vector<uint32_t> last_family_;  // by label block: finds duplicates

  uint32_t clash_schema_ = 0;  // the schema that `clashes_` was found for
  bool clashes_ = false;
  bool last_dropped_ = false;
  bool keeps_labels_ = false;
  Drops drops_;
};

}  // namespace pillion
