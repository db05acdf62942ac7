// Loading an exporter module (TYPE.so). A loaded module is never unloaded.
#pragma once

#include "plugin/exporter_type.hpp"

#include <string>

namespace pillion {

// Opens `path`, calls its entry function and checks the descriptor. The file's name must be its
// type. Errors name the path and what is wrong. Threads: any, one at a time per path.
Result<ExporterTypePtr> LoadModule(const std::string& path);

}  // namespace pillion
