#include "web/inline_settings.hpp"

#include "web/password_hash.hpp"
#include "web/web_file.hpp"

#include <utility>

namespace pillion::web {
namespace {

TlsSettings ReadTls(const WebSource& source, std::vector<WebProblem>& problems) {
  TlsSettings tls;
  for (const auto& [key, value] : source.tls) {
    if (key == "cert_file") tls.cert = {value.text, {}, value.where};
    if (key == "key_file") tls.key = {value.text, {}, value.where};
    if (key == "client_ca_file") tls.client_ca = {value.text, {}, value.where};
    if (key == "min_version") tls.min_version = TlsVersion(value.text);
    if (key == "max_version") tls.max_version = TlsVersion(value.text);
  }
  const auto type = source.tls.find("client_auth_type");
  if (type != source.tls.end()) {
    tls.client_auth = ClientAuthNamed(type->second.text).value_or(ClientAuth::kRequireAndVerify);
  } else if (!tls.client_ca.empty()) {
    tls.client_auth = ClientAuth::kRequireAndVerify;
  }
  const std::string wrong = WrongTogether(tls);
  if (!wrong.empty()) problems.push_back({source.tls.begin()->second.where + ": " + wrong, false});
  return tls;
}

void ReadUser(const WebSource& source, WebSettings& settings, std::vector<WebProblem>& problems) {
  UserSettings user{source.user.text, {}, {}};
  const auto& read = source.password_hash ? source.password_hash : source.password;
  auto secret = read();
  const auto tell = [&](const std::string& wrong) {
    problems.push_back({source.secret_where + ": " + wrong, false});
  };
  if (!secret) return tell(secret.error().message);
  if (source.password_hash) {
    user.hash = *std::move(secret);
    const std::string wrong = WrongHash(user.hash);
    if (!wrong.empty()) tell(wrong);
  } else {
    user.password = *std::move(secret);
    if (user.password.empty()) tell("is empty");
  }
  settings.users.push_back(std::move(user));
}

}  // namespace

WebSettings ReadInline(const WebSource& source, std::vector<WebProblem>& problems) {
  WebSettings settings;
  if (!source.tls.empty()) settings.tls = ReadTls(source, problems);
  if (!source.user.text.empty()) ReadUser(source, settings, problems);
  return settings;
}

}  // namespace pillion::web
