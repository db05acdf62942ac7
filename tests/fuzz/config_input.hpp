// One input of the configuration's fuzz target, and what must hold for it. The unit tests replay
// the kept inputs through the same function.
#pragma once

#include <string>
#include <string_view>

namespace pillion::testing {

// The input's parts, separated by byte 0x1E: two files, then items of --exporter. Every part is
// read as a duration and as a size too. Returns what does not hold, or nothing.
std::string CheckConfigInput(std::string_view input);

}  // namespace pillion::testing
