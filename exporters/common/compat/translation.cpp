#include "common/compat/translation.hpp"

#include <algorithm>
#include <charconv>
#include <exception>

namespace pillion::compat {
namespace {

pillion_str ToC(std::string_view text) { return {text.data(), text.size()}; }

void AppendComment(const std::string& comment, std::string& text) {
  text += "# ";
  for (const char c : comment) text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  text += '\n';
}

void AppendKeys(const Keys& keys, std::string& text) {
  for (const auto& [name, toml] : keys) text += name + " = " + toml + "\n";
}

// Names of collectors and labels are bare keys; a foreign label is quoted.
std::string KeyText(std::string_view name) {
  const bool bare = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return bare ? std::string(name) : QuotePattern(name);
}

std::string Toml(const Given& given) {
  switch (given.flag->kind) {
    case Kind::kBool:
    case Kind::kWhole: return given.value();
    case Kind::kList: return List(given.values);
    case Kind::kText:
    case Kind::kDuration: break;
  }
  return Quote(given.value());
}

}  // namespace

std::string_view Host::version() const {
  return {host_.host_version.data, host_.host_version.size};
}

std::optional<std::string> Host::Variable(std::string_view name) const {
  const pillion_str value = host_.variable(host_.context, ToC(name));
  if (value.data == nullptr) return std::nullopt;
  return std::string(value.data, value.size);
}

bool Host::Knows(std::string_view type, uint32_t what, std::string_view name) const {
  return host_.knows(host_.context, ToC(type), what, ToC(name)) != 0;
}

void Host::Config(std::string_view toml) const { host_.config(host_.context, ToC(toml)); }

void Host::Define(std::string_view name, std::string_view value) const {
  host_.define(host_.context, ToC(name), ToC(value));
}

void Host::Say(uint32_t level, std::string_view text) const {
  host_.say(host_.context, level, ToC(text));
}

void Host::Print(std::string_view text) const { host_.print(host_.context, ToC(text)); }

std::string QuotePattern(std::string_view pattern) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string text = "\"";
  for (const char c : pattern) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      text += "\\u00";
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    } else {
      text += c;
    }
  }
  return text + '"';
}

std::string Quote(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) plain += '$';
    plain += text[i];
  }
  return QuotePattern(plain);
}

std::string FromVariable(std::string_view name) { return "${env:" + std::string(name) + "}"; }

std::string FromFile(std::string_view path) { return "${file:" + std::string(path) + "}"; }

std::string List(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) list += (list.size() > 1 ? ", " : "") + Quote(text);
  return list + "]";
}

void Translation::Apply(const CommandLine& line) {
  for (const Given& given : line.given) {
    switch (given.flag->effect) {
      case Effect::kOwn: break;
      case Effect::kOption:
      case Effect::kOptionList: ApplyOption(given); break;
      case Effect::kCollector: Collector(given, given.flag->target, given.on()); break;
      case Effect::kNotCollector:
        if (given.on()) Collector(given, given.flag->target, false);
        break;
      case Effect::kNothing:
        if (!given.IsPreset()) NoEffect(given, given.flag->target);
        break;
      case Effect::kWebConfig:
        if (!given.IsPreset()) Http("web_config", Quote(given.value()));
        break;
    }
  }
}

void Translation::MetricsPath(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return Note("an empty path of the metrics is taken for /metrics");
  Http("metrics_path", Quote(path.starts_with('/') ? std::string(path) : "/" + std::string(path)));
}

void Translation::Pages(const CommandLine& line, std::string_view default_address) {
  const Given* listen = line.Find("web.listen-address");
  Http("listen", List(listen ? listen->values : std::vector{std::string(default_address)}));
  MetricsPath(line.Value("web.telemetry-path", "/metrics"));
}

Instance& Translation::AddInstance(std::string_view name) {
  instances_.push_back({.name = std::string(name), .keys = {}, .labels = {}});
  return instances_.back();
}

Instance& Translation::AddProbe(std::string_view name) {
  instances_.push_back({.name = std::string(name), .keys = {}, .labels = {}, .is_probe = true});
  return instances_.back();
}

void Translation::Label(const Given& given, std::string_view name, std::string_view value) {
  if (host_.Knows(type_, PILLION_COMPAT_LABEL, name)) {
    return Note(given.Name() + ": the label " + std::string(name) +
                " is left out, since metrics have one of that name");
  }
  labels_.emplace_back(KeyText(name), Quote(value));
}

void Translation::Rename(std::string_view families, std::string_view name) {
  rules_.emplace_back(QuotePattern(families), QuotePattern(name));
}

std::optional<std::string> Translation::Known(uint32_t what, std::string_view alternatives) const {
  while (!alternatives.empty()) {
    const size_t bar = std::min(alternatives.find('|'), alternatives.size());
    const std::string_view name = alternatives.substr(0, bar);
    if (host_.Knows(type_, what, name)) return std::string(name);
    alternatives.remove_prefix(std::min(bar + 1, alternatives.size()));
  }
  return std::nullopt;
}

int64_t Translation::Bounded(const Given& given) {
  int64_t number = 0;
  const std::string& text = given.value();
  std::from_chars(text.data(), text.data() + text.size(), number);
  const int64_t bounded = std::clamp<int64_t>(number, 1, given.flag->maximum);
  if (bounded != number) {
    Note(given.Name() + ": " + std::to_string(bounded) + " is taken, the nearest that is possible");
  }
  return bounded;
}

void Translation::Option(const Given& given, std::string_view alternatives, std::string toml) {
  const auto option = Known(PILLION_COMPAT_OPTION, alternatives);
  if (option) return Key(*option, std::move(toml));
  NoEffect(given, "the exporter `" + type_ + "` has no option for it");
}

void Translation::ApplyOption(const Given& given) {
  if (given.IsPreset() || given.values.empty() || given.value().empty()) return;
  if (given.flag->maximum != 0) {
    return Option(given, given.flag->target, std::to_string(Bounded(given)));
  }
  const bool list = given.flag->effect == Effect::kOptionList;
  Option(given, given.flag->target, list ? List(SplitList(given.value())) : Toml(given));
}

void Translation::Collector(const Given& given, std::string_view names, bool on) {
  while (!names.empty()) {
    const size_t comma = std::min(names.find(','), names.size());
    const std::string_view one = names.substr(0, comma);
    names.remove_prefix(std::min(comma + 1, names.size()));
    const auto collector = Known(PILLION_COMPAT_COLLECTOR, one);
    if (!collector) {
      // What is not there is off.
      if (on) NoEffect(given, "the exporter `" + type_ + "` has no collector for it");
      continue;
    }
    const std::string key = KeyText(*collector);
    // Several flags may mean one collector: the last one of the table wins.
    std::erase_if(collectors_, [&](const auto& entry) { return entry.first == key; });
    collectors_.emplace_back(key, on ? "true" : "false");
  }
}

void Translation::Note(std::string text) { notes_.push_back(std::move(text)); }

void Translation::NoEffect(const Given& given, std::string_view why) {
  std::string text = given.Name() + " has no effect";
  if (!why.empty()) text.append(": ").append(why);
  Note(std::move(text));
}

std::string Translation::Text() const {
  std::string text = "# What " + program_ + "'s command line and environment mean here.\n";
  for (const std::string& note : notes_) AppendComment(note, text);
  for (const std::string& remark : remarks_) AppendComment(remark, text);
  if (!top_.empty()) text += '\n';
  AppendKeys(top_, text);
  text += "\n[http]\n";
  AppendKeys(http_, text);
  text += "admin_listen = \"\"\n";
  if (!log_.empty()) text += "\n[log]\n";
  AppendKeys(log_, text);
  for (const Instance& instance : instances_) AppendInstance(instance, text);
  return text;
}

void Translation::AppendInstance(const Instance& instance, std::string& text) const {
  const std::string section =
      (instance.is_probe ? "probes." : "exporters.") + KeyText(instance.name);
  text += "\n[" + section + "]\ntype = " + Quote(type_) + "\n";
  AppendKeys(instance.keys, text);
  AppendKeys(keys_, text);
  if (!drop_.empty()) text += "drop = " + List(drop_) + "\n";
  if (!labels_.empty() || !instance.labels.empty()) text += "\n[" + section + ".labels]\n";
  AppendKeys(labels_, text);
  AppendKeys(instance.labels, text);
  if (!collectors_.empty()) text += "\n[" + section + ".collectors]\n";
  AppendKeys(collectors_, text);
  for (const auto& [families, name] : rules_) {
    text += "\n[[" + section + ".rules]]\nfamilies = " + families + "\nrename = " + name + "\n";
  }
}

int32_t Translation::Finish() const {
  host_.Config(Text());
  for (const std::string& note : notes_) host_.Say(PILLION_LOG_WARN, note);
  for (const std::string& refusal : refusals_) host_.Say(PILLION_LOG_ERROR, refusal);
  return refusals_.empty() ? PILLION_COMPAT_SERVE : PILLION_COMPAT_WRONG;
}

std::string HelpText(std::string_view program, std::span<const Flag> flags) {
  std::string text = "Pillion in the place of " + std::string(program) +
                     ".\nIt takes that program's flags and variables; --print-config shows what "
                     "they mean as a\nconfiguration, and serves nothing.\n\nFlags\n";
  for (const Flag& flag : flags) {
    text += "  --" + std::string(flag.name);
    if (!flag.variable.empty()) text += " (" + std::string(flag.variable) + ")";
    if (flag.effect == Effect::kNothing && flag.kind != Kind::kBool && !flag.target.empty()) {
      text += ": no effect, " + std::string(flag.target);
    } else if (flag.effect == Effect::kNothing) {
      text += ": no effect";
    }
    text += '\n';
  }
  return text;
}

int32_t Run(const pillion_compat_host* c_host, const pillion_str* arguments, size_t argument_count,
            std::string_view program, Syntax syntax, std::span<const Flag> flags,
            int32_t (*translate)(const Host& host, const CommandLine& line)) {
  const Host host(*c_host);
  try {
    std::vector<std::string> words;
    for (size_t i = 0; i < argument_count; ++i) {
      words.emplace_back(arguments[i].data, arguments[i].size);
    }
    const auto line = ReadCommandLine(syntax, flags, words,
                                      [&](std::string_view name) { return host.Variable(name); });
    if (!line) {
      host.Say(PILLION_LOG_ERROR, line.error().message);
      return PILLION_COMPAT_WRONG;
    }
    if (line->help) {
      host.Print(HelpText(program, flags));
      return PILLION_COMPAT_DONE;
    }
    if (line->version) {
      host.Print(std::string(program) + ", played by pillion " + std::string(host.version()) +
                 "\n");
      return PILLION_COMPAT_DONE;
    }
    return translate(host, *line);
  } catch (const std::exception& e) {
    host.Say(PILLION_LOG_ERROR, e.what());
    return PILLION_COMPAT_WRONG;
  }
}

}  // namespace pillion::compat
