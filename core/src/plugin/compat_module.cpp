#include "plugin/compat_module.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

namespace pillion {
namespace fs = std::filesystem;
namespace {

// Keeps a name from becoming a path.
bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

std::string_view NameOf(const pillion_compat& compat) {
  return {compat.name.data, compat.name.size};
}

Result<void> Check(const pillion_compat* compat, std::string_view name, const std::string& origin) {
  if (compat == nullptr || compat->size < offsetof(pillion_compat, name)) {
    return Error{Reason::kVersion, origin + ": has no translator"};
  }
  if (compat->version != PILLION_COMPAT_VERSION || compat->size < sizeof(pillion_compat)) {
    return Error{Reason::kVersion, origin + ": built for translators of version " +
                                       std::to_string(compat->version) + ", this pillion speaks " +
                                       std::to_string(PILLION_COMPAT_VERSION)};
  }
  if (NameOf(*compat) != name || compat->translate == nullptr) {
    return Error{Reason::kInternal, origin + ": translates for `" + std::string(NameOf(*compat)) +
                                        "`, so the file must be called by that name"};
  }
  return {};
}

}  // namespace

CompatModules::CompatModules(std::vector<pillion_compat_entry_fn> linked,
                             std::vector<std::string> directories)
    : linked_(std::move(linked)), directories_(std::move(directories)) {}

std::string CompatModules::FindFile(std::string_view name) const {
  if (!IsName(name)) return {};
  for (const std::string& directory : directories_) {
    const fs::path path = fs::path(directory) / "compat" / (std::string(name) + ".so");
    std::error_code ignored;
    if (fs::exists(path, ignored)) return path.string();
  }
  return {};
}

bool CompatModules::Has(std::string_view name) const {
  return !FindFile(name).empty() ||
         std::any_of(linked_.begin(), linked_.end(),
                     [&](const auto entry) { return NameOf(*entry()) == name; });
}

std::vector<std::string> CompatModules::Names() const {
  std::set<std::string> names;
  for (const auto entry : linked_) names.emplace(NameOf(*entry()));
  for (const std::string& directory : directories_) {
    std::error_code ignored;
    for (const auto& file : fs::directory_iterator(fs::path(directory) / "compat", ignored)) {
      if (file.path().extension() == ".so") names.insert(file.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

Result<void> CompatModules::Use(std::string_view name,
                                const std::function<void(const pillion_compat&)>& use) const {
  for (const auto entry : linked_) {
    if (NameOf(*entry()) != name) continue;
    if (auto checked = Check(entry(), name, "linked in"); !checked.ok()) return checked;
    use(*entry());
    return {};
  }
  const std::string path = FindFile(name);
  if (path.empty()) {
    return Error{Reason::kVersion, "nothing here knows the command line of that program"};
  }
  const std::unique_ptr<void, int (*)(void*)> module(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL),
                                                     ::dlclose);
  if (module == nullptr) {
    const char* why = ::dlerror();
    return Error{Reason::kInternal, path + ": cannot be loaded: " + (why ? why : "unknown")};
  }
  void* symbol = ::dlsym(module.get(), PILLION_COMPAT_ENTRY_SYMBOL);
  if (symbol == nullptr) {
    return Error{Reason::kVersion, path + ": has no `" PILLION_COMPAT_ENTRY_SYMBOL "`"};
  }
  const pillion_compat* compat = reinterpret_cast<pillion_compat_entry_fn>(symbol)();
  if (auto checked = Check(compat, name, path); !checked.ok()) return checked;
  use(*compat);
  return {};
}

}  // namespace pillion
