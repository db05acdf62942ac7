// PluginCatalog: which exporter types there are: those linked in, and modules in directories.
//
// A module is opened only when its type is asked for, so that a sidecar for Redis maps no
// PostgreSQL library. Threads: any.
#pragma once

#include "plugin/exporter_type.hpp"

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

class PluginCatalog {
 public:
  // `directories` are searched in order; the first that has TYPE.so wins. Linked types win over
  // modules.
  PluginCatalog(std::vector<pillion_plugin_entry_fn> linked, std::vector<std::string> directories);

  // The type, or why it cannot be used: unknown (names what there is), or refused.
  Result<ExporterTypePtr> Find(std::string_view type);

  // Every name that Find may know: linked types and files *.so, sorted. Opens nothing.
  std::vector<std::string> Names() const;

 private:
  const std::vector<std::string> directories_;
  std::vector<ExporterTypePtr> linked_;
  std::vector<std::string> linked_problems_;
  std::mutex mutex_;
  std::map<std::string, Result<ExporterTypePtr>, std::less<>> loaded_;  // guarded by mutex_
};

}  // namespace pillion
