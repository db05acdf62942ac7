#include "plugin/module.hpp"

#include <dlfcn.h>

#include <filesystem>

namespace pillion {

Result<ExporterTypePtr> LoadModule(const std::string& path) {
  // RTLD_LOCAL keeps plugins' libraries apart; RTLD_NOW finds a missing symbol here and not in
  // the middle of a poll.
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* why = ::dlerror();
    return Error{Reason::kInternal, path + ": cannot be loaded: " + (why ? why : "unknown")};
  }
  void* symbol = ::dlsym(handle, PILLION_ENTRY_SYMBOL);
  if (symbol == nullptr) {
    return Error{Reason::kVersion,
                 path + ": is no exporter module: it has no `" PILLION_ENTRY_SYMBOL "`"};
  }
  const auto entry = reinterpret_cast<pillion_plugin_entry_fn>(symbol);
  Result<ExporterTypePtr> type = ExporterType::FromDescriptor(entry(), path);
  if (!type) return type;
  const std::string stem = std::filesystem::path(path).stem().string();
  if (stem != (*type)->name()) {
    return Error{Reason::kInternal, path + ": holds the exporter `" + (*type)->name() +
                                        "`, so the file must be called " + (*type)->name() + ".so"};
  }
  return type;
}

}  // namespace pillion
