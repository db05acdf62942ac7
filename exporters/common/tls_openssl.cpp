// The TLS engine: OpenSSL over a BIO of ours, which sends without SIGPIPE.
#include "tls.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <system_error>

namespace pillion::tls {
namespace {

template <auto Function>
struct Free {
  template <typename T>
  void operator()(T* pointer) const {
    Function(pointer);
  }
};
using ContextPtr = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Free<SSL_free>>;
using MethodPtr = std::unique_ptr<BIO_METHOD, Free<BIO_meth_free>>;

// -- the socket --

int FdOf(BIO* bio) { return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))); }

bool IsForLater(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

int BioRead(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(FdOf(bio), into, static_cast<size_t>(size), MSG_DONTWAIT);
  if (got < 0 && IsForLater(errno)) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

int BioWrite(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t put =
      ::send(FdOf(bio), bytes, static_cast<size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (put < 0 && IsForLater(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(put);
}

long BioControl(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

MethodPtr MakeMethod() {
  MethodPtr method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pillion socket"));
  if (!method) throw std::bad_alloc();
  BIO_meth_set_read(method.get(), BioRead);
  BIO_meth_set_write(method.get(), BioWrite);
  BIO_meth_set_ctrl(method.get(), BioControl);
  return method;
}

const BIO_METHOD* Method() {
  static const MethodPtr method = MakeMethod();
  return method.get();
}

// -- errors --

// The library's own words for the last error; clears its queue.
std::string LastWords(unsigned long code) {
  const char* reason = ERR_reason_error_string(code);
  std::string text = reason == nullptr ? "error " + std::to_string(code) : reason;
  ERR_clear_error();
  return text;
}

Error FileError(const char* option, const std::string& path) {
  return {Reason::kAuth,
          std::string(option) + " `" + path + "`: " + LastWords(ERR_peek_last_error())};
}

// The other side's alerts are 1000 + their number, for all versions of TLS.
bool IsAlert(int reason) { return reason >= 1000 && reason < 1256; }

bool IsAboutOurCertificate(int reason) {
  switch (reason - 1000) {
    case SSL_AD_HANDSHAKE_FAILURE:  // TLS 1.2: one is wanted
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case 116: return true;  // certificate_required, TLS 1.3
    default: return false;
  }
}

// A password for a key file would be asked for on the terminal.
int NoPassword(char* /*into*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

// -- setting up --

Result<void> LoadFiles(SSL_CTX* context, const Config& config) {
  SSL_CTX_set_default_passwd_cb(context, NoPassword);
  if (config.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_file(context, config.ca_file.c_str()) != 1) {
    return FileError("tls_ca_file", config.ca_file);
  }
  if (config.cert_file.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, config.cert_file.c_str()) != 1) {
    return FileError("tls_cert_file", config.cert_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, config.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return FileError("tls_key_file", config.key_file);
  }
  return {};
}

bool IsNumeric(const std::string& host) {
  unsigned char address[16];
  return ::inet_pton(AF_INET, host.c_str(), address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address) == 1;
}

// Whom we want to talk to: the server name in the handshake, and what the certificate must say.
bool SetName(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  if (IsNumeric(name)) return X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set_tlsext_host_name(ssl, name.c_str()) == 1 &&
         X509_VERIFY_PARAM_set1_host(param, name.data(), name.size()) == 1;
}

class OpenSslChannel final : public Channel {
 public:
  OpenSslChannel(SslPtr ssl, std::string name) : ssl_(std::move(ssl)), name_(std::move(name)) {}

  Step Handshake() override {
    ERR_clear_error();
    return After(SSL_do_handshake(ssl_.get()));
  }

  Step Read(char* into, size_t size, size_t& got) override {
    ERR_clear_error();
    return After(SSL_read_ex(ssl_.get(), into, size, &got));
  }

  Step Write(std::string_view bytes, size_t& put) override {
    ERR_clear_error();
    return After(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &put));
  }

  void End() override {
    if (failed_) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }

  Error error() const override { return error_; }

 private:
  Step After(int result) {
    if (result == 1) return Step::kDone;
    const int error_number = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ: return Step::kWantRead;
      case SSL_ERROR_WANT_WRITE: return Step::kWantWrite;
      case SSL_ERROR_ZERO_RETURN: return Step::kClosed;
      case SSL_ERROR_SYSCALL:
        failed_ = true;
        error_ = {Reason::kRefused, error_number == 0
                                        ? "the server closed the connection"
                                        : std::generic_category().message(error_number)};
        return Step::kFailed;
      default:
        failed_ = true;
        error_ = Explain(ERR_peek_error());
        return Step::kFailed;
    }
  }

  Error Explain(unsigned long code) {
    const int reason = ERR_GET_REASON(code);
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
      ERR_clear_error();
      return {Reason::kRefused, "the server closed the connection"};
    }
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
      ERR_clear_error();
      const long verdict = SSL_get_verify_result(ssl_.get());
      return {Reason::kAuth, "TLS: the server's certificate is not accepted for `" + name_ +
                                 "`: " + X509_verify_cert_error_string(verdict) + Advice(verdict)};
    }
    const std::string words = LastWords(code);
    if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST) {
      return {Reason::kProtocol, "TLS: what the server sends is not TLS (" + words +
                                     "); is this its port without TLS?"};
    }
    if (IsAlert(reason)) {
      return {Reason::kRefused,
              "TLS: the server refuses: " + words +
                  (IsAboutOurCertificate(reason)
                       ? "; see to tls_cert_file and tls_key_file, and to whom the server trusts"
                       : "")};
    }
    return {Reason::kProtocol, "TLS: " + words};
  }

  static std::string Advice(long verdict) {
    switch (verdict) {
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return "; name its authority in tls_ca_file";
      case X509_V_ERR_HOSTNAME_MISMATCH:
      case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "; if it is made out to another name, set tls_server_name";
      default: return "";
    }
  }

  SslPtr ssl_;
  std::string name_;
  Error error_;
  bool failed_ = false;
};

Result<std::unique_ptr<Channel>> OpenChannel(int fd, const Config& config, std::string_view host) {
  // Its clean-up at the end of the process would meet lanes that still run.
  OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, nullptr);
  ERR_clear_error();
  const ContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (!context) return Error{Reason::kInternal, "TLS: " + LastWords(ERR_peek_last_error())};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context.get(), config.skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                     nullptr);
  if (auto loaded = LoadFiles(context.get(), config); !loaded) return loaded.error();
  SslPtr ssl(SSL_new(context.get()));
  BIO* bio = BIO_new(Method());
  if (!ssl || bio == nullptr) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(fd)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_connect_state(ssl.get());
  std::string name = config.server_name.empty() ? std::string(host) : config.server_name;
  if (!SetName(ssl.get(), name)) {
    ERR_clear_error();
    return Error{Reason::kInternal, "TLS: `" + name + "` is not a name for a server"};
  }
  return std::unique_ptr<Channel>(
      std::make_unique<OpenSslChannel>(std::move(ssl), std::move(name)));
}

constexpr Engine kEngine{kEngineVersion, OpenChannel};

}  // namespace
}  // namespace pillion::tls

extern "C" [[gnu::visibility("default")]] const pillion::tls::Engine* pillion_tls_engine();
extern "C" const pillion::tls::Engine* pillion_tls_engine() { return &pillion::tls::kEngine; }
