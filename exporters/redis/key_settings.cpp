#include "key_settings.hpp"

#include <algorithm>
#include <charconv>

namespace pillion::redis {
namespace {

constexpr int kDatabaseMax = 1'000'000;
constexpr std::string_view kBlanks = " \t\r\n";

Error Wrong(std::string_view text, std::string_view why) {
  return {Reason::kInternal, "`" + std::string(text) + "`: " + std::string(why)};
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// False if a `%` is not followed by two hexadecimal digits.
bool Unescape(std::string_view text, std::string& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    unsigned byte = 0;
    const char* begin = text.data() + i + 1;
    if (text.size() - i < 3 || std::from_chars(begin, begin + 2, byte, 16).ptr != begin + 2) {
      return false;
    }
    out.push_back(static_cast<char>(byte));
    i += 2;
  }
  return true;
}

void Read(const Options& options, std::string_view name, bool patterns, std::vector<KeySpec>& out) {
  for (const std::string_view text : options.StringList(name)) {
    auto spec = ParseKeySpec(text);
    if (!spec) throw OptionError(name, spec.error().message);
    if (!patterns) spec->pattern = false;
    out.push_back(std::move(*spec));
  }
}

}  // namespace

Result<KeySpec> ParseKeySpec(std::string_view text) {
  KeySpec spec;
  std::string_view key = text;
  const size_t equals = text.find('=');
  if (equals != std::string_view::npos) {
    std::string_view db = Trim(text.substr(0, equals));
    key = text.substr(equals + 1);
    if (db.starts_with("db")) db.remove_prefix(2);
    const auto [stop, error] = std::from_chars(db.data(), db.data() + db.size(), spec.db);
    const bool number = !db.empty() && error == std::errc() && stop == db.data() + db.size();
    if (!number || spec.db < 0 || spec.db > kDatabaseMax) {
      return Wrong(text, "write db3=KEY, with the number of a database");
    }
    if (key.find('=') != std::string_view::npos) {
      return Wrong(text, "a `=` in a key is written %3D");
    }
  }
  if (!Unescape(Trim(key), spec.key)) return Wrong(text, "a `%` in a key is written %25");
  if (spec.key.empty()) return Wrong(text, "the key is empty");
  spec.pattern = spec.key.find_first_of("?*[]^") != std::string::npos;
  return spec;
}

KeySettings KeySettings::From(const Options& options) {
  KeySettings settings;
  Read(options, "check_single_keys", false, settings.check_keys);
  Read(options, "check_keys", true, settings.check_keys);
  Read(options, "count_keys", true, settings.count_keys);
  Read(options, "check_single_streams", false, settings.check_streams);
  Read(options, "check_streams", true, settings.check_streams);
  for (KeySpec& spec : settings.count_keys) spec.pattern = true;
  for (const std::string_view text : options.StringList("check_key_groups")) {
    auto pattern = LuaPattern::Compile(text);
    if (!pattern) {
      throw OptionError("check_key_groups",
                        "`" + std::string(text) + "`: " + pattern.error().message);
    }
    settings.key_groups.push_back(std::move(*pattern));
  }
  settings.export_values = !options.Bool("disable_exporting_key_values", false);
  settings.skip_on_master = options.Bool("skip_checkkeys_for_role_master", false);
  settings.consumers = !options.Bool("streams_exclude_consumer_metrics", false);
  settings.keys_max = static_cast<size_t>(options.Int("keys_max", 10'000));
  settings.streams_max = static_cast<size_t>(options.Int("streams_max", 1000));
  settings.key_groups_max = static_cast<size_t>(options.Int("max_distinct_key_groups", 100));
  settings.big_keys_max = static_cast<size_t>(options.Int("big_keys_max", 20));
  settings.batch = options.Int("check_keys_batch_size", 1000);
  settings.time = options.Duration("scan_time", std::chrono::seconds(5));
  settings.commands_per_second =
      static_cast<double>(options.Int("scan_commands_per_second", 20'000));
  settings.address = options.String("scan_address");
  return settings;
}

}  // namespace pillion::redis
