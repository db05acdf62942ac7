// TLS with redis-server itself, and with certificates that the test makes.
#include "certificates.hpp"
#include "fake_redis.hpp"
#include "redis_server.hpp"

#include <pillion/testing/test_host.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace pillion::redis::testing;
using pillion::Reason;
using pillion::testing::PollReport;
using pillion::testing::TestHost;

namespace {

using Options = std::map<std::string, std::string>;

struct TlsServer {
  Certificates files;
  int port = FreePort();
  std::unique_ptr<RedisServer> server;

  TlsServer() {
    files.Authority("ca");
    files.Authority("other_ca");
    files.Issue("server", "ca", "IP:127.0.0.1,DNS:cache.example");
    files.Issue("client", "ca", "DNS:monitor");
    files.Issue("stranger", "other_ca", "DNS:stranger");
    server = std::make_unique<RedisServer>(std::vector<std::string>{
        "--tls-port", std::to_string(port), "--tls-cert-file", files.Path("server.pem"),
        "--tls-key-file", files.Path("server.key"), "--tls-ca-cert-file", files.Path("ca.pem"),
        "--tls-auth-clients", "no"});
  }

  std::string address(const std::string& host = "127.0.0.1") const {
    return "rediss://" + host + ":" + std::to_string(port);
  }

  PollReport Poll(Options options) const {
    options.try_emplace("address", address());
    TestHost host(Entry(),
                  {.options = std::move(options),
                   .names = {{"cache.example", {"127.0.0.1"}}, {"other.example", {"127.0.0.1"}}}});
    REQUIRE(host.Create().ok());
    PollReport report = host.Poll();
    CHECK(report.problems == std::vector<std::string>{});
    return report;
  }
};

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Which certificates of the server are accepted, and for which name.
void CheckTrust(const TlsServer& redis) {
  const std::string ca = redis.files.Path("ca.pem");
  const PollReport good = redis.Poll({{"tls_ca_file", ca}});
  CHECK(good.error == "");
  CHECK(good.ok());
  CHECK(good.Value("redis_connected_clients") >= 1);
  CHECK(redis.Poll({{"tls_ca_file", ca}, {"address", redis.address("cache.example")}}).ok());
  CHECK(redis.Poll({{"tls_ca_file", ca}, {"tls_server_name", "cache.example"}}).ok());

  const PollReport unknown = redis.Poll({});
  CHECK(unknown.reason == Reason::kAuth);
  CHECK(Has(unknown.error, "tls_ca_file"));
  const PollReport other = redis.Poll({{"tls_ca_file", redis.files.Path("other_ca.pem")}});
  CHECK(other.reason == Reason::kAuth);
  const PollReport name =
      redis.Poll({{"tls_ca_file", ca}, {"address", redis.address("other.example")}});
  CHECK(name.reason == Reason::kAuth);
  CHECK(Has(name.error, "`other.example`"));
  CHECK(Has(name.error, "tls_server_name"));
  const PollReport ip = redis.Poll({{"tls_ca_file", ca}, {"tls_server_name", "127.0.0.2"}});
  CHECK(ip.reason == Reason::kAuth);
  CHECK(Has(ip.error, "IP address mismatch"));
  CHECK(redis.Poll({{"tls_skip_verify", "true"}}).ok());
}

// Certificates of the client.
void CheckClient(const TlsServer& redis) {
  redis.server->Ask({"CONFIG", "SET", "tls-auth-clients", "yes"});
  const auto& files = redis.files;
  const std::string ca = files.Path("ca.pem");
  const PollReport none = redis.Poll({{"tls_ca_file", ca}});
  CHECK(none.reason == Reason::kRefused);
  CHECK(Has(none.error, "tls_cert_file"));
  CHECK(redis
            .Poll({{"tls_ca_file", ca},
                   {"tls_cert_file", files.Path("client.pem")},
                   {"tls_key_file", files.Path("client.key")}})
            .ok());
  const PollReport stranger = redis.Poll({{"tls_ca_file", ca},
                                          {"tls_cert_file", files.Path("stranger.pem")},
                                          {"tls_key_file", files.Path("stranger.key")}});
  CHECK(stranger.reason == Reason::kRefused);
  const PollReport mixed = redis.Poll({{"tls_ca_file", ca},
                                       {"tls_cert_file", files.Path("client.pem")},
                                       {"tls_key_file", files.Path("stranger.key")}});
  CHECK(mixed.reason == Reason::kAuth);
  CHECK(Has(mixed.error, "tls_key_file"));
}

// Files that change while the exporter runs.
void CheckRotation(const TlsServer& redis) {
  const auto& files = redis.files;
  TestHost host(Entry(), {.options = {{"address", redis.address()},
                                      {"tls_ca_file", files.Path("ca.pem")},
                                      {"tls_cert_file", files.Path("client.pem")},
                                      {"tls_key_file", files.Path("client.key")}}});
  REQUIRE(host.Create().ok());
  REQUIRE(host.Poll().ok());
  const auto connections = [&] { return redis.server->InfoNumber("total_connections_received"); };
  const double before = connections();
  REQUIRE(host.Poll().ok());
  CHECK(connections() == before + 1);  // the one that asks

  files.Issue("next", "ca", "DNS:monitor");
  files.Rename("next.key", "client.key");
  files.Rename("next.pem", "client.pem");
  REQUIRE(host.Poll().ok());  // at whose end there is a second connection
  CHECK(connections() == before + 3);
  REQUIRE(host.Poll().ok());
  CHECK(connections() == before + 4);

  files.Write("client.pem", "half a file");
  const PollReport kept = host.Poll();
  CHECK(kept.ok());
  REQUIRE(kept.logs.size() == 1);
  CHECK(Has(kept.logs[0].text, "tls_cert_file"));
  const PollReport quiet = host.Poll();
  CHECK(quiet.ok());
  CHECK(quiet.logs.empty());

  // A new authority of the server: the connections that are made from now on need it.
  files.Issue("client", "ca", "DNS:monitor");
  files.Issue("server", "other_ca", "IP:127.0.0.1");
  redis.server->Ask({"CONFIG", "SET", "tls-cert-file", files.Path("server.pem"), "tls-key-file",
                     files.Path("server.key")});
  redis.server->Ask({"CLIENT", "KILL", "TYPE", "normal"});
  CHECK(host.Poll().reason == Reason::kAuth);
  files.Rename("other_ca.pem", "ca.pem");
  CHECK(host.Poll().ok());
}

}  // namespace

TEST_CASE("TLS verifies the server and shows a certificate and follows files that change") {
  if (MissingServer() || MissingOpenssl()) return;
  const TlsServer redis;
  CheckTrust(redis);
  CheckClient(redis);
  CheckRotation(redis);
}
