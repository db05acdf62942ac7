// redis_exporter's command line and environment as configuration.
#include "redis_flags.hpp"

#include "common/compat/translation.hpp"

#include <algorithm>
#include <cctype>

namespace pillion::redis {
namespace {

using compat::CommandLine;
using compat::FromFile;
using compat::FromVariable;
using compat::Given;
using compat::Host;
using compat::Kind;
using compat::Quote;
using compat::QuotePattern;
using compat::Translation;

constexpr std::string_view kProgram = "redis_exporter";
constexpr std::string_view kDefaultAddress = "redis://localhost:6379";

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Words of logrus.
void ApplyLog(const CommandLine& line, Translation& translation) {
  const Given* level = line.Find("log-level");
  std::string word = Lower(line.Value("log-level", "info"));
  if (word == "warning") word = "warn";
  if (word == "trace") word = "debug";
  if (word == "fatal" || word == "panic") word = "error";
  if (line.On("debug")) word = "debug";
  if (level != nullptr || line.On("debug")) translation.Log("level", Quote(word));
  if (const Given* format = line.Find("log-format")) {
    translation.Log("format", Quote(format->value() == "json" ? "json" : "logfmt"));
  }
}

struct Credentials {
  std::string address;  // without them
  std::string user, password;
};

std::string PercentDecode(std::string_view text) {
  const auto hex = [](char c) {
    const int lower = std::tolower(static_cast<unsigned char>(c));
    return std::isdigit(lower) ? lower - '0' : std::isxdigit(lower) ? lower - 'a' + 10 : -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped =
        text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
    out += escaped ? static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])) : text[i];
    if (escaped) i += 2;
  }
  return out;
}

// "redis://user:password@host:6379/0"
Credentials Split(std::string_view address) {
  Credentials split{std::string(address), {}, {}};
  const size_t scheme = address.find("://");
  const size_t begin = scheme == address.npos ? 0 : scheme + 3;
  const size_t end = std::min(address.find('/', begin), address.size());
  const size_t at = address.substr(0, end).rfind('@');
  if (at == address.npos || at < begin) return split;
  const std::string_view both = address.substr(begin, at - begin);
  const size_t colon = std::min(both.find(':'), both.size());
  split.address = std::string(address.substr(0, begin)) + std::string(address.substr(at + 1));
  split.user = PercentDecode(both.substr(0, colon));
  if (colon < both.size()) split.password = PercentDecode(both.substr(colon + 1));
  return split;
}

// A password goes before one in the address, and that before the file.
void ApplyPassword(const Host& host, const CommandLine& line, const Credentials& split,
                   compat::Instance& instance, Translation& translation) {
  const Given* password = line.Find("redis.password");
  const Given* file = line.Find("redis.password-file");
  if (password != nullptr && !password->value().empty()) {
    const std::string_view variable = password->flag->variable;
    if (!password->by_variable) {
      host.Define(variable, password->value());
      translation.Note("--redis.password is referred to as REDIS_PASSWORD: a file needs it there");
    }
    instance.keys.emplace_back("password", QuotePattern(FromVariable(variable)));
  } else if (file != nullptr && !file->value().empty()) {
    // A JSON object of addresses and passwords.
    if (translation.Known(PILLION_COMPAT_OPTION, "password_map")) {
      instance.keys.emplace_back("password_map", QuotePattern(FromFile(file->value())));
    } else {
      translation.NoEffect(*file, "the exporter `redis` has no option for it");
    }
  } else if (!split.password.empty()) {
    host.Define("REDIS_ADDR_PASSWORD", split.password);
    translation.Note(
        "the password in the address is referred to as REDIS_ADDR_PASSWORD: a file needs it there");
    instance.keys.emplace_back("password", QuotePattern(FromVariable("REDIS_ADDR_PASSWORD")));
  }
}

// The options are only for an address with TLS; without it the peer does not look at its own.
void ApplyTls(const CommandLine& line, bool wanted, Translation& translation) {
  static constexpr struct {
    std::string_view flag, option;
  } kRows[] = {{"tls-client-key-file", "tls_key_file"},
               {"tls-client-cert-file", "tls_cert_file"},
               {"tls-ca-cert-file", "tls_ca_file"},
               {"tls-server-name", "tls_server_name"},
               {"skip-tls-verification", "tls_skip_verify"}};
  for (const auto& row : kRows) {
    const Given* given = line.Find(row.flag);
    if (given == nullptr || given->IsPreset()) continue;
    if (wanted) {
      translation.Option(*given, row.option,
                         given->flag->kind == Kind::kBool ? "true" : Quote(given->value()));
    } else {
      translation.NoEffect(*given, "the address is not of rediss:// or valkeys://");
    }
  }
}

void ApplyTarget(const Host& host, const CommandLine& line, Translation& translation) {
  const std::string address = line.Value("redis.addr", kDefaultAddress);
  if (address.empty()) {
    return translation.Note(
        "the address is empty: there is nothing to read, and /scrape is not "
        "served");
  }
  const Credentials split = Split(address);
  compat::Instance& instance = translation.AddInstance("redis");
  instance.keys.emplace_back("address", Quote(split.address));
  std::string user = line.Value("redis.user");
  if (user.empty()) user = split.user;
  if (!user.empty()) instance.keys.emplace_back("username", Quote(user));
  ApplyPassword(host, line, split, instance, translation);
  ApplyTls(line, address.starts_with("rediss://") || address.starts_with("valkeys://"),
           translation);
  if (const Given* timeout = line.Find("connection-timeout")) {
    if (timeout->value() == "0s") {
      translation.NoEffect(*timeout, "a poll needs a bound");
    } else {
      translation.Key("timeout", Quote(timeout->value()));
    }
  }
  const Given* name = line.Find("set-client-name");
  if (name != nullptr && !name->on()) translation.Key("client_name", "\"\"");
}

void ApplyNamespace(const CommandLine& line, Translation& translation) {
  const std::string name = line.Value("namespace", "redis");
  if (name == "redis" || name.empty()) return;
  translation.Rename("redis_(.*)", name + "_\\1");
  translation.Note(line.Find("namespace")->Name() + ": redis_up keeps its name");
}

// Each client by itself, which is more than the collector shows unasked.
void ApplyClients(const CommandLine& line, Translation& translation) {
  const Given* list = line.Find("export-client-list");
  if (list == nullptr || !list->on()) return;
  translation.Collector(*list, "clients", true);
  if (translation.Known(PILLION_COMPAT_OPTION, "client_series")) {
    translation.Key("client_series", "\"each\"");
  }
}

// What is to be looked for switches on the collector that looks for it.
void ApplyKeys(const CommandLine& line, Translation& translation) {
  static constexpr struct {
    std::string_view flag, collector;
  } kRows[] = {{"check-keys", "keys"},
               {"check-single-keys", "keys"},
               {"count-keys", "keys"},
               {"check-streams", "streams"},
               {"check-single-streams", "streams"},
               {"check-key-groups", "key_groups"},
               {"script", "scripts"},
               {"script", "scripts"}};
  for (const auto& row : kRows) {
    const Given* given = line.Find(row.flag);
    if (given == nullptr || given->IsPreset()) continue;
    if (translation.Known(PILLION_COMPAT_COLLECTOR, row.collector)) {
      translation.Collector(*given, row.collector, true);
    }
  }
}

const Given* Set(const CommandLine& line, std::string_view flag) {
  const Given* given = line.Find(flag);
  return given == nullptr || given->IsPreset() ? nullptr : given;
}

// TLS of the page. Where the peer would serve without it, since half of it is missing, we refuse.
void ApplyServerTls(const CommandLine& line, Translation& translation) {
  const Given* cert = Set(line, "tls-server-cert-file");
  const Given* key = Set(line, "tls-server-key-file");
  const Given* authority = Set(line, "tls-server-ca-cert-file");
  const Given* version = Set(line, "tls-server-min-version");
  if (cert == nullptr && key == nullptr && authority == nullptr) {
    if (version != nullptr) translation.NoEffect(*version, "the page has no TLS");
    return;
  }
  if (cert == nullptr || key == nullptr) {
    return translation.Refuse(
        "TLS of the page needs both --tls-server-cert-file and --tls-server-key-file");
  }
  std::string tls = "{ cert_file = " + Quote(cert->value()) + ", key_file = " + Quote(key->value());
  if (authority != nullptr) tls += ", client_ca_file = " + Quote(authority->value());
  if (version != nullptr) {
    std::string name = version->value();  // TLS1.3
    std::erase(name, '.');
    if (name != "TLS10" && name != "TLS11" && name != "TLS12" && name != "TLS13") {
      return translation.Refuse(version->Name() + " must be TLS1.0, TLS1.1, TLS1.2 or TLS1.3");
    }
    tls += ", min_version = " + Quote(name);
  }
  translation.Http("tls", tls + " }");
}

// The user of the page, likewise. A hash goes before a password.
void ApplyBasicAuth(const Host& host, const CommandLine& line, Translation& translation) {
  const Given* user = Set(line, "basic-auth-username");
  const Given* hash = Set(line, "basic-auth-hash-password");
  const Given* password = hash != nullptr ? hash : Set(line, "basic-auth-password");
  if (user == nullptr && password == nullptr) return;
  if (user == nullptr || password == nullptr) {
    return translation.Refuse(
        "a user of the page needs --basic-auth-username and --basic-auth-password or "
        "--basic-auth-hash-password");
  }
  const std::string_view variable = password->flag->variable;
  if (!password->by_variable) {
    host.Define(variable, password->value());
    translation.Note(password->Name() + " is referred to as " + std::string(variable) +
                     ": a file needs it there");
  }
  translation.Http("basic_auth", "{ username = " + Quote(user->value()) +
                                     (password == hash ? ", password_hash = " : ", password = ") +
                                     QuotePattern(FromVariable(variable)) + " }");
}

int32_t Translate(const Host& host, const CommandLine& line) {
  Translation translation(host, kProgram, "redis");
  if (line.On("redis-only-metrics")) translation.Top("self", "\"off\"");
  translation.Pages(line, ":9121");
  translation.Http("health_paths", "[\"/health\"]");
  ApplyServerTls(line, translation);
  ApplyBasicAuth(host, line, translation);
  ApplyLog(line, translation);
  ApplyTarget(host, line, translation);
  ApplyNamespace(line, translation);
  ApplyClients(line, translation);
  ApplyKeys(line, translation);
  translation.Apply(line);
  return translation.Finish();
}

int32_t Main(const pillion_compat_host* host, const pillion_str* arguments, size_t count) {
  return compat::Run(host, arguments, count, kProgram, compat::Syntax::kGo, kPeerFlags, Translate);
}

}  // namespace
}  // namespace pillion::redis

PILLION_COMPAT("redis_exporter", "oliver006/redis_exporter 1.x", pillion::redis::Main)
