#include "web/guard.hpp"

#include "core/web/certificates.hpp"

#include <doctest/doctest.h>

#include <ctime>
#include <string>
#include <vector>

using namespace pillion;
using namespace pillion::web;
using pillion::test::Certificate;
using pillion::test::Files;

namespace {

const std::string kHash = "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";  // secret
const std::string kAlice = "Basic YWxpY2U6c2VjcmV0";
const std::string kTls = "tls_server_config: {cert_file: s.crt, key_file: s.key}\n";
const std::string kUsers = "basic_auth_users: {alice: " + kHash + "}\n";

// A guard on files that a test changes; it looks when the test says so.
struct Guarded {
  explicit Guarded(const std::string& text) {
    PutCertificate(Certificate({.valid_for = 1000}));
    files.Put("web.yml", text);
    source.file.text = files.path + "/web.yml";
    Loaded loaded = Load(source);
    for (const WebProblem& problem : loaded.problems) INFO(problem.text);
    REQUIRE(loaded.good());
    guard =
        std::make_unique<Guard>(source, WebHooks{[this](bool bad, std::string_view text_in) {
                                  log.push_back((bad ? "bad: " : "good: ") + std::string(text_in));
                                }},
                                std::move(loaded));
  }
  void PutCertificate(const Certificate& certificate) const {
    files.Put("s.key", certificate.KeyPem());
    files.Put("s.crt", certificate.Pem());
  }
  int64_t expires_in() const { return *guard->status().certificate_expires - std::time(nullptr); }

  Files files;
  WebSource source;
  std::vector<std::string> log;
  std::unique_ptr<Guard> guard;
};

}  // namespace

TEST_CASE("a renewed certificate is taken without a restart") {
  Guarded guarded(kTls + kUsers);
  CHECK(guarded.guard->UsesTls());
  CHECK(guarded.expires_in() <= 1000);
  guarded.guard->Look();
  CHECK(guarded.log.empty());
  guarded.PutCertificate(Certificate({.valid_for = 5000}));
  guarded.guard->Look();
  CHECK(guarded.expires_in() > 4000);
  CHECK(guarded.guard->status().last_reload_good);
  REQUIRE(guarded.log.size() == 1);
  CHECK(guarded.log[0].starts_with("good: the certificate is good until 2"));
}

TEST_CASE("files that cannot be used change nothing and are told of once") {
  Guarded guarded(kTls);
  guarded.files.Put("s.key", Certificate({}).KeyPem());
  for (int i = 0; i < 3; ++i) guarded.guard->Look();
  REQUIRE(guarded.log.size() == 1);
  CHECK(guarded.log[0].find("is not the key of the certificate") != std::string::npos);
  CHECK_FALSE(guarded.guard->status().last_reload_good);
  CHECK(guarded.expires_in() <= 1000);
  CHECK(guarded.guard->Accept(0) != nullptr);
  guarded.PutCertificate(Certificate({.valid_for = 5000}));
  guarded.guard->Look();
  CHECK(guarded.guard->status().last_reload_good);
  CHECK(guarded.expires_in() > 4000);
  CHECK(guarded.log.size() == 2);
  guarded.files.Put("web.yml", "tls_server_config: [\n");
  guarded.guard->Look();
  CHECK(guarded.log.size() == 3);
  CHECK(guarded.log[2].find("/web.yml:") != std::string::npos);
}

TEST_CASE("a certificate that has expired does not take the place of a good one") {
  Guarded guarded(kTls);
  guarded.PutCertificate(Certificate({.valid_for = -100}));
  guarded.guard->Look();
  CHECK(guarded.expires_in() > 0);
  REQUIRE(guarded.log.size() == 1);
  CHECK(guarded.log[0].starts_with("bad: the certificate has expired at "));
}

TEST_CASE("a certificate that has expired is served at the start with a warning") {
  const Files files;
  const Certificate old({.valid_for = -100});
  files.Put("s.crt", old.Pem());
  files.Put("s.key", old.KeyPem());
  WebSource source;
  source.file.text = files.Put("web.yml", kTls);
  const Loaded loaded = Load(source);
  CHECK(loaded.good());
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].text.find("web.yml:1:32: tls_server_config.cert_file: the certificate "
                                     "has expired") != std::string::npos);
}

TEST_CASE("what was closed is not opened without a restart") {
  Guarded guarded(kTls + kUsers);
  guarded.files.Put("web.yml", "");
  guarded.guard->Look();
  CHECK(guarded.log.back().find("TLS is not asked for any more") != std::string::npos);
  guarded.files.Put("web.yml", kTls);
  guarded.guard->Look();
  CHECK(guarded.log.back().find("no user is left") != std::string::npos);
  CHECK(guarded.guard->Admit("", "a", nullptr) == Verdict::kRefused);
  Guarded open(kUsers);
  open.files.Put("web.yml", kTls + kUsers);
  open.guard->Look();
  CHECK(open.log.back().find("takes a restart") != std::string::npos);
  CHECK_FALSE(open.guard->UsesTls());
}

TEST_CASE("users that came with a reload are not taken away by one") {
  Guarded guarded(kTls);
  CHECK(guarded.guard->Admit("", "a", nullptr) == Verdict::kAdmitted);
  guarded.files.Put("web.yml", kTls + kUsers);
  guarded.guard->Look();
  CHECK(guarded.guard->Admit("", "a", nullptr) == Verdict::kRefused);
  guarded.files.Put("web.yml", kTls);
  guarded.guard->Look();
  CHECK(guarded.log.back().find("no user is left") != std::string::npos);
  CHECK(guarded.guard->Admit("", "a", nullptr) == Verdict::kRefused);
}

namespace {

const std::string kClientTls =
    "tls_server_config:\n  cert_file: s.crt\n  key_file: s.key\n"
    "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"
    "  client_allowed_sans: [prometheus.local]\n";

// A guard that asks for certificates, and a second text that takes the place of the first.
struct Weakening : Guarded {
  Weakening() : Guarded(kTls) {
    files.Put("ca.crt", Certificate({}).Pem());
    Try(kClientTls);
    REQUIRE(guard->status().last_reload_good);
  }
  bool Try(const std::string& text) {
    files.Put("web.yml", text);
    guard->Look();
    return guard->status().last_reload_good;
  }
};

}  // namespace

TEST_CASE("a web configuration that was cut short lets nobody else in") {
  Weakening weakening;
  const std::string stricter = "  client_allowed_sans:\n  - prometheus.local\n  - other.local\n";
  const std::string whole = kClientTls.substr(0, kClientTls.find("  client_allowed")) + stricter;
  REQUIRE(weakening.Try(whole));
  const size_t names = whole.find("- p") + 3;  // from here on there is a name, if a shorter one
  for (size_t size = 0; size < names; ++size) {
    CAPTURE(whole.substr(0, size));
    CHECK_FALSE(weakening.Try(whole.substr(0, size)));
  }
  CHECK(weakening.Try(whole));
}

TEST_CASE("what was asked of certificates is asked until a restart") {
  const auto without = [](const std::string& key) {
    const size_t at = kClientTls.find("  " + key);
    return kClientTls.substr(0, at) + kClientTls.substr(kClientTls.find('\n', at) + 1);
  };
  const auto with_type = [](const std::string& type) {
    std::string text = kClientTls;
    return text.replace(text.find("RequireAnd"), 26, type);
  };
  Weakening weakening;
  const std::string three_lines = kClientTls.substr(0, kClientTls.find("  client_auth"));
  const std::string any = with_type("RequireAnyClientCert");
  for (const auto& [text, named] :
       {std::pair{three_lines, "client_auth_type asks less"},
        {any, "client_auth_type asks less"},
        {without("client_ca_file"), "client_ca_file is not there"},
        {without("client_allowed_sans"), "client_allowed_sans names"}}) {
    const std::string key = named;
    CAPTURE(key);
    CHECK(weakening.Try(kClientTls));
    const size_t lines = weakening.log.size();
    CHECK_FALSE(weakening.Try(text));
    CHECK_FALSE(weakening.Try(text + "# the same\n"));
    REQUIRE(weakening.log.size() == lines + 1);
    CHECK(weakening.log.back().starts_with("bad: " + weakening.source.file.text +
                                           ": tls_server_con"));
    CHECK(weakening.log.back().find(key) != std::string::npos);
  }
  CHECK(weakening.Try(kClientTls + "# a file of its own\n"));
  // Other authorities and other names are a renewal.
  weakening.files.Put("ca2.crt", Certificate({}).Pem());
  std::string other = kClientTls;
  other.replace(other.find("ca.crt"), 6, "ca2.crt");
  other.replace(other.find("prometheus.local"), 16, "a.local, b.local");
  CHECK(weakening.Try(other));
}

TEST_CASE("a policy for certificates may become stricter with a reload") {
  Guarded guarded(kTls);
  guarded.files.Put("ca.crt", Certificate({}).Pem());
  const auto with = [&](const std::string& type) {
    guarded.files.Put("web.yml",
                      "tls_server_config:\n  cert_file: s.crt\n  key_file: s.key\n"
                      "  client_auth_type: " +
                          type + "\n");
    guarded.guard->Look();
    return guarded.guard->status().last_reload_good;
  };
  const std::vector<std::string> types = {"NoClientCert", "RequestClientCert",
                                          "VerifyClientCertIfGiven", "RequireAnyClientCert",
                                          "RequireAndVerifyClientCert"};
  for (size_t i = 0; i < types.size(); ++i) {
    CAPTURE(types[i]);
    CHECK(with(types[i]));
    for (size_t weaker = 0; weaker < i; ++weaker) CHECK_FALSE(with(types[weaker]));
    CHECK(with(types[i]));
  }
}

TEST_CASE("users and headers that change are in force at once") {
  Guarded guarded(kUsers);
  std::vector<Verdict> told;
  const auto ask = [&] {
    const Verdict verdict =
        guarded.guard->Admit(kAlice, "a", [&](Verdict later) { told.push_back(later); });
    if (verdict != Verdict::kLater) return verdict;
    guarded.guard->CheckPasswords();
    return told.back();
  };
  CHECK(ask() == Verdict::kAdmitted);
  CHECK(guarded.guard->Headers()->empty());
  guarded.files.Put("web.yml", "basic_auth_users: {bob: " + kHash +
                                   "}\nhttp_server_config: {headers: {X-Frame-Options: deny}}\n");
  guarded.guard->Look();
  CHECK(ask() == Verdict::kRefused);
  CHECK(*guarded.guard->Headers() == "X-Frame-Options: deny\r\n");
  CHECK_FALSE(guarded.guard->status().certificate_expires);
}

TEST_CASE("a file that is not there any more is looked for again") {
  Guarded guarded(kTls);
  std::filesystem::remove(guarded.files.path + "/s.crt");
  guarded.guard->Look();
  CHECK_FALSE(guarded.guard->status().last_reload_good);
  guarded.PutCertificate(Certificate({.valid_for = 5000}));
  guarded.guard->Look();
  CHECK(guarded.guard->status().last_reload_good);
}

TEST_CASE("a user's secret is read anew") {
  std::string secret = "secret";
  WebSource source;
  source.user = {"alice", "p.toml:3:1: http.basic_auth.username"};
  source.password = [&]() -> Result<std::string> { return secret; };
  Loaded loaded = Load(source);
  REQUIRE(loaded.good());
  int good = 0;
  Guard guard(source, {[&](bool bad, std::string_view) { good += bad ? 0 : 1; }},
              std::move(loaded));
  CHECK(guard.Admit(kAlice, "a", nullptr) == Verdict::kAdmitted);
  secret = "changed";
  guard.Look();
  CHECK(guard.Admit(kAlice, "a", nullptr) == Verdict::kRefused);
  CHECK(good == 1);
  secret = "";
  guard.Look();
  CHECK_FALSE(guard.status().last_reload_good);
}

TEST_CASE("a web configuration that cannot be read is told where it is named") {
  WebSource source;
  source.file = {"none.yml", "p.toml:2:14: http.web_config"};
  const Loaded loaded = Load(source);
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].text ==
        "p.toml:2:14: http.web_config: `none.yml` cannot be read: No such file or directory");
}

TEST_CASE("what is wrong with inline settings is told with its place") {
  WebSource source;
  source.tls["cert_file"] = {"/none.crt", "p.toml:2:1: http.tls.cert_file"};
  source.tls["key_file"] = {"/none.key", "p.toml:3:1: http.tls.key_file"};
  source.user = {"alice", "p.toml:4:1: http.basic_auth.username"};
  source.password_hash = []() -> Result<std::string> { return std::string("plain"); };
  source.secret_where = "p.toml:5:1: http.basic_auth.password_hash";
  Loaded loaded = Load(source);
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].text.starts_with(
      "p.toml:5:1: http.basic_auth.password_hash: must be a password's bcrypt hash"));
  source.password_hash = []() -> Result<std::string> {
    return Error{Reason::kInternal, "no such secret"};
  };
  CHECK(Load(source).problems.at(0).text ==
        "p.toml:5:1: http.basic_auth.password_hash: no such secret");
  source.password_hash = []() -> Result<std::string> { return kHash; };
  loaded = Load(source);
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].text ==
        "p.toml:2:1: http.tls.cert_file: `/none.crt`: No such file or directory");
}
