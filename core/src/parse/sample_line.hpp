// A sample: name, labels, value, timestamp, exemplar. Calls the visitor or reports a problem.
#pragma once

#include "parse/line.hpp"

namespace pillion::parse {

// The whole line is a sample, without leading blanks.
void ParseSampleLine(Line& line);

}  // namespace pillion::parse
