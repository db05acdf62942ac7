#include "core/config/fake_exporter.hpp"

#include <doctest/doctest.h>

#include <string>

namespace pillion {
namespace {

using testing::Load;
using testing::Text;
using testing::World;

ConfigResult LoadHttp(const std::string& text, const World& world = {}) {
  return Load("[exporters.fake]\n[http]\n" + text, world);
}

TEST_CASE("pages are open unless a configuration guards them") {
  const auto result = LoadHttp("");
  REQUIRE(Text(result) == "");
  CHECK(result.config->http.web.file.text.empty());
  CHECK(result.config->http.web.tls.empty());
  CHECK(result.config->http.web.user.text.empty());
}

TEST_CASE("a web configuration is named by a file or a variable or a flag") {
  World world;
  const auto file = LoadHttp("web_config = '/etc/web.yml'", world);
  REQUIRE(Text(file) == "");
  CHECK(file.config->http.web.file.text == "/etc/web.yml");
  CHECK(file.config->http.web.file.where == "a.toml:3:14: http.web_config");
  world.variables["PILLION_WEB_CONFIG"] = "/env.yml";
  CHECK(LoadHttp("web_config = 'a'", world).config->http.web.file.text == "/env.yml");
  world.flags = {{"--web-config", {"/flag.yml"}}};
  CHECK(LoadHttp("web_config = 'a'", world).config->http.web.file.text == "/flag.yml");
}

TEST_CASE("TLS and a user may stand in the configuration itself") {
  World world;
  world.variables["DIR"] = "/tls";
  const auto result = LoadHttp(R"(
[http.tls]
cert_file = "${env:DIR}/a.crt"
key_file = "/tls/a.key"
client_ca_file = "/tls/ca.crt"
client_auth_type = "VerifyClientCertIfGiven"
min_version = "TLS13"
[http.basic_auth]
username = "alice"
password = "${file:/run/secret}"
)",
                               world);
  REQUIRE(Text(result) == "");
  const WebKeys& web = result.config->http.web;
  CHECK(web.tls.at("cert_file").text == "/tls/a.crt");
  CHECK(web.tls.at("cert_file").where == "a.toml:5:13: http.tls.cert_file");
  CHECK(web.tls.at("client_auth_type").text == "VerifyClientCertIfGiven");
  CHECK(web.tls.at("min_version").text == "TLS13");
  CHECK(web.user.text == "alice");
  CHECK(web.user.where == "a.toml:11:12: http.basic_auth.username");
  CHECK(web.password == Secret("${file:/run/secret}"));
  CHECK(web.password_hash.empty());
  CHECK(web.secret_where == "a.toml:12:12: http.basic_auth.password");
}

TEST_CASE("what is wrong with TLS and users is told without a secret") {
  CHECK(Text(LoadHttp(R"(
[http.tls]
cert_fil = "a"
key_file = ""
min_version = "1.2"
client_auth_type = 3
[http.basic_auth]
username = "a:b"
password = "secret"
pasword_hash = "secret"
)")) == R"(a.toml:4:1: http.tls: needs cert_file
a.toml:5:1: http.tls.cert_fil: unknown key; did you mean `cert_file`?
a.toml:6:12: http.tls.key_file: must not be empty
a.toml:7:15: http.tls.min_version: must be one of TLS10, TLS11, TLS12, TLS13
a.toml:8:20: http.tls.client_auth_type: must be a string, not an integer
a.toml:10:12: http.basic_auth.username: must have no colon
a.toml:12:1: http.basic_auth.pasword_hash: unknown key; did you mean `password_hash`?
)");
  CHECK(Text(LoadHttp("tls = 'x'\nbasic_auth = {username = 'a'}")) ==
        "a.toml:3:7: http.tls: must be a table, not a string\n"
        "a.toml:4:14: http.basic_auth: needs a password or a password_hash, and not both\n");
  CHECK(Text(LoadHttp("basic_auth = {password = 'a', password_hash = 'b'}")) ==
        "a.toml:3:14: http.basic_auth: needs a username\n"
        "a.toml:3:14: http.basic_auth: needs a password or a password_hash, and not both\n");
}

TEST_CASE("a web configuration and TLS of its own do not go together") {
  CHECK(Text(LoadHttp("web_config = 'w.yml'\ntls = {cert_file = 'a', key_file = 'b'}")) ==
        "a.toml:3:14: http.web_config: has a place for all of [http.tls] and [http.basic_auth]: "
        "both together are not possible\n");
}

}  // namespace
}  // namespace pillion
