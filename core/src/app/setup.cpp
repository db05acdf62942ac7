#include "app/setup.hpp"

#include "app/commands.hpp"
#include "app/linked_exporters.hpp"
#include "log/log.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace pillion {
namespace fs = std::filesystem;

namespace {
const char* Variable(const char* name) { return std::getenv(name); }
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
  const ConfigSource source{arguments.configs, arguments.exporters, catalog.Names()};
  const DescriptorLookup lookup = [&](std::string_view type) -> Result<const pillion_plugin*> {
    auto found = catalog.Find(type);
    if (!found) return found.error();
    return &(*found)->plugin();
  };
  const ConfigResult result = LoadConfig(source, lookup, Variable, check);
  for (const ConfigProblem& problem : result.problems) {
    std::fprintf(stderr, "%s%s\n", problem.warning ? "warning: " : "", problem.text.c_str());
  }
  if (result.config == nullptr) return nullptr;
  auto config = std::make_shared<Config>(*result.config);
  if (!arguments.listen.empty()) config->http.listen = arguments.listen;
  if (!arguments.health_listen.empty()) config->http.health_listen = arguments.health_listen;
  if (arguments.admin_listen) config->http.admin_listen = *arguments.admin_listen;
  if (!arguments.log_level.empty()) config->log_level = arguments.log_level;
  if (!arguments.log_format.empty()) config->log_format = arguments.log_format;
  LogLevel level;
  LogFormat format;
  if (!ParseLogLevel(config->log_level, &level)) {
    std::fprintf(stderr, "--log-level: `%s` is none of debug, info, warn, error\n",
                 config->log_level.c_str());
    return nullptr;
  }
  if (!ParseLogFormat(config->log_format, &format)) {
    std::fprintf(stderr, "--log-format: `%s` is none of logfmt, json\n",
                 config->log_format.c_str());
    return nullptr;
  }
  return config;
}

void ApplyLog(const Config& config) {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kLogfmt;
  ParseLogLevel(config.log_level, &level);
  ParseLogFormat(config.log_format, &format);
  SetLog(level, format);
}

}  // namespace pillion
