// Settings: everything outside [exporters], from a file, a PILLION_* variable or a flag. One table
// holds their keys, variables, flags and checks.
#pragma once

#include "config/loading.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

// Sections of a file besides `exporters`: "http" and "log".
bool IsSettingsSection(std::string_view name);

// All keys of [http] or [log] in one file.
void ReadSettingsSection(const Value& section, std::string_view name, Loading& loading);

// A key outside any section: `self`, `plugin_dirs`. Reports a key that nobody knows.
void ReadTopLevelSetting(std::string_view key, const Place& key_place, const Value& value,
                         Loading& loading);

// Applies the variables over what the files say. `source` is the environment's.
void ReadEnvironment(const std::function<const char*(const char*)>& environment, uint32_t source,
                     Loading& loading);

// Applies the flags of the command line over both. `source` is the command line's.
void ReadFlags(const std::vector<ConfigFlag>& flags, uint32_t source, Loading& loading);

}  // namespace pillion
