// Config: what the operator wrote, validated and typed. Immutable; one of the two hand-over
// points of the house (the other is the snapshot).
#pragma once

#include "exposition/format.hpp"

#include <pillion/plugin.h>
#include <pillion/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion {

// A string with `${env:NAME}` and `${file:PATH}` in it, read anew at each Read(). A trailing
// newline of a file is cut off. Threads: immutable; Read() may run anywhere, it reads files.
class Secret {
 public:
  static constexpr size_t kFileBytesMax = 64 * 1024;

  Secret() = default;
  explicit Secret(std::string pattern) : pattern_(std::move(pattern)) {}
  Result<std::string> Read() const;  // names the variable or the path in an error, never a value
  bool empty() const { return pattern_.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string pattern_;
};

// One option's value, of the type that the plugin's table declares.
struct OptionValue {
  uint32_t type = 0;  // PILLION_OPT_*
  bool flag = false;
  int64_t integer = 0;  // INT, DURATION (ns), SIZE (bytes)
  double number = 0;
  std::string text;
  std::vector<std::string> list;  // of a STRING_MAP: its values
  std::vector<std::string> keys;  // of a STRING_MAP, one for each value
  Secret secret;                  // for PILLION_OPT_SECRET; text is then empty
  // RECORDS: each with the defaults of its fields filled in.
  std::vector<std::map<std::string, OptionValue, std::less<>>> records;
};

struct CollectorConfig {
  bool enabled = true;
  std::chrono::nanoseconds every{0};    // 0: with each scrape
  std::chrono::nanoseconds timeout{0};  // 0: the instance's
};

// [[exporters.NAME.rules]]. Patterns are RE2's and match the whole name of a family.
struct FamilyRule {
  std::string families = ".*";
  std::string rename;  // may refer to groups of `families` as \1; empty: keeps its name
  std::vector<std::string> drop_labels;
  std::vector<std::pair<std::string, std::string>> add_labels;
};

// What an instance shows of what its exporter yields. The host's own families (up, collector
// success) are always shown.
struct FilterConfig {
  std::vector<std::string> keep;  // families; empty: all
  std::vector<std::string> drop;  // after `keep`
  std::vector<FamilyRule> rules;  // all that match apply, in their order
};

// What an instance may show at most. The defaults are far above what a healthy target has and
// below what hurts a Prometheus; what is over them is cut and counted.
struct LimitConfig {
  uint64_t series_max = 500'000;
  uint64_t family_series_max = 100'000;
  uint64_t label_value_bytes_max = 4096;  // longer values are cut
};

struct InstanceConfig {
  std::string name;
  std::string type;
  std::string target;    // of a probe: what the scraper asked for; else empty
  std::string position;  // "file:line:column", or "--exporter" for the command line
  std::vector<std::pair<std::string, std::string>> labels;
  std::chrono::nanoseconds freshness{std::chrono::seconds(1)};
  // Of a poll; its collectors may have other ones.
  std::chrono::nanoseconds timeout{std::chrono::seconds(10)};
  // How old the fragment of an `every` collector may grow before it vanishes; 0: three times
  // its `every`.
  std::chrono::nanoseconds stale_after{0};
  // Whether polls start ahead of scrapes that come regularly.
  bool prefetch = true;
  // How many lanes may be open, 1 or 2. With 1 collectors with `every` are polled by the scrape
  // lane when they are due.
  uint32_t connections = 2;
  // What share of the time polls may keep the target busy, up to 1; 0: no bound.
  double max_target_load = 0;
  FilterConfig filter;
  LimitConfig limits;
  std::map<std::string, OptionValue, std::less<>> options;  // with the table's defaults filled in
  // One for each collector of the plugin's table, in its order; a plugin without a table has one,
  // called "default".
  std::vector<CollectorConfig> collectors;

  // For the log.
  std::string SaidName() const { return target.empty() ? name : name + " " + target; }
};

// [probes.NAME]: how those targets are read that a scraper asks for with
// /probe?module=NAME&target=TARGET.
struct ProbeConfig {
  // What is asked for replaces this in the address.
  static constexpr std::string_view kTargetMark = "{target}";

  std::string name;
  InstanceConfig instance;           // of each target, but for its target and its address
  std::string address_option;        // which of its options says where the target is
  std::string address;               // with kTargetMark in it
  std::vector<std::string> targets;  // patterns: what may be asked for (config/probe_target.hpp)
  bool is_default = false;           // answers who names no module; one of them at most

  // As an instance: like one whose name nobody can give.
  std::string InstanceName() const { return "probe/" + name; }
};

// What an exporter says against an instance whose options are each valid in themselves.
struct InstanceComplaint {
  std::string option;  // what it is about; empty, or not in the table: the instance as a whole
  std::string what;
  bool warning = false;
  // Of an option of records: which one, and which of its fields (empty: the record as a whole).
  std::optional<size_t> record = std::nullopt;
  std::string field = {};
};
// Asked once for each instance without errors of its own.
using InstanceCheck = std::function<std::vector<InstanceComplaint>(const InstanceConfig&)>;

// A text and where it stands ("file:line:column: key"), for those who find something wrong with it.
struct PlacedText {
  std::string text;
  std::string where;
};

// What guards the pages of `listen`. Nothing of it is looked at here: see src/web.
struct WebKeys {
  PlacedText file;  // web_config
  // [http.tls] by its keys; [http.basic_auth]. Not together with a file.
  std::map<std::string, PlacedText, std::less<>> tls;
  PlacedText user;
  Secret password, password_hash;  // one of them, if there is a user
  std::string secret_where;        // where that one stands
};

struct HttpConfig {
  std::vector<std::string> listen = {"[::]:9970"};
  std::vector<std::string> health_listen;       // empty: health is served on `listen` only
  WebKeys web;                                  // empty: everybody may read, in plain
  std::string metrics_path = "/metrics";        // "/" takes the landing page's place
  std::vector<std::string> health_paths;        // answer as /-/healthy does
  std::string admin_listen = "127.0.0.1:9971";  // empty: no admin plane
  OpenMetricsMode openmetrics = OpenMetricsMode::kAuto;
  std::chrono::nanoseconds scrape_timeout{std::chrono::seconds(10)};  // without a header
  uint32_t connections_max = 0;  // 0: derived from the descriptor limit
  // Of one page: over it the largest families are left out and counted.
  uint64_t page_series_max = 1'000'000;
  uint64_t page_bytes_max = uint64_t{256} << 20;
  // Older pages that slow readers still take, each counted once; over it the oldest reader is
  // closed.
  uint64_t pinned_body_bytes_max = uint64_t{64} << 20;
};

enum class SelfMetrics { kMerged, kSeparate, kOff };

struct Config {
  HttpConfig http;
  SelfMetrics self = SelfMetrics::kMerged;
  std::string log_level = "info";
  std::string log_format = "logfmt";
  std::vector<std::string> plugin_dirs;  // searched before the built-in one
  std::vector<InstanceConfig> instances;
  std::vector<ProbeConfig> probes;
};

// A setting on the command line: {"--listen", {"127.0.0.1:9970"}}.
struct ConfigFlag {
  std::string name;
  std::vector<std::string> values;  // more than one only for lists
};

// A configuration that is in no file.
struct InlineConfig {
  std::string name;  // for problems, in place of a file's
  std::string text;  // TOML
};

struct ConfigSource {
  std::vector<std::string> paths;        // files, or directories of *.toml in name order
  std::vector<std::string> exporters;    // "TYPE=ADDRESS" or "NAME:TYPE=ADDRESS"
  std::vector<std::string> known_types;  // what a mistyped exporter type may have meant
  std::vector<ConfigFlag> flags = {};    // see LoadConfig; others are ignored
  std::vector<InlineConfig> texts = {};  // behind the files
};

// What a configuration may be at most.
inline constexpr size_t kConfigFileBytesMax = 4 * 1024 * 1024;
inline constexpr size_t kConfigBytesMax = 16 * 1024 * 1024;  // of all files together
inline constexpr size_t kConfigFilesMax = 256;
inline constexpr size_t kInstancesMax = 256;         // each has a thread or two
inline constexpr size_t kInstanceNameBytesMax = 64;  // [a-zA-Z0-9_.-]
inline constexpr size_t kProbesMax = 256;
inline constexpr size_t kProbePatternsMax = 1000;  // in `targets` of one
inline constexpr size_t kProbeTargetBytesMax = 256;
inline constexpr size_t kInstanceLabelsMax = 32;
inline constexpr size_t kRecordsMax = 1000;     // of one option; its table may allow fewer
inline constexpr size_t kFilterRulesMax = 100;  // of one instance; and patterns in a list
inline constexpr size_t kFilterPatternBytesMax = 1024;
inline constexpr size_t kLabelNameBytesMax = 128;
inline constexpr size_t kLabelValueBytesMax = 1024;
// Of anything that is written as a duration: far from where adding to a clock overflows.
inline constexpr std::chrono::nanoseconds kDurationMax{std::chrono::hours(24 * 3650)};

struct ConfigProblem {
  std::string text;  // "file:line:column: key: what is wrong, what is accepted"
  bool warning = false;
};

// Gives the descriptor of an exporter type, or why there is none (names what is known).
using DescriptorLookup = std::function<Result<const pillion_plugin*>(std::string_view type)>;

// Reads, validates and returns everything that is wrong at once. The config is there only if no
// problem is an error. `environment` reads variables (getenv in production); set ones win over
// the files, and flags over both:
//   PILLION_LISTEN, PILLION_HEALTH_LISTEN (comma lists), PILLION_ADMIN_LISTEN,
//   PILLION_WEB_CONFIG, PILLION_OPENMETRICS, PILLION_SCRAPE_TIMEOUT, PILLION_LOG_LEVEL,
//   PILLION_LOG_FORMAT, PILLION_SELF
//   --listen, --health-listen, --admin-listen, --web-config, --log-level, --log-format
// A variable that is empty counts as not set, except that an empty PILLION_ADMIN_LISTEN or
// PILLION_HEALTH_LISTEN turns that listener off, as "" and false do in a file, and "" as a flag.
//
// `${env:NAME}` and `${file:PATH}` are put into every string as it is read; in options that the
// exporter calls secret they stay as they are, for Secret. `$${` is a plain `${`.
// No problem text ever holds what a string value says.
// What `check` says, if it is given, is told with the rest, at the option's place.
struct ConfigResult {
  std::shared_ptr<const Config> config;
  std::vector<ConfigProblem> problems;
  // As far as they could be read, also without a config: how the problems are to be logged, and
  // where something that runs with an earlier state of the files may listen.
  std::string log_level, log_format;
  HttpConfig http;
};
ConfigResult LoadConfig(const ConfigSource& source, const DescriptorLookup& lookup,
                        const std::function<const char*(const char*)>& environment,
                        const InstanceCheck& check = nullptr);

// The directories of `plugin_dirs`, for whoever must know them before LoadConfig can look a type
// up. Whatever is wrong is skipped here, since LoadConfig will report it.
std::vector<std::string> ReadPluginDirs(const ConfigSource& source,
                                        const std::function<const char*(const char*)>& environment);

// "500ms", "1s", "5m", "2h", "1d"; also "1.5s". At most kDurationMax. Pure.
Result<std::chrono::nanoseconds> ParseDuration(std::string_view text);
// "4096", "64KiB", "16MiB", "1GiB", "10kB", "10MB". Pure.
Result<int64_t> ParseSize(std::string_view text);
// Reads back as the same duration: "90s", "1500ms", "2h".
std::string FormatDuration(std::chrono::nanoseconds duration);

}  // namespace pillion
