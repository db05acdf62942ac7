#include "app/compat_command.hpp"

#include "app/commands.hpp"
#include "app/linked_exporters.hpp"
#include "app/setup.hpp"
#include "config/problems.hpp"
#include "config/suggest.hpp"
#include "log/log.hpp"
#include "plugin/compat_module.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace pillion {
namespace {

constexpr std::string_view kOwnName = "pillion";
constexpr std::string_view kPackagePrefix = "prometheus-";
constexpr std::string_view kPrintConfig = "--print-config";

pillion_str ToC(std::string_view text) { return {text.data(), text.size()}; }
std::string_view View(pillion_str text) { return {text.data, text.size}; }

// What a translator says while it runs.
struct Answer {
  PluginCatalog* catalog = nullptr;
  std::string toml;
  bool has_config = false;
  std::vector<std::pair<std::string, std::string>> variables;
  std::vector<StartNote> notes;
  int32_t outcome = PILLION_COMPAT_WRONG;
};

Answer& Of(void* context) { return *static_cast<Answer*>(context); }

template <typename Entry>
bool HasName(const Entry* first, size_t count, std::string_view name) {
  const char* at = reinterpret_cast<const char*>(first);
  for (size_t i = 0; i < count; ++i, at += first->size) {
    if (View(reinterpret_cast<const Entry*>(at)->name) == name) return true;
  }
  return false;
}

bool HasLabel(const pillion_plugin& plugin, std::string_view name) {
  const char* at = reinterpret_cast<const char*>(plugin.metrics);
  for (size_t i = 0; i < plugin.metric_count; ++i, at += plugin.metrics->size) {
    const auto& metric = *reinterpret_cast<const pillion_metric*>(at);
    for (size_t label = 0; label < metric.label_count; ++label) {
      if (View(metric.labels[label]) == name) return true;
    }
  }
  return false;
}

int Knows(void* context, pillion_str type, uint32_t what, pillion_str name) {
  const auto found = Of(context).catalog->Find(View(type));
  if (!found) return 0;  // serving will say why
  const pillion_plugin& plugin = (*found)->plugin();
  switch (what) {
    case PILLION_COMPAT_OPTION:
      return HasName(plugin.options, plugin.option_count, View(name)) ? 1 : 0;
    case PILLION_COMPAT_COLLECTOR: {
      const auto& collectors = (*found)->collectors();
      return std::any_of(collectors.begin(), collectors.end(),
                         [&](const CollectorInfo& c) { return c.name == View(name); })
                 ? 1
                 : 0;
    }
    case PILLION_COMPAT_LABEL: return HasLabel(plugin, View(name)) ? 1 : 0;
    default: return 0;
  }
}

pillion_compat_host HostFor(Answer& answer) {
  pillion_compat_host host{};
  host.size = sizeof(host);
  host.context = &answer;
  host.host_version = ToC(PILLION_BUILD_VERSION);
  host.variable = [](void*, pillion_str name) {
    const char* value = std::getenv(std::string(View(name)).c_str());
    return value == nullptr ? pillion_str{nullptr, 0} : ToC(value);
  };
  host.knows = Knows;
  host.config = [](void* context, pillion_str toml) {
    Of(context).toml = View(toml);
    Of(context).has_config = true;
  };
  host.define = [](void* context, pillion_str name, pillion_str value) {
    Of(context).variables.emplace_back(View(name), View(value));
  };
  host.say = [](void* context, uint32_t level, pillion_str text) {
    const LogLevel log_level = level >= PILLION_LOG_ERROR  ? LogLevel::kError
                               : level == PILLION_LOG_WARN ? LogLevel::kWarn
                                                           : LogLevel::kInfo;
    Of(context).notes.push_back({log_level, std::string(View(text))});
  };
  host.print = [](void*, pillion_str text) { std::fwrite(text.data, 1, text.size, stdout); };
  return host;
}

Answer Translate(const CompatCall& call, const pillion_compat& compat, PluginCatalog& catalog) {
  Answer answer;
  answer.catalog = &catalog;
  const pillion_compat_host host = HostFor(answer);
  std::vector<pillion_str> arguments;
  for (const std::string& argument : call.arguments) arguments.push_back(ToC(argument));
  answer.outcome = compat.translate(&host, arguments.data(), arguments.size());
  return answer;
}

int Complain(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  return kExitUsage;
}

int ServeAnswer(const CompatCall& call, Answer answer) {
  // Nothing runs beside this yet. What is set already goes before what the translator made up.
  for (const auto& [name, value] : answer.variables) ::setenv(name.c_str(), value.c_str(), 1);
  Arguments arguments;
  arguments.texts = {{call.program, std::move(answer.toml)}};
  arguments.notes = std::move(answer.notes);
  return Serve(arguments);
}

}  // namespace

std::optional<CompatCall> ParseCompatCall(int argc, const char* const* argv) {
  if (argc < 1) return std::nullopt;
  CompatCall call;
  std::string_view name = argv[0];
  name.remove_prefix(std::min(name.rfind('/') + 1, name.size()));
  int first = 1;
  // Under whatever name: no program that we stand in for has such a word.
  if (argc >= 2 && std::string_view(argv[1]) == "compat") {
    call.by_command = true;
    name = argc > 2 ? std::string_view(argv[2]) : std::string_view();
    first = 3;
  } else if (name.starts_with(kOwnName)) {
    return std::nullopt;
  }
  if (name.starts_with(kPackagePrefix)) name.remove_prefix(kPackagePrefix.size());
  call.program = name;
  std::replace(call.program.begin(), call.program.end(), '-', '_');
  for (int i = first; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == kPrintConfig || word == kPrintConfig.substr(1)) {
      call.print_config = true;
    } else {
      call.arguments.emplace_back(argv[i]);
    }
  }
  return call;
}

std::optional<int> RunCompat(const CompatCall& call) {
  Arguments arguments;
  ReadPluginDirVariable(std::getenv, arguments);
  const CompatModules modules(LinkedTranslators(), ExporterDirectories(arguments));
  if (!modules.Has(call.program)) {
    if (!call.by_command) return std::nullopt;
    const std::vector<std::string> names = modules.Names();
    const std::vector<std::string_view> known(names.begin(), names.end());
    if (call.program == "__help" || call.program == "_h") {
      std::printf(
          "pillion compat NAME [--print-config] ...: in the place of NAME, with its flags%s\n",
          SuggestOrList({}, known).c_str());
      return kExitOk;
    }
    return Complain((call.program.empty() ? "compat: the name of a program is missing"
                                          : "compat: nothing here knows the command line of `" +
                                                Printable(call.program) + "`") +
                    SuggestOrList(call.program, known));
  }
  Answer answer;
  {
    const auto catalog = MakeCatalog(arguments);
    const auto used = modules.Use(call.program, [&](const pillion_compat& compat) {
      answer = Translate(call, compat, *catalog);
    });
    if (!used.ok()) return Complain(used.error().message);
  }
  if (answer.outcome == PILLION_COMPAT_DONE) return kExitOk;
  if (answer.outcome != PILLION_COMPAT_SERVE || !answer.has_config) {
    for (const StartNote& note : answer.notes) {
      if (note.level == LogLevel::kError) Complain(call.program + ": " + note.text);
    }
    return kExitUsage;
  }
  if (call.print_config) {
    std::fputs(answer.toml.c_str(), stdout);
    return kExitOk;
  }
  return ServeAnswer(call, std::move(answer));
}

}  // namespace pillion
