// What a translator says: a configuration in TOML, and what of the command line has no place in it.
//
// Pure but for what the host does; one thread.
#pragma once

#include "common/compat/flags.hpp"

#include <pillion/compat.h>

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion::compat {

// The C border, for C++.
class Host {
 public:
  explicit Host(const pillion_compat_host& host) : host_(host) {}

  std::string_view version() const;
  std::optional<std::string> Variable(std::string_view name) const;
  bool Knows(std::string_view type, uint32_t what, std::string_view name) const;
  void Config(std::string_view toml) const;
  void Define(std::string_view name, std::string_view value) const;
  void Say(uint32_t level, std::string_view text) const;
  void Print(std::string_view text) const;

 private:
  const pillion_compat_host& host_;
};

// TOML strings. Text stands for itself, whatever is in it; a pattern may refer to others.
std::string Quote(std::string_view text);
std::string QuotePattern(std::string_view pattern);
std::string FromVariable(std::string_view name);  // ${env:name}
std::string FromFile(std::string_view path);      // ${file:path}
std::string List(const std::vector<std::string>& texts);

using Keys = std::vector<std::pair<std::string, std::string>>;  // name and TOML

struct Instance {
  std::string name;
  Keys keys;
  Keys labels;
  bool is_probe = false;  // [probes.NAME]; else [exporters.NAME]
};

class Translation {
 public:
  // `type`: of the exporter that takes the program's place.
  Translation(const Host& host, std::string_view program, std::string_view type)
      : host_(host), program_(program), type_(type) {}

  // Everything of the command line but Effect::kOwn.
  void Apply(const CommandLine& line);

  // Pages and log, by the names of their keys. An admin plane is turned off: two of these programs
  // on one machine would want its port.
  void Http(std::string_view key, std::string toml) { http_.emplace_back(key, std::move(toml)); }
  void Log(std::string_view key, std::string toml) { log_.emplace_back(key, std::move(toml)); }
  void Top(std::string_view key, std::string toml) { top_.emplace_back(key, std::move(toml)); }
  void MetricsPath(std::string_view path);
  // --web.listen-address and --web.telemetry-path, which all of them have.
  void Pages(const CommandLine& line, std::string_view default_address);

  // What they return is good until the next is added.
  Instance& AddInstance(std::string_view name);
  Instance& AddProbe(std::string_view name);
  // Of all instances and probes.
  void Key(std::string_view key, std::string toml) { keys_.emplace_back(key, std::move(toml)); }
  void Label(const Given& given, std::string_view name, std::string_view value);
  void Drop(std::string_view families) { drop_.emplace_back(families); }
  void Rename(std::string_view families, std::string_view name);
  // The first of the alternatives (`|` between them) that the exporter knows; else nothing.
  std::optional<std::string> Known(uint32_t what, std::string_view alternatives) const;
  void Option(const Given& given, std::string_view alternatives, std::string toml);
  // The number that was given, within the flag's bounds; says so if it was not.
  int64_t Bounded(const Given& given);

  // Switches collectors, as Effect::kCollector does.
  void Collector(const Given& given, std::string_view names, bool on);

  // Goes to the log, and as a comment into the TOML.
  void Note(std::string text);
  // A comment only: for who goes on with the TOML.
  void Remark(std::string text) { remarks_.push_back(std::move(text)); }
  void NoEffect(const Given& given, std::string_view why);
  // The command line cannot be served.
  void Refuse(std::string text) { refusals_.push_back(std::move(text)); }

  // Hands it all to the host. PILLION_COMPAT_*.
  int32_t Finish() const;

 private:
  void ApplyOption(const Given& given);
  std::string Text() const;
  void AppendInstance(const Instance& instance, std::string& text) const;

  const Host& host_;
  const std::string program_;
  const std::string type_;
  Keys http_, log_, top_, keys_, labels_, collectors_;
  Keys rules_;  // families and their new name
  std::vector<std::string> drop_;
  std::vector<Instance> instances_;
  std::vector<std::string> notes_, remarks_;
  std::vector<std::string> refusals_;
};

// The words of a program's --help: its flags, their variables, and what becomes of them.
std::string HelpText(std::string_view program, std::span<const Flag> flags);

// ParseFlags, --help, --version and errors; `translate` does the rest. Keeps exceptions inside.
int32_t Run(const pillion_compat_host* host, const pillion_str* arguments, size_t argument_count,
            std::string_view program, Syntax syntax, std::span<const Flag> flags,
            int32_t (*translate)(const Host& host, const CommandLine& line));

}  // namespace pillion::compat

#ifndef PILLION_COMPAT_ENTRY
#define PILLION_COMPAT_ENTRY pillion_compat_entry
#endif

// One per module, outside any namespace. `TRANSLATE` is what pillion_compat has under this name.
#define PILLION_COMPAT(NAME, SUMMARY, TRANSLATE)                                                   \
  extern "C" __attribute__((visibility("default"))) const pillion_compat* PILLION_COMPAT_ENTRY() { \
    static constexpr pillion_compat kCompat{sizeof(pillion_compat),                                \
                                            PILLION_COMPAT_VERSION,                                \
                                            {NAME, sizeof(NAME) - 1},                              \
                                            {SUMMARY, sizeof(SUMMARY) - 1},                        \
                                            TRANSLATE};                                            \
    return &kCompat;                                                                               \
  }
