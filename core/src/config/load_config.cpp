#include "config/config.hpp"
#include "config/config_text.hpp"
#include "config/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace pillion {
namespace {

namespace fs = std::filesystem;

bool IsConfigName(const std::string& name) {
  constexpr std::string_view kSuffix = ".toml";
  return name.size() > kSuffix.size() && name[0] != '.' &&
         name.compare(name.size() - kSuffix.size(), kSuffix.size(), kSuffix) == 0;
}

// Paths of *.toml in name order. Names that start with a dot are skipped, which covers what
// Kubernetes puts beside the links of a ConfigMap (..data and its time-stamped directory).
std::vector<std::string> ListDirectory(const std::string& path, std::error_code& failure) {
  std::vector<std::string> names;
  fs::directory_iterator at(path, failure);
  for (; !failure && at != fs::directory_iterator(); at.increment(failure)) {
    std::string name = at->path().filename().string();
    if (!IsConfigName(name)) continue;
    std::error_code ignored;  // a link that leads nowhere is reported when it is read
    if (!fs::is_directory(at->path(), ignored)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  for (std::string& name : names) name = (fs::path(path) / name).string();
  return names;
}

class TextReader {
 public:
  void ReadPath(const std::string& path) {
    std::error_code ignored;  // then it is read as a file, and that says why not
    if (!fs::is_directory(path, ignored)) return ReadFile(path);
    std::error_code failure;
    const auto files = ListDirectory(path, failure);
    if (failure) {
      texts_.push_back({path, {}, "cannot list the directory: " + failure.message()});
      return;
    }
    if (files.empty()) texts_.push_back({path, {}, {}, "holds no *.toml"});
    for (const std::string& file : files) ReadFile(file);
  }

  std::vector<ConfigText> Take() { return std::move(texts_); }

 private:
  void ReadFile(const std::string& path) {
    if (texts_.size() == kConfigFilesMax) {
      texts_.push_back({path, {}, fmt::format("more than {} files", kConfigFilesMax)});
    }
    if (texts_.size() > kConfigFilesMax) return;
    ConfigText& text =
        texts_.emplace_back(ConfigText{path.empty() ? "--config \"\"" : path, {}, {}});
    auto read = ReadFileText(path, kConfigFileBytesMax, FileKind::kAny);
    if (!read) {
      text.unreadable = "cannot be read: " + read.error().message;
    } else if (read->size() > kConfigBytesMax - bytes_) {
      text.unreadable = fmt::format("all files together are larger than {} bytes", kConfigBytesMax);
    } else {
      bytes_ += read->size();
      text.text = *std::move(read);
    }
  }

  std::vector<ConfigText> texts_;
  size_t bytes_ = 0;
};

Outside System(const std::function<const char*(const char*)>& environment) {
  return {environment,
          [](const std::string& path) { return ReadSecretFile(path, Secret::kFileBytesMax); }};
}

}  // namespace

std::vector<ConfigText> ReadConfigTexts(const std::vector<std::string>& paths) {
  TextReader reader;
  for (const std::string& path : paths) reader.ReadPath(path);
  return reader.Take();
}

ConfigResult LoadConfig(const ConfigSource& source, const DescriptorLookup& lookup,
                        const std::function<const char*(const char*)>& environment,
                        const InstanceCheck& check) {
  std::vector<ConfigText> texts = ReadConfigTexts(source.paths);
  for (const InlineConfig& text : source.texts) texts.push_back({text.name, text.text, {}});
  return BuildConfig(texts, source, lookup, System(environment), check);
}

std::vector<std::string> ReadPluginDirs(
    const ConfigSource& source, const std::function<const char*(const char*)>& environment) {
  const Outside outside = System(environment);
  const DescriptorLookup no_lookup;
  const InstanceCheck no_check;
  const std::vector<ConfigText> texts = ReadConfigTexts(source.paths);
  std::vector<std::string> sources(texts.size());
  Loading loading(std::move(sources), &outside, no_lookup, no_check, source.known_types);
  for (uint32_t i = 0; i < texts.size(); ++i) {
    const TomlResult toml = ReadToml(texts[i].text);
    for (const TomlEntry& entry : toml.root.entries) {
      if (entry.key != "plugin_dirs") continue;
      ReadTopLevelSetting(entry.key, {i, entry.position}, {&entry.value, i, entry.key}, loading);
    }
  }
  return loading.config.plugin_dirs;
}

}  // namespace pillion
