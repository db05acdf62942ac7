// TlsContext: what all connections under one TLS configuration share: certificate, key, versions,
// and which clients are let in.
#pragma once

#include "http/page_guard.hpp"
#include "web/web_settings.hpp"

#include <pillion/result.hpp>

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pillion::web {

inline constexpr size_t kPemBytesMax = size_t{1} << 20;

// A regular file of at most `bytes_max`; errors without the path.
Result<std::string> ReadWholeFile(const std::string& path, size_t bytes_max);

// What is wrong with a name of cipher_suites, for a message; empty: nothing.
std::string WrongCipherSuite(const std::string& name);

class TlsContext {
 public:
  // Reads the files of now. Errors begin with where it stands in the configuration.
  static Result<std::shared_ptr<const TlsContext>> Make(const TlsSettings& settings);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  int64_t expires() const { return expires_; }  // Unix time
  // Null: no memory. The channel may outlive this.
  std::unique_ptr<TlsChannel> Accept(int fd) const;

 private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}

  SSL_CTX* const context_;
  int64_t expires_ = 0;
};

}  // namespace pillion::web
