#include "metrics.hpp"

#include <algorithm>
#include <array>

#include "metrics_database.hpp"
#include "metrics_server.hpp"
#include "metrics_table.hpp"

namespace pillion::postgres {
namespace {

constexpr auto kMetrics = [] {
  std::array<Metric,
             std::size(kServerMetrics) + std::size(kDatabaseMetrics) + std::size(kTableMetrics)>
      all;
  auto end = std::copy(std::begin(kServerMetrics), std::end(kServerMetrics), all.begin());
  end = std::copy(std::begin(kDatabaseMetrics), std::end(kDatabaseMetrics), end);
  std::copy(std::begin(kTableMetrics), std::end(kTableMetrics), end);
  return all;
}();

}  // namespace

std::span<const Metric> Metrics() { return kMetrics; }

}  // namespace pillion::postgres
