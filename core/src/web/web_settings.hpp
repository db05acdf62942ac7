// WebSettings: a web configuration, read and typed. Texts of keys are in it: it is let go of as
// soon as what it asks for is made.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pillion::web {

// Something in PEM: a file, or the text itself.
struct Pem {
  std::string file;
  std::string text;
  std::string where;  // for what is wrong with it: "web.yml:2:14: tls_server_config.cert_file"

  bool empty() const { return file.empty() && text.empty(); }
};

enum class ClientAuth : uint8_t { kNone, kRequest, kRequireAny, kVerifyIfGiven, kRequireAndVerify };

struct TlsSettings {
  Pem cert, key, client_ca;
  ClientAuth client_auth = ClientAuth::kNone;
  std::vector<std::string> client_allowed_sans;
  int min_version = 12;  // 10 to 13, for 1.0 to 1.3
  int max_version = 13;
  std::vector<std::string> cipher_suites;  // by the names of the standard; empty: the library's
  std::vector<std::string> curves;         // likewise
  bool prefer_server_cipher_suites = true;
};

struct UserSettings {
  std::string name;
  std::string hash;      // bcrypt; empty: there is a password
  std::string password;  // that is compared as it stands
};

struct RateLimit {
  std::chrono::nanoseconds interval{0};  // 0: none
  int64_t burst = 0;
};

struct WebSettings {
  std::optional<TlsSettings> tls;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<UserSettings> users;
  RateLimit rate_limit;
};

}  // namespace pillion::web
