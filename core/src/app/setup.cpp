#include "app/setup.hpp"

#include "app/commands.hpp"
#include "app/linked_exporters.hpp"
#include "log/log.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace pillion {
namespace fs = std::filesystem;

namespace {
const char* Variable(const char* name) { return std::getenv(name); }

// Those that were given: they mean what the same setting means in a file.
std::vector<ConfigFlag> SettingFlags(const Arguments& arguments) {
  std::vector<ConfigFlag> flags;
  const auto add = [&](const char* name, std::vector<std::string> values) {
    if (!values.empty()) flags.push_back({name, std::move(values)});
  };
  const auto add_one = [&](const char* name, const std::optional<std::string>& value) {
    if (value) flags.push_back({name, {*value}});
  };
  add("--listen", arguments.listen);
  add("--health-listen", arguments.health_listen);
  add_one("--admin-listen", arguments.admin_listen);
  add_one("--log-level", arguments.log_level);
  add_one("--log-format", arguments.log_format);
  return flags;
}

}  // namespace

int RunCommand(const Arguments& arguments) {
  switch (arguments.command) {
    case Command::kServe: return Serve(arguments);
    case Command::kCheck: return Check(arguments);
    case Command::kScrape: return Scrape(arguments);
    case Command::kList: return List(arguments);
    case Command::kDescribe: return Describe(arguments);
    case Command::kHealth: return Health(arguments);
  }
  return kExitUsage;
}

std::unique_ptr<PluginCatalog> MakeCatalog(const Arguments& arguments) {
  std::vector<std::string> directories = arguments.plugin_dirs;
  const auto configured = ReadPluginDirs({arguments.configs, {}, {}}, Variable);
  directories.insert(directories.end(), configured.begin(), configured.end());
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path prefix = executable.parent_path().parent_path();
    directories.push_back((prefix / "exporters").string());  // a build tree
    directories.push_back((prefix / PILLION_EXPORTER_DIR).string());
  }
  return std::make_unique<PluginCatalog>(LinkedExporters(), std::move(directories));
}

std::shared_ptr<const Config> ReadConfig(const Arguments& arguments, PluginCatalog& catalog,
                                         const InstanceCheck& check) {
  const ConfigSource source{arguments.configs, arguments.exporters, catalog.Names(),
                            SettingFlags(arguments)};
  const DescriptorLookup lookup = [&](std::string_view type) -> Result<const pillion_plugin*> {
    auto found = catalog.Find(type);
    if (!found) return found.error();
    return &(*found)->plugin();
  };
  const ConfigResult result = LoadConfig(source, lookup, Variable, check);
  for (const ConfigProblem& problem : result.problems) {
    std::fprintf(stderr, "%s%s\n", problem.warning ? "warning: " : "", problem.text.c_str());
  }
  return result.config;
}

void ApplyLog(const Config& config) {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kLogfmt;
  ParseLogLevel(config.log_level, &level);
  ParseLogFormat(config.log_format, &format);
  SetLog(level, format);
}

}  // namespace pillion
