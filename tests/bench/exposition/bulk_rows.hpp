// The rows that the exposition is measured with: like a catalogue of tables, 20 families over rows
// of five labels; half of the values are whole numbers.
#pragma once

#include <pillion/tables.hpp>

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

}  // namespace pillion::bench
