// CheckToml: finds, before the TOML library sees a text, what the library does not survive or
// does not bound: dotted keys of any depth (its tree is destroyed by recursion), and letters
// outside ASCII where no string and no comment is (its own "unreachable"). Pure.
#pragma once

#include "config/toml_reader.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pillion {

struct TomlObjection {
  TomlPosition position;
  std::string text;
};

// Reads as the library does up to the first syntax error, and the library stops there.
std::optional<TomlObjection> CheckToml(std::string_view text);

}  // namespace pillion
