// Which clients' certificates are let in.
#pragma once

#include "web/web_settings.hpp"

#include <openssl/ssl.h>

#include <string>
#include <vector>

namespace pillion::web {

// Makes each handshake ask the client for a certificate, and judge it, as `settings.client_auth`
// and `settings.client_allowed_sans` say. The context keeps what it needs of them.
void AskForCertificates(SSL_CTX* context, const TlsSettings& settings);

// The names that a certificate is made out to: DNS, e-mail, IP addresses, URIs.
std::vector<std::string> NamesOf(X509* certificate);

}  // namespace pillion::web
