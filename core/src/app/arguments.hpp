// The command line.
#pragma once

#include "config/config.hpp"
#include "log/log.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pillion {

enum class Command { kServe, kCheck, kScrape, kList, kDescribe, kHealth, kLint };

inline constexpr std::chrono::milliseconds kTimeoutMin{10};  // of scrape
inline constexpr std::chrono::hours kTimeoutMax{1};

// Told when serving begins.
struct StartNote {
  LogLevel level = LogLevel::kWarn;
  std::string text;
};

struct Arguments {
  Command command = Command::kServe;
  // Where the configuration comes from: serve, check, scrape, health.
  std::vector<std::string> configs;
  std::vector<std::string> exporters;    // TYPE=ADDRESS
  std::vector<InlineConfig> texts;       // of a translated command line; behind `configs`
  std::vector<std::string> plugin_dirs;  // also PILLION_PLUGIN_DIR, ':' between them
  // serve
  std::vector<std::string> listen;
  std::vector<std::string> health_listen;
  std::optional<std::string> admin_listen;
  std::optional<std::string> web_config;
  std::string port_file;
  std::optional<std::string> log_level, log_format;
  std::vector<StartNote> notes;
  // scrape; --timeout also for lint
  std::string instance;
  std::string format = "text";
  std::string timeout = "10s";  // a duration, kTimeoutMin to kTimeoutMax
  // check
  bool connect = false;
  // describe
  std::string type;
  bool markdown = false;
  // health
  std::string address;
  // lint
  std::vector<std::string> pages;  // files, URLs, - for stdin
  std::string lint_format = "auto";
  bool warnings_as_errors = false;
  bool errors_only = false;
  bool list_rules = false;
};

struct ParsedArguments {
  Arguments arguments;
  std::optional<int> exit_code;  // --help, --version or a usage error were answered already
  std::string complaint;         // that error, as it was printed
};

// `environment` reads variables: PILLION_CONFIG if there is no --config, and PILLION_PLUGIN_DIR
// behind --plugin-dir. Prints help and usage errors itself. Exit codes: 0 help, 2 usage.
ParsedArguments ParseArguments(int argc, const char* const* argv,
                               const std::function<const char*(const char*)>& environment);

// The directories of PILLION_PLUGIN_DIR, behind those that are there.
void ReadPluginDirVariable(const std::function<const char*(const char*)>& environment,
                           Arguments& arguments);

}  // namespace pillion
