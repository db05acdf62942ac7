#include "config/settings.hpp"

#include "config/listen_address.hpp"
#include "config/suggest.hpp"
#include "config/web_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <utility>

namespace pillion {
namespace {

constexpr size_t kListenMax = 16;      // addresses
constexpr size_t kPluginDirsMax = 16;  // directories
constexpr size_t kHealthPathsMax = 16;
constexpr size_t kPathBytesMax = 256;
constexpr int64_t kConnectionsMax = 1'000'000;
constexpr DurationRange kScrapeTimeoutRange{std::chrono::milliseconds(10), std::chrono::hours(1)};

constexpr std::string_view kTwice = "names one address twice";

using Strings = std::vector<std::string>;

// Whether two of them can only be one listener; a port 0 is another one each time.
bool HasDuplicate(const Strings& listen) {
  std::set<std::string> seen;
  return std::any_of(listen.begin(), listen.end(), [&](const std::string& text) {
    const auto address = ParseListenAddress(text);
    if (!address || (address->kind != ListenAddress::Kind::kUnix && address->port == 0))
      return false;
    return !seen.insert(ToString(*address)).second;
  });
}

bool ReadStrings(const Value& value, size_t count_max, std::string (*wrong)(std::string_view),
                 Loading& loading, Strings& out) {
  const auto items = loading.reader.Items(value);
  if (!items) return false;
  if (items->size() > count_max) {
    loading.reader.Error(value, fmt::format("has more than {} items", count_max));
    return false;
  }
  Strings strings;
  bool ok = true;
  for (const Value& item : *items) {
    auto text = loading.reader.String(item);
    std::string problem = text ? wrong(*text) : std::string();
    if (!problem.empty()) loading.reader.Error(item, problem);
    ok = ok && text && problem.empty();
    if (text) strings.push_back(std::move(*text));
  }
  if (ok) out = std::move(strings);
  return ok;
}

void ReadListen(const Value& value, Loading& loading) {
  Strings listen;
  if (!ReadStrings(value, kListenMax, WrongListenAddress, loading, listen)) return;
  if (listen.empty()) return loading.reader.Error(value, "needs at least one address");
  if (HasDuplicate(listen)) return loading.reader.Error(value, kTwice);
  loading.config.http.listen = std::move(listen);
}

bool IsOff(const Value& value) {
  const TomlNode& node = *value.node;
  return (node.kind == TomlNode::Kind::kBoolean && !node.flag) ||
         (node.kind == TomlNode::Kind::kString && (node.text.empty() || node.text == "false"));
}

void ReadHealthListen(const Value& value, Loading& loading) {
  Strings& listen = loading.config.http.health_listen;
  if (IsOff(value)) return listen.clear();
  if (!ReadStrings(value, kListenMax, WrongListenAddress, loading, listen)) return;
  if (HasDuplicate(listen)) loading.reader.Error(value, kTwice);
}

void ReadAdminListen(const Value& value, Loading& loading) {
  std::string& listen = loading.config.http.admin_listen;
  if (IsOff(value)) return listen.clear();
  auto text = loading.reader.String(value);
  if (!text) return;
  if (const std::string wrong = WrongAdminAddress(*text); !wrong.empty()) {
    return loading.reader.Error(value, wrong);
  }
  listen = std::move(*text);
}

// Empty: a path that requests can have and that nothing else of ours stands at.
std::string WrongPath(std::string_view path) {
  const bool plain = std::all_of(path.begin(), path.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/-._~").find(c) != std::string_view::npos;
  });
  if (!path.starts_with('/') || path.starts_with("//") || !plain || path.size() > kPathBytesMax) {
    return fmt::format(
        "must be a path such as \"/metrics\", of letters, digits and -._~ in at most "
        "{} bytes",
        kPathBytesMax);
  }
  if (path.size() > 1 && path.ends_with('/')) return "must not end with a slash";
  if (path == "/sd" || path.starts_with("/-/")) return "stands for something else already";
  return {};
}

void ReadMetricsPath(const Value& value, Loading& loading) {
  auto path = loading.reader.String(value);
  if (!path) return;
  if (const std::string wrong = WrongPath(*path); !wrong.empty()) {
    return loading.reader.Error(value, wrong);
  }
  loading.config.http.metrics_path = std::move(*path);
}

void ReadHealthPaths(const Value& value, Loading& loading) {
  ReadStrings(value, kHealthPathsMax, WrongPath, loading, loading.config.http.health_paths);
}

void ReadOpenMetrics(const Value& value, Loading& loading) {
  static constexpr std::string_view kModes[] = {"auto", "always", "never"};
  const auto mode = loading.reader.Choice(value, kModes);
  if (!mode) return;
  loading.config.http.openmetrics = *mode == "auto"     ? OpenMetricsMode::kAuto
                                    : *mode == "always" ? OpenMetricsMode::kAlways
                                                        : OpenMetricsMode::kNever;
}

void ReadScrapeTimeout(const Value& value, Loading& loading) {
  const auto timeout = loading.reader.Duration(value, kScrapeTimeoutRange);
  if (timeout) loading.config.http.scrape_timeout = *timeout;
}

void ReadConnectionsMax(const Value& value, Loading& loading) {
  const auto count = loading.reader.Integer(value);
  if (!count) return;
  if (*count < 0 || *count > kConnectionsMax) {
    return loading.reader.Error(
        value, fmt::format("must be between 0 (derived from the descriptor limit) and {}",
                           kConnectionsMax));
  }
  loading.config.http.connections_max = static_cast<uint32_t>(*count);
}

// A whole number or a size of at least `minimum` and at most 2^40.
void ReadBound(const Value& value, std::optional<int64_t> number, int64_t minimum, Loading& loading,
               uint64_t& bound) {
  constexpr int64_t kMaximum = int64_t{1} << 40;
  if (!number) return;
  if (*number < minimum || *number > kMaximum) {
    return loading.reader.Error(value, fmt::format("must be {} to {}", minimum, kMaximum));
  }
  bound = static_cast<uint64_t>(*number);
}

void ReadPageSeriesMax(const Value& value, Loading& loading) {
  ReadBound(value, loading.reader.Integer(value), 1, loading, loading.config.http.page_series_max);
}

void ReadPageBytesMax(const Value& value, Loading& loading) {
  ReadBound(value, loading.reader.Size(value), 64 << 10, loading,
            loading.config.http.page_bytes_max);
}

void ReadPinnedBodyBytesMax(const Value& value, Loading& loading) {
  ReadBound(value, loading.reader.Size(value), 0, loading,
            loading.config.http.pinned_body_bytes_max);
}

void ReadLogLevel(const Value& value, Loading& loading) {
  static constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error", "off"};
  if (auto level = loading.reader.Choice(value, kLevels)) {
    loading.config.log_level = std::move(*level);
  }
}

void ReadLogFormat(const Value& value, Loading& loading) {
  static constexpr std::string_view kFormats[] = {"logfmt", "json"};
  if (auto format = loading.reader.Choice(value, kFormats)) {
    loading.config.log_format = std::move(*format);
  }
}

void ReadSelf(const Value& value, Loading& loading) {
  static constexpr std::string_view kModes[] = {"merged", "separate", "off"};
  const auto mode = loading.reader.Choice(value, kModes);
  if (!mode) return;
  loading.config.self = *mode == "merged"     ? SelfMetrics::kMerged
                        : *mode == "separate" ? SelfMetrics::kSeparate
                                              : SelfMetrics::kOff;
}

std::string WrongDirectory(std::string_view path) {
  return path.empty() ? "must not be empty" : std::string();
}

void ReadPluginDirsSetting(const Value& value, Loading& loading) {
  ReadStrings(value, kPluginDirsMax, WrongDirectory, loading, loading.config.plugin_dirs);
}

struct Setting {
  std::string_view section;  // empty: outside any
  std::string_view key;
  const char* variable;  // nullptr: none
  void (*read)(const Value&, Loading&);
  bool list = false;           // the variable holds a comma list
  bool can_be_off = false;     // an empty variable turns it off; elsewhere it counts as not set
  std::string_view flag = {};  // of the command line; empty: none
};

constexpr Setting kSettings[] = {
    {"http", "listen", "PILLION_LISTEN", ReadListen, true, false, "--listen"},
    {"http", "health_listen", "PILLION_HEALTH_LISTEN", ReadHealthListen, true, true,
     "--health-listen"},
    {"http", "admin_listen", "PILLION_ADMIN_LISTEN", ReadAdminListen, false, true,
     "--admin-listen"},
    {"http", "web_config", "PILLION_WEB_CONFIG", ReadWebConfig, false, false, "--web-config"},
    {"http", "tls", nullptr, ReadTls},
    {"http", "basic_auth", nullptr, ReadBasicAuth},
    {"http", "metrics_path", nullptr, ReadMetricsPath},
    {"http", "health_paths", nullptr, ReadHealthPaths},
    {"http", "openmetrics", "PILLION_OPENMETRICS", ReadOpenMetrics},
    {"http", "scrape_timeout", "PILLION_SCRAPE_TIMEOUT", ReadScrapeTimeout},
    {"http", "connections_max", nullptr, ReadConnectionsMax},
    {"http", "page_series_max", nullptr, ReadPageSeriesMax},
    {"http", "page_bytes_max", nullptr, ReadPageBytesMax},
    {"http", "pinned_body_bytes_max", nullptr, ReadPinnedBodyBytesMax},
    {"log", "level", "PILLION_LOG_LEVEL", ReadLogLevel, false, false, "--log-level"},
    {"log", "format", "PILLION_LOG_FORMAT", ReadLogFormat, false, false, "--log-format"},
    {"", "self", "PILLION_SELF", ReadSelf},
    {"", "plugin_dirs", nullptr, ReadPluginDirsSetting},
};

const Setting* Find(std::string_view section, std::string_view key) {
  for (const Setting& setting : kSettings) {
    if (setting.section == section && setting.key == key) return &setting;
  }
  return nullptr;
}

std::vector<std::string_view> Keys(std::string_view section) {
  std::vector<std::string_view> keys;
  for (const Setting& setting : kSettings) {
    if (setting.section == section) keys.push_back(setting.key);
  }
  if (section.empty()) keys.insert(keys.end(), {"http", "log", "exporters", "probes"});
  return keys;
}

// "; it belongs into [http]" for a key that another section has.
std::string WhereItBelongs(std::string_view key) {
  for (const Setting& setting : kSettings) {
    if (setting.key != key) continue;
    if (setting.section.empty()) return "; it belongs to the top, before the first [section]";
    return fmt::format("; it belongs into [{}]", setting.section);
  }
  return {};
}

void ReadKey(std::string_view section, std::string_view key, const Place& key_place,
             const Value& value, Loading& loading) {
  const Setting* setting = Find(section, key);
  if (setting == nullptr) {
    const auto keys = Keys(section);
    const std::string elsewhere = WhereItBelongs(key);
    return loading.problems.Error(
        key_place, value.path,
        "unknown key" + (elsewhere.empty() ? SuggestOrList(key, keys) : elsewhere));
  }
  if (loading.Claim(value.path, key_place)) return setting->read(value, loading);
  // Read for its other errors, which are told in the same run; the first one stays.
  Config first = loading.config;
  setting->read(value, loading);
  loading.config = std::move(first);
}

// As in a file: one string needs no brackets, and its place no number.
TomlNode StringsNode(Strings strings) {
  if (strings.size() == 1) return StringNode(std::move(strings[0]));
  TomlNode list;
  list.kind = TomlNode::Kind::kArray;
  for (std::string& string : strings) list.items.push_back(StringNode(std::move(string)));
  return list;
}

// "a, b" is two strings.
Strings SplitAtCommas(std::string_view text) {
  Strings items;
  for (;;) {
    const size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    items.emplace_back(item);
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

bool IsSettingsSection(std::string_view name) { return name == "http" || name == "log"; }

void ReadSettingsSection(const Value& section, std::string_view name, Loading& loading) {
  const auto* entries = loading.reader.Table(section);
  if (entries == nullptr) return;
  for (const TomlEntry& entry : *entries) {
    const Value value{&entry.value, section.source, JoinKey(section.path, entry.key)};
    ReadKey(name, entry.key, {section.source, entry.position}, value, loading);
  }
}

void ReadTopLevelSetting(std::string_view key, const Place& key_place, const Value& value,
                         Loading& loading) {
  ReadKey("", key, key_place, value, loading);
}

void ReadEnvironment(const std::function<const char*(const char*)>& environment, uint32_t source,
                     Loading& loading) {
  for (const Setting& setting : kSettings) {
    if (setting.variable == nullptr) continue;
    const char* text = environment(setting.variable);
    if (text == nullptr || (*text == '\0' && !setting.can_be_off)) continue;
    const bool split = setting.list && *text != '\0';
    const TomlNode node = StringsNode(split ? SplitAtCommas(text) : Strings{text});
    setting.read(Value{&node, source, setting.variable}, loading);
  }
}

void ReadFlags(const std::vector<ConfigFlag>& flags, uint32_t source, Loading& loading) {
  for (const ConfigFlag& flag : flags) {
    for (const Setting& setting : kSettings) {
      if (setting.flag.empty() || setting.flag != flag.name) continue;
      const TomlNode node = StringsNode(flag.values);
      setting.read(Value{&node, source, flag.name}, loading);
    }
  }
}

}  // namespace pillion
