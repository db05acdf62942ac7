// A row of pg_settings as a family: its name and value in base units. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pillion::postgres {

struct Setting {
  std::string family;  // "pg_settings_shared_buffers_bytes"
  double value = 0;
};

// `unit` as in pg_settings: "", "ms", "8kB", ... Values in a unit of time become seconds, those
// in a unit of memory bytes; -1 means "not set" or "no limit" and stays -1. A value that brings
// its own unit ("100ms", as some managed servers answer) is taken in that unit.
// Nothing: the value is no number or the unit is not known.
std::optional<Setting> ConvertSetting(std::string_view name, std::string_view unit,
                                      std::string_view value);

}  // namespace pillion::postgres
