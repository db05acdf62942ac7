// Option values: from a node to the type that the option table declares, within its range and
// choices. The table's defaults go the same way.
#pragma once

#include "config/config.hpp"
#include "config/value_reader.hpp"

#include <pillion/plugin.h>

#include <optional>

namespace pillion {

// Reports what is wrong; no text of the value is ever told.
std::optional<OptionValue> ReadOption(const pillion_option& option, const Value& value,
                                      ValueReader& reader);

// The table's default. nullopt: it has none. An error names what is wrong with it.
Result<std::optional<OptionValue>> ReadDefault(const pillion_option& option);

}  // namespace pillion
