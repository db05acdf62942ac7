// The exporters that are linked into this executable; CMake writes the list.
#pragma once

#include <pillion/plugin.h>

#include <vector>

namespace pillion {

std::vector<pillion_plugin_entry_fn> LinkedExporters();

}  // namespace pillion
