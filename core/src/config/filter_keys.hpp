// The keys of [exporters.NAME] that say what is shown: keep, drop, rules and the limits.
#pragma once

#include "config/loading.hpp"

#include <string_view>

namespace pillion {

// Each returns false if `key` is none of its own, stores what it could read and reports the rest.
bool ReadFilter(std::string_view key, const Value& value, Loading& loading, FilterConfig& filter);
bool ReadLimit(std::string_view key, const Value& value, Loading& loading, LimitConfig& limits);

}  // namespace pillion
