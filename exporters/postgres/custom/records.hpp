// Custom queries out of the configuration: [[exporters.NAME.query]].
#pragma once

#include <pillion/options.hpp>

#include <utility>
#include <vector>

#include "query.hpp"

namespace pillion::postgres {

// What cannot be used is refused at its place in the configuration.
std::vector<std::pair<CustomQuery, Record>> ReadQueryRecords(const Options& options);

}  // namespace pillion::postgres
