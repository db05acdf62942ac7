// An exporter with as many series as one wants, for measuring what many series cost.
#include "bench/exposition/bulk_rows.hpp"

#include <pillion/exporter.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace pillion::bench {
namespace {

constexpr Option kOptions[] = {{.name = "series",
                                .type = OptionType::kInt,
                                .default_value = "1000",
                                .help = "How many series to yield.",
                                .minimum = 20,
                                .maximum = 1'000'000}};

class Bulk {
 public:
  explicit Bulk(const Options& options)
      : rows_(MakeRows(static_cast<size_t>(options.Int("series")) / kFamilies)) {
    for (size_t f = 0; f < kFamilies; ++f) names_.push_back(FamilyName(f));
  }

  Result<void> Poll(PollContext&, Sink& sink) {
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
    return {};
  }

 private:
  const std::vector<Row> rows_;
  std::vector<std::string> names_;
  uint64_t polls_ = 0;
};

}  // namespace
}  // namespace pillion::bench

PILLION_EXPORTER(pillion::bench::Bulk, .type = "bulk", .summary = "As many series as one wants.",
                 .options = pillion::bench::kOptions)
