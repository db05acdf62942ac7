// The exporters, and the translators beside them, that are linked into this executable; CMake
// writes the list.
#pragma once

#include "web/web_source.hpp"

#include <pillion/compat.h>
#include <pillion/plugin.h>

#include <vector>

namespace pillion {

std::vector<pillion_plugin_entry_fn> LinkedExporters();
std::vector<pillion_compat_entry_fn> LinkedTranslators();
// Null if the guard of pages is a module.
WebModuleEntry LinkedWebModule();

}  // namespace pillion
