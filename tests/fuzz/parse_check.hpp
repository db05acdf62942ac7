// What must hold for any bytes that a parser or the linter reads.
#pragma once

#include "parse/parser.hpp"

#include <string>
#include <string_view>

namespace pillion::fuzz {

// What is violated, or an empty string:
//   - where the page is cut makes no difference
//   - names, labels and messages of events keep their promises
//   - a page without problems that is written again from its events gives the same samples
//   - the linter finds every problem that the parser has
std::string WhatIsWrongWithParsing(parse::Syntax syntax, std::string_view page);

}  // namespace pillion::fuzz
