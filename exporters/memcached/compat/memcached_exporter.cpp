// memcached_exporter's command line as configuration.
#include "common/compat/translation.hpp"

namespace pillion::memcached {
namespace {

using compat::CommandLine;
using compat::Given;
using compat::Host;
using compat::Quote;
using compat::Translation;
using enum compat::Kind;
using enum compat::Effect;

constexpr std::string_view kProgram = "memcached_exporter";

// Every flag that it has had.
constexpr compat::Flag kPeerFlags[] = {
    {"memcached.address", kText, "localhost:11211", "", kOwn},
    {"memcached.timeout", kDuration, "1s", "", kOwn},
    {"memcached.pid-file", kText, "", "", kNothing,
     "the server's process is not looked at; its CPU times are shown"},
    {"memcached.tls.enable", kBool, "false", "", kOwn},
    {"memcached.tls.cert-file", kText, "", "", kOwn},
    {"memcached.tls.key-file", kText, "", "", kOwn},
    {"memcached.tls.ca-file", kText, "", "", kOwn},
    {"memcached.tls.server-name", kText, "", "", kOwn},
    {"memcached.tls.insecure-skip-verify", kBool, "false", "", kOwn},
    {"web.listen-address", kList, ":9150", "", kOwn},
    {"web.telemetry-path", kText, "/metrics", "", kOwn},
    {"web.scrape-path", kText, "/scrape", "", kNothing,
     "/scrape answers for the targets of a [probes.NAME]"},
    {"web.config.file", kText, "", "", kWebConfig},
    {"web.systemd-socket", kBool, "false", "", kNothing,
     "sockets of systemd are not taken over, web.listen-address is bound"},
    {"log.level", kText, "info", "", kOwn},
    {"log.format", kText, "logfmt", "", kOwn},
    {"version", kBool, "false", "", kOwn},
};

void ApplyLog(const CommandLine& line, Translation& translation) {
  if (const Given* level = line.Find("log.level")) translation.Log("level", Quote(level->value()));
  if (const Given* format = line.Find("log.format")) {
    translation.Log("format", Quote(format->value() == "json" ? "json" : "logfmt"));
  }
}

void ApplyTls(const CommandLine& line, Translation& translation) {
  static constexpr struct {
    std::string_view flag, option;
  } kRows[] = {{"memcached.tls.cert-file", "tls_cert_file"},
               {"memcached.tls.key-file", "tls_key_file"},
               {"memcached.tls.ca-file", "tls_ca_file"},
               {"memcached.tls.server-name", "tls_server_name"},
               {"memcached.tls.insecure-skip-verify", "tls_skip_verify"}};
  const bool on = line.On("memcached.tls.enable");
  if (on) translation.Key("tls", "true");
  for (const auto& row : kRows) {
    const Given* given = line.Find(row.flag);
    if (given == nullptr || given->IsPreset()) continue;
    if (!on) {
      translation.NoEffect(*given, "without --memcached.tls.enable there is no TLS");
      continue;
    }
    translation.Key(row.option, given->flag->kind == kBool ? "true" : Quote(given->value()));
  }
}

void ApplyTarget(const CommandLine& line, Translation& translation) {
  const std::string address = line.Value("memcached.address", "localhost:11211");
  if (address.empty()) {
    return translation.Note(
        "the address is empty: there is nothing to read, and /scrape answers for the targets of a "
        "[probes.NAME] only");
  }
  translation.AddInstance("memcached").keys.emplace_back("address", Quote(address));
  ApplyTls(line, translation);
  const Given* timeout = line.Find("memcached.timeout");
  if (timeout == nullptr) return;
  if (timeout->value() == "0s") return translation.NoEffect(*timeout, "a poll needs a bound");
  translation.Key("timeout", Quote(timeout->value()));
}

int32_t Translate(const Host& host, const CommandLine& line) {
  Translation translation(host, kProgram, "memcached");
  translation.Pages(line, ":9150");
  ApplyLog(line, translation);
  ApplyTarget(line, translation);
  translation.Apply(line);
  return translation.Finish();
}

int32_t Main(const pillion_compat_host* host, const pillion_str* arguments, size_t count) {
  return compat::Run(host, arguments, count, kProgram, compat::Syntax::kKingpin, kPeerFlags,
                     Translate);
}

}  // namespace
}  // namespace pillion::memcached

PILLION_COMPAT("memcached_exporter", "prometheus/memcached_exporter, 0.4 to 0.16",
               pillion::memcached::Main)
