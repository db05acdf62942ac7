#include "probes.hpp"

#include "auth_modules.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

namespace pillion::postgres {
namespace {

using compat::FromVariable;
using compat::Given;
using compat::Host;
using compat::Instance;
using compat::Quote;
using compat::QuotePattern;
using compat::Translation;

constexpr std::string_view kType = "postgres";
constexpr std::string_view kAddress = "postgresql://{target}?";
constexpr std::string_view kAnyTarget = "**";

// What libpq takes in a connection string, but for users and passwords.
constexpr std::string_view kParameters[] = {
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "passfile",
    "port",
    "requirepeer",
    "service",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
};
// What only the peer's library knows, or what stands in userpass.
constexpr std::string_view kMeaningless[] = {
    "binary_parameters",
    "disable_prepared_binary_result",
    "krbspn",
    "password",
    "replication",
    "sslinline",
    "user",
};

template <size_t kCount>
bool IsOneOf(const std::string_view (&names)[kCount], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string PercentEncoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x80 && std::isalnum(byte) != 0) ||
        std::string_view("-._~/").find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 15];
    }
  }
  return encoded;
}

// "-c name=value", as the server splits it.
std::string RunTimeOption(std::string_view name, std::string_view value) {
  std::string option = "-c ";
  for (const char c : std::string(name) + "=" + std::string(value)) {
    if (c == '\\' || std::isspace(static_cast<unsigned char>(c)) != 0) option += '\\';
    option += c;
  }
  return option;
}

// Names of the variables that hold what must not be printed.
class Variables {
 public:
  explicit Variables(const Host& host) : host_(host) {}

  std::string Define(std::string_view module, std::string_view what, std::string_view value) {
    std::string name = "AUTH_MODULE_";
    for (const char c : module) {
      const auto byte = static_cast<unsigned char>(c);
      name += std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
    }
    name += '_';
    name += what;
    // Two modules may differ in what a variable's name cannot hold.
    std::string unique = name;
    for (int i = 2; !taken_.insert(unique).second; ++i) unique = name + "_" + std::to_string(i);
    host_.Define(unique, value);
    return FromVariable(unique);
  }

 private:
  const Host& host_;
  std::set<std::string> taken_;
};

// The address around a target, as a pattern: nothing of an option's value is left that could be
// taken for a reference or for the target's place.
std::string Address(const Host& host, const AuthModule& module, Variables& variables,
                    Translation& translation) {
  std::string address(kAddress);
  std::string run_time;
  bool has_mode = host.Variable("PGSSLMODE").has_value();
  const auto add = [&](std::string_view name, const std::string& encoded) {
    if (!address.ends_with('?')) address += '&';
    address.append(name).append("=").append(encoded);
  };
  for (const auto& [name, value] : module.options) {
    if (name == "options") {
      run_time = run_time.empty() ? value : value + " " + run_time;
    } else if (name == "sslpassword") {
      add(name, variables.Define(module.name, "SSLPASSWORD", PercentEncoded(value)));
    } else if (IsOneOf(kParameters, name)) {
      has_mode = has_mode || name == "sslmode";
      add(name, PercentEncoded(value));
    } else if (IsOneOf(kMeaningless, name)) {
      translation.Note("the option " + name + " of the auth module " + module.name +
                       " has no effect");
    } else {
      run_time += (run_time.empty() ? "" : " ") + RunTimeOption(name, value);
    }
  }
  if (!run_time.empty()) add("options", PercentEncoded(run_time));
  // What the peer's library does unless it is told.
  if (!has_mode) add("sslmode", "require");
  if (address.ends_with('?')) address.pop_back();
  return address;
}

std::string FreeName(const std::vector<AuthModule>& modules) {
  std::string name = "default";
  while (std::any_of(modules.begin(), modules.end(),
                     [&](const AuthModule& module) { return module.name == name; })) {
    name += "_";
  }
  return name;
}

// The modules of the file; none if there is nothing to read, with what is wrong told.
std::vector<AuthModule> Modules(const compat::CommandLine& line, Translation& translation) {
  const Given* given = line.Find("config.file");
  const std::string path = line.Value("config.file", "postgres_exporter.yml");
  if (path.empty()) return {};
  const auto text = ReadAuthFile(path);
  if (!text) {
    if (text.error().reason == Reason::kLimit) {
      translation.Refuse(text.error().message);
    } else if (given != nullptr) {
      translation.Note("there are no auth modules, and /probe is off: " + text.error().message);
    }
    return {};
  }
  AuthModules file = ParseAuthModules(*text, path);
  for (std::string& error : file.errors) translation.Refuse(std::move(error));
  for (std::string& warning : file.warnings) translation.Note(std::move(warning));
  return std::move(file.modules);
}

// The patterns of --probe.targets, else any target.
std::vector<std::string> Targets(const Given* given) {
  std::vector<std::string> targets;
  if (given == nullptr) return {std::string(kAnyTarget)};
  for (const std::string& value : given->values) {
    for (std::string& pattern : compat::SplitList(value)) targets.push_back(std::move(pattern));
  }
  return targets;
}

}  // namespace

bool AddProbes(const Host& host, const compat::CommandLine& line, Translation& translation) {
  const std::vector<AuthModule> modules = Modules(line, translation);
  const Given* bound = line.Find("probe.targets");
  if (modules.empty()) {
    if (bound != nullptr) translation.NoEffect(*bound, "there are no auth modules");
    return false;
  }
  const std::string targets = compat::List(Targets(bound));
  if (bound == nullptr) {
    translation.Note(
        "/probe reads any target that is asked for and logs in there by the auth "
        "modules, as with postgres_exporter: --probe.targets says which it may be");
  }
  translation.Remark(
      "passwords of auth modules are referred to as AUTH_MODULE_NAME_PASSWORD: a "
      "file needs them there");
  Variables variables(host);
  for (const AuthModule& module : modules) {
    Instance& probe = translation.AddProbe(module.name);
    probe.keys.emplace_back("targets", targets);
    probe.keys.emplace_back("dsn", QuotePattern(Address(host, module, variables, translation)));
    probe.keys.emplace_back("user", Quote(module.user));
    probe.keys.emplace_back(
        "password", QuotePattern(variables.Define(module.name, "PASSWORD", module.password)));
  }
  const AuthModule none{.name = FreeName(modules), .user = {}, .password = {}, .options = {}};
  Instance& probe = translation.AddProbe(none.name);
  probe.keys.emplace_back("default", "true");
  probe.keys.emplace_back("targets", targets);
  probe.keys.emplace_back("dsn", QuotePattern(Address(host, none, variables, translation)));
  return true;
}

}  // namespace pillion::postgres
