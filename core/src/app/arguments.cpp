#include "app/arguments.hpp"

#include "app/usage.hpp"
#include "config/config.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace pillion {
namespace {

constexpr int kUsage = 2;

// Empty: nothing is wrong with it.
std::string WrongTimeout(const std::string& text) {
  const auto timeout = ParseDuration(text);
  if (!timeout) return timeout.error().message;
  if (*timeout >= kTimeoutMin && *timeout <= kTimeoutMax) return {};
  return "must be between " + FormatDuration(kTimeoutMin) + " and " + FormatDuration(kTimeoutMax);
}

void AddSources(CLI::App* command, Arguments& arguments) {
  command
      ->add_option(
          "--config,-c", arguments.configs,
          "Configuration: a TOML file, or a directory of *.toml (may be repeated); default "
          "PILLION_CONFIG")
      ->type_name("PATH");
  command
      ->add_option("--exporter,-e", arguments.exporters,
                   "An instance without a file, e.g. redis=127.0.0.1:6379, or with a name: "
                   "cache:redis=127.0.0.1:6379 (may be repeated)")
      ->type_name("TYPE=ADDRESS")
      ->allow_extra_args(false);
}

void AddPluginDirs(CLI::App* command, Arguments& arguments) {
  command
      ->add_option("--plugin-dir", arguments.plugin_dirs,
                   "Directory of exporter modules, searched first (may be repeated); then those of "
                   "PILLION_PLUGIN_DIR, with : between them")
      ->type_name("DIR")
      ->allow_extra_args(false);
}

void AddLog(CLI::App* command, Arguments& arguments) {
  command
      ->add_option("--log-level", arguments.log_level,
                   "debug, info, warn, error or off; default info")
      ->type_name("LEVEL");
  command->add_option("--log-format", arguments.log_format, "logfmt or json; default logfmt")
      ->type_name("FORMAT");
}

void AddServe(CLI::App& app, Arguments& arguments) {
  CLI::App* serve = app.add_subcommand("serve", "Poll the targets and serve /metrics");
  AddSources(serve, arguments);
  AddPluginDirs(serve, arguments);
  serve
      ->add_option("--listen", arguments.listen,
                   "Where Prometheus scrapes: HOST:PORT, [V6]:PORT or unix:/PATH; default "
                   "[::]:9970 (may be repeated)")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  serve
      ->add_option("--health-listen", arguments.health_listen,
                   "Where probes ask besides --listen, \"\" for none (may be repeated)")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  serve
      ->add_option("--admin-listen", arguments.admin_listen,
                   "The status page, on loopback only; default 127.0.0.1:9971, \"\" for none")
      ->type_name("ADDRESS");
  serve
      ->add_option("--web-config", arguments.web_config,
                   "TLS and users of the pages at --listen: a web configuration as other "
                   "exporters read it")
      ->type_name("FILE");
  serve
      ->add_option("--port-file", arguments.port_file,
                   "Write the real addresses here once all are bound")
      ->type_name("FILE");
  AddLog(serve, arguments);
  serve->callback([&] { arguments.command = Command::kServe; });
}

void AddOthers(CLI::App& app, Arguments& arguments) {
  CLI::App* check = app.add_subcommand("check", "Validate a configuration; report all errors");
  AddSources(check, arguments);
  AddPluginDirs(check, arguments);
  check->add_flag(
      "--connect", arguments.connect,
      "Ask the targets too: exporters that can check there what the configuration wants");
  check->callback([&] { arguments.command = Command::kCheck; });

  CLI::App* scrape = app.add_subcommand("scrape", "Poll once and print the exposition");
  AddSources(scrape, arguments);
  AddPluginDirs(scrape, arguments);
  scrape->add_option("--instance", arguments.instance, "Only this instance")->type_name("NAME");
  scrape->add_option("--format", arguments.format, "text, openmetrics or protobuf")
      ->check(CLI::IsMember({"text", "openmetrics", "protobuf"}))
      ->capture_default_str();
  scrape->add_option("--timeout", arguments.timeout, "How long to wait for the targets")
      ->check(WrongTimeout)
      ->type_name("DURATION")
      ->capture_default_str();
  AddLog(scrape, arguments);
  scrape->callback([&] { arguments.command = Command::kScrape; });

  CLI::App* list = app.add_subcommand("list", "List the exporters that there are");
  AddPluginDirs(list, arguments);
  list->callback([&] { arguments.command = Command::kList; });

  CLI::App* describe =
      app.add_subcommand("describe", "Show an exporter's options, collectors and metrics");
  describe->add_option("type", arguments.type, "The exporter's type")->required();
  describe->add_flag("--markdown", arguments.markdown, "As tables for a README");
  AddPluginDirs(describe, arguments);
  describe->callback([&] { arguments.command = Command::kDescribe; });

  CLI::App* health = app.add_subcommand("health", "Ask a running pillion whether it is healthy");
  health->add_option("--config,-c", arguments.configs, "Take the address from this configuration")
      ->type_name("PATH");
  health
      ->add_option("--address", arguments.address,
                   "HOST:PORT or unix:/PATH; default: PILLION_HEALTH_LISTEN, PILLION_LISTEN, "
                   "the configuration's, 127.0.0.1:9970")
      ->type_name("ADDRESS");
  AddPluginDirs(health, arguments);
  health->callback([&] { arguments.command = Command::kHealth; });
}

void AddLint(CLI::App& app, Arguments& arguments) {
  CLI::App* lint = app.add_subcommand("lint", "Check an exposition as a scraper would, and more");
  lint->add_option("page", arguments.pages,
                   "A file, - for stdin, http://HOST:PORT/PATH or unix:/SOCKET:/PATH (may be "
                   "repeated)")
      ->type_name("FILE|URL|-");
  lint->add_option("--format", arguments.lint_format,
                   "auto, text, openmetrics or protobuf. auto asks a URL as Prometheus does and "
                   "believes its Content-Type; a file that ends with # EOF is OpenMetrics, any "
                   "other is text")
      ->check(CLI::IsMember({"auto", "text", "openmetrics", "protobuf"}))
      ->capture_default_str();
  lint->add_flag("--warnings-as-errors", arguments.warnings_as_errors,
                 "Exit with 1 for warnings too");
  lint->add_flag("--errors-only", arguments.errors_only, "Say nothing of naming and style");
  lint->add_flag("--list-rules", arguments.list_rules, "List the rules and what they mean");
  lint->add_option("--timeout", arguments.timeout, "How long to wait for a URL")
      ->capture_default_str();
  lint->callback([&] { arguments.command = Command::kLint; });
}

// Not left to CLI11, with which a variable wins over the flag.
void ReadVariables(const std::function<const char*(const char*)>& environment,
                   Arguments& arguments) {
  const char* config = environment("PILLION_CONFIG");
  if (arguments.configs.empty() && config != nullptr && *config != '\0') {
    arguments.configs.push_back(config);
  }
  ReadPluginDirVariable(environment, arguments);
}

}  // namespace

void ReadPluginDirVariable(const std::function<const char*(const char*)>& environment,
                           Arguments& arguments) {
  const char* listed = environment("PILLION_PLUGIN_DIR");
  std::string_view list = listed == nullptr ? "" : listed;
  while (!list.empty()) {
    const size_t colon = std::min(list.find(':'), list.size());
    if (colon > 0) arguments.plugin_dirs.emplace_back(list.substr(0, colon));
    list.remove_prefix(std::min(colon + 1, list.size()));
  }
}

ParsedArguments ParseArguments(int argc, const char* const* argv,
                               const std::function<const char*(const char*)>& environment) {
  ParsedArguments parsed;
  CLI::App app("Prometheus exporters that ride beside your database", "pillion");
  app.set_version_flag("--version", "pillion " PILLION_BUILD_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  pillion serve --exporter redis=127.0.0.1:6379\n"
      "  pillion serve --config /etc/pillion/pillion.toml\n"
      "  pillion scrape --exporter 'postgres=host=/run/postgresql user=monitor'\n"
      "  pillion describe postgres\n"
      "  pillion lint http://127.0.0.1:9970/metrics\n"
      "In the place of another exporter, with its flags: pillion compat NAME [--print-config] ...\n"
      "Exit codes: 0 ok, 1 ran and failed, 2 usage or configuration.");
  AddServe(app, parsed.arguments);
  AddOthers(app, parsed.arguments);
  AddLint(app, parsed.arguments);
  try {
    app.parse(argc, argv);
    ReadVariables(environment, parsed.arguments);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) {  // --help, --version
      parsed.exit_code = app.exit(e);
      return parsed;
    }
    parsed.exit_code = kUsage;
    parsed.complaint = ExplainUsage(app, e, argc, argv);
    std::fprintf(stderr, "%s\nRun with --help for more information.\n", parsed.complaint.c_str());
  }
  return parsed;
}

}  // namespace pillion
