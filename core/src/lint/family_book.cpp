#include "lint/family_book.hpp"

#include "lint/series_set.hpp"

#include <fmt/format.h>

namespace pillion::lint {
namespace {

constexpr Suffix kOne[] = {{"", Part::kValue}};
constexpr Suffix kCounter[] = {{"", Part::kCounter}};
constexpr Suffix kOpenCounter[] = {{"_total", Part::kCounter}, {"_created", Part::kCreated}};
constexpr Suffix kHistogram[] = {
    {"_bucket", Part::kBucket}, {"_sum", Part::kSum}, {"_count", Part::kCount}};
constexpr Suffix kOpenHistogram[] = {{"_bucket", Part::kBucket},
                                     {"_sum", Part::kSum},
                                     {"_count", Part::kCount},
                                     {"_created", Part::kCreated}};
constexpr Suffix kOpenGaugeHistogram[] = {
    {"_bucket", Part::kBucket}, {"_gsum", Part::kSum}, {"_gcount", Part::kCount}};
constexpr Suffix kSummary[] = {{"", Part::kValue}, {"_sum", Part::kSum}, {"_count", Part::kCount}};
constexpr Suffix kOpenSummary[] = {{"", Part::kValue},
                                   {"_sum", Part::kSum},
                                   {"_count", Part::kCount},
                                   {"_created", Part::kCreated}};
constexpr Suffix kOpenInfo[] = {{"_info", Part::kInfo}};
constexpr Suffix kOpenStateSet[] = {{"", Part::kState}};

}  // namespace

std::span<const Suffix> SuffixesOf(MetricType type, parse::Syntax syntax) {
  const bool open = syntax == parse::Syntax::kOpenMetrics;
  switch (type) {
    case MetricType::kCounter: return open ? std::span<const Suffix>(kOpenCounter) : kCounter;
    case MetricType::kHistogram: return open ? std::span<const Suffix>(kOpenHistogram) : kHistogram;
    case MetricType::kSummary: return open ? std::span<const Suffix>(kOpenSummary) : kSummary;
    case MetricType::kGaugeHistogram:
      return open ? std::span<const Suffix>(kOpenGaugeHistogram) : kHistogram;
    case MetricType::kInfo: return kOpenInfo;
    case MetricType::kStateSet: return kOpenStateSet;
    case MetricType::kGauge:
    case MetricType::kUnknown: break;
  }
  return kOne;
}

void FamilyBook::Help(const parse::Metadata& line) {
  if (Metadata(line, kHelp, "HELP")) {
    current_.helped = current_.helped || !line.text.empty();
    records_[current_record_].helped = current_.helped;
  }
}

void FamilyBook::Type(const parse::Metadata& line, MetricType type) {
  if (!Metadata(line, kType, "TYPE")) return;
  current_.type = type;
  current_.typed = true;
  records_[current_record_].type = type;
  for (const Suffix& suffix : SuffixesOf(type, reporter_->options().syntax)) {
    if (!suffix.text.empty()) Claims(suffix.text, line.position);
  }
}

void FamilyBook::Unit(const parse::Metadata& line) {
  if (!Metadata(line, kUnit, "UNIT") || line.text.empty()) return;
  std::string_view name = line.name;
  // Only OpenMetrics tells a counter's family from its sample.
  constexpr std::string_view kTotal = "_total";
  if (!reporter_->openmetrics() && current_.type == MetricType::kCounter &&
      name.ends_with(kTotal)) {
    name.remove_suffix(kTotal.size());
  }
  const bool suffix = name.ends_with(line.text) && name.size() > line.text.size() &&
                      name[name.size() - line.text.size() - 1] == '_';
  if (!suffix) {
    reporter_->Report(line.position, kUnitSuffix,
                      fmt::format("{} does not end in _{}", line.name, line.text));
  }
}

// False: it is no news of the family.
bool FamilyBook::Metadata(const parse::Metadata& line, Keyword keyword, std::string_view word) {
  if (!open_ || current_.name != line.name) {
    const Claim* const claim = Find(line.name);
    if (claim != nullptr && claim->suffix_bytes == 0) {
      Reopen(line.name, *claim, line.position);
    } else {  // where it is the name of another family's sample, that is reported with its claim
      Start(line.name, line.quoted, line.position);
    }
  }
  Record& record = records_[current_record_];
  const bool protobuf = reporter_->options().syntax == parse::Syntax::kProtobuf;
  if ((record.keywords & keyword) != 0 && !protobuf) {
    reporter_->Report(line.position, kDuplicateMetadata,
                      fmt::format("a second {} of {}", word, line.name));
    return false;
  }
  record.keywords |= keyword;
  if (current_.samples && !protobuf) {  // whose writers put the unit after the metrics
    reporter_->Report(line.position, kMetadataOrder,
                      fmt::format("{} of {} stands after its samples", word, line.name));
    return keyword != kType;
  }
  return true;
}

void FamilyBook::Start(std::string_view name, bool quoted, const parse::Position& position) {
  End();
  open_ = true;
  current_ = {};
  current_.name = name;
  current_.position = position;
  current_.quoted = quoted;
  const size_t bound = reporter_->options().bounds.families;
  if (records_.size() < bound) {
    current_record_ = static_cast<uint32_t>(records_.size());
    records_.push_back({.position = position});
    Claims("", position);
    return;
  }
  if (!full_) {
    full_ = true;
    records_.emplace_back();  // shared by all that are not remembered
    reporter_->Report(position, kUnchecked, "families from here on are not compared with others");
  }
  current_record_ = static_cast<uint32_t>(bound);
  records_[bound] = {.position = position};
}

void FamilyBook::Reopen(std::string_view name, const Claim& claim,
                        const parse::Position& position) {
  const Claim found = claim;
  End();
  const Record& record = records_[found.record];
  open_ = true;
  current_ = {};
  current_.name = name.substr(0, name.size() - found.suffix_bytes);
  current_.position = record.position;
  current_.type = record.type;
  current_.typed = (record.keywords & kType) != 0;
  current_.helped = record.helped;
  current_.samples = record.samples;
  current_.split = true;
  current_record_ = found.record;
  reporter_->Report(position, kFamilySplit,
                    fmt::format("{} began in line {}, and another family stands between",
                                current_.name, record.position.line));
}

void FamilyBook::Claims(std::string_view suffix, const parse::Position& position) {
  if (full_) return;
  const std::string name = current_.name + std::string(suffix);
  const Claim claim{current_record_, static_cast<uint32_t>(suffix.size())};
  const auto [at, is_new] = claims_.emplace(HashText(name), claim);
  if (!is_new && at->second.record != current_record_) {
    reporter_->Report(position, kNameClash,
                      fmt::format("{} is already a name of the family in line {}", name,
                                  records_[at->second.record].position.line));
  }
}

const FamilyBook::Claim* FamilyBook::Find(std::string_view name) const {
  const auto at = claims_.find(HashText(name));
  return at == claims_.end() ? nullptr : &at->second;
}

Part FamilyBook::Sample(const parse::Sample& sample) {
  if (open_ && sample.name == last_sample_) return last_part_;
  Part part = PartOf(sample);
  if (part == Part::kNone && !(open_ && sample.name == current_.name)) {
    if (const Claim* const claim = Find(sample.name)) {
      Reopen(sample.name, *claim, sample.position);
    } else {
      Start(sample.name, sample.quoted, sample.position);
    }
    part = PartOf(sample);
  }
  current_.samples = true;
  records_[current_record_].samples = true;
  if (part == Part::kNone) return WrongName(sample);
  last_sample_ = sample.name;
  last_part_ = part;
  return part;
}

// Of the current family.
Part FamilyBook::PartOf(const parse::Sample& sample) {
  if (!open_ || !sample.name.starts_with(current_.name)) return Part::kNone;
  const std::string_view rest = sample.name.substr(current_.name.size());
  for (const Suffix& suffix : SuffixesOf(current_.type, reporter_->options().syntax)) {
    if (suffix.text == rest) return suffix.part;
  }
  return Part::kNone;
}

Part FamilyBook::WrongName(const parse::Sample& sample) {
  if (current_.type == MetricType::kCounter) {
    reporter_->Report(sample.position, kCounterTotal,
                      fmt::format("a sample of counter {} is called {}_total in OpenMetrics",
                                  current_.name, current_.name));
  } else {
    reporter_->Report(sample.position, kSampleName,
                      fmt::format("{} has no samples of this name by its type", current_.name));
  }
  return Part::kNone;
}

void FamilyBook::Native(const parse::NativeHistogram&) {
  current_.samples = true;
  records_[current_record_].samples = true;
}

void FamilyBook::End() {
  if (!open_) return;
  open_ = false;
  last_sample_.clear();
  on_end_(current_);
}

}  // namespace pillion::lint
