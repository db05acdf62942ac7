// The visitor that knows what a page must be as a whole.
#pragma once

#include "lint/family_book.hpp"
#include "lint/point_checks.hpp"
#include "lint/series_set.hpp"

namespace pillion::lint {

class PageRules final : public parse::Visitor {
 public:
  explicit PageRules(Reporter* reporter);

  void OnHelp(const parse::Metadata& line) override { book_.Help(line); }
  void OnType(const parse::Metadata& line, MetricType type) override { book_.Type(line, type); }
  void OnUnit(const parse::Metadata& line) override;
  void OnSample(const parse::Sample& sample) override;
  void OnNativeHistogram(const parse::NativeHistogram& histogram) override;
  void OnCreated(const parse::Created& created) override;
  void OnFamilyEnd(const parse::Position&) override { book_.End(); }
  bool OnProblem(const parse::Problem& problem) override;

  void End() { book_.End(); }

 private:
  // The series of the sample before, for those who have timestamps.
  struct Last {
    uint64_t series = 0;
    std::optional<double> timestamp;
  };

  void EndFamily(const Family& family);
  void CheckLabels(std::span<const parse::Label> labels, uint64_t names,
                   const parse::Position& position);
  void CheckUnique(const parse::Position& position, std::string_view name, uint64_t series,
                   const std::optional<double>& timestamp);
  void CheckValue(const parse::Sample& sample, Part part);
  void CheckState(const parse::Sample& sample);
  void CheckExemplar(const parse::Sample& sample, Part part);
  void CheckTimestamp(const parse::Position& position, const std::optional<double>& timestamp);

  Reporter* const reporter_;
  FamilyBook book_;
  PointChecks points_;
  SeriesSet series_;
  Last last_;
  uint64_t label_names_ = 0;     // of the sample before in this family
  bool said_timestamp_ = false;  // of this family
  bool said_full_ = false;
};

}  // namespace pillion::lint
