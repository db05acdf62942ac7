#include "common/compat/flags.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>

namespace pillion::compat {
namespace {

Error Wrong(std::string what) { return {Reason::kInternal, std::move(what)}; }

// As Go's strconv.ParseBool.
std::optional<bool> ParseBool(std::string_view text) {
  for (const std::string_view word : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

bool IsWhole(std::string_view text) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

// The value as it is kept, or nothing if it is none of this kind.
std::optional<std::string> Check(Kind kind, const std::string& text) {
  switch (kind) {
    case Kind::kBool: {
      const auto on = ParseBool(text);
      if (!on) return std::nullopt;
      return *on ? "true" : "false";
    }
    case Kind::kWhole: return IsWhole(text) ? std::optional(text) : std::nullopt;
    case Kind::kDuration: return FromGoDuration(text);
    case Kind::kText:
    case Kind::kList: break;
  }
  return text;
}

std::string_view Expected(Kind kind) {
  switch (kind) {
    case Kind::kBool: return "true or false";
    case Kind::kWhole: return "a whole number";
    case Kind::kDuration: return "a duration such as 15s or 1m30s";
    case Kind::kText:
    case Kind::kList: break;
  }
  return "a text";
}

class Reader {
 public:
  Reader(Syntax syntax, std::span<const Flag> flags) : syntax_(syntax), flags_(flags) {}

  Result<void> ReadArguments(std::span<const std::string> arguments) {
    for (size_t i = 0; i < arguments.size(); ++i) {
      const std::string& word = arguments[i];
      if (word.size() < 2 || word[0] != '-') {
        if (syntax_ == Syntax::kGo) return {};
        return Wrong("unexpected `" + word + "`: every flag begins with --");
      }
      if (word == "--") return {};
      const auto next = [&]() -> const std::string* {
        return i + 1 < arguments.size() ? &arguments[++i] : nullptr;
      };
      if (auto read = ReadFlag(word, next); !read.ok()) return read;
    }
    return {};
  }

  Result<void> ReadVariables(const Variables& variables) {
    for (const Flag& flag : flags_) {
      if (flag.variable.empty() || given_.contains(flag.name)) continue;
      const auto text = variables(flag.variable);
      // Kingpin takes an empty variable for one that is not set.
      if (!text || (syntax_ == Syntax::kKingpin && text->empty())) continue;
      auto value = Check(flag.kind, *text);
      if (!value && (syntax_ == Syntax::kKingpin || flag.kind == Kind::kDuration)) {
        return Wrong(std::string(flag.variable) + ": expected " + std::string(Expected(flag.kind)));
      }
      if (!value) continue;
      Given& given = given_[flag.name];
      given = {&flag, {std::move(*value)}, true};
      if (flag.kind == Kind::kList) given.values = SplitLines(*text);
    }
    return {};
  }

  CommandLine Take() {
    for (const Flag& flag : flags_) {
      if (const auto at = given_.find(flag.name); at != given_.end()) {
        line_.given.push_back(std::move(at->second));
      }
    }
    return std::move(line_);
  }

 private:
  // Kingpin splits a variable of a repeatable flag at line ends.
  static std::vector<std::string> SplitLines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      if (end > 0) lines.emplace_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
  }

  const Flag* Find(std::string_view name) const {
    for (const Flag& flag : flags_) {
      if (flag.name == name) return &flag;
    }
    return nullptr;
  }

  bool IsHelp(std::string_view name, bool two_dashes) const {
    if (name == "help" || name == "h") return syntax_ == Syntax::kGo || two_dashes == (name != "h");
    return syntax_ == Syntax::kKingpin && (name == "help-long" || name == "help-man");
  }

  template <typename Next>
  Result<void> ReadFlag(const std::string& word, Next next) {
    const bool two_dashes = word[1] == '-';
    const size_t equals = word.find('=');
    std::string name = word.substr(two_dashes ? 2 : 1,
                                   equals == word.npos ? word.npos : equals - (two_dashes ? 2 : 1));
    if (IsHelp(name, two_dashes)) {
      line_.help = true;
      return {};
    }
    if (syntax_ == Syntax::kKingpin && !two_dashes) {
      return Wrong("unknown flag `" + word.substr(0, equals) + "`" + SuggestFlag(name, flags_));
    }
    const Flag* flag = Find(name);
    if (flag == nullptr && syntax_ == Syntax::kKingpin && name.starts_with("no-")) {
      flag = Find(std::string_view(name).substr(3));
      if (flag != nullptr && flag->kind == Kind::kBool && equals == word.npos) {
        return Keep(*flag, "false");
      }
      flag = nullptr;
    }
    if (flag == nullptr) {
      return Wrong("unknown flag `--" + name + "`" + SuggestFlag(name, flags_));
    }
    if (equals != word.npos) return Keep(*flag, word.substr(equals + 1));
    if (flag->kind == Kind::kBool) return Keep(*flag, "true");
    const std::string* value = next();
    if (value == nullptr) return Wrong("--" + name + " needs a value");
    return Keep(*flag, *value);
  }

  Result<void> Keep(const Flag& flag, const std::string& text) {
    auto value = Check(flag.kind, text);
    // The value is not repeated: it may be a secret.
    if (!value) {
      return Wrong("--" + std::string(flag.name) + ": expected " +
                   std::string(Expected(flag.kind)));
    }
    if (flag.name == "version") line_.version = *value == "true";
    Given& given = given_[flag.name];
    given.flag = &flag;
    if (flag.kind != Kind::kList) given.values.clear();
    given.values.push_back(std::move(*value));
    return {};
  }

  const Syntax syntax_;
  const std::span<const Flag> flags_;
  std::map<std::string_view, Given> given_;
  CommandLine line_;
};

// Insertions, deletions and replacements that turn `a` into `b`.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Given::Name() const {
  return by_variable ? std::string(flag->variable) : "--" + std::string(flag->name);
}

bool Given::IsPreset() const {
  if (flag->kind == Kind::kBool && flag->preset.empty()) return !on();
  return values.size() == 1 && value() == Check(flag->kind, std::string(flag->preset));
}

const Given* CommandLine::Find(std::string_view name) const {
  for (const Given& one : given) {
    if (one.flag->name == name) return &one;
  }
  return nullptr;
}

std::string CommandLine::Value(std::string_view name, std::string_view preset) const {
  const Given* one = Find(name);
  return one == nullptr || one->values.empty() ? std::string(preset) : one->value();
}

bool CommandLine::On(std::string_view name) const { return Value(name) == "true"; }

Result<CommandLine> ReadCommandLine(Syntax syntax, std::span<const Flag> flags,
                                    std::span<const std::string> arguments,
                                    const Variables& variables) {
  Reader reader(syntax, flags);
  if (auto read = reader.ReadArguments(arguments); !read.ok()) return read.error();
  if (auto read = reader.ReadVariables(variables); !read.ok()) return read.error();
  return reader.Take();
}

std::string SuggestFlag(std::string_view name, std::span<const Flag> flags) {
  std::string_view best;
  size_t best_distance = name.size() / 3 + 2;
  for (const Flag& flag : flags) {
    const size_t distance = Distance(name, flag.name);
    if (distance >= best_distance) continue;
    best = flag.name;
    best_distance = distance;
  }
  return best.empty() ? "; --help lists them" : "; did you mean `--" + std::string(best) + "`?";
}

std::optional<std::string> FromGoDuration(std::string_view text) {
  static constexpr struct {
    std::string_view name;
    double seconds;
  } kUnits[] = {{"ns", 1e-9}, {"us", 1e-6}, {"\u00b5s", 1e-6}, {"\u03bcs", 1e-6},
                {"ms", 1e-3}, {"s", 1},     {"m", 60},         {"h", 3600}};
  if (text == "0") return "0s";
  if (text.empty()) return std::nullopt;
  double seconds = 0;
  while (!text.empty()) {
    double number = 0;
    const char* end = text.data() + text.size();
    if (text[0] != '.' && (text[0] < '0' || text[0] > '9')) return std::nullopt;
    const auto [stop, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(stop - text.data()));
    // The longest unit that fits: "ms" before "m".
    double unit = 0;
    size_t length = 0;
    for (const auto& known : kUnits) {
      if (!text.starts_with(known.name) || known.name.size() <= length) continue;
      unit = known.seconds;
      length = known.name.size();
    }
    if (length == 0) return std::nullopt;
    text.remove_prefix(length);
    seconds += number * unit;
  }
  const double milliseconds = std::round(seconds * 1000);
  if (milliseconds > 1e15) return std::nullopt;
  const auto whole = static_cast<int64_t>(milliseconds);
  return whole % 1000 == 0 ? std::to_string(whole / 1000) + "s" : std::to_string(whole) + "ms";
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view item = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

}  // namespace pillion::compat
