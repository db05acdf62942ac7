// An exporter with as many series as one wants, for measuring what many series cost.
#include "bench/exposition/bulk_rows.hpp"

#include <pillion/exporter.hpp>

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
      : source_(static_cast<size_t>(options.Int("series")) / kFamilies) {}

  Result<void> Poll(PollContext&, Sink& sink) {
    source_.Fill(sink);
    return {};
  }

 private:
  BulkSource source_;
};

}  // namespace
}  // namespace pillion::bench

PILLION_EXPORTER(pillion::bench::Bulk, .type = "bulk", .summary = "As many series as one wants.",
                 .options = pillion::bench::kOptions)
