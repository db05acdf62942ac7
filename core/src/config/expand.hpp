// Expand: `${env:NAME}` and `${file:PATH}` in a string. `$${` stands for a plain `${`; any other
// `$` is itself. What was put in is not expanded again.
//
// Errors name the variable or the path, never anything else of the string.
#pragma once

#include "config/outside.hpp"

#include <pillion/result.hpp>

#include <string>
#include <string_view>

namespace pillion {

// At most `bytes_max` long. One trailing newline of a file is cut off.
Result<std::string> Expand(std::string_view pattern, const Outside& outside, size_t bytes_max);

// The syntax alone; reads nothing.
Result<void> CheckPattern(std::string_view pattern);

}  // namespace pillion
