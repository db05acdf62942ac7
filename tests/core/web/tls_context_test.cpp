#include "web/tls_context.hpp"

#include "core/web/certificates.hpp"
#include "web/client_names.hpp"

#include <doctest/doctest.h>

#include <ctime>
#include <string>

using namespace pillion;
using namespace pillion::web;
using pillion::test::Certificate;
using pillion::test::Files;

namespace {

const Certificate& Authority() {
  static const Certificate authority({.name = "authority"});
  return authority;
}

TlsSettings Settings(const Certificate& certificate) {
  TlsSettings settings;
  settings.cert = {"", certificate.Pem(), "w.yml:2:3: cert"};
  settings.key = {"", certificate.KeyPem(), "w.yml:3:3: key"};
  return settings;
}

std::string Wrong(const TlsSettings& settings) {
  const auto made = TlsContext::Make(settings);
  return made ? "" : made.error().message;
}

}  // namespace

TEST_CASE("a certificate tells until when it is good") {
  const Certificate server({.authority = &Authority(), .valid_for = 1000});
  const auto made = TlsContext::Make(Settings(server));
  REQUIRE(made);
  CHECK((*made)->expires() > std::time(nullptr) + 900);
  CHECK((*made)->expires() <= std::time(nullptr) + 1000);
}

TEST_CASE("what is wrong with files of TLS is told with its place") {
  const Files files;
  const Certificate server({.authority = &Authority()}), other({});
  TlsSettings settings = Settings(server);
  CHECK(Wrong(settings).empty());
  settings.key.text = other.KeyPem();
  CHECK(Wrong(settings).starts_with("w.yml:3:3: key: is not the key of the certificate"));
  settings.key.text = "x";
  CHECK(Wrong(settings).starts_with("w.yml:3:3: key: holds no usable key"));
  settings = Settings(server);
  settings.cert = {files.path + "/none.crt", "", "w.yml:2:3: cert_file"};
  CHECK(Wrong(settings) ==
        "w.yml:2:3: cert_file: `" + files.path + "/none.crt`: No such file or directory");
  settings.cert.file = files.Put("a.crt", "nothing\n");
  CHECK(Wrong(settings).find("holds no certificate in PEM") != std::string::npos);
  settings.cert.file = files.Put("b.crt", server.Pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n");
  CHECK(Wrong(settings).find("holds a broken certificate") != std::string::npos);
  settings.cert.file = files.path;
  CHECK(Wrong(settings).find("not a regular file") != std::string::npos);
  settings.cert.file = files.Put("large.crt", std::string(kPemBytesMax + 1, 'x'));
  CHECK(Wrong(settings).find("larger than 1048576 bytes") != std::string::npos);
  settings = Settings(server);
  settings.client_auth = ClientAuth::kRequireAndVerify;
  settings.client_ca = {"", "x", "w.yml:4:3: client_ca"};
  CHECK(Wrong(settings).starts_with("w.yml:4:3: client_ca: holds no certificate"));
}

TEST_CASE("cipher suites go by the names of the standard") {
  TlsSettings settings = Settings(Certificate({}));
  settings.cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_AES_128_GCM_SHA256"};
  CHECK(Wrong(settings).empty());
  settings.cipher_suites.push_back("TLS_NONE");
  CHECK(Wrong(settings).find("TLS_NONE") != std::string::npos);
  settings.cipher_suites = {"TLS_AES_128_GCM_SHA256"};
  CHECK(Wrong(settings).empty());
  settings.curves = {"P-521", "X25519"};
  CHECK(Wrong(settings).empty());
}

TEST_CASE("all kinds of names of a certificate are seen") {
  const Certificate certificate(
      {.sans = "DNS:a.example,IP:10.0.0.1,IP:::1,email:m@example,URI:spiffe://x/y"});
  CHECK(NamesOf(certificate.x509()) ==
        std::vector<std::string>{"a.example", "10.0.0.1", "::1", "m@example", "spiffe://x/y"});
  CHECK(NamesOf(Certificate({.sans = ""}).x509()).empty());
}
