// TLS on a socket of ours: the library behind it never waits and never touches the network by
// itself. The caller waits (in PollContext::Wait), so one deadline bounds all of a handshake.
//
// The library is OpenSSL. It is in a module of its own (tls_openssl.cpp, common/tls.so beside the
// exporters), which is loaded with the first TLS connection: an instance without TLS pays nothing.
//
// Threads: a Channel is used by one at a time; Open by any.
#pragma once

#include <pillion/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pillion::tls {

struct Config {
  std::string ca_file;      // whom to trust; empty: the system's certificates
  std::string cert_file;    // the client's certificate, with its chain; empty: none
  std::string key_file;     // its key
  std::string server_name;  // that the certificate must have; empty: the host that is connected to
  bool skip_verify = false;
};

enum class Step : uint8_t {
  kDone,
  kWantRead,   // again when the descriptor is readable
  kWantWrite,  // again when it is writable
  kClosed,     // the other side has ended the connection
  kFailed,     // see error()
};

// One TLS connection. Does not own the descriptor, which must be non-blocking.
class Channel {
 public:
  Channel() = default;
  virtual ~Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  virtual Step Handshake() = 0;
  // kDone with at least one byte.
  virtual Step Read(char* into, size_t size, size_t& got) = 0;
  virtual Step Write(std::string_view bytes, size_t& put) = 0;
  // Says goodbye as far as that needs no waiting.
  virtual void End() = 0;
  // Why the last step failed. kAuth: the other side could not be verified, or a file of ours can't
  // be used. kRefused: the other side has refused us. kProtocol: it does not speak TLS as it
  // should.
  virtual Error error() const = 0;
};

// A channel for a connected socket. Reads the files now, so that each connection has those of the
// day. `host` is what was connected to: a name or a numeric address.
Result<std::unique_ptr<Channel>> Open(int fd, const Config& config, std::string_view host);

// Changes when a file changes. Costs a stat() for each.
std::string StampOf(const Config& config);

// What the module exports.
using OpenFunction = Result<std::unique_ptr<Channel>> (*)(int fd, const Config& config,
                                                          std::string_view host);
struct Engine {
  uint32_t version;  // of these declarations
  OpenFunction open;
};
inline constexpr uint32_t kEngineVersion = 1;

}  // namespace pillion::tls
