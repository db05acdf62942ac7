// Records: the tables of an option of type RECORDS, each checked against the option's fields.
#pragma once

#include "config/config.hpp"
#include "config/value_reader.hpp"

#include <pillion/plugin.h>

namespace pillion {

// Adds the tables to out.records, with defaults. Reports what is wrong with all of them; false: at
// least one thing is.
bool ReadRecords(const pillion_option& option, const Value& value, ValueReader& reader,
                 OptionValue& out);

}  // namespace pillion
