// [exporters.NAME]: one instance out of one table. The command line comes this way too, as a
// table that nobody wrote.
#pragma once

#include "config/loading.hpp"

#include <string>
#include <string_view>

namespace pillion {

std::string InstancePath(std::string_view name);  // "exporters.NAME"
bool IsInstanceName(std::string_view name);
bool IsTypeName(std::string_view name);

// All of [exporters] in one file.
void ReadExporters(const Value& section, Loading& loading);

// What could be read of it; the rest is reported.
InstanceConfig ReadInstance(const std::string& name, const Place& name_place, const Value& table,
                            Loading& loading);

// The tables of a type, read once. nullptr, with an error under `key`: there is no such exporter.
const PluginTables* FindTables(std::string_view type, const Place& place, std::string_view key,
                               Loading& loading);

// Two instances of one exporter whose labels don't tell them apart would collide on one page.
void WarnOfEqualInstances(Loading& loading);

}  // namespace pillion
