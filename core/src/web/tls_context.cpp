#include "web/tls_context.hpp"

#include "config/suggest.hpp"
#include "web/client_names.hpp"
#include "web/tls_channel.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

namespace pillion::web {
namespace {

template <auto Function>
struct Free {
  template <typename T>
  void operator()(T* pointer) const {
    Function(pointer);
  }
};
using BioPtr = std::unique_ptr<BIO, Free<BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, Free<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

constexpr const char* kAllCiphers = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";
constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

Error Wrong(std::string text) { return {Reason::kInternal, std::move(text)}; }

// The library's own words for the last error; clears its queue.
std::string LastWords() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  std::string text = reason == nullptr ? "error " + std::to_string(code) : reason;
  ERR_clear_error();
  return text;
}

SSL_CTX* NewContext() {
  // Its clean-up at the end of the process would meet threads that still run.
  OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, nullptr);
  ERR_clear_error();
  return SSL_CTX_new(TLS_server_method());
}

std::string Named(const Pem& pem) {
  return pem.file.empty() ? pem.where + ": " : pem.where + ": `" + pem.file + "`: ";
}

// A password for a key file would be asked for on the terminal.
int NoPassword(char* /*into*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

// Holds the bytes of a Pem, and wipes them.
class PemText {
 public:
  static Result<PemText> Of(const Pem& pem) {
    if (pem.file.empty()) return PemText(pem.text);
    auto text = ReadWholeFile(pem.file, kPemBytesMax);
    if (!text) return Wrong(Named(pem) + text.error().message);
    return PemText(*std::move(text));
  }
  PemText(PemText&&) = default;
  PemText& operator=(PemText&&) = delete;
  ~PemText() { OPENSSL_cleanse(text_.data(), text_.size()); }

  BioPtr Open() const {
    return BioPtr(BIO_new_mem_buf(text_.data(), static_cast<int>(text_.size())));
  }

 private:
  explicit PemText(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// All certificates in it; an error if there is none, or one is broken.
Result<std::vector<CertificatePtr>> ReadCertificates(const Pem& pem) {
  const auto text = PemText::Of(pem);
  if (!text) return text.error();
  const BioPtr bio = text->Open();
  std::vector<CertificatePtr> all;
  ERR_clear_error();
  while (CertificatePtr one{PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr)}) {
    all.push_back(std::move(one));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (all.empty() && at_end) {
    ERR_clear_error();
    return Wrong(Named(pem) + "holds no certificate in PEM");
  }
  if (!at_end) return Wrong(Named(pem) + "holds a broken certificate: " + LastWords());
  ERR_clear_error();
  return all;
}

int64_t UnixTime(const ASN1_TIME* time) {
  std::tm utc{};
  return ASN1_TIME_to_tm(time, &utc) == 1 ? int64_t{timegm(&utc)} : 0;
}

Result<int64_t> LoadCertificate(SSL_CTX* context, const TlsSettings& settings) {
  const auto chain = ReadCertificates(settings.cert);
  if (!chain) return chain.error();
  if (SSL_CTX_use_certificate(context, chain->front().get()) != 1) {
    return Wrong(Named(settings.cert) + LastWords());
  }
  for (size_t i = 1; i < chain->size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) != 1) {
      return Wrong(Named(settings.cert) + LastWords());
    }
  }
  const auto text = PemText::Of(settings.key);
  if (!text) return text.error();
  const BioPtr bio = text->Open();
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (!key) return Wrong(Named(settings.key) + "holds no usable key: " + LastWords());
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return Wrong(Named(settings.key) + "is not the key of the certificate: " + LastWords());
  }
  return UnixTime(X509_get0_notAfter(chain->front().get()));
}

Result<void> LoadAuthority(SSL_CTX* context, const TlsSettings& settings) {
  if (settings.client_ca.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  const auto authorities = ReadCertificates(settings.client_ca);
  if (!authorities) return authorities.error();
  for (const CertificatePtr& one : *authorities) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get()) != 1 ||
        SSL_CTX_add_client_CA(context, one.get()) != 1) {
      return Wrong(Named(settings.client_ca) + LastWords());
    }
  }
  return {};
}

int ProtocolOf(int version) {
  switch (version) {
    case 10: return TLS1_VERSION;
    case 11: return TLS1_1_VERSION;
    case 12: return TLS1_2_VERSION;
    default: return TLS1_3_VERSION;
  }
}

// "" if there is none of this name; those of TLS 1.3 have no name that could be set here.
std::string OwnName(SSL_CTX* all, std::string name, bool& is_tls13) {
  // Go called these by shorter names before there were longer ones.
  if (name.ends_with("_CHACHA20_POLY1305")) name += "_SHA256";
  const STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(all);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(ciphers, i);
    const char* standard = SSL_CIPHER_standard_name(cipher);
    if (standard == nullptr || name != standard) continue;
    is_tls13 = std::string_view(SSL_CIPHER_get_version(cipher)) == "TLSv1.3";
    return SSL_CIPHER_get_name(cipher);
  }
  return {};
}

Result<void> SetCiphers(SSL_CTX* context, const TlsSettings& settings) {
  // Before TLS 1.2 there are only signatures that the library's usual level refuses.
  const std::string level = settings.min_version < 12 ? ":@SECLEVEL=0" : "";
  if (settings.cipher_suites.empty()) {
    const std::string list = "DEFAULT" + level;
    if (SSL_CTX_set_cipher_list(context, list.c_str()) != 1) return Wrong("TLS: " + LastWords());
    return {};
  }
  SSL_CTX_set_cipher_list(context, kAllCiphers);
  std::string list;
  bool any = false;
  for (const std::string& name : settings.cipher_suites) {
    bool is_tls13 = false;
    const std::string own = OwnName(context, name, is_tls13);
    if (own.empty()) {
      return Wrong(settings.cert.where +
                   ": beside it, cipher_suites names one that there is not: " + name);
    }
    any = true;
    if (!is_tls13) list += own + ":";
  }
  // With suites of TLS 1.3 alone there is no way to speak TLS 1.2.
  if (list.empty() && any) SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  if (list.empty()) list = "DEFAULT:";
  list += "@SECLEVEL=" + std::string(settings.min_version < 12 ? "0" : "1");
  if (SSL_CTX_set_cipher_list(context, list.c_str()) != 1) return Wrong("TLS: " + LastWords());
  return {};
}

int ChooseProtocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* length,
                   const unsigned char* offered, unsigned int offered_length, void* /*data*/) {
  unsigned char* out = nullptr;
  if (SSL_select_next_proto(&out, length, kHttp11, sizeof(kHttp11), offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = out;
  return SSL_TLSEXT_ERR_OK;
}

Result<void> SetProtocols(SSL_CTX* context, const TlsSettings& settings) {
  SSL_CTX_set_min_proto_version(context, ProtocolOf(settings.min_version));
  SSL_CTX_set_max_proto_version(context, ProtocolOf(settings.max_version));
  if (auto set = SetCiphers(context, settings); !set) return set;
  std::string curves;
  for (const std::string& curve : settings.curves) curves += (curves.empty() ? "" : ":") + curve;
  if (!curves.empty() && SSL_CTX_set1_groups_list(context, curves.c_str()) != 1) {
    return Wrong("TLS: " + LastWords());
  }
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TICKET);
  if (settings.prefer_server_cipher_suites) {
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  }
  // Scrapers keep their connections. A session that is taken up again would not ask whether its
  // client's certificate is still good.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context, ChooseProtocol, nullptr);
  return {};
}

}  // namespace

Result<std::string> ReadWholeFile(const std::string& path, size_t bytes_max) {
  const auto failed = [] { return Wrong(std::generic_category().message(errno)); };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return failed();
  const std::unique_ptr<const int, void (*)(const int*)> closer(&fd,
                                                                [](const int* f) { ::close(*f); });
  struct stat status {};
  if (::fstat(fd, &status) != 0) return failed();
  if (!S_ISREG(status.st_mode)) return Wrong("not a regular file");
  std::string text(bytes_max + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed();
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > bytes_max) return Wrong("larger than " + std::to_string(bytes_max) + " bytes");
  text.resize(size);
  return text;
}

std::string WrongCipherSuite(const std::string& name) {
  const std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> context(NewContext());
  if (context == nullptr) return "TLS: " + LastWords();
  std::vector<std::string_view> usual;
  const STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(context.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const char* standard = SSL_CIPHER_standard_name(sk_SSL_CIPHER_value(ciphers, i));
    if (standard != nullptr) usual.emplace_back(standard);
  }
  SSL_CTX_set_cipher_list(context.get(), kAllCiphers);
  bool is_tls13 = false;
  if (!OwnName(context.get(), name, is_tls13).empty()) return {};
  return "there is no such cipher suite here" + SuggestOrList(name, usual);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::Make(const TlsSettings& settings) {
  SSL_CTX* context = NewContext();
  if (context == nullptr) return Wrong("TLS: " + LastWords());
  const std::shared_ptr<TlsContext> made(new TlsContext(context));
  if (auto set = SetProtocols(context, settings); !set) return set.error();
  auto expires = LoadCertificate(context, settings);
  if (!expires) return expires.error();
  made->expires_ = *expires;
  if (settings.client_auth != ClientAuth::kNone) {
    if (auto loaded = LoadAuthority(context, settings); !loaded) return loaded.error();
    AskForCertificates(context, settings);
  }
  return std::shared_ptr<const TlsContext>(made);
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

std::unique_ptr<TlsChannel> TlsContext::Accept(int fd) const { return MakeChannel(context_, fd); }

}  // namespace pillion::web
