// PageGuard: who may read the pages, and under which encryption. An interface: what implements it
// needs OpenSSL and is in a module that is opened only when pages are guarded (src/web).
//
// Threads: as each function says. A guard outlives the scrape plane that asks it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pillion {

// The server's side of one TLS connection, over a descriptor that is not its own and does not
// block: it never waits itself. One thread.
class TlsChannel {
 public:
  enum class Step : uint8_t {
    kDone,
    kWantRead,   // again when the descriptor is readable
    kWantWrite,  // again, with the same bytes, when it is writable
    kClosed,     // the client has ended the connection
    kFailed,
  };

  virtual ~TlsChannel() = default;
  virtual Step Handshake() = 0;
  // kDone with at least one byte.
  virtual Step Read(void* into, size_t size, size_t& got) = 0;
  virtual Step Write(const void* bytes, size_t size, size_t& put) = 0;
  // Says goodbye, as far as that needs no waiting.
  virtual void End() = 0;
};

enum class Verdict : uint8_t {
  kAdmitted,
  kRefused,  // no credentials, or wrong ones
  kBusy,     // too many passwords wait for being checked
  kTooMany,  // more requests than rate_limit lets through
  kLater,    // `done` will say it
};

class PageGuard {
 public:
  struct Status {
    std::optional<int64_t> certificate_expires;  // Unix time; nothing: no TLS
    bool last_reload_good = true;
    int64_t loaded = 0;  // Unix time of what is in force
  };

  virtual ~PageGuard() = default;
  // Begins to watch its files, and to check passwords. Once.
  virtual void Start() = 0;

  // Any thread. Does not change while it lives.
  virtual bool UsesTls() const = 0;
  virtual bool AsksPasswords() const = 0;  // any thread
  // For an accepted connection; null: no memory. The plane's thread.
  virtual std::unique_ptr<TlsChannel> Accept(int fd) = 0;
  // Lines of a header that each answer gets, each ended by CR LF. The plane's thread.
  virtual std::shared_ptr<const std::string> Headers() const = 0;
  // Whether a request may be answered. `authorization`: the value of that header; `client`: its
  // address without the port. After kLater `done` is called once, by another thread. The plane's
  // thread.
  virtual Verdict Admit(std::string_view authorization, std::string_view client,
                        std::function<void(Verdict)> done) = 0;
  virtual Status status() const = 0;  // any thread
};

}  // namespace pillion
