// A plugin of another ABI version: only the first two fields may be looked at.
#include <pillion/plugin.h>

extern "C" __attribute__((visibility("default"))) const pillion_plugin* pillion_plugin_entry() {
  static pillion_plugin plugin{};
  plugin.size = 16;
  plugin.abi_version = 999;
  return &plugin;
}
