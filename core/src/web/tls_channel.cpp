#include "web/tls_channel.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace pillion::web {
namespace {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, FreeSsl>;

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

// One for the process; never freed, as the library never is.
const BIO_METHOD* Method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pillion page");
    if (made == nullptr) return made;
    BIO_meth_set_read(made, BioRead);
    BIO_meth_set_write(made, BioWrite);
    BIO_meth_set_ctrl(made, BioControl);
    return made;
  }();
  return method;
}

class Channel final : public TlsChannel {
 public:
  explicit Channel(SslPtr ssl) : ssl_(std::move(ssl)) {}

  Step Handshake() override {
    ERR_clear_error();
    return After(SSL_do_handshake(ssl_.get()));
  }

  Step Read(void* into, size_t size, size_t& got) override {
    ERR_clear_error();
    return After(SSL_read_ex(ssl_.get(), into, size, &got));
  }

  Step Write(const void* bytes, size_t size, size_t& put) override {
    ERR_clear_error();
    return After(SSL_write_ex(ssl_.get(), bytes, size, &put));
  }

  void End() override {
    // In the middle of a handshake there is nobody to say goodbye to.
    if (!failed_ && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
    failed_ = true;
    ERR_clear_error();
  }

 private:
  Step After(int result) {
    if (result == 1) return Step::kDone;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ: return Step::kWantRead;
      case SSL_ERROR_WANT_WRITE: return Step::kWantWrite;
      case SSL_ERROR_ZERO_RETURN: return Step::kClosed;
      default: break;
    }
    failed_ = true;
    ERR_clear_error();
    return Step::kFailed;
  }

  SslPtr ssl_;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<TlsChannel> MakeChannel(SSL_CTX* context, int fd) {
  SslPtr ssl(SSL_new(context));
  BIO* bio = Method() == nullptr ? nullptr : BIO_new(Method());
  if (!ssl || bio == nullptr) {
    BIO_free(bio);
    return nullptr;
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(fd)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_accept_state(ssl.get());
  return std::make_unique<Channel>(std::move(ssl));
}

}  // namespace pillion::web
