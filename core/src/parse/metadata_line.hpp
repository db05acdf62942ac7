// A line that begins with #: HELP, TYPE, UNIT or a comment.
#pragma once

#include "parse/line.hpp"

namespace pillion::parse {

// Not for `# EOF` of OpenMetrics.
void ParseHashLine(Line& line);

}  // namespace pillion::parse
