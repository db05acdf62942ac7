// The metric table of the postgres exporter, put together from its three parts.
#pragma once

#include <pillion/tables.hpp>

#include <span>

namespace pillion::postgres {

// The index of a metric here is its family in a sink. Lives as long as the process.
std::span<const Metric> Metrics();

}  // namespace pillion::postgres
