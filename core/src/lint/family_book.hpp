// Which family a line belongs to, and whether families stay together.
#pragma once

#include "lint/reporter.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pillion::lint {

// What a sample is to its family.
enum class Part { kValue, kCounter, kCreated, kBucket, kCount, kSum, kInfo, kState, kNone };

struct Suffix {
  std::string_view text;
  Part part;
};
// The names that samples of a type have after the family's.
std::span<const Suffix> SuffixesOf(MetricType type, parse::Syntax syntax);

struct Family {
  std::string name;
  parse::Position position;  // of its first line
  MetricType type = MetricType::kUnknown;
  bool typed = false;    // TYPE told it
  bool helped = false;   // a HELP with text
  bool samples = false;  // it has some
  bool split = false;    // this is not its first block
  bool quoted = false;
};

class FamilyBook {
 public:
  // `on_end` is told of each family when its last line was there.
  FamilyBook(Reporter* reporter, std::function<void(const Family&)> on_end)
      : reporter_(reporter), on_end_(std::move(on_end)) {}

  void Help(const parse::Metadata& line);
  void Type(const parse::Metadata& line, MetricType type);
  void Unit(const parse::Metadata& line);
  // Makes the sample's family the current one and says which part of it the sample is; kNone: of
  // none, which was reported.
  Part Sample(const parse::Sample& sample);
  // A native histogram carries the name of its family.
  void Native(const parse::NativeHistogram& histogram);
  void End();

  // The one of the last line. REQUIRES: there was a line that named one.
  const Family& current() const { return current_; }

 private:
  enum Keyword : uint8_t { kHelp = 1, kType = 2, kUnit = 4 };
  struct Record {
    parse::Position position;
    MetricType type = MetricType::kUnknown;
    uint8_t keywords = 0;
    bool helped = false;
    bool samples = false;
  };
  struct Claim {
    uint32_t record = 0;
    uint32_t suffix_bytes = 0;  // of the name, after the family's
  };

  bool Metadata(const parse::Metadata& line, Keyword keyword, std::string_view word);
  void Start(std::string_view name, bool quoted, const parse::Position& position);
  void Reopen(std::string_view name, const Claim& claim, const parse::Position& position);
  void Claims(std::string_view suffix, const parse::Position& position);
  const Claim* Find(std::string_view name) const;
  Part PartOf(const parse::Sample& sample);
  Part WrongName(const parse::Sample& sample);

  Reporter* const reporter_;
  const std::function<void(const Family&)> on_end_;
  bool open_ = false;
  Family current_;
  uint32_t current_record_ = 0;
  std::string last_sample_;  // with last_part_: most samples are named like the one before
  Part last_part_ = Part::kNone;
  std::vector<Record> records_;
  std::unordered_map<uint64_t, Claim> claims_;  // by the hash of a name that samples could have
  bool full_ = false;                           // families are not remembered any more
};

}  // namespace pillion::lint
