#include "web/client_names.hpp"

#include <arpa/inet.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

namespace pillion::web {
namespace {

struct Rule {
  bool verify;  // that somebody we trust has signed it
  std::vector<std::string> names;
};

// The rule of a context goes with it.
void FreeRule(void* /*parent*/, void* rule, CRYPTO_EX_DATA* /*data*/, int /*index*/,
              long /*number*/, void* /*pointer*/) {
  delete static_cast<Rule*>(rule);
}

int RuleIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeRule);
  return index;
}

std::string Text(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

std::string AddressText(const ASN1_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(bytes) != 16) return {};
  ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof(text));
  return text;
}

bool IsAllowed(X509* certificate, const Rule& rule) {
  if (rule.names.empty()) return true;
  const std::vector<std::string> names = NamesOf(certificate);
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::find(rule.names.begin(), rule.names.end(), name) != rule.names.end();
  });
}

// Called if the client has sent a certificate.
int Judge(X509_STORE_CTX* store, void* data) {
  const auto& rule = *static_cast<const Rule*>(data);
  if (rule.verify && X509_verify_cert(store) != 1) return 0;
  if (IsAllowed(X509_STORE_CTX_get0_cert(store), rule)) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

}  // namespace

std::vector<std::string> NamesOf(X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> all(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all.get(), i), &type);
    const auto* string = static_cast<const ASN1_STRING*>(value);
    if (type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI) names.push_back(Text(string));
    if (type == GEN_IPADD) names.push_back(AddressText(string));
  }
  return names;
}

void AskForCertificates(SSL_CTX* context, const TlsSettings& settings) {
  const bool required = settings.client_auth == ClientAuth::kRequireAny ||
                        settings.client_auth == ClientAuth::kRequireAndVerify;
  auto rule = std::make_unique<Rule>();
  rule->verify = settings.client_auth == ClientAuth::kVerifyIfGiven ||
                 settings.client_auth == ClientAuth::kRequireAndVerify;
  rule->names = settings.client_allowed_sans;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  SSL_CTX_set_cert_verify_callback(context, Judge, rule.get());
  SSL_CTX_set_ex_data(context, RuleIndex(), rule.release());
}

}  // namespace pillion::web
