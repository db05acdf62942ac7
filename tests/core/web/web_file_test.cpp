#include "web/web_file.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace pillion;
using namespace pillion::web;

namespace {

const std::string kHash = "$2y$06$abcdefghijklmnopqrstuuxLa0AkDDSrQ9VwNnETzOsObiucpMYgC";

// All problems, a line each.
std::string Problems(const std::string& text) {
  std::string all;
  for (const WebProblem& problem : ParseWebFile(text, "/etc/w.yml").problems) {
    all += (problem.warning ? "warning: " : "") + problem.text + "\n";
  }
  return all;
}

}  // namespace

TEST_CASE("a whole web configuration is read") {
  const WebFile file = ParseWebFile(R"(tls_server_config:
  cert_file: tls/server.crt
  key_file: /keys/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  client_allowed_sans: [prometheus.local, "10.0.0.1"]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: false
  headers:
    X-Frame-Options: deny
    Strict-Transport-Security: max-age=1
basic_auth_users:
  alice: )" + kHash + R"(
rate_limit:
  interval: 1s
  burst: 20
)",
                                    "/etc/pillion/web.yml");
  CHECK(file.problems.empty());
  REQUIRE(file.settings.tls);
  const TlsSettings& tls = *file.settings.tls;
  CHECK(tls.cert.file == "/etc/pillion/tls/server.crt");
  CHECK(tls.cert.where == "/etc/pillion/web.yml:2:14: tls_server_config.cert_file");
  CHECK(tls.key.file == "/keys/server.key");
  CHECK(tls.client_ca.file == "/etc/pillion/ca.crt");
  CHECK(tls.client_auth == ClientAuth::kRequireAndVerify);
  CHECK(tls.client_allowed_sans == std::vector<std::string>{"prometheus.local", "10.0.0.1"});
  CHECK(tls.min_version == 12);
  CHECK(tls.max_version == 13);
  CHECK(tls.cipher_suites == std::vector<std::string>{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"});
  CHECK_FALSE(tls.prefer_server_cipher_suites);
  CHECK(tls.curves == std::vector<std::string>{"X25519", "P-256"});
  CHECK(file.settings.headers.size() == 2);
  REQUIRE(file.settings.users.size() == 1);
  CHECK(file.settings.users[0].name == "alice");
  CHECK(file.settings.users[0].hash == kHash);
  CHECK(file.settings.rate_limit.interval == std::chrono::seconds(1));
  CHECK(file.settings.rate_limit.burst == 20);
}

TEST_CASE("a certificate may stand in the file itself") {
  const WebFile file = ParseWebFile("tls_server_config: {cert: C, key: K}\n", "w.yml");
  REQUIRE(file.settings.tls);
  CHECK(file.settings.tls->cert.text == "C");
  CHECK(file.settings.tls->cert.file.empty());
  CHECK(file.settings.tls->prefer_server_cipher_suites);
}

TEST_CASE("a cipher suite that there is not is told at its own place") {
  const std::string told = Problems(
      "tls_server_config:\n  cert_file: a\n  key_file: b\n  curve_preferences: [CurveP1]\n"
      "  cipher_suites:\n  - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n"
      "  - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA265\n  - RC4\n");
  CHECK(told.find("/etc/w.yml:4:23: tls_server_config.curve_preferences: there") != told.npos);
  CHECK(told.find("/etc/w.yml:7:5: tls_server_config.cipher_suites: there is no such cipher suite "
                  "here; did you mean `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`?") != told.npos);
  CHECK(told.find("/etc/w.yml:8:5: tls_server_config.cipher_suites: there is no such cipher suite "
                  "here; accepted: TLS_") != told.npos);
}

TEST_CASE("an empty web configuration is a warning") {
  CHECK(Problems("") == "warning: /etc/w.yml:1:1: it holds nothing: the pages stay open\n");
  for (const std::string empty :
       {"basic_auth_users:\ntls_server_config:\n", "basic_auth_users: {}\ntls_server_config: {}\n",
        "rate_limit: {interval: 1s, burst: 1}\n"}) {
    CHECK(Problems(empty) ==
          "warning: /etc/w.yml:1:1: it asks for neither TLS nor users: the pages stay open\n");
  }
  CHECK(Problems("basic_auth_users: {alice: " + kHash + "}\n") == "");
}

TEST_CASE("everything wrong with a web configuration is told with its place") {
  CHECK(Problems(R"(tls_server_confg:
  cert_file: a
tls_server_config:
  cert_file: a
  cert: b
  key_file: [a]
  min_version: TLS1.2
  client_auth_type: Maybe
  curve_preferences: [CurveP1]
  cipher_suites: x
http_server_config:
  http2: 3
  headers:
    X-Frame-Options: allow
    X-Other: a
    X-XSS-Protection: "a\nb"
basic_auth_users:
  alice: secret
  "a:b": )" + kHash +
                 R"(
  alice: )" + kHash +
                 R"(
rate_limit:
  interval: 1s
)") == R"(/etc/w.yml:1:1: tls_server_confg: unknown key; did you mean `tls_server_config`?
/etc/w.yml:5:9: tls_server_config.cert: is there as a file and as a text: one of them is enough
/etc/w.yml:6:13: tls_server_config.key_file: must be a text
/etc/w.yml:7:16: tls_server_config.min_version: must be TLS10, TLS11, TLS12 or TLS13
/etc/w.yml:8:21: tls_server_config.client_auth_type: must be NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert
/etc/w.yml:9:23: tls_server_config.curve_preferences: there is no such curve here; accepted: CurveP256, CurveP384, CurveP521, X25519
/etc/w.yml:10:18: tls_server_config.cipher_suites: must be a list
/etc/w.yml:12:10: http_server_config.http2: must be true or false
/etc/w.yml:14:22: http_server_config.headers.X-Frame-Options: must be deny or sameorigin
/etc/w.yml:15:5: http_server_config.headers.X-Other: unknown key; accepted: Content-Security-Policy, X-Frame-Options, X-Content-Type-Options, X-XSS-Protection, Strict-Transport-Security
/etc/w.yml:16:23: http_server_config.headers.X-XSS-Protection: must be one line of ASCII
/etc/w.yml:18:10: basic_auth_users.alice: must be a password's bcrypt hash of 60 characters, such as `htpasswd -nBC 10 ""` prints
/etc/w.yml:19:3: basic_auth_users.a:b: a user's name must be there and have no colon
/etc/w.yml:20:3: basic_auth_users.alice: is there twice
/etc/w.yml:22:3: rate_limit: needs a burst of at least 1, or nothing would be let through
)");
}

TEST_CASE("keys that do not go together are told") {
  const auto tls = [](const std::string& rest) {
    return Problems("tls_server_config:\n  cert_file: a\n  key_file: b\n" + rest);
  };
  CHECK(tls("") == "");
  CHECK(Problems("tls_server_config: {min_version: TLS12}\n").find("needs a certificate") !=
        std::string::npos);
  CHECK(Problems("tls_server_config: {cert_file: a}\n").find("key_file or key") !=
        std::string::npos);
  CHECK(tls("  min_version: TLS13\n  max_version: TLS12\n").find("above max_version") !=
        std::string::npos);
  CHECK(tls("  client_ca_file: c\n").find("asks them for no certificate") != std::string::npos);
  CHECK(tls("  client_ca_file: c\n  client_auth_type: VerifyClientCertIfGiven\n"
            "  client_allowed_sans: [a]\n")
            .find("need the client_auth_type") != std::string::npos);
  CHECK(tls("  client_ca_file: c\n  client_auth_type: RequireClientCert\n") == "");
  CHECK(tls("  client_auth_type: RequireAndVerifyClientCert\n  client_allowed_sans: [a, '']\n")
            .find("5:28: tls_server_config.client_allowed_sans: must not name an empty one") !=
        std::string::npos);
}

TEST_CASE("what is no YAML is told with its place and never with a hash") {
  const std::string told = Problems("basic_auth_users:\n  alice: {" + kHash + "\n");
  CHECK(told.starts_with("/etc/w.yml:"));
  CHECK(told.find(kHash) == std::string::npos);
  for (const WebProblem& problem : ParseWebFile("a: b\n  c: &d\"e\n", "w.yml").problems) {
    CHECK(problem.text.find('\n') == std::string::npos);
  }
  CHECK(Problems("a: *" + kHash + "\n").find("2y") == std::string::npos);
  CHECK(Problems("- a\n") == "/etc/w.yml:1:1: must be a map\n");
  CHECK_FALSE(Problems(std::string(5000, '[')).empty());
}
