// The command line of another exporter, as a table of its flags: read as that program reads it.
//
// Pure; one thread.
#pragma once

#include <pillion/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::compat {

enum class Syntax {
  kKingpin,  // --flag=v, --flag v, --bool, --no-bool; a word that is no flag is an error
  kGo,  // -flag=v, --flag v, --bool, --bool=false; what follows the first other word is ignored
};

enum class Kind { kText, kBool, kWhole, kDuration, kList };  // kList: may be repeated

// What a flag does here. `target` says what with.
enum class Effect {
  kOwn,           // the translator looks at it itself
  kOption,        // the option of the instance; alternatives with `|` between them
  kOptionList,    // the same, of a list of strings: the value is split at commas
  kCollector,     // switches the collectors, with `,` between them; each may have alternatives
  kNotCollector,  // switches them off if it is on
  kNothing,       // nothing here; target: why
  kWebConfig,     // TLS and users of the page: http.web_config
};

struct Flag {
  std::string_view name;
  Kind kind = Kind::kText;
  std::string_view preset = {};    // the peer's default
  std::string_view variable = {};  // of the environment; used if the flag is not given
  Effect effect = Effect::kNothing;
  std::string_view target = {};
  int64_t maximum = 0;  // of a kWhole here, the least is 1; 0: any. What is beyond is cut to it
};

// What was given for a flag, by which name.
struct Given {
  const Flag* flag = nullptr;
  std::vector<std::string> values;  // one, or several of a kList; a bool is "true" or "false"
  bool by_variable = false;

  const std::string& value() const { return values.back(); }
  bool on() const { return value() == "true"; }
  // "--flag", or the variable.
  std::string Name() const;
  // The same as if nothing had been given.
  bool IsPreset() const;
};

using Variables = std::function<std::optional<std::string>(std::string_view name)>;

struct CommandLine {
  std::vector<Given> given;  // in the order of the table
  bool help = false;
  bool version = false;

  const Given* Find(std::string_view name) const;
  // What the program would take: what was given, else its default.
  std::string Value(std::string_view name, std::string_view preset = {}) const;
  bool On(std::string_view name) const;
};

// A flag wins over its variable. Variables of Go programs that make no sense are ignored, as those
// programs do; kingpin refuses them.
Result<CommandLine> ReadCommandLine(Syntax syntax, std::span<const Flag> flags,
                                    std::span<const std::string> arguments,
                                    const Variables& variables);

// "; did you mean `--x`?" or nothing.
std::string SuggestFlag(std::string_view name, std::span<const Flag> flags);

// Go's durations ("1m30s", "1.5h", "250ms", "0") as ours; nothing if it is none or negative.
std::optional<std::string> FromGoDuration(std::string_view text);

// "a,b , c": items without blanks around them, empty ones left out.
std::vector<std::string> SplitList(std::string_view text);

}  // namespace pillion::compat
