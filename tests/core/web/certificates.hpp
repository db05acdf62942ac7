// Certificates for tests, made on the spot, and a client that speaks TLS over a blocking socket.
#pragma once

#include "support/http_client.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

namespace pillion::test {

// A key and a certificate for it, by itself or by an authority.
class Certificate {
 public:
  struct What {
    std::string name = "localhost";
    const Certificate* authority = nullptr;  // null: itself
    std::string sans = "IP:127.0.0.1,DNS:localhost";
    long valid_for = 3600;  // seconds from now; negative: has expired
  };

  explicit Certificate(const What& what)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), x509_(X509_new(), X509_free) {
    static int64_t serial = 1;
    ASN1_INTEGER_set_int64(X509_get_serialNumber(x509_.get()), ++serial);
    X509_set_version(x509_.get(), 2);
    X509_gmtime_adj(X509_getm_notBefore(x509_.get()), -7200);
    X509_gmtime_adj(X509_getm_notAfter(x509_.get()), what.valid_for);
    X509_set_pubkey(x509_.get(), key_.get());
    const auto* bytes = reinterpret_cast<const unsigned char*>(what.name.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509_.get()), "CN", MBSTRING_ASC, bytes, -1,
                               -1, 0);
    const Certificate& by = what.authority == nullptr ? *this : *what.authority;
    X509_set_issuer_name(x509_.get(), X509_get_subject_name(by.x509_.get()));
    Extend(NID_basic_constraints, what.authority == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
    if (!what.sans.empty()) Extend(NID_subject_alt_name, what.sans);
    X509_sign(x509_.get(), by.key_.get(), EVP_sha256());
  }

  std::string Pem() const {
    return Text([&](BIO* bio) { PEM_write_bio_X509(bio, x509_.get()); });
  }
  std::string KeyPem() const {
    return Text([&](BIO* bio) {
      PEM_write_bio_PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  EVP_PKEY* key() const { return key_.get(); }
  X509* x509() const { return x509_.get(); }

 private:
  void Extend(int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    X509_add_ext(x509_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  template <typename Write>
  static std::string Text(Write write) {
    const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
    write(bio.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<size_t>(size)};
  }

  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
  std::unique_ptr<X509, void (*)(X509*)> x509_;
};

// A directory with files, gone afterwards.
struct Files {
  Files() {
    char name[] = "/tmp/pillion-web-XXXXXX";
    path = mkdtemp(name);
  }
  ~Files() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  // As a volume of Kubernetes does it: another file takes the place at once.
  std::string Put(const std::string& name, const std::string& text) const {
    const std::string beside = path + "/." + name;
    std::ofstream(beside, std::ios::binary) << text;
    std::filesystem::rename(beside, path + "/" + name);
    return path + "/" + name;
  }
  std::string path;
};

// One TLS connection to HOST:PORT.
class TlsClient {
 public:
  struct Options {
    const Certificate* trusts = nullptr;  // null: anybody
    const Certificate* shows = nullptr;   // null: no certificate
    int max_version = 0;
    std::string ciphers;  // of TLS 1.2
    std::string alpn;     // in wire format
  };

  TlsClient(const std::string& address, const Options& options)
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    if (options.max_version != 0) {
      SSL_CTX_set_min_proto_version(context_.get(), 0);
      SSL_CTX_set_max_proto_version(context_.get(), options.max_version);
    }
    SSL_CTX_set_cipher_list(context_.get(),
                            options.ciphers.empty() ? "ALL:@SECLEVEL=0" : options.ciphers.c_str());
    if (options.trusts != nullptr) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), options.trusts->x509());
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    }
    if (options.shows != nullptr) {
      SSL_CTX_use_certificate(context_.get(), options.shows->x509());
      SSL_CTX_use_PrivateKey(context_.get(), options.shows->key());
    }
    bio_.reset(BIO_new_connect(address.c_str()));
    if (BIO_do_connect(bio_.get()) != 1) return;
    const timeval limit{kHang.count(), 0};
    int fd = -1;
    BIO_get_fd(bio_.get(), &fd);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ssl_.reset(SSL_new(context_.get()));
    if (!options.alpn.empty()) {
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(options.alpn.data()),
                          static_cast<unsigned>(options.alpn.size()));
    }
    SSL_set_bio(ssl_.get(), bio_.get(), bio_.get());
    BIO_up_ref(bio_.get());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }

  // Whether the handshake was done; with TLS 1.3 the server may refuse after that.
  bool connected() const { return connected_; }
  SSL* ssl() const { return ssl_.get(); }

  // The answer to one request with everything up to the end of its body; empty: cut off.
  std::string Get(const std::string& path, const std::string& more = "") {
    if (!connected_) return {};
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n";
    if (SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size())) <= 0) return {};
    std::string answer;
    char buffer[16384];
    for (;;) {
      const size_t head = answer.find("\r\n\r\n");
      if (head != answer.npos) {
        const size_t at = answer.find("Content-Length: ") + 16;
        if (answer.size() >= head + 4 + std::strtoul(answer.c_str() + at, nullptr, 10)) {
          return answer;
        }
      }
      const int got = SSL_read(ssl_.get(), buffer, sizeof(buffer));
      if (got <= 0) return {};
      answer.append(buffer, static_cast<size_t>(got));
    }
  }

 private:
  struct FreeBio {
    void operator()(BIO* bio) const { BIO_free_all(bio); }
  };
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<BIO, FreeBio> bio_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  bool connected_ = false;
};

}  // namespace pillion::test
