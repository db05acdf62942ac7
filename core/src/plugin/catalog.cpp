#include "plugin/catalog.hpp"

#include "plugin/module.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

namespace pillion {
namespace fs = std::filesystem;
namespace {

// Keeps a type name from becoming a path.
bool IsTypeName(std::string_view type) {
  return !type.empty() && type.size() <= 64 &&
         std::all_of(type.begin(), type.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

std::string Join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

}  // namespace

PluginCatalog::PluginCatalog(std::vector<pillion_plugin_entry_fn> linked,
                             std::vector<std::string> directories)
    : directories_(std::move(directories)) {
  for (const pillion_plugin_entry_fn entry : linked) {
    Result<ExporterTypePtr> type = ExporterType::FromDescriptor(entry(), "linked in");
    if (type) {
      linked_.push_back(*type);
    } else {
      linked_problems_.push_back(type.error().message);
    }
  }
}

Result<ExporterTypePtr> PluginCatalog::Find(std::string_view type) {
  for (const ExporterTypePtr& linked : linked_) {
    if (linked->name() == type) return linked;
  }
  if (IsTypeName(type)) {
    const std::lock_guard lock(mutex_);
    if (const auto known = loaded_.find(type); known != loaded_.end()) return known->second;
    for (const std::string& directory : directories_) {
      const fs::path path = fs::path(directory) / (std::string(type) + ".so");
      std::error_code ignored;
      if (!fs::exists(path, ignored)) continue;
      return loaded_.emplace(type, LoadModule(path.string())).first->second;
    }
  }
  std::string message =
      "no exporter of type `" + std::string(type) + "`; there are: " + Join(Names());
  for (const std::string& problem : linked_problems_) message += "; " + problem;
  return Error{Reason::kVersion, std::move(message)};
}

std::vector<std::string> PluginCatalog::Names() const {
  std::set<std::string> names;
  for (const ExporterTypePtr& linked : linked_) names.insert(linked->name());
  for (const std::string& directory : directories_) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
      if (entry.path().extension() == ".so") names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace pillion
