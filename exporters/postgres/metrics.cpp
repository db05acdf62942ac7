#include "metrics.hpp"

#include <algorithm>
#include <array>

#include "metrics_database.hpp"
#include "metrics_extension.hpp"
#include "metrics_server.hpp"
#include "metrics_state.hpp"
#include "metrics_table.hpp"

namespace pillion::postgres {
namespace {

constexpr auto kMetrics = [] {
  std::array<Metric, std::size(kServerMetrics) + std::size(kDatabaseMetrics) +
                         std::size(kTableMetrics) + std::size(kExtensionMetrics) +
                         std::size(kStateMetrics)>
      all;
  auto end = all.begin();
  const auto append = [&end](const auto& some) {
    end = std::copy(std::begin(some), std::end(some), end);
  };
  append(kServerMetrics);
  append(kDatabaseMetrics);
  append(kTableMetrics);
  append(kExtensionMetrics);
  append(kStateMetrics);
  return all;
}();

}  // namespace

std::span<const Metric> Metrics() { return kMetrics; }

}  // namespace pillion::postgres
