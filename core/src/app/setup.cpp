#include "app/setup.hpp"

#include "app/commands.hpp"
#include "app/linked_exporters.hpp"
#include "config/problems.hpp"

#include <algorithm>
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
  add_one("--web-config", arguments.web_config);
  add_one("--log-level", arguments.log_level);
  add_one("--log-format", arguments.log_format);
  return flags;
}

bool KeepsLog(Command command) { return command == Command::kServe || command == Command::kScrape; }

void SetLogTo(const std::string& level_name, const std::string& format_name, LogLevel at_most) {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kLogfmt;
  ParseLogLevel(level_name, &level);
  ParseLogFormat(format_name, &format);
  SetLog(std::min(level, at_most), format);
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
    case Command::kLint: return Lint(arguments);
  }
  return kExitUsage;
}

std::vector<std::string> ExporterDirectories(const Arguments& arguments) {
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
  return directories;
}

std::unique_ptr<PluginCatalog> MakeCatalog(const Arguments& arguments) {
  return std::make_unique<PluginCatalog>(LinkedExporters(), ExporterDirectories(arguments));
}

std::shared_ptr<const Config> ReadConfig(const Arguments& arguments, PluginCatalog& catalog,
                                         const InstanceCheck& check) {
  const ConfigSource source{arguments.configs, arguments.exporters, catalog.Names(),
                            SettingFlags(arguments), arguments.texts};
  const DescriptorLookup lookup = [&](std::string_view type) -> Result<const pillion_plugin*> {
    auto found = catalog.Find(type);
    if (!found) return found.error();
    return &(*found)->plugin();
  };
  const ConfigResult result = LoadConfig(source, lookup, Variable, check);
  SetLogTo(result.log_level, result.log_format, LogLevel::kError);
  TellOfPluginDirs(arguments, arguments.plugin_dirs);
  if (result.config != nullptr) TellOfPluginDirs(arguments, result.config->plugin_dirs);
  for (const ConfigProblem& problem : result.problems) {
    Tell(arguments, problem.warning ? LogLevel::kWarn : LogLevel::kError, problem.text);
  }
  return result.config;
}

bool ReadPageGuard(const Arguments& arguments, const Config& config,
                   std::unique_ptr<PageGuard>& guard) {
  std::vector<WebProblem> problems;
  guard = MakePageGuard(config.http, ExporterDirectories(arguments), problems);
  bool good = true;
  for (const WebProblem& problem : problems) {
    Tell(arguments, problem.warning ? LogLevel::kWarn : LogLevel::kError, problem.text);
    good = good && problem.warning;
  }
  return good;
}

void TellOfPluginDirs(const Arguments& arguments, const std::vector<std::string>& directories) {
  for (const std::string& directory : directories) {
    std::error_code ignored;
    if (fs::is_directory(directory, ignored)) continue;
    Tell(arguments, LogLevel::kWarn, "there is no plugin directory " + Printable(directory));
  }
}

void Tell(const Arguments& arguments, LogLevel level, const std::string& text) {
  if (KeepsLog(arguments.command)) return Log(level, text);
  std::fprintf(stderr, "%s%s\n", level == LogLevel::kWarn ? "warning: " : "", text.c_str());
}

void ApplyLog(const Config& config) {
  SetLogTo(config.log_level, config.log_format, LogLevel::kOff);
}

}  // namespace pillion
