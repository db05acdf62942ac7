#include "web/web_file.hpp"

#include "config/config.hpp"
#include "config/suggest.hpp"
#include "web/password_hash.hpp"
#include "web/tls_context.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <span>
#include <utility>

namespace pillion::web {
namespace {

constexpr size_t kTextBytesMax = 100;  // of the file, in a message
constexpr size_t kHeaderBytesMax = 4096;
constexpr int64_t kBurstMax = 1'000'000;

// One line of printable text.
std::string Shown(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, kTextBytesMax)) {
    shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return shown;
}

class Reader {
 public:
  using Node = YAML::Node;

  Reader(std::string path, WebFile& out) : path_(std::move(path)), out_(out) {}

  void ReadAll(const Node& root) {
    static constexpr std::string_view kKeys[] = {"tls_server_config", "http_server_config",
                                                 "basic_auth_users", "rate_limit"};
    if (root.IsNull()) return Warn(root.Mark(), "", "it holds nothing: the pages stay open");
    ForEach(root, "", kKeys, [&](std::string_view key, const Node& value) {
      if (value.IsNull()) return;
      if (key == kKeys[0]) return ReadTls(value);
      if (key == kKeys[1]) return ReadHttp(value);
      if (key == kKeys[2]) return ReadUsers(value);
      ReadRate(value);
    });
    if (out_.good() && !out_.settings.tls && out_.settings.users.empty()) {
      Warn(root.Mark(), "", "it asks for neither TLS nor users: the pages stay open");
    }
  }

  void Error(const YAML::Mark& at, const std::string& key, const std::string& what) {
    Add(at, key, what, false);
  }

 private:
  void Warn(const YAML::Mark& at, const std::string& key, const std::string& what) {
    Add(at, key, what, true);
  }

  void Add(const YAML::Mark& at, const std::string& key, const std::string& what, bool warning) {
    if (out_.problems.size() == kWebProblemsMax) return;
    out_.problems.push_back({Where(at, key) + ": " + what, warning});
  }

  std::string Where(const YAML::Mark& at, const std::string& key) const {
    const std::string place = path_ + ":" + std::to_string(std::max(at.line, 0) + 1) + ":" +
                              std::to_string(std::max(at.column, 0) + 1);
    return key.empty() ? place : place + ": " + key;
  }

  static std::string Join(const std::string& section, std::string_view key) {
    return section.empty() ? Shown(key) : section + "." + Shown(key);
  }

  // Calls `read` with each known key of a map; tells of all others, and of those that are twice.
  template <typename Read>
  void ForEach(const Node& node, const std::string& section,
               std::span<const std::string_view> known, Read read) {
    if (!node.IsMap()) return Error(node.Mark(), section, "must be a map");
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const std::string path = Join(section, key);
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        Error(entry.first.Mark(), path, "unknown key" + SuggestOrList(key, known));
      } else if (!seen.insert(key).second) {
        Error(entry.first.Mark(), path, "is there twice");
      } else {
        read(*std::find(known.begin(), known.end(), key), entry.second);
      }
    }
  }

  bool Text(const Node& node, const std::string& key, std::string& text) {
    if (node.IsNull()) return true;
    if (!node.IsScalar()) {
      Error(node.Mark(), key, "must be a text");
      return false;
    }
    text = node.Scalar();
    if (text.find('\0') == text.npos) return true;
    Error(node.Mark(), key, "must not hold a zero byte");
    return false;
  }

  void Bool(const Node& node, const std::string& key, bool& flag) {
    if (!node.IsScalar() || !YAML::convert<bool>::decode(node, flag)) {
      Error(node.Mark(), key, "must be true or false");
    }
  }

  // Calls `add` with each text of a list.
  template <typename AddText>
  void Texts(const Node& node, const std::string& key, AddText add) {
    if (node.IsNull()) return;
    if (!node.IsSequence()) return Error(node.Mark(), key, "must be a list");
    if (node.size() > kListMax) {
      return Error(node.Mark(), key, "has more than " + std::to_string(kListMax) + " items");
    }
    for (const auto& item : node) {
      std::string text;
      if (!Text(item, key, text)) continue;
      const std::string wrong = add(text);
      if (!wrong.empty()) Error(item.Mark(), key, wrong);
    }
  }

  // --- TLS -----------------------------------------------------------------------------------

  void ReadTls(const Node& node) {
    static constexpr std::string_view kKeys[] = {"cert_file",
                                                 "key_file",
                                                 "cert",
                                                 "key",
                                                 "client_ca",
                                                 "client_ca_file",
                                                 "cipher_suites",
                                                 "client_allowed_sans",
                                                 "min_version",
                                                 "max_version",
                                                 "client_auth_type",
                                                 "prefer_server_cipher_suites",
                                                 "curve_preferences"};
    TlsSettings tls;
    bool any = false;
    const size_t before = out_.problems.size();
    ForEach(node, kTls, kKeys, [&](std::string_view key, const Node& value) {
      const std::string path = Join(kTls, key);
      any = true;
      if (key == "cert_file" || key == "cert") return ReadPem(value, key, tls.cert);
      if (key == "key_file" || key == "key") return ReadPem(value, key, tls.key);
      if (key == "client_ca_file" || key == "client_ca") return ReadPem(value, key, tls.client_ca);
      if (key == "client_auth_type") return ReadClientAuth(value, path, tls);
      if (key == "min_version") return ReadVersion(value, path, tls.min_version);
      if (key == "max_version") return ReadVersion(value, path, tls.max_version);
      if (key == "prefer_server_cipher_suites") {
        return Bool(value, path, tls.prefer_server_cipher_suites);
      }
      Texts(value, path, [&](const std::string& text) { return AddName(key, text, tls); });
    });
    if (!any) return;
    const std::string wrong = WrongTogether(tls);
    // What could not be read may be what is missing.
    if (!wrong.empty() && out_.problems.size() == before) Error(node.Mark(), kTls, wrong);
    out_.settings.tls = std::move(tls);
  }

  void ReadPem(const Node& node, std::string_view key, Pem& pem) {
    const std::string path = Join(kTls, key);
    std::string text;
    if (!Text(node, path, text) || text.empty()) return;
    if (!pem.empty()) {
      return Error(node.Mark(), path, "is there as a file and as a text: one of them is enough");
    }
    pem.where = Where(node.Mark(), path);
    if (!key.ends_with("_file")) {
      pem.text = std::move(text);
      return;
    }
    pem.file = (std::filesystem::path(path_).parent_path() / text).string();
  }

  void ReadClientAuth(const Node& node, const std::string& path, TlsSettings& tls) {
    std::string name;
    if (!Text(node, path, name)) return;
    const auto type = ClientAuthNamed(name);
    if (type) {
      tls.client_auth = *type;
      return;
    }
    Error(node.Mark(), path,
          "must be NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven "
          "or RequireAndVerifyClientCert");
  }

  void ReadVersion(const Node& node, const std::string& path, int& version) {
    std::string name;
    if (!Text(node, path, name)) return;
    const int found = name.starts_with("TLS1.") ? 0 : TlsVersion(name);
    if (found == 0) return Error(node.Mark(), path, "must be TLS10, TLS11, TLS12 or TLS13");
    version = found;
  }

  static std::string AddName(std::string_view key, const std::string& name, TlsSettings& tls) {
    if (key == "client_allowed_sans") {
      if (name.empty()) return "must not name an empty one";
      tls.client_allowed_sans.push_back(name);
    } else if (key == "cipher_suites") {
      std::string wrong = WrongCipherSuite(name);
      if (!wrong.empty()) return wrong;
      tls.cipher_suites.push_back(name);
    } else {
      static constexpr std::pair<std::string_view, std::string_view> kCurves[] = {
          {"CurveP256", "P-256"},
          {"CurveP384", "P-384"},
          {"CurveP521", "P-521"},
          {"X25519", "X25519"}};
      const auto* found = std::find_if(std::begin(kCurves), std::end(kCurves),
                                       [&](const auto& curve) { return curve.first == name; });
      if (found == std::end(kCurves)) {
        return "there is no such curve here; accepted: CurveP256, CurveP384, CurveP521, X25519";
      }
      tls.curves.emplace_back(found->second);
    }
    return {};
  }

  // --- the rest ------------------------------------------------------------------------------

  void ReadHttp(const Node& node) {
    static constexpr std::string_view kKeys[] = {"http2", "headers"};
    const std::string section = "http_server_config";
    ForEach(node, section, kKeys, [&](std::string_view key, const Node& value) {
      if (key == "headers") {
        if (!value.IsNull()) ReadHeaders(value);
        return;
      }
      // HTTP/2 is not spoken: scrapers that would like to are content with HTTP/1.1.
      bool ignored = false;
      Bool(value, Join(section, key), ignored);
    });
  }

  void ReadHeaders(const Node& node) {
    static constexpr std::string_view kNames[] = {"Content-Security-Policy", "X-Frame-Options",
                                                  "X-Content-Type-Options", "X-XSS-Protection",
                                                  "Strict-Transport-Security"};
    const std::string section = "http_server_config.headers";
    ForEach(node, section, kNames, [&](std::string_view name, const Node& value) {
      const std::string path = Join(section, name);
      std::string text;
      if (!Text(value, path, text) || text.empty()) return;
      const bool printable =
          std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
      if (!printable || text.size() > kHeaderBytesMax) {
        return Error(value.Mark(), path, "must be one line of ASCII");
      }
      if (name == "X-Content-Type-Options" && text != "nosniff") {
        return Error(value.Mark(), path, "must be nosniff");
      }
      if (name == "X-Frame-Options" && text != "deny" && text != "sameorigin") {
        return Error(value.Mark(), path, "must be deny or sameorigin");
      }
      out_.settings.headers.emplace_back(name, std::move(text));
    });
  }

  void ReadUsers(const Node& node) {
    const std::string section = "basic_auth_users";
    if (!node.IsMap()) return Error(node.Mark(), section, "must be a map of users to hashes");
    std::set<std::string> seen;
    for (const auto& entry : node) {
      UserSettings user;
      if (!Text(entry.first, section, user.name)) continue;
      const std::string path = Join(section, user.name);
      if (seen.size() == kUsersMax) {
        return Error(entry.first.Mark(), section,
                     "has more than " + std::to_string(kUsersMax) + " users");
      }
      if (!seen.insert(user.name).second) Error(entry.first.Mark(), path, "is there twice");
      if (user.name.empty() || user.name.find(':') != user.name.npos) {
        Error(entry.first.Mark(), path, "a user's name must be there and have no colon");
      }
      if (!Text(entry.second, path, user.hash)) continue;
      const std::string wrong = WrongHash(user.hash);
      if (!wrong.empty()) Error(entry.second.Mark(), path, wrong);
      out_.settings.users.push_back(std::move(user));
    }
  }

  void ReadRate(const Node& node) {
    static constexpr std::string_view kKeys[] = {"interval", "burst"};
    const std::string section = "rate_limit";
    RateLimit& rate = out_.settings.rate_limit;
    ForEach(node, section, kKeys, [&](std::string_view key, const Node& value) {
      const std::string path = Join(section, key);
      if (key == "burst") {
        if (!value.IsScalar() || !YAML::convert<int64_t>::decode(value, rate.burst) ||
            rate.burst < 0 || rate.burst > kBurstMax) {
          Error(value.Mark(), path, "must be a number from 0 to " + std::to_string(kBurstMax));
        }
        return;
      }
      std::string text;
      if (!Text(value, path, text) || text.empty() || text == "0") return;
      const auto interval = ParseDuration(text);
      if (!interval) return Error(value.Mark(), path, interval.error().message);
      rate.interval = *interval;
    });
    if (rate.interval.count() > 0 && rate.burst < 1) {
      Error(node.Mark(), section, "needs a burst of at least 1, or nothing would be let through");
    }
  }

  static constexpr const char* kTls = "tls_server_config";
  const std::string path_;
  WebFile& out_;
};

}  // namespace

bool WebFile::good() const {
  return std::all_of(problems.begin(), problems.end(),
                     [](const WebProblem& problem) { return problem.warning; });
}

int TlsVersion(std::string_view name) {
  static constexpr std::pair<std::string_view, int> kVersions[] = {
      {"TLS10", 10},  {"TLS11", 11},  {"TLS12", 12},  {"TLS13", 13},
      {"TLS1.0", 10}, {"TLS1.1", 11}, {"TLS1.2", 12}, {"TLS1.3", 13}};
  for (const auto& [known, version] : kVersions) {
    if (known == name) return version;
  }
  return 0;
}

std::optional<ClientAuth> ClientAuthNamed(std::string_view name) {
  static constexpr std::pair<std::string_view, ClientAuth> kTypes[] = {
      {"", ClientAuth::kNone},
      {"NoClientCert", ClientAuth::kNone},
      {"RequestClientCert", ClientAuth::kRequest},
      {"RequireAnyClientCert", ClientAuth::kRequireAny},
      {"RequireClientCert", ClientAuth::kRequireAny},  // its name before
      {"VerifyClientCertIfGiven", ClientAuth::kVerifyIfGiven},
      {"RequireAndVerifyClientCert", ClientAuth::kRequireAndVerify}};
  for (const auto& [known, type] : kTypes) {
    if (known == name) return type;
  }
  return std::nullopt;
}

std::string WrongTogether(const TlsSettings& tls) {
  if (tls.cert.empty()) return "needs a certificate: cert_file or cert";
  if (tls.key.empty()) return "needs the certificate's key: key_file or key";
  if (tls.min_version > tls.max_version) return "min_version is above max_version";
  if (!tls.client_ca.empty() && tls.client_auth == ClientAuth::kNone) {
    return "has an authority for clients, but client_auth_type asks them for no certificate";
  }
  if (!tls.client_allowed_sans.empty() && tls.client_auth != ClientAuth::kRequireAny &&
      tls.client_auth != ClientAuth::kRequireAndVerify) {
    return "client_allowed_sans need the client_auth_type RequireAndVerifyClientCert";
  }
  return {};
}

WebFile ParseWebFile(const std::string& text, const std::string& path) {
  WebFile file;
  Reader reader(path, file);
  try {
    reader.ReadAll(YAML::Load(text));
  } catch (const YAML::Exception& e) {
    // Behind a colon it repeats what stands there, which may be a secret.
    reader.Error(e.mark, "", Shown(e.msg.substr(0, e.msg.find(':'))));
  }
  return file;
}

}  // namespace pillion::web
