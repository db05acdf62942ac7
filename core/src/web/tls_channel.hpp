// The server's side of one connection, by OpenSSL over a BIO of ours that sends without SIGPIPE.
#pragma once

#include "http/page_guard.hpp"

#include <openssl/ssl.h>

#include <memory>

namespace pillion::web {

// Null: no memory. Does not own the descriptor, which must not block.
std::unique_ptr<TlsChannel> MakeChannel(SSL_CTX* context, int fd);

}  // namespace pillion::web
