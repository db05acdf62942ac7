#include <pillion/exporter.hpp>

using namespace pillion;

namespace {

constexpr Metric kMetrics[] = {{.name = "good_value", .help = "Always 1."}};

class Good {
 public:
  explicit Good(const Options&) {}
  Result<void> Poll(PollContext&, Sink& sink) {
    sink.Add(0, 1);
    return {};
  }
};

}  // namespace

PILLION_EXPORTER(Good, .type = "good", .version = "1.2", .summary = "For tests.",
                 .metrics = kMetrics)
