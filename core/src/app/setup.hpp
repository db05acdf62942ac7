// What every command does first: find the exporters, read the configuration.
#pragma once

#include "app/arguments.hpp"
#include "app/page_guards.hpp"
#include "config/config.hpp"
#include "log/log.hpp"
#include "plugin/catalog.hpp"

#include <memory>
#include <string>
#include <vector>

namespace pillion {

// Where modules are looked for: --plugin-dir, `plugin_dirs` of the configuration, beside the
// executable, the installed directory.
std::vector<std::string> ExporterDirectories(const Arguments& arguments);

// Linked exporters, then modules in those directories.
std::unique_ptr<PluginCatalog> MakeCatalog(const Arguments& arguments);

// One line on stderr. Commands that keep a log (serve, scrape) write it there, in its format; the
// others answer a person: plain text, a warning marked as such.
void Tell(const Arguments& arguments, LogLevel level, const std::string& text);

// Warns of those that are not there.
void TellOfPluginDirs(const Arguments& arguments, const std::vector<std::string>& directories);

// Reads the configuration with the command line over it and tells every problem. Null if one of
// them is an error. `check`: what else may be wrong with an instance.
//
// Sets the log up for the start: what keeps a command from starting is told even if the level is
// off. ApplyLog once it has started.
std::shared_ptr<const Config> ReadConfig(const Arguments& arguments, PluginCatalog& catalog,
                                         const InstanceCheck& check);

// What guards the pages; tells every problem. False if one of them is an error. `guard`: null if
// everybody may read them.
bool ReadPageGuard(const Arguments& arguments, const Config& config,
                   std::unique_ptr<PageGuard>& guard);

// Applies the log settings of a configuration, `off` among them.
void ApplyLog(const Config& config);

}  // namespace pillion
