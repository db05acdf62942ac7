// [exporters.NAME]: one instance out of one table. The command line comes this way too, as a
// table that nobody wrote.
#pragma once

#include "config/loading.hpp"

#include <string>
#include <string_view>

namespace pillion {

std::string InstancePath(std::string_view name);  // "exporters.NAME"
bool IsInstanceName(std::string_view name);
// Whether `path` may be a table of this name; says so where it may not, or is there already.
// `what`: "an instance".
bool ClaimName(std::string_view name, std::string_view what, std::string_view path,
               const Place& place, Loading& loading);
bool IsTypeName(std::string_view name);

// All of [exporters] in one file.
void ReadExporters(const Value& section, Loading& loading);

// What could be read of it; the rest is reported.
InstanceConfig ReadInstance(const std::string& name, const Place& name_place, const Value& table,
                            Loading& loading);

// Who says where the target is: this table, or whoever asks for one.
enum class AddressIs { kHere, kFromElsewhere };

// As ReadInstance, but that the exporter itself is not asked.
InstanceConfig ReadInstanceKeys(const std::string& name, const Place& name_place,
                                const Value& table, AddressIs address, Loading& loading);

// What the exporter itself says about options that are each valid: at the value it is about, or
// at the instance if that option is not written here. REQUIRES: loading.check.
void AskExporter(const PluginTables& tables, const Place& name_place, const Value& table,
                 const InstanceConfig& instance, Loading& loading);

// The option that says where the target is; nullptr: there is none.
const pillion_option* AddressOption(const PluginTables& tables);

// The tables of a type, read once. nullptr, with an error under `key`: there is no such exporter.
const PluginTables* FindTables(std::string_view type, const Place& place, std::string_view key,
                               Loading& loading);

// Two instances of one exporter whose labels don't tell them apart would collide on one page.
void WarnOfEqualInstances(Loading& loading);

}  // namespace pillion
