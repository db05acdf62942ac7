// Sizes as text. Durations and ParseSize are in config.hpp. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace pillion {

// With the largest binary unit that divides it: "64KiB", "1500B".
std::string FormatSize(int64_t bytes);

}  // namespace pillion
