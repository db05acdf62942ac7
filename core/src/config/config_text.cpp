#include "config/config_text.hpp"

#include "config/command_line_exporter.hpp"
#include "config/exporter_section.hpp"
#include "config/probe_section.hpp"
#include "config/settings.hpp"
#include "config/web_keys.hpp"

#include <fmt/format.h>

#include <utility>

namespace pillion {
namespace {

void ReadText(const ConfigText& text, uint32_t source, Loading& loading) {
  if (!text.unreadable.empty()) {
    return loading.problems.Error({source, {}}, "", text.unreadable);
  }
  if (!text.warning.empty()) loading.problems.Warn({source, {}}, "", text.warning);
  const TomlResult toml = ReadToml(text.text);
  if (!toml.ok) {
    return loading.problems.Error({source, toml.error_position}, "syntax", toml.error);
  }
  for (const TomlEntry& entry : toml.root.entries) {
    const Value value{&entry.value, source, JoinKey("", entry.key)};
    if (entry.key == "exporters") {
      ReadExporters(value, loading);
    } else if (entry.key == "probes") {
      ReadProbes(value, loading);
    } else if (IsSettingsSection(entry.key)) {
      ReadSettingsSection(value, entry.key, loading);
    } else {
      ReadTopLevelSetting(entry.key, {source, entry.position}, value, loading);
    }
  }
}

}  // namespace

ConfigResult BuildConfig(const std::vector<ConfigText>& texts, const ConfigSource& source,
                         const DescriptorLookup& lookup, const Outside& outside,
                         const InstanceCheck& check) {
  std::vector<std::string> sources;
  for (const ConfigText& text : texts) sources.push_back(text.name);
  const auto environment_source = static_cast<uint32_t>(sources.size());
  sources.emplace_back();  // a variable's name says where it is, and so does a flag's
  sources.emplace_back();
  sources.emplace_back("--exporter");
  sources.emplace_back();  // the configuration as a whole
  const uint32_t flag_source = environment_source + 1;
  const uint32_t command_line_source = environment_source + 2;
  const uint32_t whole = environment_source + 3;

  Loading loading(std::move(sources), &outside, lookup, check, source.known_types);
  loading.whole = whole;
  for (uint32_t i = 0; i < texts.size(); ++i) ReadText(texts[i], i, loading);
  ReadEnvironment(outside.variable, environment_source, loading);
  ReadFlags(source.flags, flag_source, loading);
  ReadCommandLine(source.exporters, command_line_source, loading);
  CheckWebKeys(loading);
  WarnOfEqualInstances(loading);
  if (loading.config.instances.empty() && loading.config.probes.empty() &&
      !loading.problems.HasErrors()) {
    loading.problems.Warn({whole, {}}, "",
                          "no exporter is configured; add [exporters.NAME] to a file, or "
                          "--exporter TYPE=ADDRESS");
  }
  ConfigResult result;
  result.log_level = loading.config.log_level;
  result.log_format = loading.config.log_format;
  result.http = loading.config.http;
  if (!loading.problems.HasErrors()) {
    result.config = std::make_shared<const Config>(std::move(loading.config));
  }
  result.problems = loading.problems.Take();
  return result;
}

}  // namespace pillion
