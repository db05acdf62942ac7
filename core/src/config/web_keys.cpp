#include "config/web_keys.hpp"

#include "config/suggest.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace pillion {
namespace {

constexpr std::string_view kVersions[] = {"TLS10", "TLS11", "TLS12", "TLS13"};
constexpr std::string_view kClientAuth[] = {"NoClientCert", "RequestClientCert",
                                            "RequireAnyClientCert", "VerifyClientCertIfGiven",
                                            "RequireAndVerifyClientCert"};

std::string Where(const Value& value, Loading& loading) {
  const std::string where = loading.problems.Where(value.place());
  return where.empty() ? value.path : where + ": " + value.path;
}

// Calls `read` with each known key of the table; tells of the others.
template <size_t Size, typename Read>
void ForEach(const Value& table, const std::array<std::string_view, Size>& keys, Loading& loading,
             Read read) {
  const auto* entries = loading.reader.Table(table);
  if (entries == nullptr) return;
  for (const TomlEntry& entry : *entries) {
    const Value value{&entry.value, table.source, JoinKey(table.path, entry.key)};
    const auto* known = std::find(keys.begin(), keys.end(), entry.key);
    if (known == keys.end()) {
      loading.problems.Error({table.source, entry.position}, value.path,
                             "unknown key" + SuggestOrList(entry.key, keys));
    } else {
      read(*known, value);
    }
  }
}

std::optional<std::string> NotEmpty(const Value& value, Loading& loading) {
  auto text = loading.reader.String(value);
  if (text && text->empty()) {
    loading.reader.Error(value, "must not be empty");
    return std::nullopt;
  }
  return text;
}

}  // namespace

void ReadWebConfig(const Value& value, Loading& loading) {
  auto path = loading.reader.String(value);
  if (!path) return;
  loading.config.http.web.file = {*std::move(path), Where(value, loading)};
}

void ReadTls(const Value& value, Loading& loading) {
  static constexpr std::array<std::string_view, 6> kKeys = {
      "cert_file", "key_file", "client_ca_file", "client_auth_type", "min_version", "max_version"};
  auto& tls = loading.config.http.web.tls;
  tls.clear();
  ForEach(value, kKeys, loading, [&](std::string_view key, const Value& item) {
    std::optional<std::string> text;
    if (key.ends_with("_version")) {
      text = loading.reader.Choice(item, kVersions);
    } else if (key == "client_auth_type") {
      text = loading.reader.Choice(item, kClientAuth);
    } else {
      text = NotEmpty(item, loading);
    }
    if (text) tls[std::string(key)] = {*std::move(text), Where(item, loading)};
  });
  if (value.node->kind != TomlNode::Kind::kTable) return;
  for (const char* key : {"cert_file", "key_file"}) {
    const bool there = std::any_of(value.node->entries.begin(), value.node->entries.end(),
                                   [&](const TomlEntry& entry) { return entry.key == key; });
    if (!there) loading.reader.Error(value, std::string("needs ") + key);
  }
}

void ReadBasicAuth(const Value& value, Loading& loading) {
  static constexpr std::array<std::string_view, 3> kKeys = {"username", "password",
                                                            "password_hash"};
  WebKeys& web = loading.config.http.web;
  const size_t before = loading.problems.errors();
  ForEach(value, kKeys, loading, [&](std::string_view key, const Value& item) {
    if (key == "username") {
      auto name = NotEmpty(item, loading);
      if (!name) return;
      if (name->find(':') != name->npos) return loading.reader.Error(item, "must have no colon");
      web.user = {*std::move(name), Where(item, loading)};
      return;
    }
    auto pattern = loading.reader.SecretPattern(item);
    if (!pattern) return;
    if (pattern->empty()) return loading.reader.Error(item, "must not be empty");
    (key == "password" ? web.password : web.password_hash) = Secret(*std::move(pattern));
    web.secret_where = Where(item, loading);
  });
  if (loading.problems.errors() > before) return;
  if (web.user.text.empty()) loading.reader.Error(value, "needs a username");
  if (web.password.empty() == web.password_hash.empty()) {
    loading.reader.Error(value, "needs a password or a password_hash, and not both");
  }
}

void CheckWebKeys(Loading& loading) {
  WebKeys& web = loading.config.http.web;
  if (web.file.text.empty() || (web.tls.empty() && web.user.text.empty())) return;
  // A file's position is in the text already.
  loading.problems.Error({loading.whole, {}}, web.file.where,
                         "has a place for all of [http.tls] and [http.basic_auth]: both together "
                         "are not possible");
}

}  // namespace pillion
