// The rows that the exposition is measured with: like a catalogue of tables, 20 families over rows
// of five labels; half of the values are whole numbers.
#pragma once

#include <pillion/sink.hpp>
#include <pillion/tables.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::bench {

inline constexpr size_t kFamilies = 20;
inline constexpr std::string_view kLabelNames = "datname,schemaname,relname,tenant,kind";
inline constexpr size_t kLabels = 5;

inline std::string FamilyName(size_t family) {
  const std::string number = std::to_string(family);
  return family % 2 == 0 ? "bulk_table_tuples_" + number + "_total" : "bulk_table_ratio_" + number;
}

struct Row {
  std::array<std::string, kLabels> labels;
};

inline std::vector<Row> MakeRows(size_t count) {
  std::vector<Row> rows(count);
  for (size_t i = 0; i < count; ++i) {
    rows[i].labels = {"orders", "public_" + std::to_string(i % 7),
                      "customer_invoice_" + std::to_string(i), "tenant-" + std::to_string(i % 97),
                      i % 3 == 0 ? "table" : "index"};
  }
  return rows;
}

// Differs from sample to sample and from poll to poll.
inline double ValueOf(size_t row, size_t family, uint64_t poll) {
  const auto whole = static_cast<double>(row * 7919 + family * 104'729 + poll);
  return family % 2 == 0 ? whole : whole / 1237.0;
}

// Polls them into a sink.
class BulkSource {
 public:
  explicit BulkSource(size_t rows) : rows_(MakeRows(rows)) {
    for (size_t f = 0; f < kFamilies; ++f) names_.push_back(FamilyName(f));
  }
  const std::vector<Row>& rows() const { return rows_; }

  void Fill(Sink& sink) {
    std::vector<Family> families;
    for (size_t f = 0; f < kFamilies; ++f) {
      families.push_back(
          sink.Declare({.name = names_[f],
                        .type = f % 2 == 0 ? MetricType::kCounter : MetricType::kGauge,
                        .help = "One of many.",
                        .labels = kLabelNames}));
    }
    ++polls_;
    for (size_t r = 0; r < rows_.size(); ++r) {
      std::array<std::string_view, kLabels> values;
      std::copy(rows_[r].labels.begin(), rows_[r].labels.end(), values.begin());
      const Labels labels = sink.MakeLabels(families[0], values);
      for (size_t f = 0; f < kFamilies; ++f) sink.Add(families[f], labels, ValueOf(r, f, polls_));
    }
  }

 private:
  const std::vector<Row> rows_;
  std::vector<std::string> names_;
  uint64_t polls_ = 0;
};

}  // namespace pillion::bench
