#include "common/compat/tests/recording_host.hpp"
#include "redis/compat/redis_flags.hpp"

#include <doctest/doctest.h>

extern "C" const pillion_compat* pillion_compat_entry_redis_exporter();

namespace pillion::redis {
namespace {

using compat::Kind;
using compat::RecordingHost;
using Words = std::vector<std::string>;

const pillion_compat& Translator() { return *pillion_compat_entry_redis_exporter(); }

const std::string kHttp =
    "[http]\nlisten = [\":9121\"]\nmetrics_path = \"/metrics\"\nhealth_paths = [\"/health\"]\n"
    "admin_listen = \"\"\n";
const std::string kInstance = kHttp + "[exporters.redis]\ntype = \"redis\"\n";
const std::string kDefault = kInstance + "address = \"redis://localhost:6379\"\n";

// What stands behind the instance's address.
std::string Behind(RecordingHost& host, const Words& words) {
  const std::string body = host.Translate(Translator(), words);
  CHECK(host.toml.find("SECRET") == std::string::npos);
  return body.starts_with(kDefault) ? body.substr(kDefault.size()) : body;
}

std::string Behind(const Words& words) {
  RecordingHost host;
  return Behind(host, words);
}

TEST_CASE("what the Helm chart of the peer sets is understood") {
  // charts/prometheus-redis-exporter/templates/deployment.yaml: extraArgs come as --key=value.
  RecordingHost host;
  host.known = {"option include_config"};
  host.environment = {{"REDIS_ADDR", "redis://myredis:6379"},
                      {"REDIS_PASSWORD", "SECRET"},
                      {"REDIS_USER", "monitor"}};
  CHECK(Behind(host, {"--include-config-metrics=true"}) ==
        kInstance +
            "address = \"redis://myredis:6379\"\nusername = \"monitor\"\n"
            "password = \"${env:REDIS_PASSWORD}\"\ninclude_config = true\n");
  CHECK(host.defined.empty());
  CHECK(host.notes.empty());

  // With TLS to the server.
  RecordingHost tls;
  tls.known = {"option tls_ca_file", "option tls_key_file", "option tls_cert_file",
               "option tls_skip_verify"};
  tls.environment = {{"REDIS_ADDR", "rediss://myredis:6379"},
                     {"REDIS_EXPORTER_SKIP_TLS_VERIFICATION", "true"},
                     {"REDIS_EXPORTER_TLS_CA_CERT_FILE", "/tls/tls-ca-cert.crt"},
                     {"REDIS_EXPORTER_TLS_CLIENT_KEY_FILE", "/tls/tls-client-key.key"},
                     {"REDIS_EXPORTER_TLS_CLIENT_CERT_FILE", "/tls/tls-client-cert.crt"}};
  CHECK(Behind(tls, {}) == kInstance +
                               "address = \"rediss://myredis:6379\"\n"
                               "tls_key_file = \"/tls/tls-client-key.key\"\n"
                               "tls_cert_file = \"/tls/tls-client-cert.crt\"\n"
                               "tls_ca_file = \"/tls/tls-ca-cert.crt\"\ntls_skip_verify = true\n");
  tls.environment["REDIS_ADDR"] = "redis://myredis:6379";
  CHECK(Behind(tls, {}) == kInstance + "address = \"redis://myredis:6379\"\n");
  CHECK(tls.notes.size() == 4);

  // With a script and a password file.
  RecordingHost script;
  script.known = {"option script", "option password_map"};
  script.environment = {{"REDIS_EXPORTER_SCRIPT", "/script/script.lua"},
                        {"REDIS_PASSWORD_FILE", "/auth/passwords.json"}};
  CHECK(Behind(script, {}) ==
        "password_map = \"${file:/auth/passwords.json}\"\nscript = [\"/script/script.lua\"]\n");
}

TEST_CASE("passwords are referred to and never copied") {
  RecordingHost flag;
  CHECK(Behind(flag, {"-redis.password", "SECRET"}) == "password = \"${env:REDIS_PASSWORD}\"\n");
  CHECK(flag.defined["REDIS_PASSWORD"] == "SECRET");
  RecordingHost address;
  CHECK(Behind(address, {"--redis.addr=redis://u:SECRET%40@h:1/0"}) ==
        kInstance +
            "address = \"redis://h:1/0\"\nusername = \"u\"\n"
            "password = \"${env:REDIS_ADDR_PASSWORD}\"\n");
  CHECK(address.defined["REDIS_ADDR_PASSWORD"] == "SECRET@");
  RecordingHost both;
  both.environment = {{"REDIS_ADDR", "valkey://:SECRET@h"}, {"REDIS_PASSWORD", "SECRET2"}};
  CHECK(Behind(both, {"-redis.user=v"}) == kInstance +
                                               "address = \"valkey://h\"\nusername = \"v\"\n"
                                               "password = \"${env:REDIS_PASSWORD}\"\n");
  RecordingHost unix_socket;
  CHECK(Behind(unix_socket, {"-redis.addr", "unix:///run/a@b.sock"}) ==
        kInstance + "address = \"unix:///run/a@b.sock\"\n");
}

TEST_CASE("an empty address reads nothing") {
  RecordingHost host;
  host.environment["REDIS_ADDR"] = "";
  CHECK(Behind(host, {}) == kHttp);
  CHECK(host.notes.size() == 1);
}

TEST_CASE("flags become keys of the instance") {
  RecordingHost host;
  host.known = {"option config_command",      "option client_series", "option client_port",
                "option empty_databases",     "collector clients",    "collector latency",
                "collector latency_histogram"};
  CHECK(Behind(host, {"-config-command=-", "-connection-timeout=3s", "-set-client-name=false",
                      "-export-client-list", "-export-client-port",
                      "-include-metrics-for-empty-databases=false",
                      "-exclude-latency-histogram-metrics", "-namespace=my"}) ==
        "timeout = \"3s\"\nclient_name = \"\"\nclient_series = \"each\"\n"
        "config_command = \"-\"\nempty_databases = false\nclient_port = true\n"
        "[exporters.redis.collectors]\nclients = true\nlatency_histogram = false\n"
        "latency = false\n[[exporters.redis.rules]]\nfamilies = \"redis_(.*)\"\n"
        "rename = \"my_\\\\1\"\n");
  CHECK(host.types == std::set<std::string, std::less<>>{"redis"});
}

TEST_CASE("what is to be looked for switches its collector on") {
  RecordingHost host;
  host.known = {
      "option check_keys", "option count_keys",    "option check_single_streams", "collector keys",
      "collector streams", "collector key_groups", "option check_keys_batch_size"};
  CHECK(Behind(host, {"-check-keys=db3=a*,b%2C", "-count-keys=c*", "-check-single-streams=s",
                      "-check-keys-batch-size=50000"}) ==
        "check_keys = [\"db3=a*\", \"b%2C\"]\ncheck_single_streams = [\"s\"]\n"
        "count_keys = [\"c*\"]\ncheck_keys_batch_size = 10000\n"
        "[exporters.redis.collectors]\nkeys = true\nstreams = true\n");
  CHECK(host.notes ==
        Words{"--check-keys-batch-size: 10000 is taken, the nearest that is possible"});
}

TEST_CASE("pages and the log are where the flags say") {
  RecordingHost host;
  host.environment = {{"REDIS_EXPORTER_WEB_LISTEN_ADDRESS", "0.0.0.0:1"},
                      {"REDIS_EXPORTER_WEB_TELEMETRY_PATH", "m"},
                      {"REDIS_EXPORTER_LOG_FORMAT", "json"},
                      {"REDIS_EXPORTER_REDIS_ONLY_METRICS", "true"}};
  CHECK(Behind(host, {"--log-level=WARNING"}) ==
        "self = \"off\"\n[http]\nlisten = [\"0.0.0.0:1\"]\nmetrics_path = \"/m\"\n"
        "health_paths = [\"/health\"]\nadmin_listen = \"\"\n[log]\nlevel = \"warn\"\n"
        "format = \"json\"\n[exporters.redis]\ntype = \"redis\"\n"
        "address = \"redis://localhost:6379\"\n");
  CHECK(Behind({"--debug", "--log-level=ERROR"}).find("level = \"debug\"") != std::string::npos);
}

TEST_CASE("every flag of the table is accepted and so is its variable") {
  for (const compat::Flag& flag : kPeerFlags) {
    // Those of the page are of no use alone.
    if (flag.name.starts_with("basic-auth-") || flag.name.starts_with("tls-server-") ||
        flag.name == "version") {
      continue;
    }
    const std::string name = "-" + std::string(flag.name);
    CAPTURE(name);
    const std::string value = flag.kind == Kind::kBool       ? "true"
                              : flag.kind == Kind::kWhole    ? "7"
                              : flag.kind == Kind::kDuration ? "7s"
                                                             : "x";
    RecordingHost host;
    Behind(host, {name + "=" + value});
    CHECK(host.outcome == PILLION_COMPAT_SERVE);
    RecordingHost by_variable;
    by_variable.environment.emplace(flag.variable, value);
    Behind(by_variable, {});
    CHECK(by_variable.outcome == PILLION_COMPAT_SERVE);
    // The variable says it, not the flag; a password that is in a variable is defined already.
    if (flag.name != "redis.password") CHECK(by_variable.Body() == host.Body());
  }
}

TEST_CASE("TLS and the user of the page become tables of the configuration") {
  RecordingHost host;
  const std::string body =
      Behind(host, {"-tls-server-cert-file=/c", "-tls-server-key-file=/k",
                    "-tls-server-ca-cert-file", "/a", "-tls-server-min-version=TLS1.3",
                    "-basic-auth-username=u", "-basic-auth-password=SECRET"});
  CHECK(body.find("\ntls = { cert_file = \"/c\", key_file = \"/k\", client_ca_file = \"/a\", "
                  "min_version = \"TLS13\" }\n") != std::string::npos);
  CHECK(body.find("\nbasic_auth = { username = \"u\", password = "
                  "\"${env:REDIS_EXPORTER_BASIC_AUTH_PASSWORD}\" }\n") != std::string::npos);
  CHECK(host.toml.find("SECRET") == std::string::npos);
  CHECK(host.defined["REDIS_EXPORTER_BASIC_AUTH_PASSWORD"] == "SECRET");
  CHECK(Behind({"-tls-server-cert-file=/c", "-tls-server-key-file=/k"})
            .find("\ntls = { cert_file = \"/c\", key_file = \"/k\" }\n") != std::string::npos);
  RecordingHost hashed;
  hashed.environment = {{"REDIS_EXPORTER_BASIC_AUTH_USERNAME", "u"},
                        {"REDIS_EXPORTER_BASIC_AUTH_PASSWORD", "p"},
                        {"REDIS_EXPORTER_BASIC_AUTH_HASH_PASSWORD", "h"}};
  CHECK(Behind(hashed, {})
            .find("password_hash = \"${env:REDIS_EXPORTER_BASIC_AUTH_HASH_PASSWORD}"
                  "\"") != std::string::npos);
  CHECK(hashed.defined.empty());
}

TEST_CASE("a page that should be protected is not served open") {
  for (const char* flag : {"-basic-auth-username=u", "-basic-auth-password=p",
                           "-tls-server-cert-file=c", "-tls-server-ca-cert-file=a"}) {
    RecordingHost host;
    Behind(host, {flag});
    CAPTURE(flag);
    CHECK(host.outcome == PILLION_COMPAT_WRONG);
  }
  CHECK(Behind({"-tls-server-cert-file=c", "-tls-server-key-file=k",
                "-tls-server-min-version=SSL3"}) ==
        "--tls-server-min-version must be TLS1.0, TLS1.1, TLS1.2 or TLS1.3");
}

TEST_CASE("what has no equivalent is named once") {
  RecordingHost host;
  CHECK(Behind(host, {"-is-tile38", "-ping-on-connect", "-redact-config-metrics=true",
                      "-check-keys=a"}) == "");
  CHECK(host.notes.size() == 3);
}

}  // namespace
}  // namespace pillion::redis
