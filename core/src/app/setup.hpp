// What every command does first: find the exporters, read the configuration.
#pragma once

#include "app/arguments.hpp"
#include "config/config.hpp"
#include "plugin/catalog.hpp"

#include <memory>

namespace pillion {

// Linked exporters, then modules: --plugin-dir, beside the executable, the installed directory.
std::unique_ptr<PluginCatalog> MakeCatalog(const Arguments& arguments);

// Reads the configuration, applies the command line over it and prints every problem to stderr.
// Null if one of them is an error. `check`: what else may be wrong with an instance.
std::shared_ptr<const Config> ReadConfig(const Arguments& arguments, PluginCatalog& catalog,
                                         const InstanceCheck& check);

// Applies the log settings of a configuration.
void ApplyLog(const Config& config);

}  // namespace pillion
