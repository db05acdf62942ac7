// A scrape plane behind a guard, and clients that speak TLS to it, or should.
#include "core/http/plane_fixture.hpp"
#include "core/web/certificates.hpp"
#include "web/guard.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace pillion;
using namespace pillion::test;
using web::Guard;

namespace {

const std::string kUsers =
    "basic_auth_users: {alice: $2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW}\n";
const std::string kAlice = "Authorization: Basic YWxpY2U6c2VjcmV0\r\n";
const std::string kGuess = "Authorization: Basic YWxpY2U6Z3Vlc3M=\r\n";

struct SecurePlane {
  explicit SecurePlane(const std::string& tls_more = "", const std::string& rest = "",
                       const ScrapePlaneLimits& limits = {}) {
    Put(server);
    files.Put("ca.crt", authority.Pem());
    source.file.text = files.Put(
        "web.yml", "tls_server_config:\n  cert_file: s.crt\n  key_file: s.key\n" + tls_more + rest);
    web::Loaded loaded = web::Load(source);
    const std::string problem = loaded.problems.empty() ? "" : loaded.problems[0].text;
    REQUIRE_MESSAGE(loaded.good(), problem);
    guard = std::make_unique<Guard>(source, WebHooks{}, std::move(loaded));
    guard->Start();
    ScrapePlaneConfig config = Plane::Config({"127.0.0.1:0"}, {"127.0.0.1:0"}, limits);
    config.guard = guard.get();
    plane = std::make_unique<ScrapePlane>(config, &handler);
    REQUIRE(plane->Start().ok());
  }
  void Put(const Certificate& certificate) const {
    files.Put("s.key", certificate.KeyPem());
    files.Put("s.crt", certificate.Pem());
  }
  std::string address() const { return plane->Addresses().at(0); }
  // The answer to a request over a new connection.
  std::string Get(const std::string& path, const std::string& more = "",
                  TlsClient::Options options = {}) const {
    options.trusts = &authority;
    return TlsClient(address(), options).Get(path, more);
  }
  bool Lets(const Certificate* shows) const {
    return Get("/metrics", "", {.shows = shows}).starts_with("HTTP/1.1 200");
  }

  Files files;
  Certificate authority{{.name = "authority"}};
  Certificate server{{.authority = &authority}};
  WebSource source;
  FakeHandler handler;
  std::unique_ptr<Guard> guard;
  std::unique_ptr<ScrapePlane> plane;
};

}  // namespace

TEST_CASE("pages are served over TLS on a kept connection") {
  SecurePlane secure;
  TlsClient client(secure.address(), {.trusts = &secure.authority, .alpn = "\x02h2\x08http/1.1"});
  REQUIRE(client.connected());
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(client.ssl(), &chosen, &length);
  CHECK(std::string(reinterpret_cast<const char*>(chosen), length) == "http/1.1");
  for (int i = 0; i < 3; ++i) {
    CHECK(client.Get("/metrics").ends_with("# HELP a text\na 1\n"));
  }
  CHECK(client.Get("/sd").find("\"__scheme__\": \"https\"") != std::string::npos);
  CHECK(secure.handler.requests().size() == 3);
}

TEST_CASE("a large page comes whole over TLS to a slow reader too") {
  SecurePlane secure;
  const BodyPtr body = LargeBody(100);
  secure.handler.set_body(body);
  const std::string text = Text(*body);
  TlsClient slow(secure.address(), {});
  const std::string answer = secure.Get("/metrics");
  CHECK(answer.size() > text.size());
  CHECK(answer.ends_with(text));
  CHECK(slow.Get("/metrics").ends_with(text));
}

TEST_CASE("who does not log in gets a 401 and an unknown path tells nothing") {
  SecurePlane secure("", kUsers);
  const std::string refused = secure.Get("/metrics");
  CHECK(refused.starts_with("HTTP/1.1 401 Unauthorized\r\n"));
  CHECK(refused.find("WWW-Authenticate: Basic realm=") != std::string::npos);
  CHECK(secure.Get("/nothing").starts_with("HTTP/1.1 401"));
  CHECK(secure.Get("/-/healthy").starts_with("HTTP/1.1 401"));
  CHECK(secure.Get("/metrics", kGuess).starts_with("HTTP/1.1 401"));
  CHECK(secure.Get("/metrics", kAlice + kAlice).starts_with("HTTP/1.1 401"));
  CHECK(secure.handler.requests().empty());
  TlsClient client(secure.address(), {});
  CHECK(client.Get("/metrics", kAlice).starts_with("HTTP/1.1 200"));
  CHECK(client.Get("/nothing", kAlice).starts_with("HTTP/1.1 404"));
  CHECK(client.Get("/metrics").starts_with("HTTP/1.1 401"));
  CHECK(secure.plane->Stats().requests_refused_total == 6);
}

TEST_CASE("the health listener needs neither TLS nor a password") {
  SecurePlane secure("", kUsers);
  HttpClient client(secure.plane->HealthAddresses().at(0));
  CHECK(client.Get("/-/healthy")->status == 200);
  CHECK(client.Get("/metrics")->status == 404);
}

TEST_CASE("a client that speaks plain HTTP to TLS is told so") {
  SecurePlane secure;
  HttpClient client(secure.address());
  const auto answer = client.Get("/metrics");
  REQUIRE(answer);
  CHECK(answer->status == 400);
  CHECK(answer->body.find("https://") != std::string::npos);
  CHECK(Eventually([&] { return secure.plane->Stats().connections == 0; }));
  CHECK(secure.plane->Stats().handshakes_failed_total == 1);
}

TEST_CASE("what is neither HTTP nor TLS is closed") {
  SecurePlane secure;
  for (const std::string& bytes : {std::string("\0\1\2", 3), std::string("\x16garbage, no hello"),
                                   std::string("\x16\x03\x01\x02\x00\x01", 6)}) {
    HttpClient client(secure.address());
    client.Send(bytes);
    client.FinishSending();
    client.AwaitEnd();
  }
  HttpClient(secure.address()).FinishSending();
  CHECK(Eventually([&] { return secure.plane->Stats().handshakes_failed_total == 4; }));
  CHECK(secure.Get("/metrics").starts_with("HTTP/1.1 200"));
}

TEST_CASE("handshakes that take too long are closed") {
  ScrapePlaneLimits limits;
  limits.handshake_timeout = std::chrono::seconds(1);
  SecurePlane secure("", "", limits);
  HttpClient silent(secure.address());
  HttpClient half(secure.address());
  half.Send(std::string("\x16\x03\x01\x02\x00\x01", 6));
  silent.AwaitEnd();
  half.AwaitEnd();
  CHECK(Eventually([&] { return secure.plane->Stats().handshakes_failed_total == 2; }));
}

TEST_CASE("only so many handshakes are under way and honest clients get through") {
  ScrapePlaneLimits limits;
  limits.handshakes_max = 8;
  SecurePlane secure("", "", limits);
  std::vector<std::unique_ptr<HttpClient>> hostile;
  for (int i = 0; i < 100; ++i) {
    hostile.push_back(std::make_unique<HttpClient>(secure.address()));
    hostile.back()->Send(std::string("\x16\x03\x01\x02\x00\x01", 6));
  }
  CHECK(secure.Get("/metrics").starts_with("HTTP/1.1 200"));
  CHECK(Eventually([&] { return secure.plane->Stats().handshakes_failed_total >= 92; }));
  CHECK(secure.plane->Stats().connections <= 10);
}

TEST_CASE("each policy lets in the clients that it should") {
  Certificate stranger_authority({.name = "stranger"});
  const std::string ca = "  client_ca_file: ca.crt\n";
  const auto lets = [&](const std::string& type, const std::string& more) {
    SecurePlane secure("  client_auth_type: " + type + "\n" + more);
    const Certificate good({.name = "c", .authority = &secure.authority});
    const Certificate expired({.name = "e", .authority = &secure.authority, .valid_for = -100});
    const Certificate stranger({.name = "s", .authority = &stranger_authority});
    std::string who;
    if (secure.Lets(nullptr)) who += "nobody ";
    if (secure.Lets(&good)) who += "good ";
    if (secure.Lets(&expired)) who += "expired ";
    if (secure.Lets(&stranger)) who += "stranger ";
    return who;
  };
  CHECK(lets("NoClientCert", "") == "nobody good expired stranger ");
  CHECK(lets("RequestClientCert", ca) == "nobody good expired stranger ");
  CHECK(lets("RequireAnyClientCert", ca) == "good expired stranger ");
  CHECK(lets("VerifyClientCertIfGiven", ca) == "nobody good ");
  CHECK(lets("RequireAndVerifyClientCert", ca) == "good ");
}

TEST_CASE("of verified clients only those with an allowed name are let in") {
  SecurePlane secure(
      "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"
      "  client_allowed_sans: [prometheus.example, 10.0.0.7]\n");
  const auto lets = [&](const std::string& sans) {
    const Certificate client({.name = "c", .authority = &secure.authority, .sans = sans});
    return secure.Lets(&client);
  };
  CHECK(lets("DNS:a.example,DNS:prometheus.example"));
  CHECK(lets("IP:10.0.0.7"));
  CHECK_FALSE(lets("DNS:a.prometheus.example"));
  CHECK_FALSE(lets(""));
}

TEST_CASE("versions and cipher suites are kept to") {
  SecurePlane secure(
      "  min_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n");
  const auto lets = [&](int version, const std::string& ciphers = "") {
    return secure.Get("/metrics", "", {.max_version = version, .ciphers = ciphers})
        .starts_with("HTTP/1.1 200");
  };
  CHECK(lets(TLS1_3_VERSION));
  CHECK(lets(TLS1_2_VERSION));
  CHECK(lets(TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384"));
  CHECK_FALSE(lets(TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256"));
  CHECK_FALSE(lets(TLS1_1_VERSION));
  SecurePlane modern("  min_version: TLS13\n");
  CHECK(modern.Get("/metrics", "", {.max_version = TLS1_2_VERSION}).empty());
  SecurePlane old("  min_version: TLS10\n  max_version: TLS11\n");
  CHECK(old.Get("/metrics", "", {.max_version = TLS1_1_VERSION}).starts_with("HTTP/1.1 200"));
}

TEST_CASE("a renewed certificate is for new connections and old ones live on") {
  SecurePlane secure;
  TlsClient old(secure.address(), {.trusts = &secure.authority});
  REQUIRE(old.Get("/metrics").starts_with("HTTP/1.1 200"));
  const Certificate next({.name = "next", .authority = &secure.authority});
  secure.Put(next);
  CHECK(Eventually([&] {
    TlsClient client(secure.address(), {.trusts = &secure.authority});
    X509* shown = SSL_get0_peer_certificate(client.ssl());
    return shown != nullptr && X509_cmp(shown, next.x509()) == 0;
  }));
  CHECK(old.Get("/metrics").starts_with("HTTP/1.1 200"));
}

TEST_CASE("a plane under TLS stops with an answer under way") {
  SecurePlane secure("", kUsers);
  secure.handler.Hold();
  TlsClient client(secure.address(), {});
  TlsClient idle(secure.address(), {});
  std::string answer;
  std::thread asking([&] { answer = client.Get("/metrics", kAlice); });
  REQUIRE(secure.handler.AwaitHeld(1));
  std::thread stopping([&] { secure.plane->Stop(); });
  secure.handler.ReleaseHeld();
  asking.join();
  stopping.join();
  CHECK(answer.starts_with("HTTP/1.1 200"));
}
